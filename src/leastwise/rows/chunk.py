"""The unit that travels: some rows, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..types import Matrix, Vector

BLOCK_ROWS = 8192
"""Rows that fit a core's cache."""
PART_ROWS = 65_536
"""Rows that one task summarises: enough to keep Python out of the way, few enough to share."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Rows of one regression: X (n, p), y (n,), weight (n,) or None for equal weights.

    `places` (n,) are their numbers in the source, from 0, where somebody counts.
    """

    X: Matrix
    y: Vector
    weight: Vector | None = None
    places: Vector | None = None

    def __len__(self) -> int:
        return len(self.y)

    def parts(self) -> Iterator[Part]:
        """The rows in equal parts of at most 65,536, but for a small first one, with which libraries are loaded."""
        n = len(self)
        first = BLOCK_ROWS if n > PART_ROWS else n
        size = -(-(n - first) // max(1, -(-(n - first) // PART_ROWS))) or 1
        for rows in (slice(first), *(slice(first + rest.start, first + rest.stop) for rest in blocks(n - first, size))):
            yield partial(iter, [self.take(rows)])

    @classmethod
    def joined(cls, chunks: Sequence[Chunk]) -> Chunk:
        """The rows of one or more chunks as one, without their places."""
        X = np.concatenate([chunk.X for chunk in chunks]) if len(chunks) > 1 else chunks[0].X
        weights = [chunk.weight for chunk in chunks if chunk.weight is not None]
        y = np.concatenate([chunk.y for chunk in chunks]) if len(chunks) > 1 else chunks[0].y
        return cls(np.ascontiguousarray(X), y, np.concatenate(weights) if weights else None)

    def weighty(self) -> Chunk:
        """The rows whose weight is not 0."""
        return self if self.weight is None or self.weight.all() else self.take(self.weight != 0)

    def take(self, rows: Any) -> Chunk:
        """Some of the rows: a slice, or their numbers."""
        rest = (None if values is None else values[rows] for values in (self.weight, self.places))
        return Chunk(self.X[rows], self.y[rows], *rest)


def blocks(n: int, size: int = BLOCK_ROWS) -> list[slice]:
    """Slices of `size` rows, the last one of what is left, that cover n rows."""
    return [slice(first, first + size) for first in range(0, n, size)]


class ColumnsApart:
    """X (m, p) whose columns lie apart: a view of them, that is gathered block by block in a core's cache."""

    ndim = 2

    def __init__(self, columns: Sequence[Vector]) -> None:
        self.columns = columns
        self.shape = (len(columns[0]), len(columns))
        self.strides = (8, 8 * len(columns[0]))
        self.nbytes = sum(column.nbytes for column in columns)

    def __getitem__(self, rows: Any) -> ColumnsApart:
        return ColumnsApart([column[rows] for column in self.columns])

    def subtract(self, rows: slice, shift: Vector, out: Matrix) -> None:
        """out = X[rows] - shift, column by column."""
        for j, column in enumerate(self.columns):
            np.subtract(column[rows], shift[j], out=out[:, j])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Matrix:
        X: Matrix = np.empty(self.shape, order="F")
        self.subtract(slice(None), np.zeros(self.shape[1]), X)
        return X if dtype is None else X.astype(dtype, copy=False)


Part = Callable[[], Iterable[Chunk]]
"""A piece of the rows that can be read on its own, in any thread; parts have an order."""
