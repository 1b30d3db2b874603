"""`lw.fit_by`: one regression for each group of the rows."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..regressions import Regressions
from ..rows.arrays import free, of_host_arrays
from ..rows.chunk import Chunk, ColumnsApart
from ..rows.design import Running, as_formula, designed
from ..rows.native import LONGEST, coded, frame_of
from ..rows.select import is_opened, opened
from ..rows.source import Selection, Source
from ..tree import one_thread
from ..types import DataError, NotFiniteError, UsageError, Vector
from ..words import listing
from .batched import HARD, Solved, put, solve, table
from .runs import Run, UnorderedError, as_they_come, runs, side_by_side
from .sums import joined, moments

MOST_HARD = 20_000
LABELS = ("text", "date", "time")
"""What the kinds of columns are called that label groups, besides numbers."""
TOO_MANY = "columns that nearly depend on each other, or an exact fit: too many such groups to fit again"


def fit_by(
    X: Any,
    y: Any = None,
    by: Any = None,
    weight: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    formula: str | None = None,
    intercept: bool = True,
    missing: str = "error",
) -> Regressions:
    """Least squares with standard errors in every group of the rows.

    X (n, p), y (n,), labels by (n,) and weight (n,); or X a path or a frame, and y, x, by (one or a list) and weight
    the names of columns, or a formula instead of y and x. Labels are numbers, texts or dates, features in x numbers or
    texts.
    Minimises sum(weight * (y - X w - b)^2) in each group of rows whose weight is not 0. A column that is constant in a
    group, such as a level that it lacks, has slope 0 there. Groups whose columns nearly depend on each other are
    fitted again from their rows. Rows may come in any order; files are read once, and before that for their levels.
    Raises UsageError or DataError. Cost: n log n to sort, n p^2 and g p^3 / 3 flops.
    """
    if by is None or (isinstance(by, list | tuple) and not len(by)):
        raise UsageError("fit_by needs by: labels (n,), or the names of columns")
    if is_opened(X) and (isinstance(y, str) or formula or frame_of(X) is None):
        named = [by] if isinstance(by, str) else by
        if not isinstance(named, list | tuple) or not all(
            isinstance(one, str) for one in (*named, *([] if weight is None else [weight]))
        ):
            raise UsageError("with a path or a frame, by and weight are the names of its columns: put arrays into it")
        columns = columns_by(opened(X), y, [x] if isinstance(x, str) else x, list(named), weight, formula)
    elif x is not None or formula:
        raise UsageError("x and formula name columns: hand over a path or a frame, with the names of y and by")
    else:
        columns = _beside(*of_host_arrays(X, y, weight, names), by)
    selection, named, texts = columns
    return fit_groups(selection.dropping(missing), named, texts, intercept)


def fit_groups(
    selection: Selection, by: Sequence[str], texts: dict[str, Running], intercept: bool = True
) -> Regressions:
    """`fit_by` on a selection whose last features are the labels; `texts` are the numbers of those that are texts."""
    p = len(selection.features) - len(by)
    if p < 1:
        raise UsageError("a regression needs a feature besides the columns of --by")
    try:
        tables, dropped = _tables(selection, by, intercept and selection.intercept)
    except NotFiniteError as refusal:
        deque(selection.chunks(), maxlen=0)  # names the column and the row
        raise DataError(f"{selection.source.label}: {refusal}") from None
    if not tables:
        raise DataError(f"no rows left to fit in {selection.source.label}")
    found = Regressions.joined(tables)
    labels = {name: _called(values, texts.get(name)) for name, values in found.by.items()}
    return replace(found, by=labels, dropped_rows=dropped)


def _tables(selection: Selection, by: Sequence[str], intercept: bool) -> tuple[list[Regressions], int]:
    """The groups in order, table after table, and how many rows were left out."""
    columns = selection.features[: len(selection.features) - len(by)], selection.target

    def fitted(arranged: Callable[..., Iterator[Run]]) -> tuple[list[Regressions], int]:
        dropped = list[int]()
        rows = arranged(selection, len(by), dropped.append)
        return [_fitted(run, by, columns, intercept) for run in rows], sum(dropped)

    try:
        return fitted(as_they_come)
    except UnorderedError:
        pass
    return fitted(runs)


def _fitted(run: Run, by: Sequence[str], columns: tuple[tuple[str, ...], str], intercept: bool) -> Regressions:
    found = Solved.empty(len(run), len(columns[0]), intercept)

    def work(some: list[Vector]) -> None:
        parts = [moments(*run.take(groups)) for groups in some]
        found.put(np.concatenate(some), solve(joined(parts), intercept))

    with one_thread():
        side_by_side(work, run.alike())
    n = np.diff(run.starts, append=run.rows)
    fitted = table(found, n, dict(zip(by, run.known(), strict=True)), columns)
    hard = np.flatnonzero(found.status == HARD).tolist()
    for k in [*([] if run.before is None else [0]), *hard[:MOST_HARD]]:
        put(fitted, k, run.triangle(k), intercept)
    fitted.status[hard[MOST_HARD:]] = TOO_MANY
    return fitted


def _called(values: Vector, texts: Running | None) -> Vector:
    """The labels of groups (g,): whole numbers as integers, texts and dates as texts."""
    if texts is not None:
        return np.array([str(text) for text in texts])[values.astype(int)]
    whole = values.dtype.kind == "f" and (values == np.rint(values)).all() and np.abs(values).max() <= LONGEST
    return values.astype(np.int64) if whole else values


def _beside(rows: Selection, block: Chunk, by: Any) -> tuple[Selection, list[str], dict[str, Running]]:
    """Arrays with their labels as one more feature."""
    labels, texts = np.asarray(by), dict[str, Running]()
    if labels.shape != block.y.shape:
        raise UsageError(f"by must be (n,), a label for each row: its shape is {labels.shape}")
    if labels.dtype.kind == "M":
        missing, labels = np.isnat(labels), labels.astype(str).astype(object)
        labels[missing] = None
    if labels.dtype.kind in "OU":
        known = [None if _gone(label) else label for label in labels.tolist()]
        kinds = {type(label).__name__ for label in known if label is not None}
        if len(kinds) > 1:
            raise UsageError(f"labels are all of one kind: by holds {listing(sorted(kinds))}")
        if kinds <= {"int", "float"}:
            return _beside(rows, block, [math.nan if label is None else label for label in known])
        texts["by"] = running = Running()
        labels = coded(known, running)
    if labels.dtype.kind not in "buif":
        raise UsageError(f"labels are numbers, texts or dates: by holds {labels.dtype}")
    heavy = {} if rows.weight is None else {rows.weight: block.weight}
    columns: dict[str, Any] = {**dict(zip(rows.features, block.X.T, strict=True)), rows.target: block.y, **heavy}
    name = free("by", [*rows.names])
    source = Source.of_columns(rows.source.label, {**columns, name: labels})
    apart: Any = ColumnsApart([*block.X.T, labels])
    chosen = source.choose(rows.target, [*rows.features, name], rows.weight)
    return replace(chosen, block=Chunk(apart, block.y, block.weight)), ["by"], texts


def _gone(label: Any) -> bool:
    """Whether it stands for nothing: None, nan, or pandas' NA, which is not even false."""
    try:
        return label is None or not bool(label == label)
    except TypeError:
        return True


def columns_by(
    source: Source, y: str | None, x: Sequence[str] | None, by: Sequence[str],
    weight: str | None = None, formula: str | None = None,
) -> tuple[Selection, list[str], dict[str, Running]]:  # fmt: skip
    """The features and the labels of a source; by default the last numeric column that is no label on the others."""
    texts = {name: Running() for name in by if source.other.get(name, "").startswith(LABELS)}
    y, formula = as_formula(source, y, formula)
    if formula:
        selection = designed(source, y, x, weight, formula, aside=by)
        source = selection.source.coded(texts) if texts else selection.source
        source.refuse([*by, *([weight] if weight else [])])
        return replace(selection, source=source, features=(*selection.features, *by)), list(by), texts
    rest = [name for name in source.numeric if name not in (*by, weight)]
    y = y or (rest[-1] if rest else None)
    features = list(x) if x is not None else [name for name in rest if name != y]
    clash = [name for name in by if name == y or name in features]
    if clash:
        raise UsageError(f"{listing(clash)} labels the groups: leave it out of -x and -y")
    source = source.coded(texts) if texts else source
    return designed(source, y, [*features, *by], weight), list(by), texts
