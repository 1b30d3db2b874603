"""Random problems, and the exact answers that the tests hold the methods against."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from leastwise.advice import advise
from leastwise.problem import LeastSquares
from leastwise.rows.chunk import Chunk
from leastwise.solution import Start
from leastwise.summary.triangle import Triangle

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Problem:
    """Rows with noise, so that the least loss is never rounding, and a start."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    start: Start

    @property
    def rows(self) -> LeastSquares:
        return LeastSquares(self.X, self.y, self.weight)

    @property
    def triangle(self) -> Triangle:
        return Triangle.of(self.X, self.y, self.weight)

    @property
    def compressed(self) -> LeastSquares:
        return LeastSquares.of(self.triangle.rows())

    @property
    def limit(self) -> float:
        return advise(self.X, self.y, self.weight).learning_rate_limit


def make(
    seed: int, n: int = 40, p: int = 3, weighted: bool = False, offset: float = 0.0, scale: float = 1.0
) -> Problem:
    """n rows of p correlated features, each column moved by `offset` and stretched by `scale`."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) @ (np.eye(p) + 0.3 * rng.standard_normal((p, p)))
    y = X @ rng.standard_normal(p) + 1 + 0.5 * rng.standard_normal(n)
    weight = rng.integers(1, 5, n).astype(float) if weighted else None
    return Problem(offset + scale * X, y, weight, Start.draw(p, seed))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Random problems of 5 to 60 rows, 1 to 4 features, with or without weights."""
    p = draw(st.integers(1, 4))
    return make(
        draw(st.integers(0, 2**31)),
        n=draw(st.integers(p + 4, 60)),
        p=p,
        weighted=draw(st.booleans()),
        offset=draw(st.sampled_from([0.0, 1.0, -3.0])),
        scale=draw(st.sampled_from([0.1, 1.0, 10.0])),
    )


def fractions(values: np.ndarray) -> list[Fraction]:
    return [Fraction(float(value)) for value in values]


def exact_descent(X, y, weight, start: Start, rate: float, epochs: int) -> list[tuple[float, list[float]]]:
    """(loss, [slopes..., intercept]) of every epoch of gradient descent, in rational arithmetic."""
    rows = [[*fractions(row), Fraction(1)] for row in X]
    target, weights = fractions(y), fractions(np.ones(len(y)) if weight is None else weight)
    theta, total = [*fractions(start.coef), Fraction(float(start.intercept))], sum(weights)
    path = []
    for _ in range(epochs + 1):
        residual = [
            t - sum(a * b for a, b in zip(row, theta, strict=True)) for row, t in zip(rows, target, strict=True)
        ]
        loss = sum(w * r * r for w, r in zip(weights, residual, strict=True)) / total
        path.append((float(loss), [float(value) for value in theta]))
        pull = [w * r / total for w, r in zip(weights, residual, strict=True)]
        theta = [
            value + Fraction(rate) * 2 * sum(row[j] * r for row, r in zip(rows, pull, strict=True))
            for j, value in enumerate(theta)
        ]
    return path


def exact_least_squares(X, y, weight=None) -> np.ndarray:
    """[slopes..., intercept] of the float64 inputs, by Gaussian elimination on the rational normal equations."""
    rows = [[*fractions(row), Fraction(1)] for row in X]
    target, weights = fractions(y), fractions(np.ones(len(y)) if weight is None else weight)
    q = len(rows[0])
    system = [
        [sum(w * row[i] * row[j] for row, w in zip(rows, weights, strict=True)) for j in range(q)]
        + [sum(w * row[i] * t for row, t, w in zip(rows, target, weights, strict=True))]
        for i in range(q)
    ]
    for i in range(q):
        pivot = next(k for k in range(i, q) if system[k][i])
        system[i], system[pivot] = system[pivot], system[i]
        system[i] = [value / system[i][i] for value in system[i]]
        for k in range(q):
            if k != i:
                system[k] = [a - system[k][i] * b for a, b in zip(system[k], system[i], strict=True)]
    return np.array([float(row[-1]) for row in system])


def digits(found: np.ndarray, exact: np.ndarray) -> float:
    """-log10 of the largest difference over the largest value; 16 where nothing differs."""
    worst = np.abs(np.asarray(found) - exact).max() / np.abs(exact).max()
    return 16.0 if worst == 0 else float(-np.log10(worst))


def chunk(problem: Problem) -> Chunk:
    return Chunk(problem.X, problem.y, problem.weight)
