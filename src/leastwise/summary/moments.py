"""Centred moments: sums of squares and products of the columns about their means, under the triangle's protocol.

They square the condition number, and so keep half the digits of a triangle at a third of its cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..rows.chunk import ColumnsApart, blocks
from ..types import DataError, Matrix, NotFiniteError, Vector

SAMPLE_ROWS = 16
"""How many rows a shift, a rough mean, is taken from."""
MOST_INFLATION = 64.0
"""How much the rounding of the moments may be amplified, 2 of 16 digits, for a triangle to be made of them."""
SQUARES = 1e-250, 1e250
MOST = 1e140
"""Beyond it sums of squares are not finite, and below its inverse not exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """The moments of rows (X, y, weight), q = p + 1 columns, target last.

    - `n` rows of total weight `weight`; `shift`, `delta` (q,): the column means, as an unevaluated sum shift + delta
    - `scatter` (q, q): the weighted sums of squares and products about the means

    Build with `of`, add with `+`; `empty(p)` is the identity. Use a Triangle where columns are nearly dependent.
    Cost: n q^2 flops to build, q^2 to add. Source: Chan, Golub & LeVeque (1983), Amer. Statistician 37.
    """

    n: int
    weight: float
    shift: Vector
    delta: Vector
    scatter: Matrix

    @classmethod
    def empty(cls, features: int) -> Moments:
        """The moments of no rows."""
        zeros = np.zeros(features + 1)
        return cls(0, 0.0, zeros, zeros, np.zeros((features + 1, features + 1)))

    @classmethod
    def of(cls, X: Matrix, y: Vector, weight: Vector | None = None) -> Moments:
        """Moments of X (n, p), y (n,), weight (n,) > 0. Raises NotFiniteError where a value is nan or infinite."""
        if not len(y):
            return cls.empty(np.shape(X)[1])
        return settled(rough_mean(X, y), lambda shift: _about(shift, X, y, weight))

    @classmethod
    def of_products(cls, products: Matrix, shift: Vector, n: int, weight: float | None = None) -> Moments:
        """From the cross products (q + 1, q + 1) of [X - shift, y - shift, 1], rows times the root of their weight."""
        total = float(products[-1, -1])
        with np.errstate(invalid="ignore", over="ignore"):
            delta = finite(products[-1, :-1] / total)
            scatter = products[:-1, :-1] - np.outer(products[-1, :-1], delta)
        return cls(n, total if weight is None else weight, shift, delta, scatter)

    def __add__(self, other: Moments) -> Moments:
        if self.weight == 0 or other.weight == 0:
            return self if other.weight == 0 else other
        weight = self.weight + other.weight
        apart = (other.shift - self.shift) + (other.delta - self.delta)
        with np.errstate(over="ignore"):
            bridge = self.weight / weight * other.weight * np.outer(apart, apart)
        delta = self.delta + other.weight / weight * apart
        return Moments(self.n + other.n, weight, self.shift, delta, self.scatter + other.scatter + bridge)

    def gram(self, intercept: bool = True) -> tuple[Matrix, Vector, float]:
        """X'SX (p, p), X'Sy (p,), y'Sy with S = weight / W: of the centred rows, without intercept of the rows."""
        whole = self.scatter / self.weight
        if not intercept:
            means = self.shift + self.delta
            whole = whole + np.outer(means, means)
        return whole[:-1, :-1], whole[:-1, -1], float(whole[-1, -1])

    def losses(self, coef: Matrix, intercept: Vector) -> Vector:
        """The mean squared errors (k,) of slopes (k, p) and intercepts (k,) over the rows. Cost: k p^2."""
        means = self.shift + self.delta
        whole = np.column_stack([-coef, np.ones(len(coef))])
        spread = np.einsum("ij,ij->i", whole @ self.scatter, whole) / self.weight
        return np.asarray(np.maximum(spread, 0) + (whole @ means - intercept) ** 2)

    def root(self, most: float | None = None) -> Matrix | None:
        """R (q, q), upper triangular, with R'R = scatter; None where rounding would be amplified over `most` times.

        By default, where it would keep fewer digits than a QR by over two. The rounding of R is that of the scatter
        times the largest variance inflation factor, the diagonal of the inverse of the correlations.
        Source: Higham (2002), Accuracy and Stability of Numerical Algorithms, thm. 10.8.
        """
        squares = np.diag(self.scatter)
        if not (np.isfinite(self.scatter).all() and squares.min() > SQUARES[0] and squares.max() < SQUARES[1]):
            return None
        size = np.sqrt(squares)
        try:
            corner = np.linalg.cholesky(self.scatter / np.outer(size, size)).T
            inflation = (np.linalg.inv(corner) ** 2).sum(axis=1).max()
        except np.linalg.LinAlgError:
            return None
        return corner * size if inflation <= (MOST_INFLATION if most is None else most) else None


def settled(shift: Vector, about: Callable[[Vector], Moments]) -> Moments:
    """The moments about a rough mean, and once more about the mean where that lies more than a deviation off."""
    found = about(shift)
    with np.errstate(over="ignore"):
        off_centre = found.weight * found.delta**2 > np.diag(found.scatter)
    return about(found.shift + found.delta) if off_centre.any() else found


def rough_mean(X: Matrix, y: Vector) -> Vector:
    """The means (q,) of a few rows, near enough to centre by. Raises DataError for what is no number."""
    some = slice(None, None, len(y) // SAMPLE_ROWS + 1)
    try:
        with np.errstate(invalid="ignore", over="ignore"):
            return np.append(np.asarray(X[some]).mean(axis=0, dtype=np.float64), y[some].mean(dtype=np.float64))
    except TypeError as error:
        raise DataError(f"X or y holds something that is not a number: {error}") from None


def in_range(largest: Vector, names: Sequence[str], label: str, least: bool = True) -> None:
    """DataError for a column whose `largest` number (q,) has a square that leaves the range of float64.

    With `least`, also one whose square would lose digits at the lower end; a column of zeros has none to lose.
    """
    low = (largest > 0) & (largest < 1 / MOST) if least else np.zeros(len(largest), bool)
    for j in np.flatnonzero((largest > MOST) | low)[:1]:
        raise DataError(
            f"column {names[j]!r} of {label} reaches {largest[j]:.0e}, whose square leaves the range of float64: "
            "rescale the column"
        )


def finite(means: Vector) -> Vector:
    """The means themselves. Raises NotFiniteError where one is not finite, and so some value is not."""
    if not np.isfinite(means).all():
        raise NotFiniteError("a value is nan, infinite or too large to average: drop or mend that row first")
    return means


def _about(shift: Vector, X: Matrix, y: Vector, weight: Vector | None) -> Moments:
    """One pass: the cross products of [X - shift, y - shift, 1], block by block in a core's cache."""
    rows = blocks(len(y))
    A = np.empty((min(len(y), rows[0].stop), len(shift) + 1), order="F" if X.strides[0] < X.strides[1] else "C")
    A[:, -1] = 1
    products: Any = 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        for some in rows:
            B = A[: len(y[some])]
            if isinstance(X, ColumnsApart):
                X.subtract(some, shift[:-1], B[:, :-2])
            else:
                np.subtract(X[some], shift[:-1], out=B[:, :-2])
            np.subtract(y[some], shift[-1], out=B[:, -2])
            if weight is not None:
                B[:, -1] = np.sqrt(weight[some])
                B[:, :-1] *= B[:, -1:]
            # np.dot lets go of the interpreter's lock, and makes half of a product with itself.
            products = products + np.dot(B.T, B)
    return Moments.of_products(products, shift, len(y), None if weight is None else float(weight.sum()))
