"""The least-squares answer from the triangle, and all that inference needs: every direct method.

`qr` is the one to use. `svd` gives the same through singular values, `normal` squares the condition
number, `covariance` is the formula for one feature: they are there to be compared.
"""

from __future__ import annotations

import math

import numpy as np

from ..summary.triangle import Triangle, lengths, triangular
from ..types import DataError, Matrix, UsageError, Vector
from .estimate import Estimate

MOST_NAMED = 20
LOOSEST = 1e-6
"""However far from zero a column lies, a millionth of it that nothing else explains is information."""
_EPS = float(np.finfo(np.float64).eps)


def least_squares(
    triangle: Triangle,
    method: str = "qr",
    observations: float | None = None,
    intercept: bool = True,
    drop: bool = False,
) -> Estimate:
    """Minimise |R_xy - R_xx w|; intercept = mean(y) - means(x)'w.

    `observations` is the n of the residual degrees of freedom, by default the rows. Columns are compared at
    unit length, so units cannot look like dependence; a column is dependent when what the ones before it leave
    of it is rounding. Dependent columns share their effect by the shortest slopes, or with `drop` are set to 0.
    An rss that is all rounding is 0. Raises UsageError for `covariance` with several features, DataError where
    `normal` finds no digits. Cost: 4 p^3 flops. Source: Golub & Van Loan (2013), sec. 5.3 and 5.5.
    """
    R, target = _system(triangle, intercept)
    kept, dependent, basis = _independent(R, _tolerance(triangle))
    slopes, inverse = _solved(R[:, kept], target, method)
    p = triangle.features
    coef, bread = _spread_out(slopes, kept, p), np.zeros((p, p))
    bread[np.ix_(kept, kept)] = inverse
    if dependent and not drop:
        rows = np.linalg.qr((basis.T @ R).T)[0]
        coef, bread = rows @ (rows.T @ coef), rows @ (rows.T @ bread @ rows) @ rows.T
    left = target - R @ coef
    rss = float(left @ left)
    rss = rss if rss > _rounding(triangle, coef) else 0.0
    free = (triangle.n if observations is None else observations) - len(kept) - intercept
    error = _EPS * _sensitivity(R, bread, coef, target, left)
    constant = float(triangle.means[-1] - triangle.means[:-1] @ coef) if intercept else 0.0
    if intercept:
        means = np.abs(triangle.means)
        error = np.append(error, _EPS * (means[-1] + means[:-1] @ np.abs(coef)) + means[:-1] @ error)
        bread = _with_intercept(triangle, bread)
    se = np.sqrt(np.maximum(np.diag(bread), 0) * rss / free) if free > 0 else np.full(len(bread), math.nan)
    return Estimate(
        coef=coef,
        intercept=constant,
        bread=bread,
        weight=triangle.weight,
        rss=rss,
        tss=float(target @ target),
        se=se,
        rank=len(kept) + intercept,
        digits=_digits(error, np.append(coef, constant)[: len(se)], se),
        dependencies={j: _spread_out(_solved(R[:, kept], R[:, j], "qr")[0], kept, p) for j in dependent[:MOST_NAMED]},
        dropped=tuple(dependent) if drop else (),
    )


def constant_columns(triangle: Triangle) -> list[int]:
    """Indices of features that hold one value only, told by a spread far under one rounding of the mean."""
    return [j for j in range(triangle.features) if triangle.spread[j] <= 1e-3 * _EPS * abs(triangle.means[j])]


def _system(triangle: Triangle, intercept: bool) -> tuple[Matrix, Vector]:
    """R with an intercept; without one, R and the row that brings the means back."""
    if intercept:
        return triangle.R[:, :-1], triangle.R[:, -1]
    whole = triangular(np.vstack([triangle.R, math.sqrt(triangle.weight) * triangle.means]))
    return whole[:, :-1], whole[:, -1]


def _solved(R: Matrix, target: Vector, method: str) -> tuple[Vector, Matrix]:
    """Slopes of the independent columns and the inverse of their Gram matrix."""
    size = lengths(R)
    unit = R / size
    if not len(size):
        return size, np.zeros((0, 0))
    slopes, root = _SOLVERS[method](unit, target)
    root = root / size[:, None]
    return slopes / size, root @ root.T


def _by_qr(A: Matrix, b: Vector) -> tuple[Vector, Matrix]:
    from scipy.linalg import solve_triangular

    Q, corner = np.linalg.qr(A)
    return solve_triangular(corner, Q.T @ b), solve_triangular(corner, np.eye(len(corner)))


def _by_svd(A: Matrix, b: Vector) -> tuple[Vector, Matrix]:
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    root = Vt.T / sigma
    return root @ (U.T @ b), root


def _by_normal(A: Matrix, b: Vector) -> tuple[Vector, Matrix]:
    from scipy.linalg import solve_triangular

    try:
        L = np.linalg.cholesky(A.T @ A)
    except np.linalg.LinAlgError:
        raise DataError("the normal equations are singular in float64: use qr, or exact") from None
    root = solve_triangular(L, np.eye(len(L)), lower=True).T
    return root @ (root.T @ (A.T @ b)), root


def _by_covariance(A: Matrix, b: Vector) -> tuple[Vector, Matrix]:
    if A.shape[1] > 1:
        raise UsageError(f"covariance takes one feature and this data has {A.shape[1]:,}: use qr")
    variance = A[:, 0] @ A[:, 0]
    return (A.T @ b) / variance, np.array([[1 / math.sqrt(variance)]])


_SOLVERS = {"qr": _by_qr, "svd": _by_svd, "normal": _by_normal, "covariance": _by_covariance}


def _with_intercept(triangle: Triangle, bread: Matrix) -> Matrix:
    means = triangle.means[:-1]
    side = -bread @ means
    corner = 1 / triangle.weight + max(float(means @ bread @ means), 0.0)
    return np.block([[bread, side[:, None]], [side[None, :], np.array([[corner]])]])


def _rounding(triangle: Triangle, coef: Vector) -> float:
    """The rss that rounding of the data alone would leave."""
    means = np.abs(triangle.means)
    size = _EPS * (means[-1] + triangle.spread[-1] + np.abs(coef) @ means[:-1])
    return float(triangle.weight * size**2)


def _tolerance(triangle: Triangle) -> Vector:
    spread, means = triangle.spread[:-1], np.abs(triangle.means[:-1])
    offset = means / np.where(spread > 0, spread, 1)
    return np.minimum(_EPS * max(8, triangle.features) * (1 + offset), LOOSEST)


def _independent(R: Matrix, tolerance: Vector) -> tuple[list[int], list[int], Matrix]:
    """Gram-Schmidt, each column cleaned twice (Giraud et al., 2005): columns kept, columns left, their basis."""
    size = lengths(R)
    unit = R / np.where(size > 0, size, 1)
    basis = np.empty((len(R), min(R.shape)), order="F")
    kept: list[int] = []
    dependent: list[int] = []
    for j in range(R.shape[1]):
        span = basis[:, : len(kept)]
        left = unit[:, j] - span @ (span.T @ unit[:, j])
        left -= span @ (span.T @ left)
        length = np.linalg.norm(left)
        if size[j] == 0 or (kept and length <= tolerance[j]) or len(kept) == basis.shape[1]:
            dependent.append(j)
        else:
            basis[:, len(kept)] = left / length
            kept.append(j)
    return kept, dependent, basis[:, : len(kept)]


def _sensitivity(R: Matrix, bread: Matrix, coef: Vector, target: Vector, left: Vector) -> Vector:
    """How far each slope moves, at most, per relative change of the numbers in R (p,).

    sqrt(bread_jj) (|R| |w| + |target|) + |bread_j| |R| |residual|, columns at unit length.
    Source: Bjorck (1996), Numerical Methods for Least Squares Problems, thm. 1.4.6.
    """
    size = lengths(R)
    norms = math.sqrt(max(int((size > 0).sum()), 1))
    data = norms * float(np.linalg.norm(coef * size)) + float(np.linalg.norm(target))
    rows = np.linalg.norm(bread * size, axis=1)
    return np.sqrt(np.abs(np.diag(bread))) * data + rows * norms * float(np.linalg.norm(left))


def _digits(error: Vector, theta: Vector, se: Vector) -> float:
    """Of the estimate that is worst off: a number far under its standard error needs no digits of its own."""
    scale = np.maximum(np.abs(theta), np.nan_to_num(se))
    worst = (error[scale > 0] / scale[scale > 0]).max(initial=_EPS)
    return -math.log10(max(float(worst), _EPS / 2))


def _spread_out(values: Vector, places: list[int], p: int) -> Vector:
    full = np.zeros(p)
    full[places] = values
    return full
