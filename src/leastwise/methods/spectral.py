"""Gradient descent without the loop: the parameters at any epoch, from the eigenvectors of the Hessian.

Along an eigenvector with eigenvalue h an update does nothing but error <- (1 - rate * h) * error. After k of
them (1 - rate * h)^k of it is left, so epoch 10^12 costs what epoch 1 costs. Use it to know where a descent
will be; it cannot follow another optimiser.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..solution import Start, Step
from ..summary.triangle import Triangle
from ..types import DataError, Matrix, Vector
from .centred import reference

LARGEST_JACOBI = 300
"""Beyond so many parameters a plain SVD, ten times as fast, is good enough."""


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

    def cast(self, dtype: Any) -> Modes:
        """The same in `dtype`."""
        arrays = (self.eigenvalues, self.directions, self.distance, np.asarray(self.floor), self.start)
        eigenvalues, directions, distance, floor, start = (array.astype(dtype) for array in arrays)
        return Modes(eigenvalues, directions, distance, floor.flat[0], start)

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
        with np.errstate(over="ignore", invalid="ignore"):
            place = self.start + self.directions @ (gone * self.distance)
            excess = 0.5 * self.eigenvalues @ (left * self.distance) ** 2
        return Step(place[:-1], place[-1], self.floor + excess)


def modes(triangle: Triangle, start: Start) -> Modes:
    """Eigenvalues and eigenvectors of the Hessian, and the way from `start` to the answer along them.

    They come from an SVD of [means 1; R/sqrt(W) 0], which never squares the data; Jacobi rotations keep
    even the smallest eigenvalue's digits where columns lie far from zero or differ in units.
    Cost: of order r q^2 flops. Source: Goh (2017), "Why Momentum Really Works", Distill, sec. 1; Drmac & Veselic
    (2008), SIAM J. Matrix Anal. Appl. 29 (LAPACK's gejsv).
    """
    answer = reference(triangle)
    top = np.append(triangle.means[:-1], 1)
    rest = np.column_stack([triangle.R[:, :-1] / math.sqrt(triangle.weight), np.zeros(len(triangle.R))])
    sigma, V = _right_singular(np.vstack([top, rest]))
    sigma, V = sigma[: answer.rank], V[:, : answer.rank]
    origin = np.append(start.coef, start.intercept).astype(np.float64)
    distance = V.T @ (np.append(answer.coef, answer.intercept) - origin)
    return Modes(2 * sigma**2, V, distance, answer.loss, origin)


def steps(triangle: Triangle, start: Start, learning_rate: float) -> Iterator[Step]:
    """The parameters and loss of every epoch in turn, each from `Modes.at`, none from the one before.

    All in the dtype of `start`. Cost: one SVD, then 2 p^2 flops an epoch.
    """
    path = modes(triangle, start).cast(start.coef.dtype)
    for epoch in itertools.count():
        yield path.at(learning_rate, epoch)


def _right_singular(B: Matrix) -> tuple[Vector, Matrix]:
    if B.shape[1] > LARGEST_JACOBI:
        _, sigma, Vt = np.linalg.svd(B, full_matrices=False)
        return sigma, Vt.T
    from scipy.linalg.lapack import dgejsv

    tall = len(B) >= B.shape[1]
    sigma, left, right, work, _, info = dgejsv(B if tall else B.T, joba=2, jobu=3 if tall else 0, jobv=0 if tall else 3)
    if info:
        raise DataError("the eigenvectors of the Hessian did not converge: rescale the features")
    return sigma * (work[0] / work[1]), right if tall else left[:, : len(sigma)]


def _power(x: Vector, epoch: int) -> tuple[Vector, Vector]:
    """(1 - x)^epoch and 1 - (1 - x)^epoch, through log1p and expm1 so that a small x keeps its digits."""
    base = 1 - x
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        log = epoch * np.where(x < 1, np.log1p(-np.minimum(x, 1)), np.log(np.abs(base))) if epoch else 0 * x
        sign = np.where((base < 0) & (epoch % 2 == 1), -1.0, 1.0).astype(x.dtype)
        left = sign * np.exp(log)
        return left, np.where(sign > 0, -np.expm1(log), 1 - left)
