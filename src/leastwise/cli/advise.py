"""`leastwise advise`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import DATA, notes, put, selected


def advise(
    data: Annotated[str, DATA] = "article",
    y: Annotated[str | None, typer.Option("-y", "--target", metavar="COL", help="Target column.")] = None,
    x: Annotated[list[str] | None, typer.Option("-x", "--features", metavar="COL,COL", help="Features.")] = None,
    formula: Annotated[str | None, typer.Option(help="Target and features, as in 'y ~ x + C(g)'.")] = None,
    weights: Annotated[str | None, typer.Option(metavar="COL", help="Column of weights.")] = None,
    epochs: Annotated[int, typer.Option(help="Epochs that are to be judged.")] = 15,
    learning_rate: Annotated[float, typer.Option(help="The rate that is to be judged.")] = 0.001,
    batch_size: Annotated[int | None, typer.Option(help="Also how near batches of so many rows come.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the start.")] = 2,
    missing: Annotated[str, typer.Option(metavar="error|drop", help="Rows that lack a number.")] = "error",
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Foretell gradient descent on DATA without running it: limits, best rates, epochs needed, where the error is."""
    from ..advice import foretell
    from ..gather import gather
    from ..noise import floor_of
    from ..rows.files import open_source
    from ..settings import Settings
    from ..show.advice import Page, advice_json, advice_text
    from ..show.progress import Progress

    settings = Settings(epochs, learning_rate, seed)
    selection = selected(open_source(data, table, sql), y, x, weights, formula).dropping(missing)
    notes(selection)
    with Progress(0, selection.source.rows) as progress:
        found = gather(selection, False, settings, lambda rows: progress("reading rows", rows))
    advice = foretell(found.triangle, selection.features, settings)
    noise = None if batch_size is None else floor_of(found, settings, batch_size)
    page = Page(advice, selection.features, found.triangle, noise)
    text = advice_json(page) if json else advice_text(page)
    put(lambda: print(text))
