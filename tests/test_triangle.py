"""The laws of the triangle: a sum in any order stands for the same rows, and so do its p + 2 rows."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kept
import leastwise as lw
from leastwise.methods.centred import least_squares
from leastwise.problem import LeastSquares
from leastwise.rows.chunk import Chunk
from leastwise.summary.moments import Moments
from leastwise.summary.reduce import summarise
from leastwise.summary.triangle import Triangle
from leastwise.tree import total
from problems import EPS, Problem, chunk, make, problems


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
    alone, shared = (summarise(chunk(problem).parts(), threads) for threads in (1, 4))
    assert np.array_equal(alone.R, shared.R)
    assert np.array_equal(alone.means, shared.means)


def test_correlations_are_numpys() -> None:
    problem = make(5, n=200, p=3)
    expected = np.corrcoef(problem.X.T, problem.y)[-1, :-1]
    assert problem.triangle.correlations() == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("offset", kept.OFFSETS)
@pytest.mark.parametrize(("condition", "least"), [(1e6, 10), (1e8, 7.5), (1e10, 4)])
def test_digits_kept_where_others_keep_none(condition: float, least: float, offset: float) -> None:
    """The table of benchmarks/kept.py: 16 digits less those of the condition number, whatever the offset."""
    digits_of = kept.kept(condition, offset)
    assert digits_of["triangle"] >= least
    # Squares lose twice the digits; without centring, the offset over the spread, 1e3.5 here, is lost too.
    assert digits_of["centred moments"] < digits_of["triangle"] / 2
    if offset:
        assert digits_of["QR of [1 X y]"] < digits_of["triangle"] - 3
        assert digits_of["raw X'X"] == 0


def assert_same_moments(one: Moments, other: Moments) -> None:
    """Equal up to 64 roundings of each number's own scale, for at most 60 rows."""
    size = np.sqrt(np.diag(other.scatter))
    assert one.n == other.n
    assert one.weight == pytest.approx(other.weight, rel=8 * EPS)
    assert np.abs(one.shift + one.delta - other.shift - other.delta).max() <= 64 * EPS * (size.max() + 10)
    assert np.abs(one.scatter - other.scatter).max() <= 64 * EPS * np.outer(size, size).max()


@given(problems(), st.lists(st.integers(0, 60), max_size=6), st.randoms())
def test_moments_obey_the_same_laws(problem: Problem, cuts: list[int], random) -> None:
    edges = [0, *sorted(min(cut, len(problem.y)) for cut in cuts), len(problem.y)]
    weight = problem.weight
    parts = [
        Moments.of(problem.X[a:b], problem.y[a:b], None if weight is None else weight[a:b]) for a, b in pairwise(edges)
    ]
    random.shuffle(parts)
    whole = Moments.of(problem.X, problem.y, weight)
    assert_same_moments(reduce(add, parts, Moments.empty(problem.X.shape[1])), whole)
    assert np.abs(whole.scatter - scatter(problem.triangle)).max() <= 64 * EPS * np.abs(whole.scatter).max()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_many_rows_by_moments_or_by_qr(weighted: bool, order: str, offset: float, monkeypatch) -> None:
    """Moments amplify rounding at most 64 times; the offset costs both the rounding of the rows themselves."""
    problem = make(2, n=20_000, p=4, weighted=weighted, offset=offset)
    X = np.asarray(problem.X, order=order)
    fast = Triangle.of(X, problem.y, problem.weight)
    monkeypatch.setattr("leastwise.summary.moments.MOST_INFLATION", 0.0)
    slow = Triangle.of(X, problem.y, problem.weight)
    assert not np.array_equal(fast.R, slow.R)
    size = np.sqrt(np.diag(scatter(slow)))
    assert np.abs(np.abs(fast.R) - np.abs(slow.R)).max() <= 64 * 16 * EPS * size.max()
    assert fast.means == pytest.approx(slow.means, rel=4 * EPS)
    for name in ("n", "weight", "log_weight", "lightest", "heaviest"):
        assert getattr(fast, name) == pytest.approx(getattr(slow, name), rel=64 * EPS)


def test_moments_know_when_they_do_not_carry() -> None:
    """Nearly dependent columns, squares out of range, and a mean that the first rows do not show."""
    rng = np.random.default_rng(0)
    X, noise = rng.standard_normal((20_000, 2)), rng.standard_normal(20_000)
    assert Moments.of(X, noise).root() is not None
    assert Moments.of(X, X @ [1, 2] + 0.01 * noise).root() is None
    assert Moments.of(X * 1e-170, noise).root() is None
    assert Moments.of(X * 1e170, noise).root() is None
    drift = np.column_stack([np.where(np.arange(20_000) % 1251 == 0, 0.0, 1e9) + X[:, 0], X[:, 1]])
    found = Moments.of(drift, noise)
    assert np.sqrt(found.scatter[0, 0] / 20_000) == pytest.approx(drift[:, 0].std(), rel=1e-12)
    with pytest.raises(lw.DataError, match="nan, infinite"):
        Triangle.of(np.full((20_000, 1), np.nan), noise)


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
    assert summarise([lambda: [Chunk(np.ones((1, 2)), np.ones(1))]]).n == 1
