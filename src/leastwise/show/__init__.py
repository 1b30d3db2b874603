"""Views of the same objects: terminal, JSON, one HTML page. No arithmetic of regression here."""
