"""What scikit-learn's estimators have not: standard errors, rows added to a fit, dependent columns named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import sparse

import leastwise.estimators as le
from leastwise.estimators import RankDeficiencyWarning, lasso, linear, ridge
from leastwise.types import UsageError

Array = NDArray[Any]
ADDING = [
    ("LinearRegression", {}),
    ("LinearRegression", {"fit_intercept": False}),
    ("LinearRegression", {"positive": True}),
    ("Ridge", {"alpha": 3.0}),
    ("Lasso", {"alpha": 0.1}),
    ("Lasso", {"alpha": 0.1, "positive": True}),
    ("ElasticNet", {"alpha": 0.1, "l1_ratio": 0.3}),
]


def rows(n: int = 60, p: int = 4, t: int = 2, seed: int = 0) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * [1, 10, 0.1, 2][:p] + [0, 5, -3, 100][:p]
    Y = X @ rng.normal(size=(p, t)) + rng.normal(size=(n, t))
    return X, Y, rng.uniform(0.5, 2, n)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_errors_are_those_of_statsmodels(weighted: bool, intercept: bool) -> None:
    X, Y, w = rows()
    weight = w if weighted else None
    ours = le.LinearRegression(fit_intercept=intercept).fit(X, Y, weight)
    design = np.column_stack([X, np.ones(60)]) if intercept else X
    for j in range(2):
        theirs = sm.WLS(Y[:, j], design, weights=np.ones(60) if weight is None else weight).fit()
        # Both keep over 11 digits at this condition number, 1e3.
        np.testing.assert_allclose(ours.std_errors_[j], theirs.bse, rtol=1e-10)
        np.testing.assert_allclose(ours.tvalues_[j], theirs.tvalues, rtol=1e-9)
        np.testing.assert_allclose(ours.pvalues_[j], theirs.pvalues, rtol=1e-8, atol=1e-14)
        assert ours.fits_[j].r2 == pytest.approx(theirs.rsquared, rel=1e-10)
    one = le.LinearRegression(fit_intercept=intercept).fit(X, Y[:, 0], weight)
    np.testing.assert_allclose(one.std_errors_, ours.std_errors_[0], rtol=1e-12)
    assert one.std_errors_.shape == (4 + intercept,)


def test_the_summary_shows_names_and_numbers() -> None:
    X, Y, _ = rows()
    made = le.LinearRegression().fit(X, Y[:, 0])
    shown = made.summary()
    theirs = sm.OLS(Y[:, 0], np.column_stack([X, np.ones(60)])).fit()
    assert all(name in shown for name in ("x0", "x3", "(intercept)"))
    assert f"{theirs.params[1]:.4f}"[:5] in shown
    assert f"{theirs.bse[1]:.5f}"[:6] in shown
    assert le.LinearRegression().fit(X, Y).summary().count("x3") == 2 * shown.count("x3")


def test_held_slopes_have_no_errors() -> None:
    X, Y, _ = rows()
    assert np.isnan(le.LinearRegression(positive=True).fit(X, Y).std_errors_).all()


def test_dependent_columns_are_named() -> None:
    pd = pytest.importorskip("pandas")
    X, Y, _ = rows()
    table = pd.DataFrame(X, columns=["a", "b", "c", "d"]).assign(e=2 * X[:, 0] - X[:, 1])
    with pytest.warns(RankDeficiencyWarning, match=r"e = 2 a - b") as caught:
        made = le.LinearRegression().fit(table, Y[:, 0])
    assert caught[0].filename == __file__
    assert made.rank_ == 4
    np.testing.assert_allclose(made.predict(table), le.LinearRegression().fit(X, Y[:, 0]).predict(X), rtol=1e-9)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize(("name", "settings"), ADDING)
def test_rows_in_pieces_are_as_good_as_all_at_once(name: str, settings: Any, flat: bool, weighted: bool) -> None:
    X, Y, w = rows()
    y = Y[:, 0] if flat else Y
    whole = getattr(le, name)(**settings).fit(X, y, w if weighted else None)
    for first in ("fit", "partial_fit"):
        grown = getattr(le, name)(**settings)
        for k, some in enumerate((slice(0, 7), slice(7, 8), slice(8, 60))):
            if len(range(60)[some]) < 4 and k == 0:
                continue
            step = getattr(grown, first if k == 0 else "partial_fit")
            step(X[some], y[some], w[some] if weighted else None)
        # The columns' means are up to 50 deviations from 0, which costs 2 of 16 digits, and their condition 2 more.
        np.testing.assert_allclose(grown.coef_, whole.coef_, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(grown.intercept_, whole.intercept_, rtol=1e-10, atol=1e-9)
        assert np.shape(grown.coef_) == np.shape(whole.coef_)


@pytest.mark.parametrize("name", ["LinearRegression", "Ridge", "Lasso", "ElasticNet"])
def test_sparse_rows_are_added_too(name: str) -> None:
    X, Y, w = rows()
    X[np.random.default_rng(1).random(X.shape) < 0.3] = 0
    whole = getattr(le, name)().fit(X, Y, w)
    grown = getattr(le, name)().fit(sparse.csr_array(X[:20]), Y[:20], w[:20])
    grown.partial_fit(sparse.csr_array(X[20:]), Y[20:], w[20:])
    np.testing.assert_allclose(grown.coef_, whole.coef_, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", ["LinearRegression", "Ridge", "Lasso", "ElasticNet", "GradientDescentRegressor"])
def test_rows_of_another_kind_are_not_added(name: str) -> None:
    X, Y, _ = rows()
    grown = getattr(le, name)().partial_fit(X, Y)
    with pytest.raises(UsageError, match="1 targets and had 2 before"):
        grown.partial_fit(X, Y[:, 0])
    with pytest.raises(ValueError, match="X has 3 features"):
        grown.partial_fit(X[:, :3], Y)


def test_a_fit_that_kept_no_summary_takes_no_more_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    X, Y, _ = rows()
    for module in (lasso, linear, ridge):
        monkeypatch.setattr(module, "WIDEST", 3)
    for made in (le.Lasso(0.1), le.Ridge(), le.LinearRegression()):
        made.fit(sparse.csr_array(X), Y)
        with pytest.raises(UsageError, match="begin with partial_fit"):
            made.partial_fit(X, Y)
    with pytest.raises(UsageError, match="up to 3 columns"):
        le.Lasso(0.1).partial_fit(X, Y)
