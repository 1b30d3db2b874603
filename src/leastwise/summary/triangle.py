"""The triangle: everything least squares needs to know about any number of rows.

With A = sqrt(weight) * [X y], each column's weighted mean taken off, only R of A = QR is kept,
beside the row count, the total weight and the means. Triangles add: the sum of two stands for
both sets of rows together, so one pass over chunks, in any order, gives one small state.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..rows.chunk import Chunk
from ..rows.native import elsewhere
from ..types import DataError, Matrix, Vector
from .moments import Moments

Sum = TypeVar("Sum", "Triangle", Moments)


@dataclass(frozen=True, slots=True, eq=False)
class Triangle:
    """The sufficient statistics of rows (X, y, weight), q = p + 1 columns, target last.

    - `n`: rows with a positive weight
    - `weight`: their total weight W
    - `shift`, `delta` (q,): the column means, as an unevaluated sum shift + delta
    - `R` (r, q), r <= q: R'R is the weighted scatter about the means
    - `log_weight`: the sum of log(weight), for likelihoods; `lightest`, `heaviest`: the range of the weights
    - `names` of the q columns, where they are known

    Build with `Triangle.of`, add with `+`; `Triangle.empty(p)` is the identity.
    Many rows whose columns are not nearly dependent are summed up in Moments first, which keeps over 14 digits;
    others by Householder's QR, block by block.
    Cost: n q^2 flops to build by moments, 2 n q^2 by QR; 6 q^3 to add; q^2 numbers to keep.
    Source: Chan, Golub & LeVeque (1983) for the merge of means; Demmel, Grigori, Hoemmen &
    Langou (2012), sec. 3, for a QR that is a reduction (TSQR).
    """

    n: int
    weight: float
    shift: Vector
    delta: Vector
    R: Matrix
    log_weight: float = 0.0
    lightest: float = 1.0
    heaviest: float = 1.0
    names: tuple[str, ...] = ()

    @classmethod
    def empty(cls, features: int) -> Triangle:
        """The triangle of no rows: `empty + t` and `t + empty` are `t`."""
        zeros = np.zeros(features + 1)
        return cls(0, 0.0, zeros, zeros, np.zeros((0, features + 1)))

    @classmethod
    def of(cls, X: Matrix, y: Vector, weight: Vector | None = None) -> Triangle:
        """Summarise rows X (n, p) or (n,), y (n,), weight (n,) in float64; torch tensors on their own device.

        Raises DataError where a value is not finite or a weight is negative.
        """
        if elsewhere(X, y, weight):
            from .tensors import triangle_of
        else:
            from .arrays import triangle_of
        return triangle_of(X, y, weight)

    def __add__(self, other: Triangle) -> Triangle:
        if len(self.shift) != len(other.shift):
            raise DataError(
                f"cannot add a triangle of {other.features} features to one of {self.features}: "
                "summarise the same columns in both"
            )
        if self.names and other.names and self.names != other.names:
            raise DataError(
                f"cannot add a triangle of {', '.join(other.names)} to one of {', '.join(self.names)}: "
                "summarise the same columns in the same order in both"
            )
        if self.weight == 0 or other.weight == 0:
            return self if other.weight == 0 else other
        weight = self.weight + other.weight
        apart = (other.shift - self.shift) + (other.delta - self.delta)
        bridge = math.sqrt(self.weight / weight * other.weight) * apart
        R = triangular(np.vstack([self.R, other.R, bridge]))
        delta = self.delta + other.weight / weight * apart
        logs, names = self.log_weight + other.log_weight, self.names or other.names
        ends = min(self.lightest, other.lightest), max(self.heaviest, other.heaviest)
        return Triangle(self.n + other.n, weight, self.shift, delta, R, logs, *ends, names)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to a .tri file, whole or not at all."""
        from .file import save

        save(self, Path(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Triangle:
        """Read a .tri file; DataError where it is damaged or of a newer kind."""
        from .file import load

        return load(Path(path))

    def select(self, features: Sequence[str], target: str) -> Triangle:
        """The triangle of some of the columns, any of them as the target; DataError for a name that is not there."""
        for name in (*features, target):
            if name not in self.names:
                raise DataError(f"the triangle has no column {name!r}: it has {', '.join(self.names) or 'no names'}")
        which = [self.names.index(name) for name in (*features, target)]
        return replace(self.take(which), names=(*features, target))

    def take(self, which: Sequence[int]) -> Triangle:
        """The triangle of the columns by number, the target last; names are lost."""
        R = triangular(self.R[:, which])
        return replace(self, shift=self.shift[which], delta=self.delta[which], R=R, names=())

    def moments(self) -> Moments:
        """The moments of the same rows, R'R."""
        return Moments(self.n, self.weight, self.shift, self.delta, self.R.T @ self.R)

    @property
    def features(self) -> int:
        """p."""
        return len(self.shift) - 1

    @property
    def means(self) -> Vector:
        """Weighted means of the q columns (q,)."""
        return self.shift + self.delta

    @property
    def spread(self) -> Vector:
        """Weighted standard deviations of the q columns (q,), divisor W."""
        return lengths(self.R) / math.sqrt(self.weight)

    def correlations(self) -> Vector:
        """Pearson correlation of each feature with the target (p,); nan beside a constant column."""
        size = lengths(self.R)
        scaled = self.R / np.where(size > 0, size, np.nan)
        return np.clip(scaled[:, :-1].T @ scaled[:, -1], -1.0, 1.0)

    def centred(self) -> Triangle:
        """The same rows with the mean of every feature taken off."""
        centre = self.means
        centre[:-1] = 0.0
        return replace(self, shift=centre, delta=np.zeros_like(centre))

    def standardised(self) -> Triangle:
        """The same rows with every feature centred and divided by its standard deviation (divisor W)."""
        scale = self.spread
        scale[scale == 0] = 1.0
        scale[-1] = 1.0
        return replace(self.centred(), R=self.R / scale)

    def rows(self) -> Chunk:
        """At most p + 2 rows of equal weight that any least-squares method cannot tell from the n.

        [sqrt(W) means; R] beside the intercept column (sqrt(W), 0, ..., 0) has the Gram matrix of
        the n rows. One Householder reflection turns that column into a constant, so what comes
        back is an ordinary data set with the same mean squared error, gradient and Hessian.
        """
        m = len(self.R) + 1
        stacked = np.vstack([self.means, self.R / math.sqrt(self.weight)]) * math.sqrt(m)
        mirror = np.full(m, -1 / math.sqrt(m))
        mirror[0] += 1
        length = mirror @ mirror
        if length:
            stacked -= np.outer(mirror, (2 / length) * (mirror @ stacked))
        return Chunk(np.ascontiguousarray(stacked[:, :-1]), stacked[:, -1].copy())


def triangular(A: Matrix) -> Matrix:
    """R of A = QR (m, q), by Householder reflections; min(m, q) rows."""
    return np.asarray(np.linalg.qr(A, mode="r"))


def lengths(A: Matrix) -> Vector:
    """Euclidean length of each column, whose squares may leave the range of float64."""
    top = np.abs(A).max(axis=0, initial=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(top * np.linalg.norm(A / np.where(top > 0, top, 1), axis=0))


def choose_columns(triangle: Triangle, y: str | None, x: Sequence[str] | None) -> Triangle:
    """The triangle of the named columns; all of them where none is named."""
    if y is None and x is None:
        return triangle
    target = y or triangle.names[-1]
    return triangle.select(list(x) if x is not None else [name for name in triangle.names if name != target], target)
