"""Paths of penalties, and which to choose: by merging folds' summaries, or by information criteria."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from .gather import outside, read
from .penalty import Penalty
from .rows.chunk import Chunk, blocks
from .rows.select import select
from .rows.source import Selection
from .shrink import certified, freedom, grid, level, slopes
from .summary.moments import Moments
from .summary.reduce import summarise_as
from .summary.triangle import Triangle, choose_columns
from .tree import Counter, one_thread, total
from .types import DataError, Matrix, NotFiniteError, UsageError, Vector
from .words import listing

RULES = ("cv", "1se", "aic", "bic", "gcv")
PIECES, LARGEST = 4, 1e70


@dataclass(frozen=True, slots=True, eq=False)
class PenaltyPath:
    """The answers at k penalties, largest first.

    - `penalties` (k), `coef` (k, p), `intercept` (k,); `gap` (k,) how far each objective can be from its least, as a
      part of the target's mean square; `steps` (k,) of the solver
    - `loss` (k,) the mean squared error; `df` (k,) the slopes that are not 0, of a ridge the trace of its hat matrix
    - `folds` (f, k): the mean squared error on each fold by the fit to the others, none without cross-validation
    - `triangle` of all rows
    """

    names: tuple[str, ...]
    target: str
    penalties: tuple[Penalty, ...]
    coef: Matrix
    intercept: Vector
    gap: Vector
    steps: Vector
    loss: Vector
    df: Vector
    folds: Matrix
    triangle: Triangle
    has_intercept: bool = True

    @property
    def alphas(self) -> Vector:
        """l1 + l2 (k,), the alpha of lw.lasso, lw.ridge and lw.elastic_net and of `leastwise fit`."""
        return np.array([penalty.l1 + penalty.l2 for penalty in self.penalties])

    @property
    def cv_mean(self) -> Vector:
        """Mean over the folds of the squared error (k,); nan without folds."""
        return self.folds.mean(axis=0) if len(self.folds) else np.full(len(self.loss), math.nan)

    @property
    def cv_se(self) -> Vector:
        """Standard error of that mean (k,)."""
        if len(self.folds) < 2:
            return np.full(len(self.loss), math.nan)
        return np.asarray(self.folds.std(axis=0, ddof=1) / math.sqrt(len(self.folds)))

    def criterion(self, rule: str) -> Vector:
        """What `rule` makes least (k,): "cv" and "1se" the squared error on the folds, or "aic", "bic", "gcv".

        n log(loss) + 2 df, n log(loss) + log(n) df, loss / (1 - df / n)^2, with the intercept in df.
        Source: Zou, Hastie & Tibshirani (2007), Ann. Statist. 35, for df of the lasso; Golub et al. (1979) for GCV.
        """
        if rule not in RULES:
            raise UsageError(f"the rule must be one of {listing(RULES)}: it is {rule!r}")
        n, df = self.triangle.n, self.df + self.has_intercept
        if rule in ("cv", "1se"):
            if not len(self.folds):
                raise UsageError(f"{rule} needs folds: ask for them, such as folds=5")
            return self.cv_mean
        with np.errstate(divide="ignore"):
            size = n * np.log(self.loss)
            gcv = self.loss / np.maximum(1 - df / n, 1e-12) ** 2
        return {"aic": size + 2 * df, "bic": size + math.log(n) * df, "gcv": gcv}[rule]

    def best(self, rule: str = "cv") -> int:
        """The place of the penalty that a rule chooses; "1se" the largest within one standard error of the best.

        Source: Breiman, Friedman, Olshen & Stone (1984), Classification and Regression Trees, sec. 3.4.3.
        """
        values = self.criterion(rule)
        least = int(np.argmin(values))
        if rule != "1se":
            return least
        return int(np.argmax(values <= values[least] + self.cv_se[least]))


def path(
    X: Any,
    y: Any = None,
    weight: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    formula: str | None = None,
    missing: str = "error",
    l1_ratio: float = 1.0,
    penalties: Sequence[Penalty] | int = 100,
    least: float = 1e-3,
    folds: int = 0,
    intercept: bool = True,
    **shape: Any,
) -> PenaltyPath:
    """The slopes at a whole sequence of penalties on X (n, p), y (n,), weight (n,), or columns of a path or a frame.

    Minimises 1/W sum(weight * (y - X w - b)^2) + sum_j f_j (l1 |w_j| + l2 w_j^2). `l1_ratio` 1 is the lasso, 0 ridge.
    X may be a Triangle. `penalties`: values of one shape, or how many, from the largest that matters down to `least` of
    it. `folds`: as many contiguous parts of the rows, for cross-validation. `shape`: factors, low, high, standardised
    as in `Penalty`; `l1_ratio` as in `elastic_net`.
    Raises UsageError or DataError. Cost: one pass over the rows, n p^2 flops; then p^2 a corner of the path, for the
    whole and for each fold. Source: see `penalised.homotopy` and `penalised.ridge`.
    """
    if isinstance(X, Triangle):
        if folds:
            raise UsageError("a triangle holds no rows to fold: leave folds out, and choose by aic, bic or gcv")
        chosen = choose_columns(X, y, [x] if isinstance(x, str) else x)
        return _path(chosen, [], (l1_ratio, penalties, least), intercept, shape)
    selection = select(X, y, weight, x, names, formula).dropping(missing)
    if selection.design.formula and not intercept:
        raise UsageError("a formula says itself whether there is an intercept: write - 1 in it")
    return path_of(selection, l1_ratio, penalties, least, folds, intercept and selection.intercept, shape)


def path_of(
    selection: Selection, l1_ratio: float, penalties: Sequence[Penalty] | int, least: float, folds: int,
    intercept: bool = True, shape: dict[str, Any] | None = None,
) -> PenaltyPath:  # fmt: skip
    """`path` on columns of any source."""
    with one_thread():
        parts = fold_moments(selection, folds) if folds else []
        triangle = _whole(parts, selection)
        triangle = replace(triangle, names=(*selection.features, selection.target))
        _in_range(triangle, selection)
        return _path(triangle, parts, (l1_ratio, penalties, least), intercept, shape or {})


def _path(
    triangle: Triangle, parts: Sequence[Moments], asked: tuple[float, Any, float], intercept: bool,
    shape: dict[str, Any],
) -> PenaltyPath:  # fmt: skip
    l1_ratio, penalties, least = asked
    unknown = set(shape) - {"factors", "low", "high", "standardised"}
    if unknown:
        raise UsageError(
            f"path takes no {sorted(unknown)[0]!r}: a shape is made of factors, low, high and standardised"
        )
    if isinstance(penalties, int | np.integer) and not isinstance(penalties, bool):
        penalties = grid(triangle.moments(), l1_ratio, int(penalties), least, intercept, shape)
    elif shape:
        raise UsageError("penalties that are given have their own factors and bounds: leave the shape out")
    return solved(triangle, penalties, parts, intercept)


def _in_range(triangle: Triangle, selection: Selection) -> None:
    """DataError where squares of squares of a column leave the range of float64, or no row has a weight."""
    if triangle.n == 0:
        raise DataError(f"no rows left to fit in {selection.source.label}")
    for name, size in outside(triangle, selection, LARGEST):
        raise DataError(f"column {name!r} of {selection.source.label} is about {size:.0e}: rescale it for a penalty")


def _whole(parts: Sequence[Moments], selection: Selection) -> Triangle:
    """The triangle of all rows: from their moments, where they are at hand or quickly made and keep the digits."""
    block = _in_memory(selection)
    if selection.weight is None and (parts or block is not None):
        try:
            moments = total(parts) if parts else moments_of(block)  # type: ignore[arg-type]
            R = moments.root()
        except NotFiniteError:
            R = None
        if R is not None:
            return Triangle(moments.n, moments.weight, moments.shift, moments.delta, R)
    return read(selection).triangle


def _in_memory(selection: Selection) -> Chunk | None:
    return None if selection.drop_missing else selection.block


def solved(triangle: Triangle, penalties: Sequence[Penalty], folds: Sequence[Moments], intercept: bool) -> PenaltyPath:
    """The path of a triangle, and the errors on folds whose moments add up to it."""
    penalties = _of_one_shape(penalties)
    *names, target = triangle.names or [*(f"x{j + 1}" for j in range(triangle.features)), "y"]
    whole = triangle.moments()
    ordered = tuple(sorted(penalties, key=lambda penalty: (-penalty.l1, -penalty.l2)))
    coef, gap, steps = slopes(whole, ordered, intercept)
    certified(gap)
    held = []
    for out in range(len(folds)):
        others = total([fold for k, fold in enumerate(folds) if k != out])
        fitted, _, _ = slopes(others, ordered, intercept)
        held.append(folds[out].losses(fitted, level(others, fitted, intercept)))
    levels = level(whole, coef, intercept)
    return PenaltyPath(
        names=tuple(names), target=target, penalties=ordered, coef=coef, intercept=levels, gap=gap, steps=steps,
        loss=whole.losses(coef, levels), df=freedom(whole, ordered, coef, intercept), has_intercept=intercept,
        folds=np.array(held) if held else np.empty((0, len(ordered))), triangle=triangle,
    )  # fmt: skip


def fold_moments(selection: Selection, folds: int) -> list[Moments]:
    """The moments of each of so many contiguous, equal parts of the rows, in one pass, or two where n is not known.

    The first n mod folds have one row more. Raises UsageError for fewer than 2 folds, DataError for fewer rows.
    """
    if isinstance(folds, bool) or not isinstance(folds, int | np.integer) or folds < 2:
        raise UsageError(f"folds must be a whole number of at least 2: it is {folds}")
    block = _in_memory(selection)
    known = len(block) if block is not None else None if selection.drop_missing else selection.source.rows
    n = sum(len(chunk) for chunk in selection.chunks()) if known is None else known
    if n < folds:
        raise DataError(f"{selection.source.label} has {n} rows: they cannot make {folds} folds")
    ends = np.cumsum([n // folds + (k < n % folds) for k in range(folds)])
    starts = [0, *ends[:-1].tolist()]
    try:
        parts = _dealt(selection, ends) if block is None else [
            moments_of(block.take(slice(a, b))) for a, b in zip(starts, ends.tolist(), strict=True)
        ]  # fmt: skip
    except NotFiniteError:
        parts = _dealt(selection, ends)
    empty = [k for k, part in enumerate(parts, start=1) if part.n == 0]
    if empty:
        raise DataError(f"all rows of fold {empty[0]} of {selection.source.label} weigh 0: ask for fewer folds")
    return parts


def moments_of(rows: Chunk) -> Moments:
    """The moments of rows in memory, on all cores; those of no weight are left out."""
    rows = rows.weighty()
    pieces = blocks(len(rows), max(1, -(-len(rows) // PIECES)))
    return summarise_as(Moments, (partial(iter, [rows.take(some)]) for some in pieces), None, rows.X.shape[1])


def _dealt(selection: Selection, ends: Vector) -> list[Moments]:
    counters = [Counter(Moments.empty(len(selection.features))) for _ in ends]
    row = 0
    for chunk in selection.chunks():
        cuts = [row, *(end for end in ends.tolist() if row < end < row + len(chunk)), row + len(chunk)]
        for first, last in pairwise(cuts):
            some = chunk.take(slice(first - row, last - row)).weighty()
            counters[int(np.searchsorted(ends, first, side="right"))].add(Moments.of(some.X, some.y, some.weight))
        row += len(chunk)
    return [counter.total() for counter in counters]


def _of_one_shape(penalties: Any) -> Sequence[Penalty]:
    """The penalties; UsageError unless there are some, all of one shape."""
    if isinstance(penalties, Penalty) or not isinstance(penalties, Sequence):
        raise UsageError(f"penalties must be how many, or a list of them, such as [lw.lasso(0.1)]: it is {penalties!r}")
    if not penalties or not all(isinstance(penalty, Penalty) for penalty in penalties):
        raise UsageError("a path needs at least one penalty, such as lw.lasso(0.1), and nothing else in the list")
    shapes = {(penalty.factors, penalty.low, penalty.high, penalty.standardised) for penalty in penalties}
    if len(shapes) > 1:
        raise UsageError("the penalties of a path must have the same factors, bounds and units: take a path for each")
    return penalties
