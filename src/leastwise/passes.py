"""Second passes over the rows that a fit was made of, in coordinates that cost no digits.

Rows are measured from their means, kept in two doubles each, and whitened: z = G'x with G G' = (X'VX)^-1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .influence import Influence, influence
from .robust import Scores
from .rows.arrays import of_arrays
from .rows.chunk import Chunk
from .rows.design import Running, replay
from .rows.frames import features
from .rows.native import numbers
from .rows.select import is_opened, opened
from .rows.source import Selection
from .types import DataError, Matrix, UsageError, Vector
from .words import count

NOISE = 1e-20
"""A share of the total sum of squares that may be rounding."""


def from_centre(fit: Any, X: Matrix) -> Matrix:
    """Features (m, p) less their means."""
    return np.asarray((X - fit.centre[:-1]) - fit.nudge[:-1])


def whitened(fit: Any, X: Matrix) -> Matrix:
    """z (m, k) of features X (m, p). Raises UsageError for a fit with a penalty, which has no errors."""
    if fit.penalty is not None:
        raise UsageError("penalised slopes have no standard errors, intervals or leverages: fit without the penalty")
    if not fit.has_intercept:
        return np.asarray(X @ fit.root)
    slopes, last = fit.root[:-1, :-1], fit.root[-1, -1]
    return np.column_stack([from_centre(fit, X) @ slopes, np.full(len(X), last)])


def features_of(fit: Any, X: Any, unseen: str = "error") -> Matrix:
    """X as (m, p): a frame by the names of its columns, which the fit's design makes; anything else by their order."""
    found = features(X, fit.names, fit.design, unseen)
    if found is not None:
        return found
    p = len(fit.coef)
    found = numbers(X, "X")
    if found.ndim == 1:
        found = found[:, None] if p == 1 else found[None, :]
    if found.ndim != 2 or found.shape[1] != p:
        raise UsageError(f"X must have {p} columns ({', '.join(fit.names[:6])}): its shape is {found.shape}")
    return found


def rows_of(fit: Any, rows: Any) -> Selection:
    """The rows that were fitted: a path, a frame, a tuple (X, y) or (X, y, weight), or a Selection."""
    if isinstance(rows, Selection):
        return rows
    if is_opened(rows):
        source = replay(opened(rows), fit.design)
        chosen = source.choose(fit.target, list(fit.names), fit.weight_column or None)
        return chosen.dropping("drop" if fit.dropped_rows else "error")
    if not isinstance(rows, tuple) or len(rows) not in (2, 3):
        raise UsageError("rows must be a path, a frame, or a tuple (X, y) or (X, y, weight)")
    X, y, weight = (*rows, None)[:3]
    if weight is None and fit.weights != "none":
        raise UsageError(f"the fit had {fit.weights} weights: hand (X, y, weight)")
    return of_arrays(features_of(fit, X), y, weight, fit.names)


def scores(fit: Any, chunks: Iterable[Chunk]) -> Iterator[Scores]:
    """Whitened rows with their residuals. Raises DataError where there are none, or where the rows are others."""
    if fit.df_resid <= 0 or fit.sigma == 0:
        raise DataError("this needs residuals, and the fit leaves none")
    rows, squares = 0, 0.0
    for chunk in chunks:
        rows += len(chunk) if chunk.weight is None else int((chunk.weight > 0).sum())
        weight: Vector | float = 1.0 if chunk.weight is None else chunk.weight
        residual = residuals(fit, chunk)
        with np.errstate(over="ignore"):
            squares += float((weight * residual) @ residual) / fit.rss
        yield Scores(whitened(fit, chunk.X), residual, weight, fit.weights == "frequency")
    if rows != fit.n:
        raise DataError(f"these are {count(rows, 'row')}, and the fit was made of {fit.n:,}: hand it the same rows")
    if not 0.5 < squares < 2 and fit.rss > NOISE * fit.tss:
        raise DataError("these rows are not those that were fitted, since their residuals are others: hand it the same")


def influences(
    fit: Any, chunks: Iterable[Chunk]
) -> Iterator[tuple[Vector, Vector, Vector | float, Vector | None, Influence]]:
    """What `influence.survey` takes, chunk by chunk, rows of no weight left out."""

    def watched() -> Iterator[Chunk]:
        for chunk in chunks:
            chunk = chunk.weighty()
            if len(chunk):
                read.append(chunk)
                yield chunk

    read: deque[Chunk] = deque()
    for some in scores(fit, watched()):
        scale = np.sqrt(1.0 if some.repeats else some.weight) / fit.sigma
        chunk = read.popleft()
        assert chunk.places is not None
        found = influence(some, fit.sigma, fit.rank, fit.df_resid)
        yield chunk.places, chunk.y - some.residual, scale, chunk.weight if some.repeats else None, found


def residuals(fit: Any, chunk: Chunk) -> Vector:
    """y less its prediction (m,), from the means out, so that offsets cost no digits."""
    return np.asarray((chunk.y - fit.centre[-1]) - fit.nudge[-1] - from_centre(fit, chunk.X) @ fit.coef)


def labelled(fit: Any, chosen: Selection, groups: Any) -> Iterator[tuple[Scores, Any]]:
    """Scores with a label a row: labels (n,) in order, or the column of numbers or texts that `groups` names."""
    if not isinstance(groups, str):
        yield from _in_order(_numbered(groups), scores(fit, chosen.chunks()))
        return
    source = chosen.source
    if groups in chosen.names:
        place, read = chosen.names.index(groups), deque[Vector]()

        def watched() -> Iterator[Chunk]:
            for chunk in chosen.chunks():
                beside = [chunk.y] if chunk.weight is None else [chunk.y, chunk.weight]
                read.append(chunk.X[:, place] if place < chunk.X.shape[1] else beside[place - chunk.X.shape[1]])
                yield chunk

        for some in scores(fit, watched()):
            yield some, read.popleft()
        return
    if source.other.get(groups) == "text":
        source = source.coded({groups: Running()})
    beside = replace(chosen, source=source, features=(*chosen.features, groups), block=None)
    source.refuse(beside.names)
    read = deque()

    def without_labels() -> Iterator[Chunk]:
        for chunk in beside.chunks():
            read.append(chunk.X[:, -1])
            yield replace(chunk, X=chunk.X[:, :-1])

    try:
        for some in scores(fit, without_labels()):
            yield some, read.popleft()
    except DataError:
        if not fit.dropped_rows:
            raise
        raise DataError(
            f"column {groups!r} of {source.label} is missing in rows that were fitted: leave those out of the data, "
            "since clustered errors need a group for every row"
        ) from None


def _numbered(groups: Any) -> Vector:
    """A number for each label. Raises UsageError where one is missing."""
    labels = np.asarray(groups)
    if labels.dtype.kind not in "OfUS":
        return labels
    texts = labels.tolist() if labels.ndim == 1 else []
    if any(label is None or label != label or str(label) in ("<NA>", "NaT") for label in texts):
        raise UsageError("groups must label every row: a label is missing")
    running: dict[Any, float] = {}
    return (
        np.array([running.setdefault((type(label), label), float(len(running))) for label in texts])
        if texts
        else labels
    )


def _in_order(labels: Vector, parts: Iterable[Scores]) -> Iterator[tuple[Scores, Vector]]:
    first = 0
    for some in parts:
        part = labels[first : (first := first + len(some.residual))]
        if part.shape == some.residual.shape:
            yield some, part
    if labels.shape != (first,):
        raise UsageError(f"groups must label each of the {first:,} rows: their shape is {labels.shape}")
