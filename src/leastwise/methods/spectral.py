"""Gradient descent without the loop: the parameters at any epoch, from the eigenvectors of the Hessian.

Along each eigenvector the error shrinks by the same factor every epoch, so epoch 10^12 costs what
epoch 1 costs. Use it to know where a descent will be; it cannot follow another optimiser.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..problem import LeastSquares
from ..solution import Start, Step
from ..types import Matrix, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Modes:
    """A problem seen from `start` along the eigenvectors of its Hessian, q = p + 1 parameters, intercept last.

    - `eigenvalues` (r,) of the Hessian, largest first; r = q, less one for each dependent column
    - `directions` (q, r), one eigenvector a column
    - `distance` (r,) from the start to the answer along each
    - `floor`: the least loss
    """

    eigenvalues: Vector
    directions: Matrix
    distance: Vector
    floor: float
    start: Vector

    def left(self, learning_rate: float, epoch: int) -> Vector:
        """The signed part of the distance that is left after `epoch` updates, (1 - rate * eigenvalue)^epoch (r,)."""
        return _power(learning_rate * self.eigenvalues, epoch)[0]

    def excess(self, learning_rate: float, epoch: int) -> float:
        """Loss after `epoch` updates less the least loss: sum of eigenvalue/2 * (distance left)^2."""
        with np.errstate(over="ignore"):
            return float(0.5 * self.eigenvalues @ (self.left(learning_rate, epoch) * self.distance) ** 2)

    def at(self, learning_rate: float, epoch: int) -> Step:
        """The parameters after `epoch` updates, start + V (1 - (1 - rate * eigenvalue)^epoch) V'(answer - start)."""
        left, gone = _power(learning_rate * self.eigenvalues, epoch)
        place = self.start + self.directions @ (gone * self.distance)
        excess = 0.5 * self.eigenvalues @ (left * self.distance) ** 2
        return Step(place[:-1], place[-1], self.floor + excess)


def modes(problem: LeastSquares, start: Start) -> Modes:
    """Eigenvalues and eigenvectors of the Hessian, from an SVD of sqrt(share) [X 1] that never squares the data.

    Cost: of order m q min(m, q) flops for m rows; hand it the p + 2 rows of `Triangle.rows`.
    Source: Goh (2017), "Why Momentum Really Works", Distill, sec. 1; the SVD in Golub & Van Loan (2013), sec. 2.4.
    """
    root = problem.root_share
    B = (problem.design().T * root).T
    origin = np.append(start.coef, start.intercept)
    U, sigma, Vt = np.linalg.svd(B, full_matrices=False)
    ahead = U.T @ (root * problem.y - B @ origin)
    real = sigma > sigma[0] * max(B.shape) * np.finfo(B.dtype).eps
    distance, directions = ahead[real] / sigma[real], Vt[real].T
    answer = origin + directions @ distance
    return Modes(2 * sigma[real] ** 2, directions, distance, problem.loss(answer[:-1], answer[-1]), origin)


def steps(problem: LeastSquares, start: Start, learning_rate: float) -> Iterator[Step]:
    """The parameters and loss of every epoch in turn, each from `Modes.at`, none from the one before.

    Cost: one SVD, then 2 p^2 flops an epoch.
    """
    path = modes(problem, start)
    for epoch in itertools.count():
        yield path.at(learning_rate, epoch)


def _power(x: Vector, epoch: int) -> tuple[Vector, Vector]:
    """(1 - x)^epoch and 1 - (1 - x)^epoch, through log1p and expm1 so that a small x keeps its digits."""
    base = 1 - x
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        log = epoch * np.where(x < 1, np.log1p(-np.minimum(x, 1)), np.log(np.abs(base))) if epoch else 0 * x
        sign = np.where((base < 0) & (epoch % 2 == 1), -1.0, 1.0).astype(x.dtype)
        left = sign * np.exp(log)
        return left, np.where(sign > 0, -np.expm1(log), 1 - left)
