"""Slopes that a penalty holds, from moments or a triangle: which solver, in which units, and how near to the best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .methods.centred import least_squares
from .penalised.ridge import Ridge
from .penalty import Penalty
from .summary.moments import Moments
from .summary.triangle import Triangle
from .types import DataError, Matrix, UsageError, Vector

WIDEST = 2500
RIDGE_SHARE = 1e-3
"""The share of l1 that sets the largest penalty of a ridge path, where nothing becomes 0."""
NEAR = 1e-6
"""The gap, as a part of the target's mean square, above which an answer is refused."""


def slopes(moments: Moments, penalties: Sequence[Penalty], intercept: bool = True) -> tuple[Matrix, Vector, Vector]:
    """Slopes (k, p) at penalties of one shape, largest first, their gaps (k,) and the solver's steps (k,).

    Where rounding leaves an answer worse than slopes of 0, those are it. Raises UsageError for over 2,500 features.
    """
    from .penalised.gap import gram_gap, terms
    from .penalised.gram import gram_path

    if len(moments.shift) - 1 > WIDEST:
        raise UsageError(f"over {WIDEST:,} features: use leastwise.estimators.Lasso or Ridge, which keep to the rows")
    G, c, yy = moments.gram(intercept)
    factors, low, high = penalties[0].of(len(c))
    size = scales(moments, penalties[0])
    G, c, low, high = G / np.outer(size, size), c / size, low * size, high * size
    pairs = [(penalty.l1, penalty.l2) for penalty in penalties]
    found = gram_path(G, c, yy, pairs, factors, low, high)
    coef, gaps = found.coef, found.gaps
    for k in np.flatnonzero(~(gaps <= NEAR)):
        nothing = float(gram_gap(np.zeros_like(c), G, c, yy, terms(len(c), *pairs[k], factors, low, high)))
        if not gaps[k] <= nothing:
            coef[k], gaps[k] = 0.0, nothing
    return coef / size, gaps, found.iterations


def certified(gaps: Vector) -> None:
    """DataError where an answer is too far from the best to be one."""
    if not (gaps <= NEAR).all():
        raise DataError(
            f"rounding leaves a penalised answer {np.nanmax(gaps):.0e} of the target's mean square from the best: "
            "bring the columns nearer to 0 and to one scale (or fit with an intercept), and leave dependent ones out"
        )


def scales(moments: Moments, penalty: Penalty) -> Vector:
    """What a penalty multiplies the slopes with (p,): the features' deviations, or 1."""
    if not penalty.standardised:
        return np.ones(len(moments.shift) - 1)
    size = np.sqrt(np.diag(moments.scatter)[:-1] / moments.weight)
    return np.where(size > 0, size, 1.0)


def shrunk(triangle: Triangle, penalty: Penalty, intercept: bool = True) -> tuple[Vector, float, str]:
    """Slopes (p,) at one penalty, their gap, and how they were found: ridge by an SVD, the rest by the exact path.

    Raises DataError where rounding leaves them too far from the best.
    """
    if penalty.plain and not penalty.l1 and not penalty.l2:
        return least_squares(triangle, "qr", intercept=intercept).coef, 0.0, "qr: the penalty is 0"
    if penalty.plain and not penalty.l1:
        found = Ridge.of(triangle, intercept).coef(np.array([penalty.l2]))
        return found[0], 0.0, "ridge, from the singular values of the triangle"
    coef, gap, _ = slopes(triangle.moments(), [penalty], intercept)
    certified(gap)
    return coef[0], float(gap[0]), "the exact path from the Gram matrix"


def level(moments: Moments, coef: Matrix, intercept: bool) -> Vector:
    """The intercepts (k,) of slopes (k, p): mean of y less means of x times slopes."""
    means = moments.shift + moments.delta
    return np.asarray(means[-1] - coef @ means[:-1]) if intercept else np.zeros(len(coef))


def grid(
    moments: Moments, l1_ratio: float, count: int, least: float, intercept: bool, shape: dict[str, Any]
) -> list[Penalty]:
    """So many elastic nets, from the smallest that makes all slopes 0 down to `least` of it, evenly by logarithm."""
    numbers = all(isinstance(value, int | float | np.number) for value in (l1_ratio, least))
    if not numbers or not 0 <= l1_ratio <= 1 or not 0 < least < 1 or count < 1:
        raise UsageError("l1_ratio must be from 0 to 1, least above 0 and below 1, and at least one penalty be asked")
    _, c, _ = moments.gram(intercept)
    factors, _, _ = Penalty(**shape).of(len(c))
    c = c / scales(moments, Penalty(**shape))
    held = factors > 0
    if not held.any():
        raise UsageError("every factor is 0, so nothing is penalised: give at least one feature a factor above 0")
    top = 2 * float((np.abs(c[held]) / factors[held]).max()) / max(l1_ratio, RIDGE_SHARE)
    sizes = max(top, 1e-300) * np.geomspace(1, least, count) if count > 1 else [top]
    return [Penalty(size * l1_ratio, size * (1 - l1_ratio), **shape) for size in map(float, sizes)]


def freedom(moments: Moments, penalties: Sequence[Penalty], coef: Matrix, intercept: bool) -> Vector:
    """Slopes that are not 0 (k,); of a ridge without bounds the trace of its hat matrix, tr G (G + l2 F)^-1.

    Source: Zou, Hastie & Tibshirani (2007), Ann. Statist. 35; Hastie, Tibshirani & Friedman (2009), eq. 3.50.
    """
    found = np.asarray((coef != 0).sum(axis=1), dtype=np.float64)
    ridges = [k for k, penalty in enumerate(penalties) if penalty.l2 and not penalty.l1 and not penalty.bounded]
    if ridges:
        size = scales(moments, penalties[0])
        G = moments.gram(intercept)[0] / np.outer(size, size)
        factors, _, _ = penalties[0].of(len(G))
        free = factors == 0
        root = np.where(free, 1.0, np.sqrt(factors))
        # Slopes that nothing holds take their part out of the others first.
        inner = G / np.outer(root, root)
        if free.any():
            inner = (inner - inner[:, free] @ np.linalg.pinv(inner[np.ix_(free, free)]) @ inner[free])[~free][:, ~free]
        values = np.maximum(np.linalg.eigvalsh(inner), 0) if len(inner) else np.zeros(0)
        rank = np.linalg.matrix_rank(G[np.ix_(free, free)]) if free.any() else 0
        for k in ridges:
            found[k] = rank + (values / (values + penalties[k].l2)).sum()
    return found
