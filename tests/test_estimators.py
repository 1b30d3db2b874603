"""Single fits beside scikit-learn's, which is asked for all the digits it has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.linear_model as sk
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

import leastwise.estimators as le
from leastwise.estimators import RankDeficiencyWarning, lasso, linear, ridge
from leastwise.penalised.gap import gram_gap, terms

EXACT = {"tol": 1e-14, "max_iter": 1_000_000}
CLOSE = {"rtol": 1e-8, "atol": 1e-8}
"""What is asked of this package; coordinate descent at tol 1e-14 leaves about 1e-11 of it."""
Array = NDArray[Any]

SHRUNK = [
    ("Ridge", {"alpha": 2.5}, {}),
    ("Ridge", {"alpha": 2.5, "fit_intercept": False}, {}),
    ("Ridge", {"alpha": 1e-9}, {}),
    ("Lasso", {"alpha": 0.1}, EXACT),
    ("Lasso", {"alpha": 0.1, "fit_intercept": False}, EXACT),
    ("Lasso", {"alpha": 0.1, "positive": True}, EXACT),
    ("ElasticNet", {"alpha": 0.2, "l1_ratio": 0.3}, EXACT),
    ("ElasticNet", {"alpha": 0.2, "l1_ratio": 0.8, "positive": True, "fit_intercept": False}, EXACT),
    ("ElasticNet", {"alpha": 0.2, "l1_ratio": 0.0}, EXACT),
]


def rows(n: int, p: int, t: int = 1, seed: int = 0) -> tuple[Array, Array, Array]:
    """X (n, p) with correlated columns in different units, some zeros, Y (n, t), weights (n,) with a zero."""
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(n, p)) + 0.5 * rng.normal(size=(n, 1)) + 1) * rng.uniform(0.5, 2, p)
    X[rng.random((n, p)) < 0.2] = 0
    Y = X[:, :4] @ rng.normal(size=(4, t)) + rng.normal(size=(n, t)) + 3
    weight = rng.uniform(0.2, 3, n)
    weight[1] = 0
    return X, Y, weight


def same(ours: Any, theirs: Any) -> None:
    """Slopes and intercepts, their shapes and types."""
    assert np.shape(ours.coef_) == np.shape(theirs.coef_)
    assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    assert isinstance(ours.intercept_, type(theirs.intercept_))
    np.testing.assert_allclose(ours.coef_, theirs.coef_, **CLOSE)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, **CLOSE)


@pytest.mark.parametrize("shape", ["flat", "column", "three"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "settings", "more"), SHRUNK)
def test_shrunk_slopes(name: str, settings: dict[str, Any], more: dict[str, Any], weighted: bool, shape: str) -> None:
    X, Y, w = rows(50, 8, 3)
    y, weight = {"flat": Y[:, 0], "column": Y[:, :1], "three": Y}[shape], w if weighted else None
    theirs = getattr(sk, name)(**settings, **more)
    if settings.get("l1_ratio") == 0.0:
        theirs = sk.Ridge(0.2 * (w.sum() if weighted else 50))
    theirs.fit(X, y, weight)
    for kind in (np.array, sparse.csr_matrix, sparse.csc_array):
        ours = getattr(le, name)(**settings).fit(kind(X), y, weight)
        same(ours, theirs)
        np.testing.assert_allclose(ours.predict(kind(X)), theirs.predict(X), **CLOSE)


@pytest.mark.parametrize("p", [70, 600])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "settings", "more"), SHRUNK[:2] + SHRUNK[3:5] + SHRUNK[6:8])
def test_more_columns_than_rows(
    name: str, settings: dict[str, Any], more: dict[str, Any], weighted: bool, p: int
) -> None:
    X, Y, w = rows(40, p)
    y, weight = Y[:, 0], w if weighted else None
    theirs = getattr(sk, name)(**settings, **more).fit(X, y, weight)
    same(getattr(le, name)(**settings).fit(X, y, weight), theirs)
    same(getattr(le, name)(**settings).fit(sparse.csr_array(X), y, weight), theirs)


@pytest.mark.parametrize(("name", "settings", "more"), [SHRUNK[0], SHRUNK[1], SHRUNK[3], SHRUNK[6], SHRUNK[7]])
def test_sparse_rows_that_are_never_made_dense(
    monkeypatch: pytest.MonkeyPatch, name: str, settings: dict[str, Any], more: dict[str, Any]
) -> None:
    monkeypatch.setattr(lasso, "SMALL", 0)
    for module in (lasso, linear, ridge):
        monkeypatch.setattr(module, "WIDEST", 5)
    X, Y, w = rows(50, 30, 2)
    theirs = getattr(sk, name)(**settings, **more).fit(X, Y, w)
    ours = getattr(le, name)(**settings).fit(sparse.csr_array(X), Y, w)
    same(ours, theirs)
    assert not hasattr(ours, "triangles_")


@pytest.mark.parametrize("shape", ["flat", "column", "three"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("settings", [{}, {"fit_intercept": False}, {"positive": True}])
def test_least_squares(settings: dict[str, Any], weighted: bool, shape: str) -> None:
    X, Y, w = rows(50, 6, 3)
    y, weight = {"flat": Y[:, 0], "column": Y[:, :1], "three": Y}[shape], w if weighted else None
    theirs = sk.LinearRegression(**settings).fit(X, y, weight)
    for kind in (np.array, sparse.csc_array):
        ours = le.LinearRegression(**settings).fit(kind(X), y, weight)
        same(ours, theirs)
        np.testing.assert_allclose(ours.predict(kind(X)), theirs.predict(X), **CLOSE)
    if "positive" not in settings:
        assert ours.rank_ == theirs.rank_
        np.testing.assert_allclose(ours.singular_, theirs.singular_, rtol=1e-10)
    else:
        assert (ours.coef_ == 0).any()
        assert (ours.coef_ >= 0).all()


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_least_squares_of_more_columns_than_rows_are_the_shortest(weighted: bool, intercept: bool) -> None:
    X, Y, w = rows(20, 35, 2)
    w[1] = 0.5
    theirs = sk.LinearRegression(fit_intercept=intercept).fit(X, Y, w if weighted else None)
    with pytest.warns(RankDeficiencyWarning):
        ours = le.LinearRegression(fit_intercept=intercept).fit(X, Y, w if weighted else None)
    same(ours, theirs)
    assert ours.rank_ == theirs.rank_ == 20 - intercept
    assert ours.singular_.shape == theirs.singular_.shape
    np.testing.assert_allclose(ours.singular_, theirs.singular_, rtol=1e-8, atol=1e-10)


def test_wide_sparse_least_squares_by_lsqr(monkeypatch: pytest.MonkeyPatch) -> None:
    X, Y, w = rows(50, 30, 2)
    dense = le.LinearRegression().fit(X, Y, w)
    monkeypatch.setattr(linear, "WIDEST", 5)
    again = dense.fit(sparse.csr_array(X), Y, w)
    same(again, sk.LinearRegression().fit(X, Y, w))
    assert not hasattr(again, "triangles_")
    assert not hasattr(again, "std_errors_")


@pytest.mark.parametrize("positive", [False, True])
def test_ridge_with_a_penalty_for_each_target(positive: bool) -> None:
    X, Y, w = rows(50, 6, 3)
    alphas = [0.1, 5.0, 90.0]
    theirs = sk.Ridge(alphas, positive=positive, **(EXACT if positive else {})).fit(X, Y, w)
    ours = le.Ridge(alphas, positive=positive).fit(X, Y, w)
    # L-BFGS-B, by which scikit-learn holds a ridge at 0, stops at about 1e-6 of the slopes.
    np.testing.assert_allclose(ours.coef_, theirs.coef_, **({"rtol": 1e-5, "atol": 1e-5} if positive else CLOSE))
    if positive:
        top = X - np.average(X, axis=0, weights=w)
        for j, alpha in enumerate(alphas):
            slope = top.T @ (w * (Y[:, j] - ours.predict(X)[:, j])) - alpha * ours.coef_[j]
            assert (slope <= 1e-9 * np.abs(top.T @ (w * Y[:, j])).max()).all()
            np.testing.assert_allclose(slope[ours.coef_[j] > 0], 0, atol=1e-9 * np.abs(top.T @ (w * Y[:, j])).max())


@pytest.mark.parametrize("t", [1, 3])
def test_attributes_of_a_lasso(t: int) -> None:
    X, Y, w = rows(50, 6, 3)
    y = Y if t == 3 else Y[:, 0]
    ours, theirs = le.Lasso(0.1).fit(X, y, w), sk.Lasso(0.1, **EXACT).fit(X, y, w)
    assert type(ours.sparse_coef_) is type(theirs.sparse_coef_)
    assert ours.sparse_coef_.shape == theirs.sparse_coef_.shape
    np.testing.assert_array_equal(ours.sparse_coef_.toarray(), np.atleast_2d(ours.coef_))
    assert np.shape(ours.dual_gap_) == np.shape(theirs.dual_gap_)
    assert type(ours.n_iter_) is type(theirs.n_iter_)
    assert np.min(ours.n_iter_) >= 1
    # A gap of 1e-14 of the mean square of y, which is about 10 here.
    assert np.max(ours.dual_gap_) < 1e-12
    assert ours.n_features_in_ == theirs.n_features_in_


def test_the_dual_gap_bounds_scikit_learns_objective(monkeypatch: pytest.MonkeyPatch) -> None:
    X, Y, _ = rows(50, 6)
    y = Y[:, 0]
    best = sk.Lasso(0.1, **EXACT).fit(X, y)

    def stopped_at_zero(moments: Any, penalties: Any, intercept: bool, tolerance: float) -> Any:
        G, c, yy = moments.gram(intercept)
        gap = gram_gap(np.zeros((1, 6)), G, c, yy, terms(6, penalties[0].l1, 0.0, None, None, None))
        return np.zeros((1, 6)), np.array([y.mean()]), gap, np.ones(1)

    monkeypatch.setattr(lasso, "path_of_moments", stopped_at_zero)
    with pytest.warns(ConvergenceWarning, match="duality gap"):
        ours = le.Lasso(0.1).fit(X, y)

    def objective(fit: Any) -> float:
        return float(((y - fit.predict(X)) ** 2).mean() / 2 + 0.1 * np.abs(fit.coef_).sum())

    excess = objective(ours) - objective(best)
    assert excess > 0
    assert excess <= ours.dual_gap_ <= objective(ours)


@pytest.mark.parametrize(
    "name", ["LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV"]
)
def test_the_same_parameters_as_scikit_learn(name: str) -> None:
    assert getattr(le, name)().get_params() == getattr(sk, name)().get_params()
