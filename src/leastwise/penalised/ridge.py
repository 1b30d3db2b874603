"""Ridge by singular values: one decomposition of the triangle, any number of penalties."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..methods.centred import system
from ..rows.chunk import Chunk
from ..summary.triangle import Triangle
from ..types import Matrix, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Ridge:
    """All ridge answers of a triangle: 1/W sum(weight * (y - X w - b)^2) + l2 |w|^2 at any l2.

    With R = U diag(s) V' of the centred rows, w = V (s / (s^2 + W l2)) U'y. `centre` (p,) holds the means that were
    taken off, 0 without an intercept; `pulled` (r,) is U'y.
    Cost: one SVD, 6 p^3 flops; then p r a penalty. Source: Golub, Heath & Wahba (1979), Technometrics 21; Hastie,
    Tibshirani & Friedman (2009), The Elements of Statistical Learning, sec. 3.4.1.
    """

    s: Vector
    Vt: Matrix
    pulled: Vector
    centre: Vector
    mean: float
    weight: float
    intercept: bool

    @classmethod
    def of(cls, triangle: Triangle, intercept: bool = True) -> Ridge:
        """The decomposition."""
        R, target = system(triangle, intercept)
        U, s, Vt = np.linalg.svd(R, full_matrices=False)
        kept = s > s.max(initial=0.0) * max(R.shape) * np.finfo(np.float64).eps
        means = triangle.means if intercept else np.zeros(triangle.features + 1)
        pulled = U.T @ target
        return cls(s[kept], Vt[kept], pulled[kept], means[:-1], float(means[-1]), triangle.weight, intercept)

    def coef(self, l2: Vector) -> Matrix:
        """Slopes (k, p) at penalties l2 (k,); at 0 the shortest of least squares."""
        return np.asarray((self.s * self.pulled / self._held(l2)) @ self.Vt)

    def left_out(self, rows: Chunk, l2: Vector) -> Matrix:
        """What the fit without a row predicts for it (n, k), for every row and penalty l2 (k,).

        y - residual / (1 - h), h = weight (1/W + sum z^2 / (s^2 + W l2)), z = V'(x - mean). Cost: n p (r + k) flops.
        Source: Allen (1974), Technometrics 16; Hastie et al. (2009), eq. 7.52.
        """
        held = self._held(l2)
        z = (np.asarray(rows.X) - self.centre) @ self.Vt.T
        weight = np.ones(len(rows)) if rows.weight is None else rows.weight
        left = (rows.y - self.mean)[:, None] - z @ (self.s * self.pulled / held).T
        leverage = weight[:, None] * (self.intercept / self.weight + z**2 @ (1 / held).T)
        return np.asarray(rows.y[:, None] - left / (1 - leverage))

    def leave_one_out(self, rows: Iterable[Chunk], l2: Vector) -> Vector:
        """The weighted mean over rows of the squared error of the fit without that row (k,): one more pass."""
        total = np.zeros(len(l2))
        for chunk in rows:
            weight = np.ones(len(chunk)) if chunk.weight is None else chunk.weight
            total += weight @ (chunk.y[:, None] - self.left_out(chunk, l2)) ** 2
        return total / self.weight

    def _held(self, l2: Vector) -> Matrix:
        with np.errstate(over="ignore"):
            return np.asarray(self.s**2 + self.weight * np.asarray(l2, dtype=np.float64)[:, None])
