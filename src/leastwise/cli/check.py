"""`leastwise check`."""

from __future__ import annotations

import json as json_
from typing import Annotated

import typer

from ..types import UsageError
from .options import put


def check(
    where: Annotated[
        str | None, typer.Argument(metavar="FILE.py:NAME | package:NAME", help="The function or class to check.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Give up after so many seconds.")] = 60.0,
    explain: Annotated[str | None, typer.Option(metavar="CODE", help="Say what a code such as LW104 means.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Is your own linear regression right, and if not, which mistake is it? It is run, in a process apart."""
    from ..checking.apart import checked
    from ..checking.mistakes import BY_CODE

    if explain is not None:
        if explain.upper() not in BY_CODE:
            raise UsageError(f"--explain knows {', '.join(BY_CODE)}: not {explain!r}")
        mistake = BY_CODE[explain.upper()]
        put(lambda: print(f"{mistake.code} {mistake.name}: {mistake.sentence} {mistake.mend}"))
        return
    if where is None:
        raise UsageError("say what to check, as FILE.py:NAME or package:NAME")
    if not seconds > 0:
        raise UsageError(f"--seconds must be above 0: it is {seconds}")
    found = checked(where, seconds)
    if json:
        record = {"schema": "leastwise.check/1", **found.record()}
        put(lambda: print(json_.dumps(record)))
    else:
        put(lambda: print(found.account()))
    raise typer.Exit(0 if found.ok else 1)
