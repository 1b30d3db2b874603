"""What the commands share: the DATA argument, and printing that survives closed pipes and full disks."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..rows.builtin import IN_WORDS
from ..types import DataError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from ..rows.source import Selection, Source
    from ..solution import Start

DATA: Any = typer.Argument(
    help="CSV, TSV, Parquet, JSON-lines or Arrow file, a glob or folder of them, - for CSV on standard input, "
    f"a DuckDB or SQLite file (with --table or --sql), or a built-in set: {IN_WORDS}.",
    show_default=True,
)
START: Any = typer.Option(
    "--start", metavar="SLOPES,INTERCEPT", help="Where to begin, as in --start=-0.4,1 [default: drawn by the seed]."
)


def put(show: Callable[[], object]) -> None:
    """Show something on stdout; a reader that has gone is no fault, a full disk is one."""
    try:
        show()
        sys.stdout.flush()
    except BrokenPipeError:
        _discard()
    except OSError as error:
        _discard()
        raise DataError(f"standard output cannot be written: {error.strerror}") from None


def selected(source: Source, y: str | None, x: list[str] | None, weights: str | None, formula: str | None) -> Selection:
    """The columns that -y, -x, --weights or --formula name."""
    from ..rows.design import designed

    return designed(source, y, source.named(x), weights, formula)


def begun(text: str | None, features: Sequence[str]) -> Start | None:
    """The start that --start spells, None for none. Raises UsageError unless it is p + 1 finite numbers."""
    from ..solution import Start
    from ..words import count, listing

    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != len(features) + 1 or not all(map(math.isfinite, numbers)):
        slopes = f"the slope{'' if len(features) == 1 else 's'} of {listing(features)}"
        raise UsageError(
            f"--start must be {count(len(features) + 1, 'finite number')} with commas between them, {slopes}, then the "
            f"intercept: it is {text!r}"
        )
    return Start.of((numbers[:-1], numbers[-1]), len(features))


def notes(selection: Selection) -> None:
    """Say what was found out about the data."""
    for note in selection.source.notes:
        print(note, file=sys.stderr)


def apart(written: dict[str, Path | None], resume: Path | None = None) -> None:
    """UsageError where two outputs are one file, or one is the checkpoint that is read, unless it goes on with it."""
    seen: dict[Path, str] = {} if resume is None else {resume.resolve(): "--resume"}
    for name, path in written.items():
        if path is None:
            continue
        other = seen.setdefault(path.resolve(), name)
        if other != name and (other, name) != ("--resume", "--checkpoint"):
            raise UsageError(f"{other} and {name} name the same file: name two")


def console() -> Console:
    """The terminal, as plain as it wants to be."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def _discard() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
