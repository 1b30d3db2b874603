"""Second passes over the rows that a fit was made of, in coordinates that cost no digits.

Rows are measured from their means, kept in two doubles each, and whitened: z = G'x with G G' = (X'VX)^-1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from . import robust
from .influence import Influence, influence
from .robust import Clusters, Middle, Scores
from .rows.chunk import Chunk
from .rows.design import Running, replay
from .rows.far import far
from .rows.frames import features
from .rows.native import numbers
from .rows.select import is_opened, opened, select
from .rows.source import Selection
from .types import DataError, Matrix, UsageError, Vector
from .words import count

SAME = 1e-4
"""How far the weighted squares of the residuals may lie from the fit's: rounding is less, other rows are more."""
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
        return replace(chosen, design=fit.design).dropping("drop" if fit.dropped_rows else "error")
    if not isinstance(rows, tuple) or len(rows) not in (2, 3):
        raise UsageError("rows must be a path, a frame, or a tuple (X, y) or (X, y, weight)")
    X, y, weight = (*rows, None)[:3]
    if weight is None and fit.weights != "none":
        raise UsageError(f"the fit had {fit.weights} weights: hand (X, y, weight)")
    return select(X if far(X) else features_of(fit, X), y, weight, names=fit.names)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows of a positive weight there were, and their weighted squares of residuals over the fit's."""

    rows: int
    squares: float

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.rows + other.rows, self.squares + other.squares)

    def check(self, fit: Any) -> None:
        """DataError where these are other rows than the fit was made of."""
        if self.rows != fit.n:
            rows = count(self.rows, "row")
            raise DataError(f"these are {rows}, and the fit was made of {fit.n:,}: hand it the same rows")
        if abs(self.squares - 1) > SAME and fit.rss > NOISE * fit.tss:
            raise DataError(
                "these rows are not those that were fitted, since their residuals are others: hand it the same"
            )


def scores(fit: Any, chunks: Iterable[Chunk], told: Callable[[Tally], None] | None = None) -> Iterator[Scores]:
    """Whitened rows with their residuals. Raises DataError where there are none, or where the rows are others.

    `told`, where it is given, gets the tally in the end instead, since these are some of the rows only.
    """
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
    tally = Tally(rows, squares)
    told(tally) if told else tally.check(fit)


def whole(fit: Any, chosen: Selection, part: Callable[[Iterator[Scores]], Any]) -> Any:
    """`part` of the scores of all rows; where an engine has them, added up of what it makes of each piece."""
    if chosen.source.spread is None:
        return part(scores(fit, chosen.chunks()))
    return _checked(fit, chosen.source.spread.total(partial(_piece, fit, part), chosen))


def white(fit: Any, rows: Any, kind: str) -> Middle:
    """The middle of White's errors, and its name."""
    found = whole(fit, rows_of(fit, rows), partial(robust.white, kind=kind))
    return robust.white_middle(found, fit.observations, fit.rank, kind)


def newey_west(fit: Any, rows: Any, lags: int) -> Middle:
    """The middle of Newey-West errors, and its name."""
    found = whole(fit, rows_of(fit, rows), partial(robust.newey_west, lags=lags))
    return found.middle, f"Newey-West with {lags} lags, no small-sample factor"


def clustered(fit: Any, rows: Any, groups: Any) -> tuple[Middle, int]:
    """The middle of clustered errors, its name, and the number of groups: labels (n,) in order, or a column's name."""
    chosen = rows_of(fit, rows)
    if chosen.source.spread is None or not isinstance(groups, str):
        found = _clusters(fit, groups, chosen)
    else:
        found = _checked(fit, chosen.source.spread.total(partial(_piece_clusters, fit, groups), chosen))
    return found.middle(fit.observations, fit.rank), len(found.sums)


@dataclass(frozen=True, slots=True, eq=False)
class _Passed:
    """What a pass makes of some rows, None of none, with their tally."""

    value: Any
    tally: Tally

    def __add__(self, other: _Passed) -> _Passed:
        found = [value for value in (self.value, other.value) if value is not None]
        return _Passed(found[0] + found[1] if len(found) == 2 else next(iter(found), None), self.tally + other.tally)


def _checked(fit: Any, found: _Passed) -> Any:
    found.tally.check(fit)
    return found.value


def _piece(fit: Any, part: Callable[[Iterator[Scores]], Any], selection: Selection) -> _Passed:
    tallies: list[Tally] = []
    value = part(scores(fit, selection.chunks(), tallies.append))
    return _Passed(value, tallies[0])


def _piece_clusters(fit: Any, groups: str, selection: Selection) -> _Passed:
    tallies: list[Tally] = []
    value = _clusters(fit, groups, selection, tallies.append)
    return _Passed(value, tallies[0])


def _clusters(fit: Any, groups: Any, chosen: Selection, told: Callable[[Tally], None] | None = None) -> Clusters:
    """By their own labels, since the running numbers of texts are those of one piece."""
    running = Running()
    found = Clusters.of(labelled(fit, chosen, groups, running, told))
    texts = list(running)
    return Clusters({texts[int(number)]: row for number, row in found.sums.items()}) if texts else found


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


def labelled(
    fit: Any, chosen: Selection, groups: Any, running: Running, told: Callable[[Tally], None] | None = None
) -> Iterator[tuple[Scores, Any]]:
    """Scores with a label a row: labels (n,) in order, or the column of numbers or texts that `groups` names.

    Texts have numbers of `running`.
    """
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

        for some in scores(fit, watched(), told):
            yield some, read.popleft()
        return
    if source.other.get(groups) == "text":
        source = source.coded({groups: running})
    beside = replace(chosen, source=source, features=(*chosen.features, groups), block=None)
    source.refuse(beside.names)
    read = deque()

    def without_labels() -> Iterator[Chunk]:
        for chunk in beside.chunks():
            read.append(chunk.X[:, -1])
            yield replace(chunk, X=chunk.X[:, :-1])

    try:
        for some in scores(fit, without_labels(), told):
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
