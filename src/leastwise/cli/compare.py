"""`leastwise compare`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..atomic import writable, write_text
from ..types import UsageError
from .options import DATA, START, begun, console, put

if TYPE_CHECKING:
    from ..compare import Comparison
    from ..rows.source import Selection
    from ..sweep import Sweep


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
    epochs: Annotated[
        int | None, typer.Option(help="Updates that every descent makes [default: 15; of --optimizers at most 20,000].")
    ] = None,
    learning_rate: Annotated[float, typer.Option(help="Size of a step, as a part of the gradient.")] = 0.001,
    seed: Annotated[int, typer.Option(help="Seed of the start, drawn once for all methods.")] = 2,
    start: Annotated[str | None, START] = None,
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
    optimizers: Annotated[
        str | None, typer.Option(metavar="A,B", help="Race these optimisers instead, each at its best fixed rate.")
    ] = None,
    excess: Annotated[float, typer.Option(help="How near they race: target variances over the least loss.")] = 1e-8,
    sweep: Annotated[bool, typer.Option("--sweep", help="Also time an epoch at 10 to 1,000,000 rows.")] = False,
    emit: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="Print a script that makes the descents again: numpy, torch, torch-module, sklearn, jax.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the page.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report to FILE, one self-contained page.")
    ] = None,
    require_converged: Annotated[
        bool, typer.Option("--require-converged", help="Exit with 1 unless the descent converged.")
    ] = False,
) -> None:
    """Run linear regression every way, from one start, and say what is wrong and what to change."""
    from ..compare import race
    from ..rows.files import open_source
    from ..settings import Settings
    from ..show.progress import Progress

    epochs = epochs if epochs is not None else 15 if optimizers is None else 20_000
    settings = Settings(epochs, learning_rate, seed, None, dtype, device, threads, tolerance)
    writable("--html", html)
    if emit is not None:
        _emits(emit, optimizers, json or sweep)
    source = open_source(data, table, sql)
    selection = source.choose(y, source.named(x), weights).dropping(missing)
    settings = replace(settings, start=begun(start, selection.features))
    if optimizers is not None:
        names = [name.strip() for name in optimizers.split(",")]
        asked: dict[str, Any] = {"epochs": epochs, "excess": excess, "seed": seed, "start": settings.start}
        raise typer.Exit(_raced(selection, names, asked, json))
    with Progress(settings.epochs) as progress:
        comparison = race(selection, settings, methods and [name.strip() for name in methods.split(",")], progress)
        timed = _swept(comparison) if sweep else None
    if html:
        _write_report(html, comparison, timed)
    if emit is not None:
        _emit(comparison, emit)
    else:
        _show(comparison, timed, json)
    raise typer.Exit(1 if require_converged and not comparison.advice.converged else 0)


def _raced(selection: Selection, names: list[str], settings: dict[str, Any], as_json: bool) -> int:
    from ..show.race import race_json, race_text
    from ..training import race

    fits = race(selection, names, settings)
    put(lambda: print(race_json(fits, settings) if as_json else race_text(fits, settings)))
    return 0


def _emits(kind: str, optimizers: str | None, more: bool) -> None:
    from ..scripts.table import known

    known(kind)
    if more:
        raise UsageError("--emit prints a script: leave --json and --sweep out")
    if optimizers is not None:
        raise UsageError("a race is many runs: emit each with leastwise descend --optimizer NAME --emit")


def _emit(comparison: Comparison, kind: str) -> None:
    from ..scripts.made import of_comparison
    from ..scripts.table import script

    text = script(kind, of_comparison(comparison))
    put(lambda: print(text, end=""))


def _swept(comparison: Comparison) -> Sweep:
    from ..sweep import sweep

    names = [run.method.name for run in comparison.runs]
    return sweep(comparison.data, comparison.settings, names, comparison.threads)


def _show(comparison: Comparison, sweep: Sweep | None, as_json: bool) -> None:
    if as_json:
        from ..show.record import compare_json

        put(lambda: print(compare_json(comparison, sweep)))
    else:
        from ..show.terminal import page

        put(lambda: page(console(), comparison, sweep))


def _write_report(path: Path, comparison: Comparison, sweep: Sweep | None) -> None:
    from ..show.page import report

    write_text(path, report(comparison, sweep))
    print(f"wrote {path}", file=sys.stderr)
