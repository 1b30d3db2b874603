"""The page around the module: of the server, and inside the reports."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from ..atomic import clean
from .presets import presets
from .sets import Set
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


def embedded(first: Set) -> str:
    """The module within a page that has no server, on one set: a piece of HTML that needs nothing else."""
    told = {**info("report", first.id), "own": first.record()}
    style, script = static("lab.css"), static("lab.js").replace("</", "<\\/")
    return f'<style>{style}</style>{_place(told, "div")}<script type="module">{script}</script>'


def _place(told: dict[str, Any], tag: str) -> str:
    text = json.dumps(clean(told), allow_nan=False).replace("<", "\\u003c")
    return (
        f'<{tag} data-leastwise-lab><script type="application/json">{text}</script>'
        f"<p>Where scripts run, points, rates and starts can be moved here by hand.</p></{tag}>"
    )
