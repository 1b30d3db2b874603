"""`leastwise fit` and `leastwise predict`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from ..atomic import writable, write_text
from ..types import UsageError
from ..words import count
from .engines import ENGINE, MASTER, SCHEDULER, WORKERS, Where
from .options import DATA, apart, notes, put
from .regressions import Columns, Many

if TYPE_CHECKING:
    from ..diagnosis import Diagnosis
    from ..fitted import Fit
    from ..penalty import Penalty
    from ..rows.source import Selection, Source
    from ..solve import Options


def fit(
    data: Annotated[str, DATA] = "article",
    targets: Annotated[
        list[str] | None, typer.Option("-y", "--target", metavar="COL", help="Target column, or several.")
    ] = None,
    x: Annotated[
        list[str] | None,
        typer.Option("-x", "--features", metavar="COL,COL", help="Features, numbers or texts [default: all numbers]."),
    ] = None,
    formula: Annotated[
        str | None, typer.Option(metavar="'y ~ x + C(g)'", help="Target and features, as R has it.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="COL", help="Column of weights.")] = None,
    weights_are: Annotated[
        str, typer.Option(metavar="analytic|frequency|probability", help="What weights mean.")
    ] = "analytic",
    method: Annotated[str, typer.Option(help="auto, qr, svd, normal, covariance or exact.")] = "auto",
    penalty: Annotated[
        str, typer.Option(metavar="none|ridge|lasso|elastic-net", help="What is added to the mean squared error.")
    ] = "none",
    alpha: Annotated[
        float | None, typer.Option(help="How much of it: alpha |w|^2, alpha |w|, or a mixture; see leastwise path.")
    ] = None,
    l1_ratio: Annotated[float | None, typer.Option(help="The part of |w| in an elastic net [default: 0.5].")] = None,
    standardise: Annotated[bool, typer.Option("--standardise", help="Penalise slopes per deviation.")] = False,
    intercept: Annotated[bool, typer.Option("--intercept/--no-intercept", help="Whether to fit one.")] = True,
    on_rank_deficient: Annotated[str, typer.Option(help="min_norm, drop or raise.")] = "min_norm",
    robust: Annotated[str | None, typer.Option(metavar="HC0..HC3", help="White's errors; HC3 for few rows.")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="COL", help="Errors clustered by a column.")] = None,
    newey_west: Annotated[
        int | None, typer.Option(metavar="LAGS", help="Errors correlated over rows in order.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="COL,COL", help="One regression for each group of the rows.")
    ] = None,
    rolling: Annotated[int | None, typer.Option(metavar="ROWS", help="One regression for each window of rows.")] = None,
    expanding: Annotated[
        int | None, typer.Option(metavar="ROWS", help="One for the first rows, and one for all so far at each next.")
    ] = None,
    step: Annotated[int | None, typer.Option(metavar="ROWS", help="From one window to the next [default: 1].")] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Groups, windows or targets, as .csv or .parquet."),
    ] = None,
    missing: Annotated[str, typer.Option(metavar="error|drop", help="Rows that lack a number.")] = "error",
    device: Annotated[
        str | None, typer.Option(metavar="cpu|cuda|...", help="Sum up the rows with torch, on this device of its.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file, or of a --url.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA.")] = None,
    engine: Annotated[str | None, ENGINE] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Of --engine sql: postgres://..., duckdb://FILE, sqlite://FILE.")
    ] = None,
    scheduler: Annotated[str | None, SCHEDULER] = None,
    workers: Annotated[int | None, WORKERS] = None,
    master: Annotated[str | None, MASTER] = None,
    save: Annotated[Path | None, typer.Option(metavar="MODEL.json", help="Also save the fit.")] = None,
    diagnose: Annotated[
        bool, typer.Option("--diagnose", help="Also look at residuals, influence and collinearity.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write fit and diagnosis, with plots, to one page.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the page.")] = False,
) -> None:
    """Fit DATA, or a triangle file: coefficients, standard errors, t, p, intervals, R2."""
    from ..solve import Options
    from ..summary.file import is_triangle
    from .database import source_of

    writable("--save", save, data)
    writable("--html", html, data)
    writable("--output", output, data)
    apart({"--save": save, "--html": html})
    errors = {"robust": robust and robust.upper(), "clustered": cluster, "newey_west": newey_west}
    errors = {kind: value for kind, value in errors.items() if value is not None}
    if len(errors) > 1:
        raise UsageError("--robust, --cluster and --newey-west exclude each other: name one kind of standard errors")
    held = _penalty(penalty, alpha, l1_ratio, standardise)
    if held is not None and (errors or diagnose or html):
        raise UsageError("penalised slopes have no standard errors and no diagnosis: leave those options out")
    options = Options(method, intercept, on_rank_deficient, weights_are, held)
    where = Where(engine, scheduler, workers, master)
    triangle = engine is None and url is None and is_triangle(Path(data))
    source = None if triangle else source_of(data, table, sql, engine, url)
    y = targets[0] if targets else None
    several = source.named(targets) if source and not (y and "~" in y) else targets
    many = Many(by, rolling, expanding, None if several in (None, [y]) else several, step, intercept, output, json)
    where.alone(many.asked, device)
    unlike = options != Options(intercept=intercept, penalty=held)
    columns = Columns(y, x, weights, formula)
    many.refuse(columns, any((errors, save, html, diagnose, held, device, unlike)))
    if many.asked:
        if source is None:
            raise UsageError(f"{many.asked[0]} needs the rows, and a triangle holds none: fit the data")
        many.fit(source, columns, missing)
        return
    if source is None:
        if errors or diagnose or html:
            raise UsageError(
                "robust and clustered errors and diagnostics need the rows, and a triangle holds none: fit the data"
            )
        if weights or table or sql or formula or device or missing != "error":
            raise UsageError("a triangle takes -y, -x and no other choice of rows, columns or device")
        found, diagnosis = _of_triangle(Path(data), options, y, x), None
    else:
        with where.spread(source) as rows:
            selection = _selected(rows, columns, cluster).dropping(missing)
            found = _of_rows(selection, options, device)
            for kind, value in errors.items():
                found = getattr(found, kind)(selection, value)
            diagnosis = _diagnosed(found, selection, html) if diagnose or html else None
    if save:
        found.save(save)
        print(f"wrote {save}", file=sys.stderr)
    _show(found, json, diagnosis if diagnose else None)


def _penalty(kind: str, alpha: float | None, l1_ratio: float | None, standardise: bool) -> Penalty | None:
    from ..penalty import elastic_net, lasso, ridge

    kinds = ("none", "ridge", "lasso", "elastic-net")
    if kind not in kinds:
        raise UsageError(f"--penalty must be one of {', '.join(kinds)}: it is {kind!r}")
    if (alpha is None) != (kind == "none"):
        missing = "--alpha needs a --penalty" if kind == "none" else f"--penalty {kind} needs --alpha, as 0.1"
        raise UsageError(f"{missing}: leastwise path finds a good one")
    if standardise and kind == "none":
        raise UsageError("--standardise is for a --penalty: least squares has the same predictions in any units")
    if l1_ratio is not None and kind != "elastic-net":
        raise UsageError("--l1-ratio is for --penalty elastic-net")
    if alpha is None:
        return None
    if kind == "elastic-net":
        return elastic_net(alpha, 0.5 if l1_ratio is None else l1_ratio, standardised=standardise)
    return (ridge if kind == "ridge" else lasso)(alpha, standardised=standardise)


def _selected(source: Source, columns: Columns, cluster: str | None) -> Selection:
    from ..rows.design import designed

    y, weights, features = columns.y, columns.weights, source.named(columns.x)
    if cluster and not columns.formula:
        if y is None:
            raise UsageError("--cluster needs the target named with -y")
        if features is None:
            features = [name for name in source.numeric if name not in (y, weights, cluster)]
    selection = designed(source, y, features, weights, columns.formula)
    notes(selection)
    return selection


def _diagnosed(found: Fit, selection: Selection, html: Path | None) -> Diagnosis | None:
    from ..diagnosis import diagnose

    if not html and not (found.df_resid > 0 and found.sigma > 0):
        print("the fit leaves no residuals to diagnose", file=sys.stderr)
        return None
    diagnosis = diagnose(found, selection)
    if html:
        from ..show.fit_page import fit_report

        write_text(html, fit_report(diagnosis, selection.source.label, selection.source.notes))
        print(f"wrote {html}", file=sys.stderr)
    return diagnosis


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL.json", help="What leastwise fit --save wrote.")],
    data: Annotated[str, DATA],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="OUT", help=".parquet or .csv.")] = None,
    interval: Annotated[float | None, typer.Option(help="Also the interval of new observations, such as 0.95.")] = None,
    unseen: Annotated[str, typer.Option(metavar="error|null", help="Levels that the fit has not seen.")] = "error",
    missing: Annotated[str, typer.Option(metavar="error|null", help="Rows that lack a number.")] = "error",
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA.")] = None,
    engine: Annotated[str | None, ENGINE] = None,
    scheduler: Annotated[str | None, SCHEDULER] = None,
    workers: Annotated[int | None, WORKERS] = None,
    master: Annotated[str | None, MASTER] = None,
) -> None:
    """Predict for the rows of DATA: its columns and the prediction, row by row, any number of rows."""
    from ..predict import stream
    from ..rows.files import open_source
    from ..saved import load
    from ..show.progress import Progress

    if engine == "sql":
        raise UsageError("predictions are made here, on dask or on spark: leave --engine sql out")
    writable("--output", output, data, str(model))
    fitted = load(model)
    with Where(engine, scheduler, workers, master).spread(open_source(data, table, sql)) as source:
        if output is None:
            put(lambda: stream(fitted, source, None, interval, unseen, missing))
            return
        with Progress(0, source.rows) as progress:
            watch = partial(progress, "predicting")
            rows = stream(fitted, source, output, interval, unseen, missing, watch)
    print(*source.notes, f"wrote {output}: {count(rows, 'row')}", sep="\n", file=sys.stderr)


def _of_triangle(path: Path, options: Options, y: str | None, x: list[str] | None) -> Fit:
    from ..rows.source import split_names
    from ..solve import fit_triangle
    from ..summary.triangle import Triangle, choose_columns

    triangle = Triangle.load(path)
    features = None if x is None else split_names(x, triangle.names)
    return fit_triangle(choose_columns(triangle, y, features), options)


def _of_rows(selection: Selection, options: Options, device: str | None) -> Fit:
    from ..show.progress import Progress
    from ..solve import fit_rows

    with Progress(0, selection.source.rows) as progress:
        return fit_rows(selection, options, lambda rows: progress("reading rows", rows), device)


def _show(found: Fit, as_json: bool, diagnosis: Diagnosis | None) -> None:
    from ..show.fitted import diagnosis_text, fit_json

    text = fit_json(found, diagnosis) if as_json else found.summary()
    width = min(get_terminal_size().columns, 80)
    more = [] if as_json or diagnosis is None else ["", diagnosis_text(diagnosis, width)]
    put(lambda: print(text, *more, sep="\n"))
