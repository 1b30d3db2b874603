"""Rows to triangles, and triangles to one triangle."""
