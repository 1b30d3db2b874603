"""The least-squares answer from the triangle, and all that inference needs: every direct method.

`qr` is the one to use. `svd` gives the same through singular values, `normal` squares the condition
number, `covariance` is the formula for one feature: they are there to be compared.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..rows.chunk import BLOCK_ROWS
from ..summary.triangle import Triangle, lengths, triangular
from ..types import DataError, Matrix, UsageError, Vector
from .estimate import Estimate

MOST_NAMED = 20
MOST_MIXED = 50
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
    An rss that is all rounding of the arithmetic is 0. Raises UsageError for `covariance` with several features,
    DataError where `normal` finds no digits. Cost: 4 p^3 flops. Source: Golub & Van Loan (2013), sec. 5.3 and 5.5.
    """
    R, target = system(triangle, intercept)
    p, size = triangle.features, lengths(R)
    kept, dependent = _independent(R, *_tolerances(triangle, intercept))
    slopes, inverse = _solved(R[:, kept], target, method)
    coef, root = _spread_out(slopes, kept, p), np.zeros((p, len(kept)))
    root[kept] = inverse
    mixtures = {j: _mixture(R, kept, j) for j in dependent[:MOST_MIXED]}
    rounding: Vector = np.zeros(p)
    if dependent and not drop:
        many = len(dependent) > MOST_MIXED
        coef, root, rounding = _in_row_space(coef, root, R) if many else _shortest(coef, root, mixtures, kept)
    left = target - R @ coef
    noise = 8 * _EPS * (float(np.linalg.norm(target)) + float(size @ np.abs(coef)))
    rss = float(left @ left) if np.linalg.norm(left) > noise else 0.0
    free = (triangle.n if observations is None else observations) - len(kept) - intercept
    centre = triangle.means if intercept else np.zeros(p + 1)
    nudge = (triangle.shift - centre) + triangle.delta if intercept else centre
    whole = term_root(root, centre[:-1], triangle.weight, intercept)
    se = lengths(whole.T) * math.sqrt(rss / free) if free > 0 else np.full(len(whole), math.nan)
    theta = np.append(coef, centre[-1] - centre[:-1] @ coef) if intercept else coef
    error = _error(_EPS * _sensitivity(R, root, coef, target, left) + rounding, coef, centre, intercept)
    stiff = 0.5 * math.log10(triangle.heaviest / triangle.lightest) if triangle.heaviest > 0 else 0.0
    digits = _digits(error, theta, se) - stiff
    if method == "normal":
        digits = min(digits, -math.log10(_EPS) - 2 * math.log10(_condition(R[:, kept])))
    return Estimate(
        coef=coef,
        intercept=float(theta[-1]) if intercept else 0.0,
        root=root,
        centre=centre,
        nudge=nudge,
        weight=triangle.weight,
        rss=rss,
        tss=float(target @ target) if _varying(triangle)[-1] or not intercept else 0.0,
        se=se,
        rank=len(kept) + intercept,
        digits=digits,
        se_digits=_se_digits(noise, rss, digits) if free > 0 else digits,
        dependencies=dict(list(mixtures.items())[:MOST_NAMED]),
        dropped=tuple(dependent) if drop else (),
    )


def reference(triangle: Triangle) -> Estimate:
    """`least_squares` with a loss of 0 where the rounding of the data themselves would leave as much."""
    answer, means = least_squares(triangle), np.abs(triangle.means)
    size = _EPS * (means[-1] + triangle.spread[-1] + np.abs(answer.coef) @ means[:-1])
    return answer if answer.rss > triangle.weight * size**2 else replace(answer, rss=0.0)


def term_root(root: Matrix, centre: Vector, weight: float, intercept: bool) -> Matrix:
    """A root (q, k) of the inverse of [X 1]' diag(weight) [X 1] in the user's terms, from that of the slopes."""
    if not intercept:
        return root
    corner = np.array([[1 / math.sqrt(weight)]])
    return np.block([[root, np.zeros((len(root), 1))], [-(centre @ root)[None, :], corner]])


def constant_columns(triangle: Triangle) -> list[int]:
    """Indices of features that hold one value only, told by a spread far under one rounding of the mean."""
    return np.flatnonzero(~_varying(triangle)[:-1]).tolist()


def _varying(triangle: Triangle) -> Vector:
    """Whether each column (q,) holds more than one value."""
    return np.asarray(triangle.spread > 1e-3 * _EPS * np.abs(triangle.means))


def system(triangle: Triangle, intercept: bool) -> tuple[Matrix, Vector]:
    """The centred rows of the features (r, p) and the target (r,); without an intercept, the rows as they are."""
    if intercept:
        return triangle.R[:, :-1], triangle.R[:, -1]
    whole = triangular(np.vstack([triangle.R, math.sqrt(triangle.weight) * triangle.means]))
    return whole[:, :-1], whole[:, -1]


def _solved(R: Matrix, target: Vector, method: str) -> tuple[Vector, Matrix]:
    """Slopes of the independent columns and a root of the inverse of their Gram matrix."""
    size = lengths(R)
    unit = R / size
    if not len(size):
        return size, np.zeros((0, 0))
    slopes, root = _SOLVERS[method](unit, target)
    return slopes / size, root / size[:, None]


def _by_qr(A: Matrix, b: Vector) -> tuple[Vector, Matrix]:
    Q, corner = np.linalg.qr(A)
    return _back(corner, Q.T @ b), _back(corner, np.eye(len(corner)))


def _by_svd(A: Matrix, b: Vector) -> tuple[Vector, Matrix]:
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    root = Vt.T / sigma
    return root @ (U.T @ b), root


def _by_normal(A: Matrix, b: Vector) -> tuple[Vector, Matrix]:
    try:
        L = np.linalg.cholesky(A.T @ A)
    except np.linalg.LinAlgError:
        raise DataError("the normal equations are singular in float64: use qr, or exact") from None
    root = _back(L.T, np.eye(len(L)))
    return root @ (root.T @ (A.T @ b)), root


def _back(corner: Matrix, target: Matrix) -> Matrix:
    """Back substitution: elimination finds nothing to do below an upper triangle."""
    return np.linalg.solve(corner, target)


def _by_covariance(A: Matrix, b: Vector) -> tuple[Vector, Matrix]:
    if A.shape[1] > 1:
        raise UsageError(f"covariance takes one feature and this data has {A.shape[1]:,}: use qr")
    variance = A[:, 0] @ A[:, 0]
    return (A.T @ b) / variance, np.array([[1 / math.sqrt(variance)]])


_SOLVERS = {"qr": _by_qr, "svd": _by_svd, "normal": _by_normal, "covariance": _by_covariance}


def _mixture(R: Matrix, kept: list[int], j: int) -> Vector:
    """Column j as a mixture of those that are kept (p,), without the parts that are rounding."""
    mixture = _spread_out(_solved(R[:, kept], R[:, j], "qr")[0], kept, R.shape[1])
    size = lengths(R)
    return np.where(np.abs(mixture) * size > 64 * _EPS * size[j], mixture, 0.0)


def _shortest(
    coef: Vector, root: Matrix, mixtures: dict[int, Vector], kept: list[int]
) -> tuple[Vector, Matrix, Vector]:
    """The shortest slopes with the same fit, their root, and how far rounding may move each (p,).

    w = B'(B B')^-1 c, where X = X_kept B and c are the slopes of X_kept: a product with B', so that slopes far
    smaller than others can keep their digits. Source: Bjorck (1996), sec. 1.2.5.
    """
    B = np.zeros((len(kept), len(coef)))
    B[np.arange(len(kept)), kept] = 1
    for j, mixture in mixtures.items():
        B[:, j] = mixture[kept]
    corner = np.asarray(np.linalg.qr(B.T, mode="r"))

    def shortened(values: Matrix) -> Matrix:
        return _back(corner, np.linalg.solve(corner.T, values[kept]))

    part = shortened(coef)
    rounding = 4 * _EPS * np.abs(B).sum(axis=0) * np.abs(part).max(initial=0)
    return B.T @ part, B.T @ shortened(root), rounding


def _in_row_space(coef: Vector, root: Matrix, R: Matrix) -> tuple[Vector, Matrix, Vector]:
    """The same where dependent columns are very many."""
    Vt = np.linalg.svd(R, full_matrices=False)[2]
    rows = Vt[: root.shape[1]].T
    found = rows @ (rows.T @ coef)
    return found, rows @ (rows.T @ root), np.full(len(found), 4 * _EPS * np.abs(coef).max(initial=0))


def _tolerances(triangle: Triangle, intercept: bool) -> tuple[Vector, list[int]]:
    """How much of each column, at unit length, may be rounding; and the columns that are constant.

    That of the triangle, the root of the rows of a block times eps where roundings do not cancel, and that of the
    numbers themselves, eps times how far they lie from zero. Source: Higham (2002), sec. 19.3 and 3.1.
    """
    most = max(8, triangle.features)
    plain = np.full(triangle.features, _EPS * max(most, math.sqrt(min(triangle.n, BLOCK_ROWS))))
    if not intercept:
        return plain, []
    spread, means = triangle.spread[:-1], np.abs(triangle.means[:-1])
    return plain + _EPS * most * means / np.where(spread > 0, spread, 1), constant_columns(triangle)


def _independent(R: Matrix, tolerance: Vector, constant: list[int]) -> tuple[list[int], list[int]]:
    """Gram-Schmidt, each column cleaned twice (Giraud et al., 2005): columns kept, and columns left.

    What is left of a column that is a mixture of those kept is rounding when it is no longer than the tolerance of the
    column and of the parts of the mixture together.
    """
    size = lengths(R)
    unit = R / np.where(size > 0, size, 1)
    basis, inverse = np.empty((len(R), min(R.shape)), order="F"), np.zeros((min(R.shape), min(R.shape)))
    kept: list[int] = []
    dependent: list[int] = []
    for j in range(R.shape[1]):
        k = len(kept)
        span = basis[:, :k]
        along = span.T @ unit[:, j]
        left = unit[:, j] - span @ along
        again = span.T @ left
        left -= span @ again
        length, mixture = np.linalg.norm(left), inverse[:k, :k] @ (along + again)
        rounding = min(tolerance[j] + np.abs(mixture) @ tolerance[kept], LOOSEST)
        if size[j] == 0 or j in constant or (kept and length <= rounding) or k == basis.shape[1]:
            dependent.append(j)
        else:
            basis[:, k], inverse[:k, k], inverse[k, k] = left / length, -mixture / length, 1 / length
            kept.append(j)
    return kept, dependent


def _error(slopes: Vector, coef: Vector, centre: Vector, intercept: bool) -> Vector:
    """Errors of all terms from those of the slopes."""
    if not intercept:
        return slopes
    size = np.abs(centre)
    return np.append(slopes, _EPS * (size[-1] + size[:-1] @ np.abs(coef)) + size[:-1] @ slopes)


def _sensitivity(R: Matrix, root: Matrix, coef: Vector, target: Vector, left: Vector) -> Vector:
    """How far each slope moves, at most, per relative change of the numbers in R (p,).

    sqrt(C_jj) (|R| |w| + |target|) + |C_j| |R| |residual|, C = root root', columns at unit length.
    Source: Bjorck (1996), Numerical Methods for Least Squares Problems, thm. 1.4.6.
    """
    size = lengths(R)
    norms = math.sqrt(max(int((size > 0).sum()), 1))
    data = norms * float(np.linalg.norm(coef * size)) + float(np.linalg.norm(target))
    rows = lengths((root @ (root.T * size)).T)
    return lengths(root.T) * data + rows * norms * float(np.linalg.norm(left))


def _digits(error: Vector, theta: Vector, se: Vector) -> float:
    """Of the estimate that is worst off: a number far under its standard error needs no digits of its own."""
    scale = np.maximum(np.abs(theta), np.nan_to_num(se))
    worst = (error[scale > 0] / scale[scale > 0]).max(initial=_EPS)
    return -math.log10(max(float(worst), _EPS / 2))


def _se_digits(noise: float, rss: float, digits: float) -> float:
    """Digits of the standard errors: the estimates' own, or what rounding leaves of the residuals."""
    return min(digits, -math.log10(max(noise / math.sqrt(rss), _EPS))) if rss else 0.0


def _condition(R: Matrix) -> float:
    return float(np.linalg.cond(R / lengths(R))) if R.shape[1] else 1.0


def _spread_out(values: Vector, places: list[int], p: int) -> Vector:
    full = np.zeros(p)
    full[places] = values
    return full
