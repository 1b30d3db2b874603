"""Least squares of many small problems at once, from their centred moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..regressions import Regressions
from ..types import Matrix, Vector
from .sums import GroupMoments

DEPENDENT = 1e-6
"""The least part of a column's variance that the others may leave over: below it the moments have lost 6 digits."""
NOISE = 1e-9
"""The least part of the target's variance that may be left over, for as many digits of the residuals."""
STATUS = ("ok", "too few rows", "a constant column", "needs its rows")
OK, FEW, CONSTANT, HARD = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Of g groups, p features: coef (g, p), intercept (g,), the residual sum of squares, that of y about its mean (g,),

    variances over sigma^2 of slopes and intercept (g, p + 1), and a `status` (g,), nan where it is not OK.
    """

    coef: Matrix
    intercept: Vector
    rss: Vector
    tss: Vector
    unit: Matrix
    status: Vector


def solve(moments: GroupMoments) -> Solved:
    """Cholesky's factor of each correlation matrix, pivot by pivot for all groups side by side.

    A column is dependent where its pivot, 1 - R^2 on those before it, is below 1e-6. Cost: g (p^3 / 3 + 2 p^2) flops.
    Source: Golub & Van Loan (2013), alg. 4.2.1.
    """
    n, means, scatter = moments.n, moments.means, moments.scatter
    g, p = len(n), means.shape[1] - 1
    spread = np.sqrt(np.maximum(np.diagonal(scatter, axis1=1, axis2=2), 0.0))
    status = np.full(g, OK)
    status[(spread[:, :p] <= 1e-13 * np.abs(means[:, :p])).any(axis=1)] = CONSTANT
    status[n < p + 1] = FEW
    scale = np.where(spread > 0, spread, 1.0)
    with np.errstate(all="ignore"):
        R = scatter / (scale[:, :, None] * scale[:, None, :])
        L, status = _cholesky(R[:, :p, :p], status)
        z = _forward(L, R[:, :p, p])
        inverse = _forward(L, np.broadcast_to(np.eye(p), (g, p, p)))
        slopes = np.einsum("gki,gk->gi", inverse, z)
        coef = slopes * (spread[:, p:] / scale[:, :p])
        tss = scatter[:, p, p]
        part = 1 - (z**2).sum(axis=1)
        status[(status == OK) & (part < NOISE) & (tss > 0) & (n > p + 1)] = HARD
        bread = inverse / scale[:, None, :p]
        from_mean = np.einsum("gki,gi->gk", bread, means[:, :p])
        unit = np.column_stack([(bread**2).sum(axis=1), 1 / n + (from_mean**2).sum(axis=1)])
        intercept = means[:, p] - (coef * means[:, :p]).sum(axis=1)
    bad = status != OK
    coef[bad], intercept[bad], unit[bad] = np.nan, np.nan, np.nan
    rss = np.where(bad, np.nan, np.where(n > p + 1, tss * np.clip(part, 0.0, 1.0), 0.0))
    return Solved(coef, intercept, rss, tss, unit, status)


def table(
    solved: Solved, n: Vector, by: Mapping[str, Vector], columns: tuple[tuple[str, ...], str], dropped_rows: int = 0,
    unit: str = "group",
) -> Regressions:  # fmt: skip
    """What was solved, of `n` rows (g,) each, with its standard errors; `columns`: the features, and the target."""
    terms = solved.coef.shape[1] + 1
    df = np.where(solved.status == OK, n - terms, np.nan)
    with np.errstate(all="ignore"):
        sigma = np.sqrt(np.where(df > 0, solved.rss / df, np.nan))
        se = np.sqrt(solved.unit) * sigma[:, None]
        r2 = np.where(solved.tss > 0, 1 - solved.rss / solved.tss, np.nan)
    status = np.array(STATUS, dtype=object)[solved.status]
    rank = np.where(solved.status == OK, float(terms), np.nan)
    return Regressions(by, *columns, n.astype(np.int64), solved.coef, solved.intercept, se, sigma, r2, df, rank, status,
                       dropped_rows, unit)  # fmt: skip


def _cholesky(R: Matrix, status: Vector) -> tuple[Matrix, Vector]:
    L, p = np.zeros_like(R), R.shape[1]
    for j in range(p):
        pivot = R[:, j, j] - (L[:, j, :j] ** 2).sum(axis=1)
        status[(status == OK) & (pivot < DEPENDENT)] = HARD
        L[:, j, j] = np.sqrt(np.where(pivot > 0, pivot, 1.0))
        for i in range(j + 1, p):
            L[:, i, j] = (R[:, i, j] - (L[:, i, :j] * L[:, j, :j]).sum(axis=1)) / L[:, j, j]
    return L, status


def _forward(L: Matrix, right: Matrix) -> Matrix:
    """L^-1 right, for right (g, p) or (g, p, k)."""
    found = np.array(right, dtype=np.float64)
    several = found.ndim == 3
    found = found if several else found[:, :, None]
    for i in range(L.shape[1]):
        found[:, i] = (found[:, i] - np.einsum("gk,gkm->gm", L[:, i, :i], found[:, :i])) / L[:, i, i][:, None]
    return found if several else found[:, :, 0]
