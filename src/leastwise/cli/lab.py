"""`leastwise lab`."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Annotated

import typer

from ..types import UsageError
from .options import DATA, notes, put


def lab(
    data: Annotated[str, DATA] = "article",
    y: Annotated[str | None, typer.Option("-y", "--target", metavar="COL", help="Target column.")] = None,
    x: Annotated[list[str] | None, typer.Option("-x", "--features", metavar="COL,COL", help="Features.")] = None,
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA.")] = None,
    missing: Annotated[str, typer.Option(metavar="error|drop", help="Rows that lack a number.")] = "error",
    port: Annotated[int | None, typer.Option(help="Port on 127.0.0.1 [default: 8642, or any that is free].")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Open a page on which the fit and its descents can be seen, moved and broken by hand; Ctrl-C ends it."""
    from ..lab.presets import presets
    from ..lab.serve import bound, serve
    from ..lab.sets import set_of
    from ..lab.shelf import Shelf
    from ..rows.files import open_source

    _needs("starlette", "uvicorn")
    plain = data in presets() and y is None and x is None and not sql
    shelf, first = Shelf(), data if plain else "data"
    if not plain:
        source = open_source(data, table, sql)
        selection = source.choose(y, source.named(x)).dropping(missing)
        notes(selection)
        shelf = Shelf(set_of("data", data if not sql else "the query", selection, "" if sql or table else data))
    listener = bound(port)

    def ready(address: str) -> None:
        put(lambda: print(address, flush=True))
        print("The lab is open on this machine alone; Ctrl-C ends it.", file=sys.stderr)
        if browser:
            import webbrowser

            webbrowser.open(address)

    with suppress(KeyboardInterrupt):
        serve(shelf, listener, ready, first)


def _needs(*modules: str) -> None:
    import importlib.util

    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise UsageError(f"the lab needs {module}, which is not installed: pip install 'leastwise[lab]'")
