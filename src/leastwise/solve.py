"""Rows or a triangle to a `Fit`: choose a method, solve, and say why."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .fitted import Fit
from .gather import Data, exact_sum, read, square_range
from .methods.centred import least_squares, term_root
from .methods.estimate import Estimate
from .methods.exact import exact
from .penalty import Penalty, translate_penalty
from .rows.select import select
from .rows.source import Selection
from .rows.spread import spread
from .settings import from_keywords
from .shrink import level, shrunk
from .summary.triangle import Triangle, choose_columns
from .tree import one_thread
from .types import DataError, UsageError
from .words import listing, number

METHODS = ("auto", "qr", "svd", "normal", "covariance", "exact")
ON_RANK_DEFICIENT = ("min_norm", "drop", "raise")
WEIGHTS = ("analytic", "frequency", "probability")
ENOUGH_DIGITS = 13.0
MOST_FEATURES, MOST_LEFT_OUT = 40, 5
READ_AGAIN = "Its rows were read out of the database."
CHEAP = 3e7
"""n (p + 2)^2 up to which `exact` takes about a second."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may be asked of a fit: see `fit`. Raises UsageError for a value that there is not."""

    method: str = "auto"
    intercept: bool = True
    on_rank_deficient: str = "min_norm"
    weights: str = "analytic"
    penalty: Penalty | None = None

    def __post_init__(self) -> None:
        for what, value, known in (
            ("method", self.method, METHODS),
            ("on_rank_deficient", self.on_rank_deficient, ON_RANK_DEFICIENT),
            ("weights", self.weights, WEIGHTS),
        ):
            if value not in known:
                raise UsageError(f"{what} must be one of {listing(known)}: it is {value!r}")
        if self.penalty is not None and not isinstance(self.penalty, Penalty):
            raise UsageError(f"penalty must be one of lw.ridge, lw.lasso, lw.elastic_net: it is {self.penalty!r}")
        if self.penalty is not None and (self.method != "auto" or self.on_rank_deficient != "min_norm"):
            raise UsageError("a penalty has a method of its own, and no dependent columns: leave both choices out")
        if self.penalty is not None and self.weights == "probability":
            raise UsageError("penalised slopes have no standard errors, so their weights are analytic or frequencies")

    def observations(self, triangle: Triangle) -> float:
        """The n of the degrees of freedom: rows, or their total where weights are frequencies."""
        return triangle.weight if self.weights == "frequency" else triangle.n


def fit(
    X: Any,
    y: Any = None,
    weight: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    formula: str | None = None,
    missing: str = "error",
    device: str | None = None,
    engine: str | None = None,
    **options: Any,
) -> Fit:
    """Least squares with standard errors.

    X (n, p) or (n,), y (n,), weight (n,); or X a path or a frame, and y, weight, x the names of its columns, or a
    `formula` such as "y ~ x + C(g) + a:b + np.log(z)"; or X a frame and y an array; or X a Triangle. Texts are coded
    as treatments against their first level. Minimises sum(weight * (y - X w - b)^2). `options`: method="auto" (or
    qr, svd, normal, covariance, exact), intercept=True, on_rank_deficient="min_norm" (or drop, raise),
    weights="analytic" (or frequency, probability, whose errors are HC1), penalty=None (or lw.ridge(a), lw.lasso(a),
    lw.elastic_net(a, l1_ratio), lw.Penalty: added to the mean squared error; no standard errors then).
    Torch tensors on a device are summed up there, and with `device`, such as "cuda", so are rows from anywhere. Frames
    on Dask or Spark and Dask arrays are worked on where they lie, and so are files with `engine` "dask" or "spark"
    (`spread` keeps them there for more than one fit).
    `auto` takes qr where rounding leaves at least 13 digits, and exact where it does not and the rows are at hand.
    Raises UsageError, DataError or EngineError. Cost: 2 n p^2 flops, 12 times that for exact.
    Source: Golub & Van Loan (2013), ch. 5; Weisberg (2014), ch. 2-3.
    """
    for name, method in (("robust", "robust(rows, kind)"), ("cluster", "clustered(rows, groups)")):
        if name in options:
            raise UsageError(f"fit takes no {name}: call {method} on the fit")
    chosen = from_keywords(Options, "option", options)
    if isinstance(X, Triangle):
        if formula or device or weight is not None or (names is not None and len(names) != X.features):
            raise UsageError("a triangle takes no weight, formula or device, and as many names as it has features")
        return fit_triangle(choose_columns(X, y, [x] if isinstance(x, str) else x), chosen, names)
    if engine and device:
        raise UsageError("an engine works on processors: leave engine or device out")
    with nullcontext(X) if engine is None else spread(X, engine) as rows:
        return fit_rows(select(rows, y, weight, x, names, formula).dropping(missing), chosen, device=device)


def fit_rows(
    selection: Selection, options: Options, watch: Callable[[int], None] | None = None, device: str | None = None
) -> Fit:
    """`fit` on columns of any source; reads them once, and once more for `exact`."""
    return fit_read(read(selection, watch=watch, device=device), options)


def fit_read(data: Data, options: Options) -> Fit:
    """`fit_rows` on what is read."""
    selection = data.selection
    if selection.design.formula:
        if not options.intercept:
            raise UsageError("a formula says itself whether there is an intercept: write - 1 in it")
        options = replace(options, intercept=selection.intercept)
    if data.triangle.n == 0:
        raise DataError(f"no rows left to fit in {selection.source.label}")
    if options.weights == "frequency" and data.triangle.weight % 1:
        raise DataError(f"{selection.source.label}: weights that are frequencies must be whole numbers")
    columns = (selection.features, selection.target)
    at_hand = None if data.summed and options.method != "exact" else selection
    found = _found(data.triangle, options, at_hand, columns, data.dropped)
    found = replace(found, design=selection.design, weight_column=selection.weight or "")
    if data.how and options.penalty is None:
        how = READ_AGAIN if data.summed and found.method == "exact" else data.how
        found = replace(found, reason=f"{found.reason} {how}")
    return found.robust(selection, "HC1") if options.weights == "probability" and found.df_resid > 0 else found


def fit_triangle(triangle: Triangle, options: Options, names: Sequence[str] | None = None) -> Fit:
    """`fit` on a triangle alone. Raises UsageError for probability weights, whose errors need the rows."""
    if options.weights == "probability":
        raise UsageError("weights that are probabilities need robust errors, and so the rows: a triangle holds none")
    if triangle.n == 0:
        raise DataError("the triangle holds no rows")
    *features, target = triangle.names or [*(f"x{j + 1}" for j in range(triangle.features)), "y"]
    return _found(triangle, options, None, (tuple(names or features), target))


def _found(
    triangle: Triangle, options: Options, selection: Selection | None, columns: tuple[tuple[str, ...], str],
    dropped: int = 0,
) -> Fit:  # fmt: skip
    if options.penalty is not None:
        if selection:
            square_range(triangle, selection)
        return _penalised(triangle, options, options.penalty, columns, dropped)
    estimate, method, reason = _solved(triangle, options, selection)
    return _described(triangle, estimate, options, columns, (method, reason), dropped)


def _penalised(
    triangle: Triangle, options: Options, penalty: Penalty, columns: tuple[tuple[str, ...], str], dropped: int
) -> Fit:
    """The fit whose slopes a penalty holds, certified by its duality gap."""
    estimate = least_squares(triangle, "qr", options.observations(triangle), options.intercept)
    free = replace(_described(triangle, estimate, options, columns, ("", ""), dropped), dependencies=())
    coef, gap, how = shrunk(triangle, penalty, options.intercept)
    at = level(triangle.moments(), coef[None], options.intercept)
    nan = np.full_like(free.middle, math.nan)
    return replace(
        free.moved(coef, float(at[0]), triangle.weight * float(triangle.moments().losses(coef[None], at)[0])),
        se=np.full_like(free.se, math.nan),
        middle=nan,
        errors="none: penalised slopes are drawn towards 0, and so have no classical ones",
        rank=int(np.count_nonzero(coef)) + options.intercept,
        method=how,
        reason=_ways(penalty, triangle),
        penalty=penalty,
        stopped=f"The objective is within {number(max(gap, 1e-17), 1)} of the target's mean square of its least.",
    )


def _ways(penalty: Penalty, triangle: Triangle) -> str:
    """A penalty in other libraries' words."""
    found = translate_penalty(penalty, triangle.weight, float(triangle.spread[-1]) or 1.0)
    said = [
        f"{name} {', '.join(f'{key} = {number(value, 6)}' for key, value in values.items())}"
        for name, values in found.items()
    ]
    return f"{'; '.join(said)}."


def _solved(triangle: Triangle, options: Options, selection: Selection | None) -> tuple[Estimate, str, str]:
    if options.method not in ("auto", "exact"):
        return _rounded(triangle, options, selection, options.method), options.method, "It was asked for."
    try:
        near = _rounded(triangle, options, selection, "qr")
    except DataError:
        if options.method == "auto" and selection is None:
            raise
        near = None
    if options.method == "exact":
        return _exactly(triangle, options, selection, near), "exact", "It was asked for: no rounding but the last."
    if near is None:
        return _exactly(triangle, options, selection), "exact", "The squares of a column leave the range of float64."
    return _chosen(triangle, options, selection, near)


def _chosen(
    triangle: Triangle, options: Options, selection: Selection | None, estimate: Estimate
) -> tuple[Estimate, str, str]:
    worst = min(estimate.digits, estimate.se_digits)
    left = f"rounding leaves it about {max(int(worst), 0)} digits"
    if worst >= ENOUGH_DIGITS:
        return estimate, "qr", f"It is fast, and {left}."
    if selection is None:
        return estimate, "qr", f"Only the triangle is at hand, and {left}; exact needs the rows."
    if _affordable(triangle, estimate):
        found = _exactly(triangle, options, selection, estimate)
        if found.rank == estimate.rank or not estimate.dependencies:
            return found, "exact", f"With qr rounding would leave about {max(int(worst), 0)} digits."
    return estimate, "qr", f"It is fast, and {left}; exact would keep all, and take far longer."


def _affordable(triangle: Triangle, estimate: Estimate) -> bool:
    """Whether `exact` takes about a second: its pass over the rows, and its p^3 products of long integers."""
    p, left_out = triangle.features, triangle.features - len(estimate.root.T)
    return p <= MOST_FEATURES and left_out <= MOST_LEFT_OUT and triangle.n * (p + 2) ** 2 <= CHEAP


def _rounded(triangle: Triangle, options: Options, selection: Selection | None, method: str) -> Estimate:
    """The estimate in floating point; DataError where the squares of a column leave its range."""
    if selection:
        square_range(triangle, selection)
    drop = options.on_rank_deficient == "drop"
    with one_thread():
        return least_squares(triangle, method, options.observations(triangle), options.intercept, drop)


def _exactly(
    triangle: Triangle, options: Options, selection: Selection | None, near: Estimate | None = None
) -> Estimate:
    if selection is None:
        raise DataError("exact needs the rows, and a triangle holds none: use qr")
    gram = exact_sum(selection)
    drop = options.on_rank_deficient == "drop"
    return exact(gram, options.observations(triangle), options.intercept, drop, near)


def _described(
    triangle: Triangle,
    estimate: Estimate,
    options: Options,
    columns: tuple[tuple[str, ...], str],
    how: tuple[str, str],
    dropped_rows: int = 0,
) -> Fit:
    names, target = columns
    sentences = tuple(estimate.sentences(names))
    if options.on_rank_deficient == "raise" and sentences:
        raise DataError(f"columns depend on each other ({'; '.join(sentences)}): leave one of them out")
    observations = options.observations(triangle)
    free = observations - estimate.rank
    root = term_root(estimate.root, estimate.centre[:-1], estimate.weight, options.intercept)
    return Fit(
        names=names,
        target=target,
        coef=estimate.coef,
        intercept=estimate.intercept,
        centre=estimate.centre,
        nudge=estimate.nudge,
        root=root,
        middle=np.diag(np.full(root.shape[1], estimate.rss / free if free > 0 else math.nan)),
        se=estimate.se,
        n=triangle.n,
        observations=observations,
        rank=estimate.rank,
        rss=estimate.rss,
        tss=estimate.tss,
        log_weight=0.0 if options.weights == "frequency" else triangle.log_weight,
        df_error=free,
        weights=options.weights if triangle.weight != triangle.n or triangle.log_weight else "none",
        errors="classical, rss / (observations - rank)",
        method=how[0],
        reason=how[1],
        digits=estimate.digits,
        se_digits=estimate.se_digits,
        dependencies=sentences,
        dropped=tuple(names[j] for j in estimate.dropped),
        dropped_rows=dropped_rows,
    )
