"""`leastwise summarise` and `leastwise merge`: rows to a triangle file, and triangle files to one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..atomic import writable
from ..words import count
from .options import DATA

OUT = typer.Option("-o", "--output", metavar="FILE.tri", help="The triangle to write.")


def summarise(
    output: Annotated[Path, OUT],
    data: Annotated[str, DATA] = "article",
    y: Annotated[str | None, typer.Option("-y", "--target", metavar="COL", help="Target column.")] = None,
    x: Annotated[list[str] | None, typer.Option("-x", "--features", metavar="COL,COL", help="Features.")] = None,
    formula: Annotated[
        str | None, typer.Option(metavar="'y ~ x + C(g)'", help="Target and features, as R has it.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="COL", help="Column of weights.")] = None,
    missing: Annotated[str, typer.Option(metavar="error|drop", help="Rows that lack a number.")] = "error",
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA.")] = None,
) -> None:
    """Write the triangle of DATA: all that a regression needs to know, and no row of it."""
    from ..gather import read
    from ..rows.design import designed
    from ..rows.files import open_source
    from ..show.progress import Progress

    writable("--output", output, data)
    source = open_source(data, table, sql)
    selection = designed(source, y, source.named(x), weights, formula).dropping(missing)
    with Progress(0, source.rows) as progress:
        found = read(selection, watch=lambda rows: progress("reading rows", rows))
    triangle = replace(found.triangle, names=(*selection.features, selection.target))
    triangle.save(output)
    dropped = f", {count(found.dropped, 'incomplete row')} dropped" if found.dropped else ""
    print(f"wrote {output}: {count(triangle.n, 'row')}{dropped}", file=sys.stderr)


def merge(
    parts: Annotated[list[Path], typer.Argument(metavar="PART.tri...", help="Triangles to add.")],
    output: Annotated[Path, OUT],
) -> None:
    """Add triangles: the sum stands for the rows of all of them."""
    from ..summary.triangle import Triangle
    from ..tree import total

    writable("--output", output)
    merged = total([Triangle.load(part) for part in parts])
    merged.save(output)
    print(f"wrote {output}: {count(merged.n, 'row')} from {count(len(parts), 'triangle')}", file=sys.stderr)
