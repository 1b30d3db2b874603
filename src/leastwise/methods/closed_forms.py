"""The least-squares answer in one step, four ways. Each refuses what it cannot solve, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..problem import LeastSquares
from ..solution import Step
from ..types import DataError, Matrix, Vector

DEPENDENT = "the columns are linearly dependent in {dtype}: use svd, which gives the smallest of the answers"


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
    """Solve the normal equations A'A theta = A'y, with A = sqrt(share) [X 1].

    A (n, p+1), theta (p+1,). Squares the condition number: half the digits `qr` keeps, or none.
    Raises DataError where A'A is singular. Cost: n p^2 + p^3 / 3 flops.
    Source: Golub & Van Loan (2013), sec. 5.3.2.
    """
    A, y = _scaled(problem)
    yield _step(problem, _solved(A.T @ A, A.T @ y))


def qr(problem: LeastSquares) -> Iterator[Step]:
    """Solve R theta = Q'y, with A = QR.

    A (n, p+1), theta (p+1,). Backward stable. Raises DataError where R is singular or n < p + 1; use
    `svd` then. Cost: 2 n p^2 flops. Source: Golub & Van Loan (2013), sec. 5.3.3.
    """
    A, y = _scaled(problem)
    if len(A) < A.shape[1]:
        raise DataError(
            f"{len(A)} rows cannot fix {A.shape[1]} parameters: use svd, which gives the smallest of the answers"
        )
    Q, R = np.linalg.qr(A)
    yield _step(problem, _solved(R, Q.T @ y))


def svd(problem: LeastSquares) -> Iterator[Step]:
    """slopes = V S^-1 U'y of the centred A = sqrt(share) (X - means) = U S V', directions below rounding left out.

    X (n, p), y (n,). Takes dependent columns and n < p + 1: the answer with the shortest slopes.
    Cost: about 6 n p^2 flops. Source: Golub & Van Loan (2013), sec. 5.5.
    """
    X, y, root = problem.X, problem.y, problem.root_share
    mean_x, mean_y = (X.T * problem.share).sum(axis=1), (problem.share * y).sum()
    U, sigma, Vt = np.linalg.svd(((X - mean_x).T * root).T, full_matrices=False)
    real = sigma > sigma[0] * max(X.shape) * np.finfo(X.dtype).eps
    slopes = Vt[real].T @ ((U[:, real].T @ (root * (y - mean_y))) / sigma[real])
    yield _step(problem, np.append(slopes, mean_y - mean_x @ slopes))


def _scaled(problem: LeastSquares) -> tuple[Matrix, Vector]:
    root = problem.root_share
    return (problem.design().T * root).T, root * problem.y


def _solved(A: Matrix, b: Vector) -> Vector:
    """Solve A x = b after scaling A's columns, so that units of features cannot look like dependence."""
    size = np.linalg.norm(A, axis=0)
    if not size.all() or np.linalg.cond(A / size) > 1 / np.finfo(A.dtype).eps:
        raise DataError(DEPENDENT.format(dtype=A.dtype))
    return np.linalg.solve(A / size, b) / size


def _step(problem: LeastSquares, theta: Vector) -> Step:
    return Step(theta[:-1], theta[-1], problem.loss(theta[:-1], theta[-1]))
