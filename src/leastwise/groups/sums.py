"""Centred moments of every group: two passes over rows that need not be in any order, nor fit in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ..types import Matrix, Vector

Block = tuple[Vector, Matrix]
"""The group of each row (m,), and its columns (m, q), the target last."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupMoments:
    """Of g groups, q columns: rows `n` (g,), means (g, q), and the scatter about them (g, q, q)."""

    n: Vector
    means: Matrix
    scatter: Matrix


def moments(blocks: Callable[[], Iterable[Block]], groups: int, columns: int) -> GroupMoments:
    """Means first, then products of what is left of each column: nothing cancels, however far a group lies from 0.

    What the rounding of a mean leaves over is put right by the sum of the deviations from it (Chan, Golub & LeVeque,
    1983, eq. 1.7). Cost: n q^2 / 2 additions at places all over memory; g q^2 numbers to keep.
    """
    n, sums, shift = np.zeros(groups), np.zeros((columns, groups)), np.zeros(columns)
    for code, rows in blocks():
        if not n.any():
            shift = rows[0]
        n += np.bincount(code, minlength=groups)
        for j in range(columns):
            sums[j] += np.bincount(code, rows[:, j] - shift[j], groups)
    means = sums / n + shift[:, None]
    left, products = np.zeros((columns, groups)), np.zeros((columns, columns, groups))
    for code, rows in blocks():
        apart = [rows[:, j] - means[j][code] for j in range(columns)]
        for i in range(columns):
            left[i] += np.bincount(code, apart[i], groups)
            for j in range(i + 1):
                products[i, j] += np.bincount(code, apart[i] * apart[j], groups)
    for i in range(columns):
        for j in range(i + 1):
            products[i, j] -= left[i] * left[j] / n
            products[j, i] = products[i, j]
    return GroupMoments(n, (means + left / n).T, np.moveaxis(products, -1, 0))
