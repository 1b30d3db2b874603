"""Windows whose moments have lost digits, fitted from their rows: many at a time."""

from __future__ import annotations

import math

import numpy as np

from ..groups.batched import HARD, OK, Solved
from ..types import Matrix

CLEAR = 1e-7
"""The least part of a column, as a length, that the others must leave over: below it somebody has to look closer."""
_EPS = float(np.finfo(np.float64).eps)


def solve_rows(rows: Matrix, weight: Matrix | None, intercept: bool) -> Solved:
    """Least squares of each of h windows from its rows (h, w, q), the target last, and weight (h, w) or 1.

    Householder's QR of the columns about their means, and back substitution. Residuals that are all rounding are 0.
    HARD where columns may be dependent.
    Cost: 2 h w q^2 flops. Source: Golub & Van Loan (2013), sec. 5.3.
    """
    h, w, q = rows.shape
    weight = np.ones((h, w)) if weight is None else weight
    n, total = (weight > 0).sum(axis=1), weight.sum(axis=1)
    means, A = np.zeros((h, q)), rows
    for _ in range(2 if intercept else 0):
        about = A[:, 0] + np.einsum("hwq,hw->hq", A - A[:, :1], weight) / total[:, None]
        means, A = means + about, A - about[:, None]
    R: Matrix = np.asarray(np.linalg.qr(A * np.sqrt(weight)[..., None], mode="r"))
    size = np.linalg.norm(R, axis=1)
    scale = np.where(size > 0, size, 1.0)
    corner = R[:, : q - 1, : q - 1] / scale[:, None, : q - 1]
    hard = ~(np.abs(np.einsum("hii->hi", corner)).min(axis=1) > CLEAR)
    corner[hard] = np.eye(q - 1)
    sides = np.concatenate([np.broadcast_to(np.eye(q - 1), corner.shape), R[:, : q - 1, q - 1 :]], axis=2)
    found = np.linalg.solve(corner, sides) / scale[:, : q - 1, None]
    coef, root = found[..., -1], found[..., :-1]
    unit = (root**2).sum(axis=2)
    if intercept:
        from_mean = (means[:, None, :-1] @ root)[:, 0]
        unit = np.column_stack([unit, 1 / total + (from_mean**2).sum(axis=1)])
    left = np.where(n > q - 1 + intercept, np.abs(R[:, q - 1, q - 1]) if w >= q else 0.0, 0.0)
    noise = 8 * _EPS * (size[:, -1] + (np.abs(coef) * size[:, :-1]).sum(axis=1))
    rss = np.where(left > noise, left, 0.0) ** 2
    free = means[:, -1] - (coef * means[:, :-1]).sum(axis=1)
    for values in (coef, free, unit, rss):
        values[hard] = math.nan
    rank = np.where(hard, math.nan, q - 1.0 + intercept)
    return Solved(coef, free, rss, size[:, -1] ** 2, unit, rank, np.where(hard, HARD, OK))
