"""The problem every method is given: mean squared error over rows, with an intercept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .rows.chunk import Chunk
from .types import Matrix, Vector


@dataclass(frozen=True, slots=True, eq=False)
class LeastSquares:
    """Minimise L(w, b) = sum(weight * (y - X w - b)^2) / sum(weight).

    X (n, p), y (n,), weight (n,) or None for equal weights; all of one dtype.
    The gradient is -2 X'(share * residual) and -2 sum(share * residual), the Hessian
    2 [X 1]' diag(share) [X 1], with `share` = weight / sum(weight).
    """

    X: Matrix
    y: Vector
    weight: Vector | None = None

    @classmethod
    def of(cls, chunk: Chunk, dtype: str = "float64") -> LeastSquares:
        """Pose the rows of a chunk in `dtype`."""
        weight = None if chunk.weight is None else chunk.weight.astype(dtype, copy=False)
        return cls(chunk.X.astype(dtype, copy=False), chunk.y.astype(dtype, copy=False), weight)

    @property
    def share(self) -> Any:
        """Each row's part of the loss: weight / sum(weight) (n,), or the number 1/n."""
        return 1 / len(self.y) if self.weight is None else self.weight / self.weight.sum()

    @property
    def root_share(self) -> Any:
        """The square root of `share`, in the dtype of the data: rows times it have L as their sum of squares."""
        return math.sqrt(self.share) if isinstance(self.share, float) else np.sqrt(self.share)

    def design(self) -> Matrix:
        """[X 1], (n, p + 1)."""
        return np.column_stack([self.X, np.ones_like(self.y)])

    def loss(self, coef: Vector, intercept: float) -> float:
        """L at slopes `coef` (p,) and `intercept`."""
        residual = self.y - (self.X @ coef + intercept)
        return float((self.share * residual) @ residual)
