"""Centred moments of overlapping sets of rows, by addition alone: a row that leaves a window was never in its sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..groups.sums import GroupMoments
from ..summary.moments import Moments
from ..summary.triangle import Triangle
from ..types import Matrix, Vector

CELL = 512
"""Sets that are added one after the other: longer scans go by cells, which keeps time and rounding small."""
BACK = slice(None, None, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Moments of sets of rows along any axes: their `weight` in all (...), means (q, ...) as a sum shift + delta,

    and `scatter` (q (q + 1) / 2, ...) about them, pair by pair of columns as np.tril_indices has them.
    `shift` is a row of the set itself that has a weight, so nothing outside a set can take digits from it.
    """

    weight: Vector
    shift: Matrix
    delta: Matrix
    scatter: Matrix

    @classmethod
    def of(cls, rows: Matrix, weight: Matrix | None = None) -> Sums:
        """Of the runs (s) along the last axis of rows (q, ..., s), weight (..., s) or 1."""
        size, pairs = rows.shape[-1], list(zip(*np.tril_indices(len(rows)), strict=True))
        total = np.full(rows.shape[1:-1], float(size)) if weight is None else weight.sum(axis=-1)
        some, shift = _divisor(total), rows[..., 0] if weight is None else _first(rows, weight)
        if size == 1:
            return cls(total, shift, np.zeros_like(shift), np.broadcast_to(0.0, (len(pairs), *total.shape)))
        apart = rows - shift[..., None]
        delta = _sums(apart, weight) / some
        apart -= delta[..., None]
        left, scatter = _sums(apart, weight), np.empty((len(pairs), *total.shape))
        if weight is not None:
            apart *= np.sqrt(weight)
        for k, (i, j) in enumerate(pairs):
            scatter[k] = np.einsum("...s,...s->...", apart[i], apart[j]) - left[i] * left[j] / some
        return cls(total, shift, delta + left / some, scatter)

    def __add__(self, other: Sums) -> Sums:
        """Of both sets together, place by place. Source: Chan, Golub & LeVeque (1983), eq. 2.1."""
        weight = self.weight + other.weight
        share, some = other.weight / _divisor(weight), self.weight > 0
        apart = (other.shift - self.shift) + (other.delta - self.delta)
        bridge = np.sqrt(self.weight * share) * apart
        scatter = self.scatter + other.scatter
        for k, (i, j) in enumerate(zip(*np.tril_indices(len(bridge)), strict=True)):
            scatter[k] += bridge[i] * bridge[j]
        shift, delta = np.where(some, self.shift, other.shift), np.where(some, self.delta + share * apart, other.delta)
        return Sums(weight, shift, delta, scatter)

    def __getitem__(self, where: Any) -> Sums:
        """Some of the places."""
        each = where if isinstance(where, tuple) else (where,)
        rest = (values[:, *each] for values in (self.shift, self.delta, self.scatter))
        return Sums(self.weight[each], *rest)

    def reshape(self, *shape: int) -> Sums:
        """The same sets along other axes."""
        rest = (values.reshape(len(values), *shape) for values in (self.shift, self.delta, self.scatter))
        return Sums(self.weight.reshape(shape), *rest)

    def moments(self, n: Vector) -> GroupMoments:
        """As the moments of groups of n rows (g,), place after place."""
        q, flat = len(self.shift), self.reshape(-1)
        i, j = np.tril_indices(q)
        scatter = np.empty((q, q, flat.weight.size))
        scatter[i, j] = scatter[j, i] = flat.scatter
        return GroupMoments(n, flat.weight, (flat.shift + flat.delta).T, np.moveaxis(scatter, -1, 0))

    def triangle(self) -> Triangle | None:
        """Of one set of rows of weight 1; None where moments would keep fewer digits than its rows."""
        n, shift, delta = int(self.weight[0]), self.shift[:, 0], self.delta[:, 0]
        R = Moments(n, float(n), shift, delta, self.moments(self.weight).scatter[0]).root()
        return None if R is None else Triangle(n, float(n), shift, delta, R)


def _sums(values: Matrix, weight: Matrix | None) -> Matrix:
    """Weighted sums along the last axis of values (q, ..., s)."""
    return np.asarray(values.sum(axis=-1) if weight is None else np.einsum("q...s,...s->q...", values, weight))


def _first(values: Matrix, weight: Matrix) -> Matrix:
    """Of values (q, ..., s) the first along the last axis whose weight (..., s) is not 0."""
    if weight[..., 0].all():
        return values[..., 0]
    place = (weight > 0).argmax(axis=-1)[None, ..., None]
    return np.take_along_axis(values, np.broadcast_to(place, (len(values), *place.shape[1:])), axis=-1)[..., 0]


def _divisor(weight: Vector) -> Vector:
    """1 for a weight of 0, whose sums are 0."""
    return np.where(weight > 0, weight, 1.0)


def joined(parts: list[Sums]) -> Sums:
    """One after the other along the last axis."""
    whole = (np.concatenate([getattr(part, key) for part in parts], axis=-1) for key in Sums.__slots__)
    return Sums(*whole)


def running(sets: Sums, backwards: bool = False) -> Sums:
    """Of all sets before each of m + 1 places along the last axis (m); backwards, of all from that place on.

    Each set adds w W / (w + W) d d', where d leads from the mean of the weight W before to its own: sums of squares
    only. Cost: q^2 / 2 multiplications and as many additions a set. Source: Welford (1962), Technometrics 4.
    """
    order, there = (BACK, slice(-1)) if backwards else (slice(None), slice(1, None))
    first = _first(sets.shift[..., order], sets.weight[..., order])[..., None]
    values, weight = ((sets.shift - first) + sets.delta)[..., order], sets.weight[..., order]
    total = np.cumsum(weight, axis=-1)
    some, before = _divisor(total), np.zeros_like(total)
    before[..., 1:] = total[..., :-1]
    means = np.cumsum(weight * values, axis=-1) / some
    values[..., 1:] -= means[..., :-1]
    steps = np.ascontiguousarray((values * np.sqrt(weight * before / some))[..., order])
    shape = (*total.shape[:-1], total.shape[-1] + 1)
    scatter, delta, count = np.zeros((len(sets.scatter), *shape)), np.zeros((len(values), *shape)), np.zeros(shape)
    for k, (i, j) in enumerate(zip(*np.tril_indices(len(values)), strict=True)):
        products = steps[i] * steps[j] + sets.scatter[k]
        np.cumsum(products[..., order], axis=-1, out=scatter[k][..., there][..., order])
    delta[..., there], count[..., there] = means[..., order], total[..., order]
    return Sums(count, np.broadcast_to(first, delta.shape), delta, scatter)


@dataclass(frozen=True, slots=True)
class Cells:
    """m sets cut into equal cells, the last one filled up with sets of no rows."""

    length: int

    @property
    def count(self) -> int:
        """How many cells."""
        return -(-self.length // CELL)

    @property
    def size(self) -> int:
        """Sets a cell."""
        return -(-self.length // self.count)

    def of(self, sets: Sums, cells: slice) -> Sums:
        """Some cells (..., cells, size) of sets (..., m)."""
        places = np.arange(cells.start * self.size, min(cells.stop, self.count) * self.size)
        filled = places >= self.length
        if not filled.any():
            found = sets[..., slice(int(places[0]), int(places[-1]) + 1)]
        else:
            last = sets[..., np.minimum(places, self.length - 1)]
            found = Sums(last.weight * ~filled, last.shift, last.delta, last.scatter * ~filled)
        return found.reshape(*found.weight.shape[:-1], -1, self.size)


def rolled(sets: Sums, tile: int) -> Iterator[Sums]:
    """Of every m consecutive sets, from blocks (b + 1, m) of them: (b, some of m) at a time, in order.

    A window is the end of one block and the beginning of the next. `tile`: about how many windows at a time.
    """
    cells = Cells(sets.weight.shape[-1])
    step = max(1, tile // cells.size) if len(sets.weight) == 2 else cells.count
    tiles = [slice(first, first + step) for first in range(0, cells.count, step)]
    ends, begins = _of_cells(cells, sets, tiles) if cells.count > 1 else (None, None)
    for some in tiles:
        ours = cells.of(sets, some)
        end, begin = running(ours[:-1], backwards=True)[..., :-1], running(ours[1:])[..., :-1]
        if ends is not None and begins is not None:
            end, begin = end + ends[..., some, None], begins[..., some, None] + begin
        found = end + begin
        yield found.reshape(len(found.weight), -1)[..., : cells.length - some.start * cells.size]


def _of_cells(cells: Cells, sets: Sums, tiles: list[slice]) -> tuple[Sums, Sums]:
    """Of all cells after each one, and of all before each one in the next block."""
    whole = joined([running(cells.of(sets, some), backwards=True)[..., 0] for some in tiles])
    return running(whole[:-1], backwards=True)[..., 1:], running(whole[1:])[..., :-1]


def grown(sets: Sums, before: Sums) -> Sums:
    """Of all sets up to each one (m), and those of `before` (1)."""
    cells = Cells(len(sets.weight))
    ours = running(cells.of(sets, slice(0, cells.count)))[..., 1:]
    found = (before + running(ours[..., -1])[..., :-1])[..., None] + ours
    return found.reshape(-1)[: cells.length]
