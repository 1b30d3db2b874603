"""What the commands share: the DATA argument, and printing that survives closed pipes and full disks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from ..types import DataError

if TYPE_CHECKING:
    from rich.console import Console

DATA: Any = typer.Argument(
    help="CSV, TSV, Parquet, JSON-lines or Arrow file, a glob or folder of them, - for CSV on standard input, "
    "a DuckDB or SQLite file (with --table or --sql), or the built-in set: article.",
    show_default=True,
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


def console() -> Console:
    """The terminal, as plain as it wants to be."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def _discard() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
