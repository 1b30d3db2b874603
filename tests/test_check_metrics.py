"""Every wrong metric is named, and no right one is accused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from leastwise.checking.metrics import PREDICTIONS, _standing, _wrong, check_cost, check_metric, scored
from leastwise.types import UsageError

sys.path.insert(0, str(Path(__file__).parent / "checked"))
import mutants_metrics as material

FUNCTIONS = [(target, codes) for target, codes in material.MUTANTS if not isinstance(target, type)]
CLASSES = [(target, codes) for target, codes in material.MUTANTS if isinstance(target, type)]
SKLEARN = ["r2_score", "mean_squared_error", "mean_absolute_error", "root_mean_squared_error", "median_absolute_error",
           "explained_variance_score", "max_error", "mean_absolute_percentage_error"]  # fmt: skip
NOTED = {"mse_half": "LW623", "sum_squares": "LW621"}


@pytest.mark.parametrize(("target", "codes"), FUNCTIONS, ids=lambda part: getattr(part, "__name__", ""))
def test_wrong_ones_are_named(target, codes):
    report = check_metric(target, target.__name__)
    if target.__name__ in NOTED:  # half is right, and so is a sum that is called one: with a note
        assert report.ok
        assert report.notes[0].startswith(NOTED[target.__name__])
    else:
        assert {fault.code for fault in report.faults} <= codes
        assert len(report.faults) == 1
        assert report.digits["on seven rows"] < 8


@pytest.mark.parametrize("target", [one for one in material.RIGHT_METRICS if not isinstance(one, type)])
def test_right_ones_are_right(target):
    report = check_metric(target, target.__name__)
    assert report.ok, report.account()
    assert report.kind == "metric"
    assert report.digits["on seven rows"] > 12


@pytest.mark.parametrize("name", SKLEARN)
def test_scikit_learn_is_right(name):
    assert check_metric(getattr(metrics, name), name).ok


def fitted_apart(kind):
    rng = np.random.default_rng(2)
    X, noise = rng.normal(size=(24, 2)), rng.normal(size=24)
    y = X @ [1.5, -2] + 3 + noise
    return kind().fit(X[:12], y[:12]), X[12:], y[12:]


@pytest.mark.parametrize(("kind", "codes"), [*CLASSES, (material.RightScore, set())])
def test_scores(kind, codes):
    own, X, y = fitted_apart(kind)
    assert {fault.code for fault in scored(own.score, own.predict, X, y)} == codes
    assert {fault.code for fault in scored(own.score, own.predict, *fitted_on(own))} == codes


def fitted_on(own):
    X = np.random.default_rng(3).normal(size=(9, 2))
    y = X @ [1, 2] + np.arange(9) ** 2 / 9
    own.fit(X, y)
    return X, y


def test_scores_that_are_other_metrics():
    own, X, y = fitted_apart(material.RightScore)
    for metric in (metrics.mean_squared_error, metrics.root_mean_squared_error, metrics.mean_absolute_error):
        assert scored(lambda X, y, metric=metric: metric(y, own.predict(X)), own.predict, X, y) == []
    assert scored(lambda X, y: 1 / 0, own.predict, X, y) == []


COSTS = {
    "": lambda e: np.mean(e**2), "LW621": lambda e: np.sum(e**2), "LW622": lambda e: np.sqrt(np.mean(e**2)),
    "LW624": lambda e: np.sum(e**2) / (len(e) - 2), "LW625": lambda e: np.mean(np.abs(e)),
    "LW626": lambda e: np.mean(e) ** 2,
}  # fmt: skip


@pytest.mark.parametrize(("code", "cost"), COSTS.items())
def test_costs(code, cost):
    report = check_cost(lambda X, y, theta: float(cost(X[:, 0] * theta[0] + theta[1] - y)), "compute_cost")
    assert "".join(fault.code for fault in report.faults) == code
    assert report.ok == (not code)


def test_costs_further():
    half = check_cost(lambda X, y, t: np.mean((X[:, 0] * t[0] + t[1] - y) ** 2) / 2, "cost")
    assert half.ok
    assert half.notes[0].startswith("LW623")
    half_sum = check_cost(lambda X, y, t: np.sum((X[:, 0] * t[0] + t[1] - y) ** 2) / 2, "cost")
    assert [fault.code for fault in half_sum.faults] == ["LW621"]
    spread = check_cost(lambda X, y, t: np.mean((X * t[0] + t[1] - y) ** 2), "cost")
    assert [fault.code for fault in spread.faults] == ["LW627"]
    assert "no formula known" in check_cost(lambda X, y, t: float(t[0] ** 2 + 0.1234), "cost").unknown
    assert "at 0 of 3" in check_cost(lambda X, y, t: None, "cost").unknown


def rmse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def test_a_name_that_says_another():
    assert "which is the mean squared error" in check_metric(rmse, "rmse").unknown
    assert check_metric(rmse, "evaluate").notes[0] == "it is the mean squared error"
    assert "which is R2" in check_metric(material.r2_score, "mse").unknown
    assert "is not known" in check_metric(lambda y, y_pred: 1.2345, "mean_tweedie_deviance").unknown
    assert "R2 is" in check_metric(lambda y, y_pred: 1.2345, "r2").unknown
    assert "no number" in check_metric(lambda y, y_pred: np.nan, "r2").unknown
    with pytest.raises(UsageError, match="gives no number"):
        check_metric(lambda y, y_pred: y - y_pred, "mse")


def adjusted_r2(y, y_pred, p):
    return 1 - (1 - material.r2_score(y, y_pred)) * (len(y) - 1) / (len(y) - p - 1)


def test_adjusted():
    assert check_metric(adjusted_r2, "adjusted_r2").ok
    alone = lambda y, y_pred: adjusted_r2(y, y_pred, 1)  # noqa: E731
    assert check_metric(alone, "adj_r2").ok
    assert [fault.code for fault in check_metric(alone, "r2").faults] == ["LW615"]


def test_rounded_float32_and_negative():
    rounded = check_metric(lambda y, y_pred: round(material.r2_score(y, y_pred), 3), "r2")
    assert rounded.ok
    assert "3 decimals" in rounded.notes[0]
    single = check_metric(lambda y, y_pred: float(np.float32(material.mse(y, y_pred))), "mse")
    assert single.ok
    assert "float32" in single.notes[0]
    assert check_metric(lambda y, y_pred: -material.mse(y, y_pred), "neg_mean_squared_error").ok
    assert "sign turned" in check_metric(lambda y, y_pred: -material.mse(y, y_pred), "mse").unknown
    assert not check_metric(lambda y, y_pred: float(np.float32(np.sum((y - y_pred) ** 2))), "mse").faults


def test_lists_columns_and_shapes():
    lists = lambda y, y_pred: sum((a - b) ** 2 for a, b in zip(y.copy() or y, y_pred, strict=True)) / len(y)  # noqa: E731
    assert check_metric(lists, "mse").ok
    assert check_metric(lambda y, y_pred: (y - y_pred).T @ (y - y_pred) / y.shape[0] / y.shape[1], "mse").ok
    half = check_metric(lambda y, y_pred: np.mean((y - y_pred.reshape(-1)) ** 2), "mse")
    assert [fault.code for fault in half.faults] == ["LW627"]
    assert [f.code for f in check_metric(lambda y, y_pred: np.mean((y[:, None] - y_pred) ** 2), "huber").faults] == [
        "LW627"
    ]
    assert "which is" in check_metric(lambda y, y_pred: float(np.float32(np.sum((y - y_pred) ** 2))), "mse").unknown


def test_no_formula_is_another():
    """No wrong formula gives the numbers of a right one of the same name."""
    for meaning in ("R2", "the mean squared error", "the root of the mean squared error", "the mean absolute error"):
        right = [_standing(y, p)[meaning] for y, p in PREDICTIONS]
        for formula in zip(*(_wrong(meaning, y, p) for y, p in PREDICTIONS), strict=True):
            assert not np.allclose([one[2] for one in formula], right, rtol=0, atol=0.02), formula
