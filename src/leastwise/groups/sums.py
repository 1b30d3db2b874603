"""Centred moments of groups whose rows lie together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..types import Matrix, NotFiniteError, Vector

LARGE = 4000
"""Rows times squared columns of a group from which a matrix product of its own is faster than sums side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupMoments:
    """Of g groups, q columns: rows `n` (g,), means (g, q), and the scatter about them (g, q, q)."""

    n: Vector
    means: Matrix
    scatter: Matrix


def moments(rows: Matrix, starts: Vector) -> GroupMoments:
    """Of rows (m, q), the groups from `starts` (g,) on: means first, then products of what is left of each column,

    so that nothing cancels, however far a group lies from 0. What the rounding of a mean leaves over is put right by
    the sum of the deviations from it. Raises NotFiniteError. Cost: m q^2 flops.
    Source: Chan, Golub & LeVeque (1983), eq. 1.7.
    """
    columns = np.ascontiguousarray(rows.T)
    n = np.diff(starts, append=len(rows))
    with np.errstate(over="ignore", invalid="ignore"):
        means = np.add.reduceat(columns, starts, axis=1) / n
        if not np.isfinite(means).all():
            raise NotFiniteError("a number is missing or infinite, or a sum leaves the range of float64")
        columns -= np.repeat(means, n, axis=1)
        left = np.add.reduceat(columns, starts, axis=1)
        scatter = _products(columns, starts, n) - left[:, None] * (left / n)
    return GroupMoments(n, (means + left / n).T, np.moveaxis(scatter, -1, 0))


def _products(columns: Matrix, starts: Vector, n: Vector) -> Matrix:
    """Sums of the products of columns (q, m) in each group, (q, q, g)."""
    q = len(columns)
    found = np.empty((q, q, len(starts)))
    if columns.shape[1] * q**2 > LARGE * len(starts):
        for k, (first, rows) in enumerate(zip(starts.tolist(), n.tolist(), strict=True)):
            own = columns[:, first : first + rows]
            found[:, :, k] = own @ own.T
        return found
    for i in range(q):
        for j in range(i + 1):
            found[i, j] = found[j, i] = np.add.reduceat(columns[i] * columns[j], starts)
    return found
