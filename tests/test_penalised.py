"""The penalised solvers against scikit-learn, the optimality conditions, and inputs that trip solvers."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import lsq_linear
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, enet_path

from leastwise.penalised.by_hand import coordinate_descent, fista, ista
from leastwise.penalised.gap import Path, gram_gap, rows_gap, terms
from leastwise.penalised.gram import gram_path
from leastwise.penalised.rows import rows_path

BOTH = ("gram", "rows")


def data(n=60, p=12, seed=0, correlation=0.5):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + correlation * rng.standard_normal((n, 1)) + rng.standard_normal(p)
    w = rng.standard_normal(p) * (rng.random(p) < 0.5)
    return X, X @ w + rng.standard_normal(n) + 3.0


def moments(X, y, weight=None):
    share = np.full(len(y), 1 / len(y)) if weight is None else weight / weight.sum()
    Z, t = X - share @ X, y - share @ y
    return Z.T @ (share[:, None] * Z), Z.T @ (share * t), float(share @ (t * t))


def grid(X, y, count=20, ratio=1e-3, l1_ratio=1.0, weight=None):
    top = np.abs(moments(X, y, weight)[1]).max()
    alphas = top / l1_ratio * np.geomspace(1, ratio, count)
    return alphas, [(2 * a * l1_ratio, a * (1 - l1_ratio)) for a in alphas]


def path(how, X, y, penalties, weight=None, **options) -> Path:
    if how == "rows":
        return rows_path(X, y, penalties, weight, **options)
    return gram_path(*moments(X, y, weight), penalties, **options)


def objective(X, y, w, l1, l2, weight=None, factors=1.0):
    G, c, yy = moments(X, y, weight)
    return w @ G @ w - 2 * c @ w + yy + np.sum(factors * (l1 * np.abs(w) + l2 * w * w))


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.01])
@pytest.mark.parametrize("shape", [(60, 12), (40, 80), (100, 300)])
def test_scikit_learn(how, l1_ratio, shape) -> None:
    X, y = data(*shape)
    alphas, penalties = grid(X, y, l1_ratio=l1_ratio)
    ours = path(how, X, y, penalties, tolerance=1e-13)
    Z = np.asfortranarray(X - X.mean(0))
    theirs = enet_path(Z, y - y.mean(), l1_ratio=l1_ratio, alphas=alphas, tol=1e-14, max_iter=1_000_000)[1].T
    assert ours.gaps.max() <= 1e-8
    np.testing.assert_allclose(ours.coef, theirs, atol=1e-8 if shape[0] > shape[1] or l1_ratio < 1 else 3e-7)


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("shape", [(60, 12), (40, 80)])
def test_weights(how, shape) -> None:
    X, y = data(*shape)
    weight = np.random.default_rng(1).integers(0, 4, len(y)).astype(float)
    alphas, penalties = grid(X, y, 8, 1e-2, weight=weight)
    ours = path(how, X, y, penalties, weight)
    for alpha, w in zip(alphas[1:], ours.coef[1:], strict=True):
        model = Lasso(alpha, tol=1e-14, max_iter=1_000_000).fit(X, y, sample_weight=weight)
        np.testing.assert_allclose(w, model.coef_, atol=2e-8)


@pytest.mark.parametrize("how", BOTH)
def test_factors_are_rescaled_columns(how) -> None:
    X, y = data()
    factors = np.random.default_rng(2).uniform(0.2, 3, X.shape[1])
    penalties = [(l1, 0.0) for l1 in np.geomspace(3, 0.01, 10)]
    plain = path(how, X / factors, y, penalties).coef / factors
    np.testing.assert_allclose(path(how, X, y, penalties, factors=factors).coef, plain, atol=1e-10)


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("shape", [(60, 12), (30, 80)])
def test_factor_zero_is_least_squares_at_a_huge_penalty(how, shape) -> None:
    X, y = data(*shape)
    factors = np.r_[0.0, 0.0, np.ones(shape[1] - 2)]
    ours = path(how, X, y, [(1e6, 0.0), (0.3, 0.0)], factors=factors)
    expected = LinearRegression().fit(X[:, :2], y).coef_
    np.testing.assert_allclose(ours.coef[0], np.r_[expected, np.zeros(shape[1] - 2)], atol=1e-9)
    assert ours.gaps.max() < 1e-8
    check_optimal(X, y, ours.coef[1], 0.3, 0.0, factors=factors)


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("shape", [(60, 12), (40, 80)])
def test_non_negative(how, shape) -> None:
    X, y = data(*shape)
    alphas, penalties = grid(X, y, 8, 1e-2, 0.8)
    ours = path(how, X, y, penalties, low=0.0)
    for alpha, w in zip(alphas[1:], ours.coef[1:], strict=True):
        model = ElasticNet(alpha, l1_ratio=0.8, positive=True, tol=1e-14, max_iter=1_000_000).fit(X, y)
        np.testing.assert_allclose(w, model.coef_, atol=2e-8)
    assert ours.gaps.max() < 1e-8


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("shape", [(60, 12), (30, 50)])
@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_boxes(how, shape, ridge) -> None:
    X, y = data(*shape, seed=3)
    rng = np.random.default_rng(4)
    low, high = -rng.uniform(0, 0.5, shape[1]), rng.uniform(0, 0.5, shape[1])
    low[0] = high[1] = 0.0
    high[2], low[3] = np.inf, -np.inf
    penalties = [(l1, ridge) for l1 in np.geomspace(3, 1e-3, 12)]
    ours = path(how, X, y, penalties, low=low, high=high)
    assert ours.gaps.max() < 1e-8
    for (l1, l2), w in zip(penalties, ours.coef, strict=True):
        assert (w >= low).all()
        assert (w <= high).all()
        check_optimal(X, y, w, l1, l2, low=low, high=high)


@pytest.mark.parametrize("how", BOTH)
def test_box_least_squares_without_penalty(how) -> None:
    X, y = data(seed=5)
    ours = path(how, X, y, [(0.5, 0.0), (0.0, 0.0)], low=-0.3, high=0.4)
    expected = lsq_linear(X - X.mean(0), y - y.mean(), (-0.3, 0.4), tol=1e-14).x
    np.testing.assert_allclose(ours.coef[1], expected, atol=1e-7)
    assert ours.gaps.max() < 1e-8


def check_optimal(X, y, w, l1, l2, factors=1.0, low=-np.inf, high=np.inf, atol=1e-7):
    """The subgradient conditions: every slope's pull is within what its |w|'s kink or its bound can hold."""
    G, c, _ = moments(X, y)
    pull = 2 * (c - G @ w) - 2 * l2 * factors * w
    least = np.where(w > 0, l1, -l1) * factors
    most = np.where(w < 0, -l1, l1) * factors
    least, most = np.where(w <= low, -np.inf, least), np.where(w >= high, np.inf, most)
    assert (pull >= least - atol).all()
    assert (pull <= most + atol).all()


def degenerate():
    rng = np.random.default_rng(6)
    X, y = data(50, 10)
    yield "duplicates", np.hstack([X, X, -X[:, :3]]), y
    yield "constant", np.hstack([X, np.ones((50, 2)), np.zeros((50, 1))]), y
    yield "rank", np.hstack([X, X @ rng.standard_normal((10, 15))]), y
    yield "collinear", np.hstack([X, X + 1e-2 * rng.standard_normal(X.shape)]), y
    yield "nearly the same", np.hstack([X, X + 1e-6 * rng.standard_normal(X.shape)]), y
    yield "ties", np.tile(np.eye(6), (2, 1)), np.tile([1.0, -1, 1, -1, 1, -1], 2)
    yield "integers", rng.integers(-1, 2, (20, 30)).astype(float), rng.integers(-2, 3, 20).astype(float)
    yield "constant y", X, np.ones(50)
    yield "one column", X[:, :1], y
    yield "far from 0", X + 1e4, y


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("l2", [0.0, 0.01])
@pytest.mark.parametrize("low", [None, 0.0])
@pytest.mark.parametrize(("name", "X", "y"), list(degenerate()), ids=lambda v: v if isinstance(v, str) else "")
def test_degenerate(how, name, X, y, l2, low) -> None:
    top = 2 * np.abs(moments(X, y)[1]).max()
    penalties = [(max(top, 1e-3) * ratio, l2) for ratio in np.geomspace(1, 1e-3, 30)]
    ours = path(how, X, y, penalties, low=low, tolerance=1e-12)
    assert ours.gaps.max() <= 1e-8
    for (l1, ridge), w in zip(penalties, ours.coef, strict=True):
        check_optimal(X, y, w, l1, ridge, low=-np.inf if low is None else low, atol=1e-5)


@pytest.mark.parametrize("how", BOTH)
def test_ridge_alone(how) -> None:
    X, y = data(40, 60)
    G, c, _ = moments(X, y)
    ours = path(how, X, y, [(0.0, 1.0), (0.0, 0.1)])
    for l2, w in zip((1.0, 0.1), ours.coef, strict=True):
        np.testing.assert_allclose(w, np.linalg.solve(G + l2 * np.eye(60), c), atol=1e-7)
    assert ours.gaps.max() <= 1e-8


@pytest.mark.parametrize("how", BOTH)
def test_one_small_penalty_from_nothing(how) -> None:
    X, y = data(80, 200)
    small = grid(X, y, 2, 1e-2)[1][1:]
    ours = path(how, X, y, small)
    assert ours.gaps[0] <= 1e-8
    check_optimal(X, y, ours.coef[0], *small[0])


@pytest.mark.parametrize("make", [sp.csc_matrix, sp.csr_matrix, np.asfortranarray, np.ascontiguousarray])
@pytest.mark.parametrize("factors", [None, 0])
def test_every_layout_is_the_same(make, factors) -> None:
    rng = np.random.default_rng(7)
    X = sp.random(80, 200, 0.1, random_state=7).toarray()
    y, weight = X @ (rng.standard_normal(200) * (rng.random(200) < 0.1)) + 0.1 * rng.standard_normal(80), rng.random(80)
    factors = None if factors is None else np.r_[np.zeros(3), np.ones(197)]
    penalties = grid(X, y, 20, 1e-2, weight=weight)[1]
    kept = X.copy()
    ours = rows_path(make(X), y, penalties, weight, factors=factors, tolerance=1e-13)
    assert ours.gaps.max() <= 1e-13
    assert (kept == X).all()
    np.testing.assert_allclose(ours.coef, path("gram", X, y, penalties, weight, factors=factors).coef, atol=2e-6)


@pytest.mark.parametrize("l2", [0.0, 0.05])
@pytest.mark.parametrize("low", [None, -0.2])
def test_the_gap_bounds_the_distance_to_the_best(l2, low) -> None:
    X, y = data(50, 20, seed=8)
    G, c, yy = moments(X, y)
    share, pen = np.full(50, 1 / 50), terms(20, 0.2, l2, None, low, None)
    best = gram_path(G, c, yy, [(0.2, l2)], low=low, tolerance=1e-14).coef[0]
    least = objective(X, y, best, 0.2, l2)
    rng = np.random.default_rng(9)
    for size in (1.0, 1e-1, 1e-3, 1e-5):
        w = np.maximum(best + size * rng.standard_normal(20), -np.inf if low is None else low)
        above, gap = (objective(X, y, w, 0.2, l2) - least) / yy, gram_gap(w, G, c, yy, pen)
        assert -1e-14 <= above <= gap + 1e-14
        np.testing.assert_allclose(rows_gap(w, X - X.mean(0), y - y.mean(), share, pen), gap, rtol=1e-6)


@pytest.mark.parametrize(("method", "steps"), [(coordinate_descent, 500), (ista, 5000), (fista, 2000)])
def test_by_hand(method, steps) -> None:
    X, y = data()
    G, c, yy = moments(X, y)
    (w,) = islice(method(G, c, 0.3, 0.1), steps - 1, steps)
    np.testing.assert_allclose(w, gram_path(G, c, yy, [(0.3, 0.1)]).coef[0], atol=1e-8)
