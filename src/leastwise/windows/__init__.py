"""Regressions on windows of rows in order."""
