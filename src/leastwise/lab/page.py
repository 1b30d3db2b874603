"""The page around the module: of the server, and inside the reports."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from ..atomic import clean
from .presets import presets
from .shelf import info


@cache
def static(name: str) -> str:
    """lab.js or lab.css."""
    return files(__package__).joinpath("static", name).read_text("utf-8")


@cache
def index() -> str:
    """The page of `leastwise lab`. It holds no data but the presets'."""
    first = next(iter(presets()))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>leastwise lab</title>'
        '<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="/lab.css"></head>'
        f'<body>{_place(info("page", first), "main")}<script type="module" src="/lab.js"></script></body></html>\n'
    )


def embedded(told: dict[str, Any]) -> str:
    """The module within a page that has no server, as one piece of HTML: `told` as `info` has it."""
    script = static("lab.js").replace("</", "<\\/")
    return f'<style>{static("lab.css")}</style>{_place(told, "div")}<script type="module">{script}</script>'


def _place(told: dict[str, Any], tag: str) -> str:
    text = json.dumps(clean(told), allow_nan=False).replace("<", "\\u003c")
    words = escape("This page needs JavaScript; leastwise compare shows the same without.")
    return (
        f'<{tag} data-leastwise-lab><script type="application/json">{text}</script>'
        f"<noscript><p>{words}</p></noscript></{tag}>"
    )
