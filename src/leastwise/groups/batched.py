"""Least squares of many small problems at once, from their centred moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from ..regressions import Regressions
from ..rows.chunk import blocks
from ..solve import Options, fit_triangle
from ..summary.moments import MOST
from ..summary.triangle import Triangle
from ..types import DataError, Matrix, Vector
from .sums import GroupMoments, joined

DEPENDENT = 1e-6
"""The least part of a column's variance that the others may leave over: below it the moments have lost 6 digits."""
NOISE = 1e-9
"""The least part of the target's variance that may be left over, for as many digits of the residuals."""
SAME = 1e-22
"""Deviation over mean, a row, of a column that is constant: its mean rounds n times, and squares of that once."""
STATUS = ("ok", "too few rows", "a constant column: its slope is 0", "needs its rows")
OK, FEW, CONSTANT, HARD = range(4)
OUT_OF_RANGE = "squares leave the range of float64: rescale the columns"
SHORTEST = "dependent columns: the shortest slopes"
CACHE = 2**17
"""Numbers that are worked on at a time: as many as a core's cache holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Of g groups, p features: coef (g, p), intercept (g,), the residual sum of squares, that of y about its mean (g,),

    variances over sigma^2 of slopes and intercept (g, p + 1), the `rank` (g,), in which a constant column does not
    count, and a `status` (g,); nan where that is neither OK nor CONSTANT.
    Without an intercept it is 0, its variance is left out, and the squares are about 0.
    """

    coef: Matrix
    intercept: Vector
    rss: Vector
    tss: Vector
    unit: Matrix
    rank: Vector
    status: Vector

    @classmethod
    def empty(cls, groups: int, p: int, intercept: bool) -> Solved:
        """Room for groups, to be `put` there."""
        coef, unit = np.empty((groups, p)), np.empty((groups, p + intercept))
        free, rss, tss, rank = np.empty((4, groups))
        return cls(coef, free, rss, tss, unit, rank, np.empty(groups, int))

    def put(self, which: Vector, other: Solved) -> None:
        """Other answers in the places `which`."""
        for field in fields(self):
            getattr(self, field.name)[which] = getattr(other, field.name)


def solve(moments: GroupMoments, intercept: bool = True, dependent: float = DEPENDENT, noise: float = NOISE) -> Solved:
    """Forward elimination of [R r m I] for all groups side by side: correlations, target, means, identity.

    That is Cholesky's factor L of R, and L^-1 of all the rest. A group is HARD where a pivot, 1 - R^2 on the columns
    before it, is below `dependent`, or where less than `noise` of the target is left over: fit it from its rows.
    A column that is constant in a group has slope 0 there.
    Cost: g p^2 (p + 3) / 2 multiplications. Source: Golub & Van Loan (2013), alg. 4.2.1.
    """
    some = blocks(len(moments.n), max(1, CACHE // (2 * moments.means.shape[1] ** 2)))
    return joined([_solve(moments.take(groups), intercept, dependent, noise) for groups in some])


def _solve(moments: GroupMoments, intercept: bool, dependent: float, noise: float) -> Solved:
    n, weight, means, scatter = moments.n, moments.weight, moments.means.T, np.moveaxis(moments.scatter, 0, -1)
    lost = (np.abs(means) < 1 / MOST) & (means != 0)
    if not intercept:
        scatter, means = scatter + weight * means[:, None] * means, np.zeros_like(means)
    p = len(means) - 1
    spread = np.sqrt(np.maximum(np.einsum("iig->ig", scatter), 0.0))
    constant = spread <= SAME * n * np.sqrt(weight) * np.abs(means)
    lost = ~np.isfinite(spread) | (lost & (spread < 1 / MOST))
    status = np.where(lost.any(axis=0), HARD, OK)
    rank = (~constant[:p]).sum(axis=0) + float(intercept)
    status[n < np.maximum(rank, 1 + intercept)] = FEW
    with np.errstate(all="ignore"):
        size = np.where(constant, 0.0, 1 / spread)
        whole = np.zeros((p, 2 * p + 2, len(n)))
        np.multiply(scatter[:p], size[:p, None], out=whole[:, : p + 1])
        whole[:, : p + 1] *= size
        whole[range(p), range(p)] += constant[:p]
        whole[:, p + 1] = means[:p] * size[:p]
        whole[range(p), range(p + 2, 2 * p + 2)] = 1.0
        _eliminate(whole, status, dependent)
        target, from_mean, root = whole[:, p], whole[:, p + 1], whole[:, p + 2 :]
        coef = np.einsum("kig,kg->ig", root, target) * (spread[p] * size[:p])
        tss, part = np.where(constant[p], 0.0, scatter[p, p]), 1 - (target**2).sum(axis=0)
        status[(status == OK) & ~(part >= noise) & (tss > 0) & (n > rank)] = HARD
        unit = np.einsum("kig,kig->ig", root, root) * size[:p] ** 2
        if intercept:
            unit = np.vstack([unit, 1 / weight + (from_mean**2).sum(axis=0)])
        free = means[p] - (coef * means[:p]).sum(axis=0)
    rss = np.where(n > rank, tss * np.clip(part, 0.0, 1.0), 0.0)
    for found in (coef, free, rss, unit, rank):
        found[..., status != OK] = np.nan
    status[(status == OK) & constant[:p].any(axis=0)] = CONSTANT
    return Solved(coef.T, free, rss, tss, unit.T, rank, status)


def _eliminate(whole: Matrix, status: Vector, dependent: float) -> None:
    """Of rows (p, 2p + 2, g), symmetric on the left, the identity on the right."""
    p = len(whole)
    for j in range(p):
        pivot, last = whole[j, j], p + 3 + j
        status[(status == OK) & ~(pivot >= dependent)] = HARD
        whole[j, j:last] /= np.sqrt(np.where(pivot > 0, pivot, 1.0))
        whole[j + 1 :, j + 1 : last] -= whole[j, j + 1 : p, None] * whole[j, j + 1 : last]


def table(
    solved: Solved, n: Vector, by: Mapping[str, Vector], columns: tuple[tuple[str, ...], str], dropped_rows: int = 0,
    unit: str = "group",
) -> Regressions:  # fmt: skip
    """What was solved, of `n` rows (g,) each, with its standard errors; `columns`: the features, and the target."""
    df = n - solved.rank
    with np.errstate(all="ignore"):
        sigma = np.sqrt(np.where(df > 0, solved.rss / df, np.nan))
        se = np.sqrt(solved.unit) * sigma[:, None]
        r2 = np.where(solved.tss > 0, 1 - solved.rss / solved.tss, np.nan)
    status = np.array(STATUS, dtype=object)[solved.status]
    return Regressions(by, *columns, n.astype(np.int64), solved.coef, solved.intercept, se, sigma, r2, df, solved.rank,
                       status, dropped_rows, unit)  # fmt: skip


def put(found: Regressions, k: int, triangle: Triangle, intercept: bool = True) -> None:
    """Fit one of them through the triangle of its rows instead."""
    try:
        with np.errstate(all="ignore"):
            fit = fit_triangle(triangle, Options(intercept=intercept))
    except DataError as refusal:
        found.status[k] = str(refusal)
        return
    except (ArithmeticError, ValueError):
        found.status[k] = OUT_OF_RANGE
        return
    found.n[k] = triangle.n
    found.coef[k], found.intercept[k], found.se[k] = fit.coef, fit.intercept, fit.se
    found.sigma[k], found.r2[k] = fit.sigma, fit.r2
    found.df_resid[k], found.rank[k] = fit.df_resid, fit.rank
    found.status[k] = SHORTEST if fit.dependencies else "ok"
