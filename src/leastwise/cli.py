"""The command line: parse, call, show. Data on stdout, words and progress on stderr."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .types import DataError, LeastwiseError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from .compare import Comparison
    from .sweep import Sweep

COMMAND_LINE_ERROR: type[Any] = typer.BadParameter.__mro__[2]
"""What the parser raises, from the library that typer is built on."""

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Linear regression, every way it can be done, and proof that the ways agree.",
)  # fmt: skip


def _print_version(asked: bool) -> None:
    if asked:
        from .version import VERSION

        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None: ...


DATA = typer.Argument(
    help="CSV, TSV, Parquet, JSON-lines or Arrow file, a glob or folder of them, - for CSV on standard input, "
    "a DuckDB or SQLite file (with --table or --sql), or the built-in set: article.",
    show_default=True,
)


@app.command()
def compare(
    data: Annotated[str, DATA] = "article",
    y: Annotated[
        str | None, typer.Option("-y", "--target", metavar="COL", help="Target column [default: the last numeric one].")
    ] = None,
    x: Annotated[
        list[str] | None,
        typer.Option("-x", "--features", metavar="COL,COL", help="Feature columns [default: all other numeric ones]."),
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="COL", help="Column of weights.")] = None,
    epochs: Annotated[int, typer.Option(help="Updates that every descent makes.")] = 15,
    learning_rate: Annotated[float, typer.Option(help="Size of a step, as a part of the gradient.")] = 0.001,
    seed: Annotated[int, typer.Option(help="Seed of the start, drawn once for all methods.")] = 2,
    methods: Annotated[str | None, typer.Option(metavar="A,B", help="Methods to run [default: all that can].")] = None,
    dtype: Annotated[str, typer.Option(help="float64 or float32: of data, parameters and loss.")] = "float64",
    device: Annotated[str, typer.Option(help="Where torch keeps its tensors: cpu, cuda.")] = "cpu",
    threads: Annotated[int | None, typer.Option(help="Threads of NumPy and torch alike [default: all cores].")] = None,
    tolerance: Annotated[
        float, typer.Option(help="Standard errors within which an estimate counts as converged.")
    ] = 1e-3,
    missing: Annotated[
        str, typer.Option(metavar="error|drop", help="What to do with rows that lack a number.")
    ] = "error",
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA, or on a database file.")] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="Also time an epoch at 10 to 1,000,000 rows.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the page.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report to FILE, one self-contained page.")
    ] = None,
    require_converged: Annotated[
        bool, typer.Option("--require-converged", help="Exit with 1 unless the descent converged.")
    ] = False,
) -> None:
    """Run linear regression every way, from one start, and say what is wrong and what to change."""
    from .compare import race
    from .rows.files import open_source
    from .settings import Settings
    from .show.progress import Progress

    settings = Settings(epochs, learning_rate, seed, None, dtype, device, threads, tolerance)
    _writable(html)
    source = open_source(data, table, sql)
    selection = source.choose(y, source.named(x) if x is not None else None, weights).dropping(missing)
    with Progress(settings.epochs) as progress:
        comparison = race(selection, settings, methods and [name.strip() for name in methods.split(",")], progress)
        timed = _swept(comparison) if sweep else None
    if html:
        _write_report(html, comparison, timed)
    _show(comparison, timed, json)
    raise typer.Exit(1 if require_converged and not comparison.advice.converged else 0)


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


def _swept(comparison: Comparison) -> Sweep:
    from .sweep import sweep

    names = [run.method.name for run in comparison.runs]
    return sweep(comparison.data, comparison.settings, names, comparison.threads)


def _show(comparison: Comparison, sweep: Sweep | None, as_json: bool) -> None:
    try:
        if as_json:
            from .show.record import compare_json

            print(compare_json(comparison, sweep))
        else:
            from .show.terminal import page

            page(_console(), comparison, sweep)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise DataError(f"standard output cannot be written: {error.strerror}") from None


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def _write_report(path: Path, comparison: Comparison, sweep: Sweep | None) -> None:
    from .show.page import report
    from .show.write import write_text

    write_text(path, report(comparison, sweep))
    print(f"wrote {path}", file=sys.stderr)


def _writable(path: Path | None) -> None:
    if path is None:
        return
    try:
        folder, there, regular = path.is_dir(), path.exists(), path.is_file()
    except OSError as error:
        raise UsageError(f"--html {str(path)[:60]}... cannot be written: {error.strerror}") from None
    if folder:
        raise UsageError(f"--html {path} is a folder: name a file in it, such as {path / 'report.html'}")
    if str(path) == "-" or (there and not regular):
        raise UsageError(f"--html {path} is not an ordinary file: name one, such as report.html")
    if not path.parent.is_dir():
        raise UsageError(f"--html {path} cannot be written: there is no folder {path.parent}")
