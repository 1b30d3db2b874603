"""`lw.fit_targets`: one regression of each of many targets, all on the same features."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from .groups.batched import SHORTEST
from .methods.centred import least_squares, term_root
from .regressions import Regressions
from .rows.arrays import free, of_host_arrays
from .rows.chunk import PART_ROWS, ColumnsApart, Part, blocks
from .rows.design import designed
from .rows.native import frame_of, numbers
from .rows.select import opened
from .rows.source import Selection, Source
from .summary.moments import in_range
from .summary.reduce import in_order
from .summary.targets import Targets
from .summary.triangle import lengths
from .tree import one_thread
from .types import DataError, Matrix, NotFiniteError, UsageError, Vector

_EPS = float(np.finfo(np.float64).eps)
Rows = tuple[Matrix, Matrix, Vector | None]
"""X (m, p), Y (m, k), weight (m,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """The columns of a selection, whose last features are all targets but the last: k in all.

    `parts` are its rows, that can be worked on side by side, told how many were `dropped`.
    """

    selection: Selection
    k: int
    parts: Callable[[Callable[[int], None]], Iterator[Callable[[], Iterator[Rows]]]]

    @property
    def columns(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the features and of the targets."""
        names = (*self.selection.features, self.selection.target)
        return names[: -self.k], names[-self.k :]


def fit_targets(
    X: Any,
    Y: Any,
    weight: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    intercept: bool = True,
    missing: str = "error",
) -> Regressions:
    """Least squares with standard errors of each of k targets on the same p features, in one pass.

    X (n, p), Y (n, k), weight (n,), with `names` and `targets` of their columns; or X a path or a frame, and Y, x (some
    may be texts) and weight the names of its columns. Minimises sum(weight * (y_j - X w_j - b_j)^2) for each j. All
    regressions have the same rows: with missing="drop" those that are complete in every column. Dependent columns
    share their effect by the shortest slopes, and are named once, in `notes`. The table has a row a target.
    Raises UsageError or DataError. Cost: 2 n p^2 + 4 n p k flops; memory: (p + 3) (p + k) numbers.
    Source: Golub & Van Loan (2013), sec. 5.3.
    """
    Y = [Y] if isinstance(Y, str) else Y
    if isinstance(X, str | os.PathLike) or (frame_of(X) is not None and _named(Y)):
        if not _named(Y) or names is not None or targets is not None:
            raise UsageError("with a path or a frame, Y is a list of its columns, and names and targets are left out")
        return fit_several(of_source(opened(X), list(Y), [x] if isinstance(x, str) else x, weight, missing), intercept)
    if x is not None:
        raise UsageError("x names columns: hand over a path, or a frame with the names of the targets")
    return fit_several(of_matrices(X, Y, weight, names, targets, missing), intercept)


def fit_several(rows: Several, intercept: bool = True) -> Regressions:
    """`fit_targets` on columns of any source."""
    dropped, label = list[int](), rows.selection.source.label
    try:
        with one_thread():
            empty = Targets.empty(len(rows.columns[0]), rows.k)
            parts = rows.parts(dropped.append)
            state = reduce(add, in_order(partial(_summed, empty=empty), parts, os.cpu_count() or 1), empty)
    except NotFiniteError as refusal:
        deque(rows.selection.chunks(), maxlen=0)  # names the column and the row
        raise DataError(f"{label}: {refusal}") from None
    if not state.n:
        raise DataError(f"no rows left to fit in {label}")
    size = np.hypot(lengths(np.hstack([state.R, state.Z])), np.append(np.zeros(len(state.R[0])), np.sqrt(state.rss)))
    extent = np.abs(state.shift + state.delta) + size / math.sqrt(state.weight)
    in_range(extent, sum(rows.columns, ()), label)
    return _solved(state, rows.columns, sum(dropped), intercept)


def _summed(part: Callable[[], Iterator[Rows]], empty: Targets) -> Targets:
    return reduce(add, (Targets.of(*rows) for rows in part()), empty)


def _solved(
    state: Targets, columns: tuple[tuple[str, ...], tuple[str, ...]], dropped: int, intercept: bool
) -> Regressions:
    """All slopes at once: root root' R'Z, whose factors all targets share, and one step of refinement.

    What rounding leaves of a residual sum of squares is 0, as in `methods.centred`.
    Source: Bjorck (1996), Numerical Methods for Least Squares Problems, sec. 2.9.
    """
    names, targets = columns
    state = state if intercept else state.about_zero()
    p, R, Z, means = len(names), state.R, state.Z, state.shift + state.delta
    shared = least_squares(state.triangle(0), intercept=intercept)
    Q = R @ shared.root
    coef = shared.root @ (Q.T @ Z)
    coef += shared.root @ (Q.T @ (Z - R @ coef))
    size = np.hypot(lengths(Z), np.sqrt(state.rss))
    left = np.hypot(lengths(Z - R @ coef), np.sqrt(state.rss))
    left[left <= 8 * _EPS * (size + lengths(R) @ np.abs(coef))] = 0.0
    df = state.n - shared.rank
    sigma = left / math.sqrt(df) if df > 0 else np.full(len(left), math.nan)
    unit = np.linalg.norm(term_root(shared.root, means[:p], state.weight, intercept), axis=1)
    varies = size / math.sqrt(state.weight) > 1e-3 * _EPS * np.abs(means[p:])
    with np.errstate(invalid="ignore", divide="ignore"):
        r2 = np.where(varies, 1 - (left / size) ** 2, math.nan)
    same = partial(np.full, len(targets))
    status = same(SHORTEST if shared.dependencies else "ok", dtype=object)
    return Regressions(
        {"target": np.array(targets)}, names, "", same(state.n), coef.T, means[p:] - means[:p] @ coef,
        np.outer(sigma, unit), sigma, r2, same(float(df)), same(float(shared.rank)), status, dropped, "target",
        tuple(shared.sentences(names)),
    )  # fmt: skip


def of_source(source: Source, targets: list[str], x: Sequence[str] | None, weight: str | None, missing: str) -> Several:
    """Columns of a source by name; by default all other numeric ones are features."""
    source.refuse([*targets, *([weight] if weight else [])])
    if x is None:
        x = [name for name in source.numeric if name not in (*targets, weight)]
    if not x:
        raise UsageError("a regression needs a feature besides the targets")
    selection = designed(source, targets[-1], [*x, *targets[:-1]], weight).dropping(missing)
    p = len(selection.features) + 1 - len(targets)

    def parts(dropped: Callable[[int], None]) -> Iterator[Callable[[], Iterator[Rows]]]:
        for part in selection.parts(dropped):
            yield partial(_read, part, p)

    return Several(selection, len(targets), parts)


def _read(part: Part, p: int) -> Iterator[Rows]:
    for chunk in part():
        columns: Any = (*_columns(chunk.X), chunk.y)
        apart: Any = ColumnsApart(columns[:p]), ColumnsApart(columns[p:])
        yield (*apart, chunk.weight)


def _columns(X: Any) -> Sequence[Vector]:
    columns: Sequence[Vector] = X.columns
    return columns


def of_matrices(
    X: Any, Y: Any, weight: Any, names: Sequence[str] | None, targets: Sequence[str] | None, missing: str
) -> Several:
    """X (n, p), Y (n, k), weight (n,), whose columns are named."""
    matrix = _matrix(Y, "Y")
    first, whole = of_host_arrays(X, matrix[:, 0], weight, names)
    given = targets if targets is not None else getattr(Y, "columns", None)
    called = [f"y{j}" for j in range(1, matrix.shape[1] + 1)] if given is None else [str(name) for name in given]
    if len(called) != matrix.shape[1] or len({*called, *first.features}) < len(called) + len(first.features):
        raise UsageError(f"targets must hold {matrix.shape[1]:,} names, all different, one a column of Y")
    columns = dict(zip((*first.features, *called), (*whole.X.T, *matrix.T), strict=True))
    heavy = None if whole.weight is None else free("weight", [*columns])
    if heavy is not None:
        columns[heavy] = whole.weight
    source = Source.of_columns("the arrays", columns)
    selection = source.choose(called[-1], [*first.features, *called[:-1]], heavy).dropping(missing)
    if selection.drop_missing:
        return of_source(source, called, first.features, heavy, missing)

    def parts(dropped: Callable[[int], None]) -> Iterator[Callable[[], Iterator[Rows]]]:
        for rows in blocks(len(matrix), PART_ROWS):
            own = None if whole.weight is None else whole.weight[rows]
            yield partial(iter, [(whole.X[rows], matrix[rows], own)])

    return Several(selection, len(called), parts)


def _named(Y: Any) -> bool:
    return isinstance(Y, list | tuple) and len(Y) > 0 and all(isinstance(name, str) for name in Y)


def _matrix(values: Any, what: str) -> Matrix:
    found = numbers(values, what)
    if found.ndim != 2 or not found.shape[1]:
        raise UsageError(f"{what} must be (n, k), a column a target: its shape is {found.shape}; fit takes one target")
    return found
