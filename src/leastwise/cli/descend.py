"""`leastwise descend`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..atomic import writable, write_text
from ..types import UsageError
from .options import DATA, START, apart, begun, console, notes, put, selected

if TYPE_CHECKING:
    from ..training import Descent


def descend(
    data: Annotated[str, DATA] = "article",
    y: Annotated[str | None, typer.Option("-y", "--target", metavar="COL", help="Target column.")] = None,
    x: Annotated[list[str] | None, typer.Option("-x", "--features", metavar="COL,COL", help="Features.")] = None,
    formula: Annotated[str | None, typer.Option(help="Target and features, as in 'y ~ x + C(g)'.")] = None,
    weights: Annotated[str | None, typer.Option(metavar="COL", help="Column of weights.")] = None,
    optimizer: Annotated[str, typer.Option(help="Such as sgd, momentum, adam, cg; see docs/descent.md.")] = "sgd",
    option: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=NUMBER", help="A hyper-parameter, as momentum=0.9.")
    ] = None,
    backend: Annotated[str, typer.Option(metavar="numpy|torch", help="By hand, or in torch.")] = "numpy",
    learning_rate: Annotated[str, typer.Option(help="A number, or auto for the best fixed one.")] = "0.001",
    epochs: Annotated[int, typer.Option(help="At most so many epochs.")] = 15,
    batch_size: Annotated[int | None, typer.Option(help="Rows a step [default: all].")] = None,
    shuffle: Annotated[str, typer.Option(metavar="yes|no|blocks", help="blocks: rows need not fit.")] = "yes",
    drop_last: Annotated[bool, typer.Option("--drop-last", help="Leave a smaller last batch out.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the start and the batches.")] = 2,
    start: Annotated[str | None, START] = None,
    schedule: Annotated[str, typer.Option(metavar="NAME:NUMBERS", help="As cosine:100 or step:30,0.5.")] = "constant",
    weight_decay: Annotated[float | None, typer.Option(help="Half of it times the squared slopes is added.")] = None,
    standardise: Annotated[bool, typer.Option("--standardise", help="Descend on (x - mean) / deviation.")] = False,
    centre: Annotated[bool, typer.Option("--centre", help="Descend on x - mean.")] = False,
    validation: Annotated[float, typer.Option(help="Share of rows set aside.")] = 0.0,
    patience: Annotated[int | None, typer.Option(help="Epochs without a lower validation loss.")] = None,
    excess: Annotated[float | None, typer.Option(help="Stop so many target variances above the least loss.")] = None,
    gradient_norm: Annotated[float | None, typer.Option(help="Stop at a gradient of this length.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this time.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the state as it goes.")] = None,
    every: Annotated[int, typer.Option(help="Epochs between checkpoints.")] = 1,
    resume: Annotated[Path | None, typer.Option(metavar="FILE", help="Go on from a checkpoint.")] = None,
    dtype: Annotated[str, typer.Option(help="float64 or float32.")] = "float64",
    device: Annotated[str, typer.Option(help="Where torch keeps its tensors.")] = "cpu",
    missing: Annotated[str, typer.Option(metavar="error|drop", help="Rows that lack a number.")] = "error",
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA.")] = None,
    history: Annotated[Path | None, typer.Option(metavar="FILE", help="Every epoch, as .csv or .parquet.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="The run drawn, as one page.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="MODEL.json", help="The fit, for predict.")] = None,
    emit: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Print a script that makes this run again: numpy, torch, torch-module, "
                     "sklearn, jax."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:  # fmt: skip
    """Descend on DATA with any optimiser, by hand or in torch, and show the whole way."""
    from ..descent import schedules
    from ..descent.history import table_path
    from ..rows.files import open_source
    from ..scripts.made import refuse
    from ..scripts.table import known
    from ..show.progress import Progress
    from ..training import planned, train

    if emit is not None and json:
        raise UsageError("--emit prints a script: leave --json out")
    if emit is not None:
        known(emit)
    if history is not None:
        table_path(history)
    apart({"--history": history, "--html": html, "--save": save, "--checkpoint": checkpoint}, resume)
    for name, path in (("--history", history), ("--html", html), ("--save", save), ("--checkpoint", checkpoint)):
        writable(name, path, data)
    plan = planned({
        "optimizer": optimizer, "backend": backend, "learning_rate": _rate(learning_rate), "epochs": epochs,
        "batch_size": batch_size, "shuffle": _shuffle(shuffle), "drop_last": drop_last, "seed": seed,
        "schedule": schedules.read(schedule), "weight_decay": weight_decay, "standardise": standardise,
        "centre": centre, "validation": validation, "patience": patience, "excess": excess,
        "gradient_norm": gradient_norm, "seconds": seconds, "checkpoint": checkpoint, "every": every,
        "resume": resume, "dtype": dtype, "device": device, **_options(option or [], optimizer),
    })  # fmt: skip
    if resume is not None and not resume.exists():
        print(f"there is no {resume} to go on from: starting afresh", file=sys.stderr)
    selection = selected(open_source(data, table, sql), y, x, weights, formula).dropping(missing)
    plan = replace(plan, start=begun(start, selection.features))
    if emit is not None:
        refuse(emit, selection, plan)
    notes(selection)
    with Progress(0, selection.source.rows) as progress:
        found = train(selection, plan, lambda rows: progress("reading rows", rows))
    _write(found, history, html, save)
    _show(found, emit, json)


def _rate(text: str) -> float | str:
    try:
        return text if text == "auto" else float(text)
    except ValueError:
        raise UsageError(f"--learning-rate must be a number or auto: it is {text!r}") from None


def _shuffle(text: str) -> bool | str:
    known: dict[str, bool | str] = {"yes": True, "no": False, "blocks": "blocks"}
    if text not in known:
        raise UsageError(f"--shuffle must be yes, no or blocks: it is {text!r}")
    return known[text]


def _options(pairs: list[str], optimizer: str) -> dict[str, Any]:
    from ..descent.table import OPTIMIZERS

    known = OPTIMIZERS[optimizer].options if optimizer in OPTIMIZERS else {}
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals:
            raise UsageError(f"--set takes a name and a number, as in momentum=0.9: it is {pair!r}")
        if (known and name not in known) or (optimizer in OPTIMIZERS and not known):
            there = f"it has {', '.join(known)}" if known else "it has none"
            raise UsageError(f"--set: {optimizer} has no hyper-parameter {name!r}: {there}")
        try:
            found[name] = float(value)
        except ValueError:
            raise UsageError(f"--set takes a name and a number, as in momentum=0.9: it is {pair!r}") from None
    return found


def _write(found: Descent, history: Path | None, html: Path | None, save: Path | None) -> None:
    if history and found.fit.history:
        found.fit.history.save(history)
    if html:
        from ..show.descent_page import descent_report

        write_text(html, descent_report(found))
    if save:
        found.fit.save(save)
    for path in (history, html, save):
        if path:
            print(f"wrote {path}", file=sys.stderr)


def _show(found: Descent, emit: str | None, json: bool) -> None:
    from ..show.descent import descent_json, descent_page, final_line

    if emit is not None:
        from ..scripts.made import of_descent
        from ..scripts.table import script

        text = script(emit, of_descent(found))
        put(lambda: print(text, end=""))
        if "np.load(" in text:
            print("the script reads X.npy and y.npy: save the columns it names there first", file=sys.stderr)
        print(f"this run ended with: {final_line(found)}", file=sys.stderr)
    elif json:
        put(lambda: print(descent_json(found)))
    else:
        put(lambda: descent_page(console(), found))
