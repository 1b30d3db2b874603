"""Digits of the slopes that ways to summarise rows keep, as columns grow dependent and move away from zero."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import numpy as np

import leastwise as lw
from leastwise.methods.centred import least_squares
from leastwise.summary.moments import Moments
from leastwise.summary.triangle import Triangle

CONDITIONS, OFFSETS = (1e6, 1e8, 1e10), (0.0, 1e6)
SIZE, GRID, NOISE = 2.0**12, 2.0**-32, 1e-6
ROWS, FEATURES, CHUNKS, DRAWS = 200, 4, 8, 25


def draw(seed: int, condition: float, offset: float) -> tuple[Any, Any]:
    """X of that condition number, every column `offset` away from zero, on a grid that the move does not round."""
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.standard_normal((ROWS, FEATURES)))
    V, _ = np.linalg.qr(rng.standard_normal((FEATURES, FEATURES)))
    X = np.round((Q * np.geomspace(1, 1 / condition, FEATURES)) @ V.T * SIZE / GRID) * GRID + offset
    return X, X @ np.ones(FEATURES) + NOISE * rng.standard_normal(ROWS)


def _cut(X: Any, y: Any) -> list[tuple[Any, Any]]:
    return [(X[rows], y[rows]) for rows in np.array_split(np.arange(len(y)), CHUNKS)]


def triangle(X: Any, y: Any) -> Any:
    """The triangle: QR of centred chunks, merged."""
    return least_squares(reduce(add, (Triangle.of(*part) for part in _cut(X, y)))).coef


def moments(X: Any, y: Any) -> Any:
    """Centred sums of squares and products, merged."""
    S = reduce(add, (Moments.of(*part) for part in _cut(X, y))).scatter
    return _solved(S[:-1, :-1], S[:-1, -1])


def uncentred(X: Any, y: Any) -> Any:
    """QR of [1 X y], chunk by chunk."""
    R: Any = np.zeros((0, FEATURES + 2))
    for x, t in _cut(X, y):
        R = np.linalg.qr(np.vstack([R, np.column_stack([np.ones(len(t)), x, t])]), mode="r")
    return _solved(R[:-1, :-1], R[:-1, -1])[1:]


def raw(X: Any, y: Any) -> Any:
    """Sums of [1 X]'[1 X] and [1 X]'y."""
    A = np.column_stack([np.ones(len(y)), X])
    return _solved(A.T @ A, A.T @ y)[1:]


def _solved(A: Any, b: Any) -> Any:
    try:
        return np.linalg.solve(A, b)
    except np.linalg.LinAlgError:
        return np.full(len(b), np.inf)


WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "triangle": triangle, "centred moments": moments, "QR of [1 X y]": uncentred, "raw X'X": raw,
}  # fmt: skip


def kept(condition: float, offset: float) -> dict[str, float]:
    """The median over 25 draws, for each way, of -log10(largest error / largest slope), between 0 and 16."""
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    for seed in range(DRAWS):
        X, y = draw(seed, condition, offset)
        exact = lw.fit(X, y, method="exact").coef
        for name, way in WAYS.items():
            error = np.abs(way(X, y) - exact).max() / np.abs(exact).max()
            found[name].append(float(np.clip(-np.log10(max(error, 1e-16)), 0, 16)))
    return {name: float(np.median(digits)) for name, digits in found.items()}


def main() -> None:
    """Print a Markdown table."""
    print(f"## Digits of the slopes kept, {ROWS} rows in {CHUNKS} merged chunks, median of {DRAWS} draws\n")
    print(f"| condition | offset | {' | '.join(WAYS)} |\n|---|---|{'---|' * len(WAYS)}")
    for offset in OFFSETS:
        for condition in CONDITIONS:
            digits = kept(condition, offset)
            print(f"| {condition:.0e} | {offset:.0e} | {' | '.join(f'{digits[name]:.1f}' for name in WAYS)} |")
    print()


if __name__ == "__main__":
    main()
