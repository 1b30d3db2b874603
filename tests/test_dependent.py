"""Columns that depend on each other exactly are found, however many the rows; those that nearly do are kept."""

from __future__ import annotations

import numpy as np
import pytest

import leastwise as lw
from test_fit import CERTIFIED, lre, nist

SCALES = np.array([1.0, 2.0**20, 2.0**-13, 2.0**7])


def dummies(rng, n: int) -> np.ndarray:
    """Whole numbers, so that sums of columns have no rounding; few of them, so that roundings of rows do not cancel."""
    return np.eye(5)[rng.integers(0, 5, n)][:, :4]


def counts(rng, n: int) -> np.ndarray:
    return rng.integers(0, 1000, (n, 4)).astype(float)


def walks(rng, n: int) -> np.ndarray:
    """Blocks of rows whose means lie far apart."""
    return np.cumsum(rng.integers(-3, 4, (n, 4)), axis=0).astype(float)


@pytest.mark.parametrize("n", [40, 1000, 8191, 20_000, 200_000])
@pytest.mark.parametrize("offset", [0.0, 2.0**20])
@pytest.mark.parametrize("kind", [dummies, counts, walks])
def test_a_sum_of_columns_is_found(kind, offset: float, n: int) -> None:
    for seed, place in enumerate((4, 0, 2)):
        rng = np.random.default_rng(seed)
        A = (kind(rng, n) + offset) * SCALES
        mixture = [(1, 1, 0, 0), (1, -1, 0, 0), (1, 1, 1, 1)][seed]
        X = np.insert(A, place, A @ mixture, axis=1)
        y = kind(rng, n) @ (1.0, 2.0, 3.0, 4.0) + rng.standard_normal(n)
        fit = lw.fit(X, y, method="qr")
        assert fit.rank == 5, (fit.rank, fit.dependencies)
        assert len(fit.dependencies) == 1
        assert fit.df_resid == n - 5


def test_the_rank_is_that_of_rational_arithmetic() -> None:
    X = dummies(np.random.default_rng(3), 8192) * (1.0, 8.0, 0.125, 2.0)
    X = np.column_stack([X, X[:, 0] + X[:, 1], X @ (3.0, 0.0, 1.0, -5.0)])
    y = X @ np.arange(6.0) + np.random.default_rng(4).standard_normal(8192)
    rounded, exact = (lw.fit(X, y, method=method) for method in ("qr", "exact"))
    assert rounded.rank == exact.rank == 5
    assert lre(rounded.theta, exact.theta) >= rounded.digits > 11


def test_a_difference_of_columns_far_from_zero_is_found() -> None:
    """Its own mean is near zero: what the columns it is made of were rounded to is what is left of it."""
    A = np.random.default_rng(0).standard_normal((3000, 2)) + 1e6
    X = np.column_stack([A, 0.3 * A[:, 0] - 0.3 * A[:, 1]])
    assert lw.fit(X, A[:, 0] + np.random.default_rng(1).standard_normal(3000), method="qr").rank == 3


@pytest.mark.parametrize("by", [1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("n", [40, 20_000])
def test_a_near_sum_is_kept(by: float, n: int) -> None:
    rng = np.random.default_rng(0)
    A, extra = rng.standard_normal((n, 3)), rng.standard_normal(n)
    X = np.column_stack([A, A.sum(axis=1) + by * extra])
    assert lw.fit(X, A[:, 0] + rng.standard_normal(n), method="qr").rank == 5


@pytest.mark.parametrize("name", CERTIFIED)
def test_no_reference_set_is_called_dependent(name: str) -> None:
    """Filip's columns have a condition of 1e10; in rational arithmetic every set has full rank."""
    X, y, intercept = nist(name)
    rounded, exact = (lw.fit(X, y, method=method, intercept=intercept) for method in ("qr", "exact"))
    assert rounded.rank == exact.rank == X.shape[1] + intercept
    assert not rounded.dependencies
