"""Diagnostics are those of statsmodels, and do not depend on offsets or on how the rows come."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.stattools import durbin_watson, jarque_bera

import leastwise as lw
from problems import make


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [True, False])
def test_influence_is_statsmodels(weighted: bool, intercept: bool) -> None:
    problem = make(5, n=60, p=3, weighted=weighted)
    A = np.column_stack([problem.X, np.ones(60)]) if intercept else problem.X
    weight = np.ones(60) if problem.weight is None else problem.weight
    theirs = sm.WLS(problem.y, A, weights=weight).fit()
    rows = (problem.X, problem.y) if problem.weight is None else (problem.X, problem.y, problem.weight)
    fit = lw.fit(*rows, intercept=intercept)
    found = fit.influence(rows)
    # statsmodels' own influence of WLS takes the weighted rows as an OLS.
    root = np.sqrt(weight)
    influence = sm.OLS(problem.y * root, A * root[:, None]).fit().get_influence()
    assert found.residual == pytest.approx(theirs.resid, rel=1e-9, abs=1e-12)
    assert found.leverage == pytest.approx(influence.hat_matrix_diag, rel=1e-10)
    assert found.standardised == pytest.approx(influence.resid_studentized_internal, rel=1e-9, abs=1e-12)
    assert found.studentised == pytest.approx(influence.resid_studentized_external, rel=1e-8, abs=1e-12)
    assert found.cook == pytest.approx(influence.cooks_distance[0], rel=1e-8, abs=1e-14)
    residuals = fit.residuals(rows)
    scaled = root * theirs.resid
    lagrange = het_breuschpagan(scaled, np.column_stack([np.ones(60), theirs.fittedvalues]))
    assert residuals.breusch_pagan == pytest.approx(lagrange[1], rel=1e-8)
    assert residuals.durbin_watson == pytest.approx(durbin_watson(theirs.wresid), rel=1e-10)
    _, p, skewness, kurtosis = jarque_bera(theirs.wresid)
    assert (residuals.jarque_bera, residuals.skewness, residuals.kurtosis) == pytest.approx(
        (p, skewness, kurtosis), rel=1e-8
    )
    assert residuals.top.tolist() == np.argsort(-found.cook)[:10].tolist()
    assert residuals.rows.tolist() == list(range(60))
    assert residuals.fitted == pytest.approx(theirs.fittedvalues, rel=1e-9, abs=1e-12)
    if intercept and not weighted:
        assert fit.vif == pytest.approx([variance_inflation_factor(A, j) for j in range(3)], rel=1e-9)
    centred = problem.X - np.average(problem.X, axis=0, weights=weight) * intercept
    S = (centred.T * weight) @ centred
    assert fit.vif == pytest.approx(np.diag(S) * np.diag(np.linalg.inv(S)), rel=1e-9)


def test_condition_indices_are_those_of_unit_columns() -> None:
    problem = make(6, n=50, p=3, offset=3)
    A = np.column_stack([problem.X, np.ones(50)])
    unit = A / np.linalg.norm(A, axis=0)
    _, sigma, Vt = np.linalg.svd(unit)
    found = lw.fit(problem.X, problem.y).condition_indices()
    assert found.indices == pytest.approx(sigma[0] / sigma[::-1], rel=1e-9)
    parts = (Vt / sigma[:, None]) ** 2
    assert found.shares == pytest.approx((parts / parts.sum(axis=0))[::-1], rel=1e-8, abs=1e-12)
    assert found.shares.sum(axis=0) == pytest.approx(1)


def test_units_and_offsets_do_not_matter() -> None:
    """Of condition indices offsets do: columns far from zero are near the intercept. Exact values from 50 digits."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((100, 3))
    X[:, 2] = X[:, 0] + 0.1 * X[:, 2]
    y = X @ [1, 2, 3] + rng.standard_normal(100)
    units = np.array([2.0**30, 1, 2.0**-30])
    plain, scaled = lw.fit(X, y), lw.fit(X * units, y)
    assert scaled.vif == pytest.approx(plain.vif, rel=1e-9)
    assert scaled.condition_indices().indices == pytest.approx(plain.condition_indices().indices, rel=1e-9)
    far = np.round(X * 2**20) / 2**20 + 2.0**30
    with mpmath.workdps(50):
        A = mpmath.matrix(np.column_stack([far, np.ones(100)]).tolist())
        for j in range(4):
            length = mpmath.norm(A[:, j])
            A[:, j] = A[:, j] / length
        values = mpmath.eigsy(A.T * A, eigvals_only=True)
        expected = float(mpmath.sqrt(max(values) / min(values)))
    # The smallest singular value, 1e-10, has the rounding of numbers of size 1.
    assert lw.fit(far, y).condition_indices().indices[0] == pytest.approx(expected, rel=1e-4)


def test_frequencies_count_rows() -> None:
    problem = make(12, n=50, p=2)
    times = np.arange(50) % 4 + 1.0
    rows = (problem.X, problem.y, times)
    every = (np.repeat(problem.X, times.astype(int), axis=0), np.repeat(problem.y, times.astype(int)))
    one, other = lw.fit(*rows, weights="frequency").residuals(rows), lw.fit(*every).residuals(every)
    for name in ("n", "durbin_watson", "breusch_pagan", "jarque_bera", "skewness", "kurtosis", "outliers"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9)


def test_errors_that_are_not_defined() -> None:
    x, y = np.array([0.0, 0, 0, 0, 1]), [1.0, 2, 3, 4, 50]
    with pytest.raises(lw.DataError, match="HC3 is not defined"):
        lw.fit(x, y).robust((x, y), "HC3")


def test_dependent_features_have_infinite_factors() -> None:
    problem = make(7, n=40, p=3)
    X = np.column_stack([problem.X, problem.X[:, 0] - 2 * problem.X[:, 1]])
    for how in ("min_norm", "drop"):
        factors = lw.fit(X, problem.y, on_rank_deficient=how).vif
        assert np.isinf(factors[[0, 1, 3]]).all() or how == "drop"
        assert np.isinf(factors[3])
        assert np.isfinite(factors[2])
    assert (lw.fit(problem.X, problem.y).vif >= 1).all()


def test_offsets_and_chunks_change_nothing(tmp_path) -> None:
    problem = make(8, n=150_000, p=2)
    X, y = np.round(problem.X * 2**20) / 2**20, problem.y
    near, far = (lw.fit(X + by, y, method="qr") for by in (0.0, 2.0**30))
    one, other = near.residuals((X, y)), far.residuals((X + 2.0**30, y))
    assert other.durbin_watson == pytest.approx(one.durbin_watson, rel=1e-9)
    assert other.jarque_bera == pytest.approx(one.jarque_bera, rel=1e-6)
    assert other.top.tolist() == one.top.tolist()
    assert other.rows.tolist() == one.rows.tolist()
    assert len(one.rows) == 2000
    every = near.influence((X, y))
    assert one.top.tolist() == np.argsort(-every.cook)[:10].tolist()
    assert one.sample.cook == pytest.approx(every.cook[one.rows], rel=1e-12)
    assert one.outliers == (np.abs(every.studentised) > 3).sum()
    assert far.vif == pytest.approx(near.vif, rel=1e-9)


def test_a_row_that_sets_its_own_prediction() -> None:
    x = np.array([0.0, 0, 0, 0, 1])
    fit = lw.fit(x, [1.0, 2, 3, 4, 50])
    found = fit.influence((x, [1.0, 2, 3, 4, 50]))
    assert found.leverage[4] == pytest.approx(1)
    assert np.isnan(found.cook[4])
    assert np.isfinite(found.cook[:4]).all()
    assert fit.residuals((x, [1.0, 2, 3, 4, 50])).highest == pytest.approx(1)


def test_weights_of_nothing_are_left_out() -> None:
    problem = make(9, n=30, p=2)
    weight = (np.arange(30) % 3 > 0).astype(float)
    some = weight > 0
    fit = lw.fit(problem.X, problem.y, weight)
    assert len(fit.influence((problem.X, problem.y, weight)).cook) == 20
    alone = lw.fit(problem.X[some], problem.y[some])
    expected = alone.influence((problem.X[some], problem.y[some])).cook
    assert fit.influence((problem.X, problem.y, weight)).cook == pytest.approx(expected, rel=1e-10)
