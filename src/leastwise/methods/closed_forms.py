"""The least-squares answer in one step, four ways. Each refuses what it cannot solve, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..problem import LeastSquares
from ..solution import Step
from ..types import DataError, Matrix, Vector

DEPENDENT = "the columns are linearly dependent in {dtype}: use svd, which gives the shortest answer"


def covariance(problem: LeastSquares) -> Iterator[Step]:
    """slope = cov(x, y) / var(x), intercept = mean(y) - slope * mean(x); one feature.

    X (n, 1), y (n,). Raises DataError where x is constant. For more features use `qr`.
    Cost: 8 n flops. Source: Weisberg (2014), Applied Linear Regression, eq. 2.5.
    """
    x, y, share = problem.X[:, 0], problem.y, problem.share
    mean_x, mean_y = (share * x).sum(), (share * y).sum()
    pull = share * (x - mean_x)
    variance = pull @ (x - mean_x)
    if variance == 0:
        raise DataError("x is constant, so no slope can be told from the intercept: use svd")
    slope = pull @ (y - mean_y) / variance
    yield _step(problem, np.array([slope, mean_y - slope * mean_x]))


def normal(problem: LeastSquares) -> Iterator[Step]:
    """Solve the normal equations A'A theta = A'y, with A = sqrt(share) [X 1], its columns scaled to length 1.

    A (n, p+1), theta (p+1,). Squares the condition number: half the digits `qr` keeps, or none.
    Raises DataError where A'A is singular. Cost: n p^2 + p^3 / 3 flops.
    Source: Golub & Van Loan (2013), sec. 5.3.2.
    """
    A, y, size = _scaled(problem)
    yield _step(problem, _solved(A.T @ A, A.T @ y) / size)


def qr(problem: LeastSquares) -> Iterator[Step]:
    """Solve R theta = Q'y, with A = sqrt(share) [X 1] = QR, its columns scaled to length 1.

    A (n, p+1), theta (p+1,). Backward stable. Raises DataError where R is singular or n < p + 1; use
    `svd` then. Cost: 2 n p^2 flops. Source: Golub & Van Loan (2013), sec. 5.3.3.
    """
    A, y, size = _scaled(problem)
    if len(A) < A.shape[1]:
        raise DataError(f"{len(A)} rows cannot fix {A.shape[1]} parameters: use svd, which gives the shortest answer")
    Q, R = np.linalg.qr(A)
    yield _step(problem, _solved(R, Q.T @ y) / size)


def svd(problem: LeastSquares) -> Iterator[Step]:
    """slopes = V S^-1 U'y of the centred A = sqrt(share) (X - means) = U S V', directions below rounding left out.

    X (n, p), y (n,). Takes dependent columns and n < p + 1: the answer with the shortest slopes.
    Columns of length 1 tell the rank, so that units cannot. Cost: about 6 n p^2 flops, twice that where
    columns depend. Source: Golub & Van Loan (2013), sec. 5.5.
    """
    X, y, root = problem.X, problem.y, problem.root_share
    mean_x, mean_y = (X.T * problem.share).sum(axis=1), (problem.share * y).sum()
    A, b = ((X - mean_x).T * root).T, root * (y - mean_y)
    size = _lengths(A)
    slopes, rank = _pseudo_solved(A / size, b, A.shape[1])
    slopes = slopes / size if rank == A.shape[1] else _pseudo_solved(A, b, rank)[0]
    yield _step(problem, np.append(slopes, mean_y - mean_x @ slopes))


def _pseudo_solved(A: Matrix, b: Vector, most: int) -> tuple[Vector, int]:
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    rank = min(int((sigma > sigma[0] * max(A.shape) * np.finfo(A.dtype).eps).sum()), most)
    return Vt[:rank].T @ ((U[:, :rank].T @ b) / sigma[:rank]), rank


def _lengths(A: Matrix) -> Vector:
    size = np.linalg.norm(A, axis=0)
    return np.where(size > 0, size, 1).astype(A.dtype)


def _scaled(problem: LeastSquares) -> tuple[Matrix, Vector, Vector]:
    root = problem.root_share
    A = (problem.design().T * root).T
    size = _lengths(A)
    return A / size, root * problem.y, size


def _solved(A: Matrix, b: Vector) -> Vector:
    if np.linalg.cond(A) > 1 / np.finfo(A.dtype).eps:
        raise DataError(DEPENDENT.format(dtype=A.dtype))
    return np.linalg.solve(A, b)


def _step(problem: LeastSquares, theta: Vector) -> Step:
    return Step(theta[:-1], theta[-1], problem.loss(theta[:-1], theta[-1]))
