"""scikit-learn's own checks of estimators."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from sklearn.utils.estimator_checks import check_estimator

import leastwise.estimators as le
from leastwise.estimators import RankDeficiencyWarning

# What scikit-learn says of its own classes, in PER_ESTIMATOR_XFAIL_CHECKS: of Ridge, and of SGDRegressor.
NO_STEPS = {"check_non_transformer_estimators_n_iter": "n_iter_ is None, as Ridge has it"}
DRAWN = {
    f"check_sample_weight_equivalence_on_{kind}_data": "rows that are drawn differ from rows that are repeated"
    for kind in ("dense", "sparse")
}
CASES: list[tuple[Any, dict[str, str]]] = [
    (le.LinearRegression(), {}),
    (le.LinearRegression(positive=True), {}),
    (le.LinearRegression(fit_intercept=False), {}),
    (le.Ridge(), NO_STEPS),
    (le.Ridge(positive=True), NO_STEPS),
    (le.Ridge(fit_intercept=False), NO_STEPS),
    (le.RidgeCV(), {}),
    (le.RidgeCV(cv=3, fit_intercept=False), {}),
    (le.Lasso(), {}),
    (le.Lasso(positive=True), {}),
    (le.Lasso(fit_intercept=False), {}),
    (le.ElasticNet(), {}),
    (le.ElasticNet(positive=True, fit_intercept=False), {}),
    (le.LassoCV(), {}),
    (le.LassoCV(cv=3, positive=True), {}),
    (le.ElasticNetCV(), {}),
    (le.ElasticNetCV(cv=3, l1_ratio=[0.3, 0.9], alphas=5, fit_intercept=False), {}),
    (le.GradientDescentRegressor(), {}),
    (le.GradientDescentRegressor(optimizer="adam", learning_rate=0.1, epochs=100), {}),
    (le.GradientDescentRegressor(optimizer="cg", standardise=False), {}),
    (le.GradientDescentRegressor(backend="torch", epochs=50), {}),
    (le.GradientDescentRegressor(batch_size=1, epochs=20), DRAWN),
    (le.GradientDescentRegressor(early_stopping=True), DRAWN),
]


@pytest.mark.parametrize(("estimator", "known"), CASES, ids=[repr(estimator) for estimator, _ in CASES])
def test_scikit_learn_finds_no_fault(estimator: Any, known: dict[str, str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankDeficiencyWarning)
        found = check_estimator(estimator, expected_failed_checks=known, on_skip=None)
    assert {check["check_name"] for check in found if check["status"] == "xfail"} == set(known)
    assert sum(check["status"] == "passed" for check in found) > 50
