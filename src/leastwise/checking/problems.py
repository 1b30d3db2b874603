"""Small problems with exact answers, that closed forms are scored on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from ..rows.arrays import of_arrays
from ..solve import Options, fit_rows
from ..types import Matrix, Vector
from .trace import seven, with_ones

DIGITS = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Rows X (n, p), y (n,), and the exactly rounded slopes and intercept (p + 1,)."""

    name: str
    X: Matrix
    y: Vector
    exact: Vector

    @classmethod
    def of(cls, name: str, X: Matrix, y: Vector) -> Problem:
        """Solve it in rationals."""
        fit = fit_rows(of_arrays(X.astype(float), y.astype(float), None, None), Options("exact"))
        return cls(name, X, y, np.append(fit.coef, fit.intercept))

    def of_floats(self) -> Problem:
        """The same numbers as float64."""
        return Problem(self.name, self.X.astype(np.float64), self.y.astype(np.float64), self.exact)

    def digits(self, theta: Vector) -> float:
        """To how many digits slopes and intercept agree, 0 to 16."""
        if theta.shape != self.exact.shape or not np.isfinite(theta).all():
            return 0.0
        return digits(float(np.abs(theta - self.exact).max() / np.abs(self.exact).max()))

    def fitted_digits(self, theta: Vector) -> float:
        """The same of what they predict for the rows: where columns depend, many parameters are right."""
        A = with_ones(self.X).astype(float)
        if theta.shape != self.exact.shape or not np.isfinite(theta).all():
            return 0.0
        return digits(float(np.abs(A @ (theta - self.exact)).max() / np.abs(A @ self.exact).max()))


def digits(apart: float) -> float:
    """A relative difference as digits that agree, 0 to 16."""
    return abs(float(min(max(-math.log10(max(apart, 1e-16)), 0.0), DIGITS)))


@cache
def easy() -> Problem:
    """Seven rows, one feature."""
    return Problem.of("easy", *seven(1))


@cache
def other() -> Problem:
    """Other rows, of another spread."""
    X, y = seven(1)
    return Problem.of("other", X[::-1] ** 1.25, y - X[:, 0] ** 2 / 4)


@cache
def battery() -> tuple[Problem, ...]:
    """Easy, offset, large, far apart, nearly dependent, exact, two rows."""
    return tuple(_battery())


def _battery() -> Iterator[Problem]:
    X, y = seven(1)
    x = X[:, 0]
    yield easy()
    for name, column in (("offset 100", x + 100), ("offset 1e5", x + 1e5), ("offset 1e8", x + 1e8),
                         ("scale 1e8", x * 1e8), ("scale 1e-8", x * 1e-8)):  # fmt: skip
        yield Problem.of(name, column[:, None], y)
    yield Problem.of("no noise", X, 1.5 * x + 2)
    yield Problem.of("two rows", X[:2], y[:2] - 1.5 * x[:2] - 2)
    second = seven(2)[0][:, 1]
    noise = y - 1.5 * x - 2
    yield Problem.of("two features", np.column_stack([x, second]), x - 2 * second + 1 + noise)
    yield Problem.of("nearly dependent", np.column_stack([x, x + 1e-5 * second]), x + second + noise)


@cache
def whole() -> Problem:
    """Integers, as integers."""
    return Problem.of("integers", np.array([[1], [2], [3], [5], [7], [8]]), np.array([2, 3, 5, 8, 9, 13]))


@cache
def dependent() -> Problem:
    """A column, and twice that column."""
    x = seven(1)[0]
    return Problem.of("dependent columns", np.hstack([x, 2 * x]), seven(1)[1])


@cache
def level() -> Problem:
    """A second column that is constant."""
    x = seven(1)[0]
    return Problem.of("constant column", np.hstack([x, np.full_like(x, 3.0)]), seven(1)[1])
