"""The data of the penalised benchmarks, the same for every solver and every interpreter (it needs no leastwise)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp


def tall(n: int = 100_000, p: int = 200, seed: int = 0) -> tuple[Any, Any]:
    """Gaussian rows with correlation 0.5^|i-j|, 20 true slopes, unit noise: X (n, p) in column order, y (n,)."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = 0.5 * X[:, j - 1] + np.sqrt(0.75) * X[:, j]
    w = np.zeros(p)
    w[rng.choice(p, 20, replace=False)] = rng.standard_normal(20)
    return np.asfortranarray(X + 0.3), X @ w + rng.standard_normal(n) + 2.0


def wide() -> tuple[Any, Any]:
    """As `tall`, with far more columns than rows."""
    return tall(1_000, 10_000)


def sparse(n: int = 10_000, p: int = 50_000, density: float = 1e-3, seed: int = 0) -> tuple[Any, Any]:
    """Uniform nonzeros at random places, 50 true slopes, noise of 0.3 of the signal's deviation."""
    rng = np.random.default_rng(seed)
    X = sp.random(n, p, density, format="csc", random_state=seed)
    w = np.zeros(p)
    w[rng.choice(p, 50, replace=False)] = 10 * rng.standard_normal(50)
    signal = X @ w
    return X, signal + rng.standard_normal(n) * signal.std() * 0.3


def grid(X: Any, y: Any, ratio: float, count: int = 100) -> Any:
    """l1 of every penalty (count,), from the least that makes every slope 0 down to `ratio` of it."""
    correlation = X.T @ (y - y.mean()) / len(y)
    return 2 * np.abs(correlation).max() * np.geomspace(1, ratio, count)


MAKE = {"tall": tall, "wide": wide, "sparse": sparse}
