"""The lab: a page on which least squares and its descents can be seen, and broken, by hand."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "Widget":
        from .widget import Widget

        return Widget
    raise AttributeError(f"leastwise.lab has no {name!r}: it has Widget")
