"""`leastwise fit` and `leastwise predict`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..atomic import writable
from ..types import UsageError
from ..words import count
from .options import DATA, put

if TYPE_CHECKING:
    from ..fitted import Fit
    from ..rows.source import Selection
    from ..solve import Options


def fit(
    data: Annotated[str, DATA] = "article",
    y: Annotated[str | None, typer.Option("-y", "--target", metavar="COL", help="Target column.")] = None,
    x: Annotated[list[str] | None, typer.Option("-x", "--features", metavar="COL,COL", help="Features.")] = None,
    formula: Annotated[str, typer.Option(metavar="'y ~ x + C(g)'", help="Target and features, as R has it.")] = "",
    weights: Annotated[str | None, typer.Option(metavar="COL", help="Column of weights.")] = None,
    weights_are: Annotated[
        str, typer.Option(metavar="analytic|frequency|probability", help="What weights mean.")
    ] = "analytic",
    method: Annotated[str, typer.Option(help="auto, qr, svd, normal, covariance or exact.")] = "auto",
    intercept: Annotated[bool, typer.Option("--intercept/--no-intercept", help="Whether to fit one.")] = True,
    on_rank_deficient: Annotated[str, typer.Option(help="min_norm, drop or raise.")] = "min_norm",
    robust: Annotated[str | None, typer.Option(metavar="HC0..HC3", help="White's standard errors.")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="COL", help="Errors clustered by a column.")] = None,
    newey_west: Annotated[
        int | None, typer.Option(metavar="LAGS", help="Errors correlated over rows in order.")
    ] = None,
    missing: Annotated[str, typer.Option(metavar="error|drop", help="Rows that lack a number.")] = "error",
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="MODEL.json", help="Also save the fit.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the page.")] = False,
) -> None:
    """Fit DATA, or a triangle file: coefficients, standard errors, t, p, intervals, R2."""
    from ..solve import Options

    writable("--save", save, data)
    if sum(kind is not None for kind in (robust, cluster, newey_west)) > 1:
        raise UsageError("--robust, --cluster and --newey-west exclude each other: name one kind of standard errors")
    options = Options(method, intercept, on_rank_deficient, weights_are)
    from ..summary.file import is_triangle

    if is_triangle(Path(data)):
        if (robust, cluster, newey_west) != (None, None, None):
            raise UsageError("robust and clustered errors need the rows, and a triangle holds none")
        if weights or table or sql or formula or missing != "error":
            raise UsageError("a triangle takes -y, -x and no other choice of rows or columns")
        found = _of_triangle(Path(data), options, y, x)
    else:
        from ..rows.design import designed
        from ..rows.files import open_source

        source = open_source(data, table, sql)
        features = source.named(x)
        if y is None and cluster and not formula:
            raise UsageError("--cluster needs the target named with -y")
        if features is None and cluster and not formula:
            features = [name for name in source.numeric if name not in (y, weights, cluster)]
        selection = designed(source, y, features, weights, formula).dropping(missing)
        for note in selection.source.notes:
            print(note, file=sys.stderr)
        found = _of_rows(selection, options)
        found = found.robust(selection, robust) if robust is not None else found
        found = found.clustered(selection, cluster) if cluster is not None else found
        found = found.newey_west(selection, newey_west) if newey_west is not None else found
    if save:
        found.save(save)
        print(f"wrote {save}", file=sys.stderr)
    _show(found, json)


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL.json", help="What leastwise fit --save wrote.")],
    data: Annotated[str, DATA] = "article",
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="OUT", help=".parquet or .csv.")] = None,
    interval: Annotated[float | None, typer.Option(help="Also the interval of new observations, such as 0.95.")] = None,
    unseen: Annotated[str, typer.Option(metavar="error|null", help="Levels that the fit has not seen.")] = "error",
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA.")] = None,
) -> None:
    """Predict for the rows of DATA: its columns and the prediction, row by row, any number of rows."""
    from ..predict import stream
    from ..rows.files import open_source
    from ..saved import load
    from ..show.progress import Progress

    writable("--output", output, data, str(model))
    fitted = load(model)
    source = open_source(data, table, sql)
    if output is None:
        put(lambda: stream(fitted, source, None, interval, unseen))
        return
    with Progress(0, source.rows) as progress:
        rows = stream(fitted, source, output, interval, unseen, lambda rows: progress("predicting", rows))
    print(*source.notes, f"wrote {output}: {count(rows, 'row')}", sep="\n", file=sys.stderr)


def _of_triangle(path: Path, options: Options, y: str | None, x: list[str] | None) -> Fit:
    from ..rows.source import split_names
    from ..solve import choose_columns, fit_triangle
    from ..summary.triangle import Triangle

    triangle = Triangle.load(path)
    features = None if x is None else split_names(x, triangle.names)
    return fit_triangle(choose_columns(triangle, y, features), options)


def _of_rows(selection: Selection, options: Options) -> Fit:
    from ..show.progress import Progress
    from ..solve import fit_rows

    with Progress(0, selection.source.rows) as progress:
        return fit_rows(selection, options, lambda rows: progress("reading rows", rows))


def _show(found: Fit, as_json: bool) -> None:
    from ..show.fitted import fit_json

    put(lambda: print(fit_json(found)) if as_json else print(found.summary()))
