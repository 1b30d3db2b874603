"""Rows in order to the moments of windows, a piece at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..groups.sums import GroupMoments
from ..rows.source import Selection
from ..summary.moments import in_range
from ..summary.triangle import Triangle
from ..types import DataError, Matrix, Vector
from .sums import Sums, grown, rolled

TILE = 8192
"""Windows that are made at a time: few enough for a core's cache."""
HEAVIEST = 1e20
"""Weights are multiplied with squares, whose range they must not leave."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some consecutive windows (g,): their moments, the places in the source of their `first` and `last` rows,

    the triangles of some of them, by their numbers in order, and where they have equal lengths their `rows` (h, w, q),
    with their weights (h, w) or None.
    """

    moments: GroupMoments
    first: Vector
    last: Vector
    triangles: Callable[[Vector], Iterator[Triangle]]
    rows: Callable[[Vector], tuple[Matrix, Matrix | None]] | None = None


Pieces = Callable[[], Iterator[Piece]]


def columns(selection: Selection, dropped: Callable[[int], None]) -> Iterator[Matrix]:
    """Chunks of rows in order, as features, target, the weights and the places of the rows (p + 3, m).

    Rows of weight 0 are 0, whatever they held.
    Raises DataError where the squares of a column would leave the range of float64.
    """
    largest = np.zeros(len(selection.features) + 1)
    for chunk in selection.chunks(dropped):
        weight = np.ones(len(chunk)) if chunk.weight is None else chunk.weight
        rows = np.vstack([np.asarray(chunk.X).T, chunk.y, weight, np.asarray(chunk.places)])
        if weight.any() and not 1 / HEAVIEST <= weight[weight > 0].min() <= weight.max() <= HEAVIEST:
            raise DataError(f"weights in {selection.source.label} leave the range from 1e-20 to 1e20: rescale them")
        rows[:-2, weight == 0] = 0.0
        largest = np.maximum(largest, np.abs(rows[:-2]).max(axis=1))
        in_range(largest, selection.names, selection.source.label, least=False)
        yield rows
    in_range(largest, selection.names, selection.source.label)


def rolling(chunks: Iterator[Matrix], window: int, step: int) -> Iterator[Pieces]:
    """Windows of `window` rows, the next one `step` rows on, to be made in any thread.

    Keeps the rows of a piece: no fewer than two windows, no more than two windows and a chunk.
    """
    block = max(window // step, 1) * step
    most = max(1, TILE * min(step, 8) // block)
    held = np.empty((0, 0))
    for chunk in chunks:
        held = np.concatenate([held, chunk], axis=1) if held.size else chunk
        while (blocks := min(most, held.shape[1] // block - 1)) > 0:
            yield partial(_rolled, held[:, : (blocks + 1) * block], block, window, step)
            held = held[:, blocks * block :]
    while held.size and (left := (held.shape[1] - window) // step + 1) > 0:
        blocks = min(most, -(-left * step // block))
        rows = held[:, np.minimum(np.arange((blocks + 1) * block), held.shape[1] - 1)]
        yield partial(_rolled, rows, block, window, step, left)
        held = held[:, blocks * block :]


def _rolled(rows: Matrix, block: int, window: int, step: int, most: int | None = None) -> Iterator[Piece]:
    """At most so many of the windows that begin in all blocks of `rows` but the last."""
    at, (values, weight) = 0, apart(rows)
    weights = None if weight is None else weight.reshape(-1, block)
    for found in _moments(values.reshape(len(values), -1, block), weights, window, step):
        wanted = found if most is None else found[: max(most - at, 0)]
        starts = (at + np.arange(len(wanted.weight))) * step
        at += len(found.weight)
        if len(starts):
            yield _piece(wanted, rows, starts, window)


def _piece(found: Sums, rows: Matrix, starts: Vector, window: int) -> Piece:
    views = np.lib.stride_tricks.sliding_window_view(rows, window, axis=1)
    n = weighty(rows)

    def own(which: Vector) -> tuple[Matrix, Matrix | None]:
        values, weight = apart(views[:, starts[which]])
        return np.ascontiguousarray(np.moveaxis(values, 0, -1)), weight

    def triangles(which: Vector) -> Iterator[Triangle]:
        for start in starts[which]:
            yield triangle(rows[:, start : start + window])

    moments = found.moments(n[starts + window] - n[starts])
    return Piece(moments, rows[-1, starts], rows[-1, starts + window - 1], triangles, own)


def _moments(values: Matrix, weight: Matrix | None, window: int, step: int) -> Iterator[Sums]:
    if step >= window:
        yield Sums.of(values[:, :-1, :window], None if weight is None else weight[:-1, :window])
        return
    periods, head, at = values.reshape(*values.shape[:2], -1, step), window % step, 0
    weights = None if weight is None else weight.reshape(len(weight), -1, step)
    for found in rolled(Sums.of(periods, weights), TILE):
        upto = at + found.weight.shape[-1]
        heads = None if weights is None else weights[1:, at:upto, :head]
        whole = found + Sums.of(periods[:, 1:, at:upto, :head], heads) if head else found
        at = upto
        yield whole.reshape(-1)


def expanding(chunks: Iterator[Matrix], start: int, step: int) -> Iterator[Pieces]:
    """All rows up to row `start`, `start` + step, ... Keeps the rows of a piece and the sums before it."""
    held, before, summary, first, n = np.empty((0, 0)), None, None, 0.0, np.zeros(1, int)
    for chunk in chunks:
        held = np.concatenate([held, chunk], axis=1) if held.size else chunk
        if before is None and held.shape[1] >= start:
            rows, held = held[:, :start], held[:, start:]
            values, weight = apart(rows[:, None])
            before, summary, first, n = Sums.of(values, weight), triangle(rows), float(rows[-1, 0]), weighty(rows)[-1:]
            alone = _grown(Triangle.empty(len(rows) - 3), rows, start)
            piece = Piece(before.moments(n), rows[-1, :1], rows[-1, -1:], alone)
            yield partial(iter, [piece])
        while before is not None and summary is not None and (sets := min(TILE, held.shape[1] // step)):
            rows, held = held[:, : sets * step], held[:, sets * step :]
            values, weight = apart(rows.reshape(len(rows), sets, step))
            found, n = grown(Sums.of(values, weight), before), n[-1] + weighty(rows)[step::step]
            last = rows[-1, step - 1 :: step]
            piece = Piece(found.moments(n), np.full(sets, first), last, _grown(summary, rows, step))
            yield partial(iter, [piece])
            before = found[-1:]
            summary = (before.triangle() if weight is None else None) or summary + triangle(rows)


def _grown(before: Triangle, rows: Matrix, step: int) -> Callable[[Vector], Iterator[Triangle]]:
    def triangles(which: Vector) -> Iterator[Triangle]:
        whole, at = before, 0
        for end in (which + 1) * step:
            whole, at = whole + triangle(rows[:, at:end]), end
            yield whole

    return triangles


def apart(rows: Matrix) -> tuple[Matrix, Matrix | None]:
    """Features and target (p + 1, ...) of rows as `columns` gives them, and their weights (...), None if all are 1."""
    return rows[:-2], None if (rows[-2] == 1).all() else rows[-2]


def weighty(rows: Matrix) -> Vector:
    """How many rows before each of m + 1 places have a weight."""
    return np.append(0, np.cumsum(rows[-2] > 0))


def triangle(rows: Matrix) -> Triangle:
    """Of rows as `columns` gives them."""
    (*features, target), weight = apart(rows)
    return Triangle.of(np.stack(features, axis=1), target, weight)
