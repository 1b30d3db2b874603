"""`leastwise check`."""

from __future__ import annotations

import json as json_
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..types import DataError, UsageError
from .options import put

if TYPE_CHECKING:
    from ..checking.report import CheckReport


def check(
    where: Annotated[
        str | None,
        typer.Argument(metavar="FILE.py:NAME | FILE.ipynb:NAME | package:NAME", help="The function or class to check."),
    ] = None,
    seconds: Annotated[float, typer.Option(help="Give up after so many seconds.")] = 60.0,
    explain: Annotated[
        str | None, typer.Option(metavar="CODE", help="Say what a code such as LW104 means; all: every one.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the scorecard as one HTML page.")] = None,
    github: Annotated[
        bool, typer.Option(help="Print annotations for GitHub, and add to $GITHUB_STEP_SUMMARY where that is set.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Is your own linear regression right, and if not, which mistake is it? It is run, in a process apart."""
    if explain is not None:
        if where is not None or html is not None or json or github:
            raise UsageError("--explain stands alone: it says what a code means, and checks nothing")
        put(lambda: print(_explained(explain)))
        return
    if where is None:
        raise UsageError("say what to check, as FILE.py:NAME, FILE.ipynb:NAME or package:NAME")
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--seconds must be above 0, and a number: it is {seconds}")
    if json and github:
        raise UsageError("--json and --github both print on standard output: take one")
    from ..atomic import writable
    from ..checking.apart import checked

    writable("--html", html, where.rpartition(":")[0])

    found = checked(where, seconds)
    _written(found, where, html, github)
    put(lambda: print(_shown(found, where, json, github)))
    raise typer.Exit(0 if found.ok else 1)


def _explained(code: str) -> str:
    from ..checking.catalogue import BY_CODE

    if code.lower() == "all":
        return "\n".join(entry.explained() for entry in BY_CODE.values())
    if code.upper() not in BY_CODE:
        raise UsageError(f"--explain knows {', '.join(BY_CODE)}, and all: not {code!r}")
    return BY_CODE[code.upper()].explained()


def _shown(found: CheckReport, where: str, json: bool, github: bool) -> str:
    if json:
        return json_.dumps({"schema": "leastwise.check/1", **found.record()})
    if github:
        from ..show.check_summary import check_annotations

        path = where.rpartition(":")[0]
        return "\n".join([*check_annotations(found, path if path.endswith(".py") else None), found.account()])
    return found.account()


def _written(found: CheckReport, where: str, html: Path | None, github: bool) -> None:
    if html is not None:
        from ..atomic import write_text
        from ..show.check_page import check_page

        write_text(html, check_page(found, where))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if github and summary:
        from ..show.check_summary import check_markdown

        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(check_markdown(found, where))
        except OSError as error:
            raise DataError(f"{summary} cannot be written: {error.strerror}") from None
