"""Rows in memory to their triangle, and the way there that rows anywhere share: moments, or QR block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..rows.chunk import BLOCK_ROWS, ColumnsApart, blocks
from ..rows.native import flat, numbers
from ..tree import total
from ..types import DataError, Matrix, Vector
from .moments import Moments, finite, rough_mean
from .triangle import Triangle, triangular

Logs = tuple[float, float, float]


class Rows(Protocol):
    """Rows (X, y, weight > 0), wherever they lie; `step` of them are a block."""

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def step(self) -> int: ...

    def moments(self, rows: slice) -> Moments: ...

    def by_qr(self, rows: slice) -> Triangle: ...

    def logs(self) -> Logs: ...


def summary(rows: Rows) -> Triangle:
    """By the moments where they keep the digits, which the first block tells; by a QR of every block elsewhere."""
    n, features = rows.shape
    if n >= BLOCK_ROWS:
        head = rows.moments(slice(BLOCK_ROWS))
        if head.root() is not None:
            whole = head + rows.moments(slice(BLOCK_ROWS, None))
            R = whole.root()
            if R is not None:
                return Triangle(whole.n, whole.weight, whole.shift, whole.delta, R, *rows.logs())
    parts = [rows.by_qr(some) for some in blocks(n, rows.step)]
    return total(parts) if parts else Triangle.empty(features)


def triangle_of(X: Any, y: Any, weight: Any = None) -> Triangle:
    """`Triangle.of` for what NumPy can read."""
    X, y = X if isinstance(X, ColumnsApart) else numbers(X, "X"), flat(y, "y")
    X = X[:, None] if X.ndim == 1 else X
    fitting(X, y, weight)
    if weight is not None:
        X, y, weight = _weighed(X, y, numbers(weight, "weight").astype(np.float64, copy=False))
    return summary(Arrays(X, y, weight))


def fitting(X: Any, y: Any, weight: Any) -> None:
    """DataError unless the shapes are (n, p), (n,) and (n,)."""
    shapes = [tuple(np.shape(array)) for array in (X, y, weight) if array is not None]
    if X.ndim != 2 or any(shape != shapes[0][:1] for shape in shapes[1:]):
        raise DataError(f"X (n, p), y (n,) and weight (n,) do not fit: {', '.join(map(str, shapes))}")


def refuse_weights(sound: bool, total: float) -> None:
    """DataError unless all are `sound` and so is their total."""
    if not sound:
        raise DataError("a weight is negative or not finite: every weight must be a number of at least 0")
    if not np.isfinite(total):
        raise DataError("the weights add up to more than float64 holds: divide them by the largest")


@dataclass(frozen=True, slots=True)
class Arrays:
    """X (n, p), y (n,), weight (n,) > 0 in NumPy."""

    X: Matrix
    y: Vector
    weight: Vector | None
    step: int = BLOCK_ROWS

    @property
    def shape(self) -> tuple[int, int]:
        """(n, p)."""
        return self.X.shape[0], self.X.shape[1]

    def moments(self, rows: slice) -> Moments:
        """The moments of some."""
        return Moments.of(*self._taken(rows))

    def by_qr(self, rows: slice) -> Triangle:
        """The triangle of some, about their own means."""
        X, y, weight = self._taken(rows)
        X = np.asarray(X)
        shift, W = rough_mean(X, y), float(len(y) if weight is None else weight.sum())
        A = np.empty((len(y), len(shift)), order="F")
        with np.errstate(invalid="ignore", over="ignore"):
            if weight is not None:
                shift = np.append(weight @ X / W, weight @ y / W)
            np.subtract(X, shift[:-1], out=A[:, :-1])
            np.subtract(y, shift[-1], out=A[:, -1])
            delta = finite(A.mean(axis=0) if weight is None else weight @ A / W)
            A -= delta
        if weight is not None:
            A *= np.sqrt(weight)[:, None]
        R = triangular(A) if len(y) < BLOCK_ROWS else _triangular_beside_others(A)
        return Triangle(len(y), W, shift, delta, R, *_logs(weight))

    def logs(self) -> Logs:
        """The sum of log(weight), and the range of the weights."""
        return _logs(self.weight)

    def _taken(self, rows: slice) -> tuple[Matrix, Vector, Vector | None]:
        return self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows]


def _logs(weight: Vector | None) -> Logs:
    if weight is None:
        return 0.0, 1.0, 1.0
    return float(np.log(weight).sum()), float(weight.min()), float(weight.max())


def _weighed(X: Matrix, y: Vector, weight: Vector) -> tuple[Matrix, Vector, Vector]:
    with np.errstate(over="ignore", invalid="ignore"):
        refuse_weights(bool((np.isfinite(weight) & (weight >= 0)).all()), float(weight.sum()))
    keep = weight > 0
    return (X, y, weight) if keep.all() else (X[keep], y[keep], weight[keep])


def _triangular_beside_others(A: Matrix) -> Matrix:
    """R of a large block, by a LAPACK that lets go of the interpreter's lock, as numpy's does not."""
    from scipy.linalg.lapack import dgeqrf

    columns = A.shape[1]
    return np.asarray(np.triu(dgeqrf(A, lwork=64 * columns, overwrite_a=1)[0][:columns]))
