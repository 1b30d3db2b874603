"""The unit that travels: some rows, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..types import Matrix, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Rows of one regression: X (n, p), y (n,), weight (n,) or None for equal weights."""

    X: Matrix
    y: Vector
    weight: Vector | None = None

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Any) -> Chunk:
        """Some of the rows: a slice, or their numbers."""
        return Chunk(self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows])
