"""The command line: parse, call, show. Data on stdout, words and progress on stderr."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from ..types import DataError, LeastwiseError, UsageError
from .advise import advise
from .check import check
from .compare import compare
from .descend import descend
from .fit import fit, predict
from .lab import lab
from .path import path
from .triangles import merge, summarise

COMMAND_LINE_ERROR: type[Any] = typer.BadParameter.__mro__[2]
"""What the parser raises, from the library that typer is built on."""

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Linear regression, every way it can be done, and proof that the ways agree.",
)  # fmt: skip


def _print_version(asked: bool) -> None:
    if asked:
        from ..version import VERSION

        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None: ...


for command in (compare, descend, advise, fit, path, check, lab, predict, summarise, merge):
    app.command()(command)


def main() -> None:
    """Run a command; a user's mistake is one sentence on stderr and an exit code."""
    _open_streams()
    try:
        code = app(prog_name="leastwise", standalone_mode=False)
    except LeastwiseError as error:
        code = _say(str(error), error.exit_code)
    except typer.Abort:
        code = _say("stopped", 130)
    except MemoryError:
        code = _say("this needs more memory than there is: use --methods triangle,spectral", DataError.exit_code)
    except COMMAND_LINE_ERROR as error:
        code = _say(error.format_message().replace("\n", " ") or "see leastwise --help", UsageError.exit_code)
    raise SystemExit(code)


def _say(sentence: str, code: int) -> int:
    print(f"leastwise: {sentence}", file=sys.stderr)
    return code


def _open_streams() -> None:
    """Closed streams swallow what is written; a character that a terminal does not have is replaced."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        stream.reconfigure(errors="replace")
        setattr(sys, name, stream)
