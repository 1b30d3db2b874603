"""Centred moments of groups of equal size, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

from ..types import Matrix, NotFiniteError, Vector

Groups = TypeVar("Groups")

LARGE = 4000
"""Rows times squared columns of a group from which a matrix product of its own is faster than sums side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupMoments:
    """Of g groups, q columns: rows `n`, their `weight` in all (g,), means (g, q), the scatter about them (g, q, q)."""

    n: Vector
    weight: Vector
    means: Matrix
    scatter: Matrix

    def take(self, which: slice | Vector) -> GroupMoments:
        """Some of the groups."""
        return GroupMoments(self.n[which], self.weight[which], self.means[which], self.scatter[which])


def joined(parts: Sequence[Groups]) -> Groups:
    """The groups of one or more parts, dataclasses of arrays (g, ...), one after the other."""
    kind: Any = type(parts[0])
    return kind(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(kind)))


def moments(columns: Matrix, weight: Vector | None = None) -> GroupMoments:
    """Of columns (q, s, g), weight (s, g): g groups of s rows each. Means first, then products of what is left of them,

    so that nothing cancels, however far a group lies from 0. What the rounding of a mean leaves over is put right by
    the sum of the deviations from it. `columns` are overwritten. Raises NotFiniteError. Cost: s g q^2 flops.
    Source: Chan, Golub & LeVeque (1983), eq. 1.7.
    """
    s, g = columns.shape[1:]
    total = np.full(g, float(s)) if weight is None else weight.sum(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        means = _sums(columns, weight) / total
        if not np.isfinite(means).all():
            raise NotFiniteError("a number is missing or infinite, or a sum leaves the range of float64")
        columns -= means[:, None]
        left = _sums(columns, weight)
        if weight is not None:
            columns *= np.sqrt(weight)
        scatter = _products(columns) - left[:, None] * (left / total)
    return GroupMoments(np.full(g, s), total, (means + left / total).T, np.moveaxis(scatter, -1, 0))


def _sums(columns: Matrix, weight: Vector | None) -> Matrix:
    """Weighted sums of columns (q, s, g) in each group, (q, g)."""
    return np.asarray(columns.sum(axis=1) if weight is None else np.einsum("qsg,sg->qg", columns, weight))


def _products(columns: Matrix) -> Matrix:
    """Sums of the products of columns (q, s, g) in each group, (q, q, g)."""
    q, s, g = columns.shape
    if s * q**2 > LARGE:
        apart = np.ascontiguousarray(np.moveaxis(columns, -1, 0))
        return np.moveaxis(apart @ apart.swapaxes(1, 2), 0, -1)
    found = np.empty((q, q, g))
    for i in range(q):
        for j in range(i + 1):
            found[i, j] = found[j, i] = np.einsum("sg,sg->g", columns[i], columns[j])
    return found
