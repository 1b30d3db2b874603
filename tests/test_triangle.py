"""The laws of the triangle: a sum in any order stands for the same rows, and so do its p + 2 rows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leastwise as lw
from leastwise.methods.centred import least_squares
from leastwise.problem import LeastSquares
from leastwise.rows.chunk import Chunk
from leastwise.summary.reduce import summarise
from leastwise.summary.triangle import Triangle, total
from problems import EPS, Problem, chunk, digits, exact_least_squares, make, problems


def scatter(triangle: Triangle) -> np.ndarray:
    return triangle.R.T @ triangle.R


def assert_same(one: Triangle, other: Triangle) -> None:
    """Equal up to rounding: 64 roundings of each number's own scale, for at most 60 rows."""
    size = np.sqrt(np.diag(scatter(other)))
    assert one.n == other.n
    assert one.weight == pytest.approx(other.weight, rel=8 * EPS)
    assert np.abs(one.means - other.means).max() <= 64 * EPS * (np.abs(other.means) + size).max()
    assert np.abs(scatter(one) - scatter(other)).max() <= 64 * EPS * np.outer(size, size).max()


def parts(problem: Problem, cuts: list[int]) -> list[Triangle]:
    edges = [0, *sorted(cuts), len(problem.y)]
    weight = np.ones(len(problem.y)) if problem.weight is None else problem.weight
    return [Triangle.of(problem.X[a:b], problem.y[a:b], weight[a:b]) for a, b in pairwise(edges) if b > a]


@given(problems(), st.lists(st.integers(0, 60), max_size=6), st.randoms())
def test_any_cuts_in_any_order(problem: Problem, cuts: list[int], random) -> None:
    pieces = parts(problem, [min(cut, len(problem.y)) for cut in cuts])
    random.shuffle(pieces)
    assert_same(total(pieces), problem.triangle)


@given(problems())
def test_one_row_a_chunk(problem: Problem) -> None:
    assert_same(total(parts(problem, list(range(len(problem.y))))), problem.triangle)


@given(problems())
def test_empty_is_the_identity(problem: Problem) -> None:
    triangle, empty = problem.triangle, Triangle.empty(problem.X.shape[1])
    for sum_ in (triangle + empty, empty + triangle):
        assert np.array_equal(sum_.R, triangle.R)
        assert np.array_equal(sum_.means, triangle.means)
        assert sum_.n == triangle.n


@given(problems())
def test_weights_are_repeated_rows(problem: Problem) -> None:
    repeats = np.arange(len(problem.y)) % 3
    weighted = Triangle.of(problem.X, problem.y, repeats.astype(float))
    repeated = Triangle.of(np.repeat(problem.X, repeats, axis=0), np.repeat(problem.y, repeats))
    assert weighted.n == (repeats > 0).sum()
    assert_same(Triangle(repeated.n, weighted.weight, weighted.shift, weighted.delta, weighted.R), repeated)


@given(problems(), st.floats(-1e6, 1e6))
def test_moving_the_columns_moves_only_the_means(problem: Problem, by: float) -> None:
    moved = Triangle.of(problem.X + by, problem.y + by, problem.weight)
    size = np.sqrt(np.diag(scatter(problem.triangle)))
    # The move itself rounds every number to eps * |by|.
    assert np.abs(scatter(moved) - scatter(problem.triangle)).max() <= 64 * (EPS * abs(by) + EPS) * 60 * size.max()
    assert np.abs(moved.means - problem.triangle.means - by).max() <= 4 * EPS * (abs(by) + 100)


@given(problems(), st.integers(0, 2**31))
def test_rows_are_indistinguishable(problem: Problem, seed: int) -> None:
    """Loss, gradient and Hessian of the p + 2 rows are those of the n rows, anywhere."""
    theta = np.random.default_rng(seed).standard_normal(problem.X.shape[1] + 1)
    rows, compressed = problem.rows, problem.compressed
    assert len(compressed.y) == problem.X.shape[1] + 2
    A, B = rows.design(), compressed.design()
    share = np.broadcast_to(rows.share, rows.y.shape)
    hessian, same = (A.T * share) @ A, B.T @ B / len(B)
    assert np.abs(same - hessian).max() <= 64 * EPS * np.abs(hessian).max()
    pull = A.T @ (share * (rows.y - A @ theta))
    scale = np.abs(A).max() * (np.abs(rows.y).max() + np.abs(A).max() * np.abs(theta).max()) * len(theta)
    assert np.abs(B.T @ (compressed.y - B @ theta) / len(B) - pull).max() <= 64 * EPS * scale
    loss = rows.loss(theta[:-1], theta[-1])
    assert compressed.loss(theta[:-1], theta[-1]) == pytest.approx(loss, rel=1e-12)


@given(problems())
def test_standardised_is_standardising_the_rows(problem: Problem) -> None:
    triangle, weight = problem.triangle, problem.weight
    mean = np.average(problem.X, axis=0, weights=weight)
    deviation = np.sqrt(np.average((problem.X - mean) ** 2, axis=0, weights=weight))
    assert_same(triangle.standardised(), Triangle.of((problem.X - mean) / deviation, problem.y, weight))


@pytest.mark.parametrize("weighted", [False, True])
def test_threads_and_blocks_change_nothing(weighted: bool) -> None:
    problem = make(3, n=120_001, p=4, weighted=weighted, offset=5)
    alone, shared = (summarise([chunk(problem)], threads) for threads in (1, 4))
    assert np.array_equal(alone.R, shared.R)
    assert np.array_equal(alone.means, shared.means)


def test_correlations_are_numpys() -> None:
    problem = make(5, n=200, p=3)
    expected = np.corrcoef(problem.X.T, problem.y)[-1, :-1]
    assert problem.triangle.correlations() == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_digits_kept_where_others_keep_none(offset: float) -> None:
    """Condition 1e6 and columns a million away from zero, in 8 chunks: at least 10 digits of the slopes."""
    rng = np.random.default_rng(7)
    Q, _ = np.linalg.qr(rng.standard_normal((200, 4)))
    V, _ = np.linalg.qr(rng.standard_normal((4, 4)))
    X = np.round((Q * np.logspace(0, -6, 4)) @ V.T * 2.0**40) / 2.0**32 + offset
    y = X @ np.ones(4) + rng.standard_normal(200) * 1e-3
    merged = total([Triangle.of(X[rows], y[rows]) for rows in np.array_split(np.arange(200), 8)])
    assert digits(least_squares(merged).coef, exact_least_squares(X, y)[:-1]) >= 9.5


def test_n_smaller_than_p_and_one_row() -> None:
    problem = make(1, n=3, p=5)
    answer = least_squares(problem.triangle)
    assert answer.rank == 3
    assert answer.loss == 0
    centred = problem.X - problem.X.mean(axis=0)
    shortest = np.linalg.pinv(centred) @ (problem.y - problem.y.mean())
    assert answer.coef == pytest.approx(shortest, abs=1e-13)
    single = Triangle.of([[2.0, 3.0]], [4.0])
    assert single.n == 1
    assert LeastSquares.of(single.rows()).loss(np.array([0.0, 0.0]), 4.0) <= (4 * EPS) ** 2


def test_refusals() -> None:
    with pytest.raises(lw.DataError, match="2 features to one of 1"):
        _ = Triangle.empty(1) + Triangle.empty(2)
    for bad in (np.nan, np.inf):
        with pytest.raises(lw.DataError, match="nan, infinite"):
            Triangle.of([[1.0], [bad]], [1.0, 2.0])
    with pytest.raises(lw.DataError, match="weight is negative"):
        Triangle.of([[1.0], [2.0]], [1.0, 2.0], [1.0, -1.0])
    assert Triangle.of(np.zeros((0, 2)), np.zeros(0)).n == 0
    assert summarise(iter([]), features=2).features == 2
    assert summarise([Chunk(np.ones((1, 2)), np.ones(1))]).n == 1
