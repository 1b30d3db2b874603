"""`leastwise path`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..atomic import writable, write_text
from ..types import UsageError
from .options import DATA, apart, console, notes, put, selected

if TYPE_CHECKING:
    from ..penalty import Penalty


def path(
    data: Annotated[str, DATA] = "article",
    y: Annotated[str | None, typer.Option("-y", "--target", metavar="COL", help="Target column.")] = None,
    x: Annotated[list[str] | None, typer.Option("-x", "--features", metavar="COL,COL", help="Features.")] = None,
    formula: Annotated[str | None, typer.Option(help="Target and features, as in 'y ~ x + C(g)'.")] = None,
    weights: Annotated[str | None, typer.Option(metavar="COL", help="Column of weights.")] = None,
    l1_ratio: Annotated[float, typer.Option(help="1 is the lasso, 0 ridge, between them elastic nets.")] = 1.0,
    count: Annotated[int, typer.Option(help="How many penalties.")] = 100,
    least: Annotated[float, typer.Option(help="The smallest, as a part of the largest that matters.")] = 1e-3,
    folds: Annotated[int, typer.Option(help="Parts of the rows for cross-validation; 0 for none.")] = 5,
    rule: Annotated[
        str | None, typer.Option(metavar="cv|1se|aic|bic|gcv", help="How to choose [default: 1se].")
    ] = None,
    standardise: Annotated[bool, typer.Option("--standardise", help="Penalise slopes per deviation.")] = False,
    positive: Annotated[bool, typer.Option("--positive", help="No slope below 0.")] = False,
    intercept: Annotated[bool, typer.Option("--intercept/--no-intercept", help="Whether to fit one.")] = True,
    missing: Annotated[str, typer.Option(metavar="error|drop", help="Rows that lack a number.")] = "error",
    table: Annotated[str | None, typer.Option(help="Table of a DuckDB or SQLite file.")] = None,
    sql: Annotated[str | None, typer.Option(help="A query instead of DATA.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="MODEL.json", help="Save the fit that is chosen.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="The path drawn, as one page.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Ridge, lasso or elastic net on DATA at a whole sequence of penalties, and which to choose, from one pass."""
    from ..crossval import RULES, path_of
    from ..rows.address import without_password
    from ..rows.files import open_source
    from ..show.path import path_json, path_page
    from ..solve import Options, fit_triangle
    from ..summary.file import is_triangle

    chosen = rule or ("1se" if folds else "bic")
    if chosen not in RULES:
        raise UsageError(f"--rule must be one of {', '.join(RULES)}: it is {rule!r}")
    if chosen in ("cv", "1se") and not folds:
        raise UsageError(f"--rule {chosen} needs folds: ask for them, or for aic, bic or gcv")
    for name, file in (("--save", save), ("--html", html)):
        writable(name, file, data)
    apart({"--save": save, "--html": html})
    if is_triangle(Path(data)):
        raise UsageError("path takes rows: in Python lw.path(lw.Triangle.load(...)) takes a triangle, without folds")
    if formula and not intercept:
        raise UsageError("a formula says itself whether there is an intercept: write - 1 in it")
    selection = selected(open_source(data, table, sql), y, x, weights, formula).dropping(missing)
    notes(selection)
    both = intercept and selection.intercept
    shape = {"standardised": standardise, **({"low": 0.0} if positive else {})}
    found = path_of(selection, l1_ratio, count, least, folds, both, shape)
    options = Options(intercept=both, penalty=found.penalties[found.best(chosen)])
    fit = replace(fit_triangle(found.triangle, options), design=selection.design, weight_column=selection.weight or "")
    columns = ["--formula", repr(formula)] if formula else ["-y", selection.target]
    shown = ["leastwise fit", without_password(data), *columns]
    again = " ".join([*shown, *_penalty(options.penalty), *([] if both else ["--no-intercept"])])
    if save:
        fit.save(save)
        print(f"wrote {save}", file=sys.stderr)
    if html:
        from ..show.path_page import path_report

        write_text(html, path_report(found, chosen, fit, selection.source.label))
        print(f"wrote {html}", file=sys.stderr)
    put(lambda: print(path_json(found, chosen, fit)) if json else path_page(console(), found, chosen, fit, again))


def _penalty(penalty: Penalty | None) -> list[str]:
    """The chosen penalty as `leastwise fit` takes it; its other options are those of this run."""
    if penalty is None:
        return []
    alpha, kind = penalty.l1 + penalty.l2, "lasso" if not penalty.l2 else "elastic-net" if penalty.l1 else "ridge"
    ratio = ["--l1-ratio", f"{penalty.l1 / alpha:.6g}"] if kind == "elastic-net" else []
    return ["--penalty", kind, "--alpha", f"{alpha:.6g}", *ratio, *(["--standardise"] if penalty.standardised else [])]
