"""Settings that cannot be: one sentence each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import leastwise.estimators as le

NAMES = [name for name in le.__all__ if name != "RankDeficiencyWarning"]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    *((name, {"alpha": bad}, "alpha must be") for name in ("Ridge", "Lasso", "ElasticNet")
      for bad in (-1.0, float("nan"), float("inf"), "much", None)),
    ("Ridge", {"alpha": [1.0, 2.0, 3.0]}, "targets and number of penalties do not correspond: 1 and 3"),
    ("Ridge", {"alpha": []}, "alpha must be a number or a list of at least one"),
    *(("ElasticNet", {"l1_ratio": bad}, "l1_ratio must be") for bad in (-0.1, 1.1, float("nan"), "half")),
    *(("ElasticNetCV", {"l1_ratio": bad}, "l1_ratio must be") for bad in (-0.1, [0.5, 1.1], [], "half")),
    ("ElasticNetCV", {"l1_ratio": 0.0}, "give alphas of your own"),
    *((name, {"eps": bad}, "eps must be") for name in ("LassoCV", "ElasticNetCV") for bad in (0.0, -1e-3, 1.5)),
    *((name, {"alphas": bad}, "alphas must be") for name in ("LassoCV", "ElasticNetCV", "RidgeCV")
      for bad in ([], [-1.0], [float("nan")], [[1.0]])),
    *((name, {"alphas": 0}, "alphas must be") for name in ("LassoCV", "ElasticNetCV", "RidgeCV")),
    ("RidgeCV", {"alphas": [0.0, 1.0]}, "alphas must be a finite number above 0"),
    *((name, {"cv": 1}, "n_splits=2 or more") for name in ("LassoCV", "ElasticNetCV", "RidgeCV")),
    *((name, {"cv": 21}, "greater than the number of samples") for name in ("LassoCV", "RidgeCV")),
    ("LassoCV", {"cv": [(np.arange(20), np.arange(0))]}, "test rows of fold 0 have no weight"),
    ("RidgeCV", {"cv": 3, "store_cv_results": True}, "store_cv_results=True are incompatible"),
    ("RidgeCV", {"cv": 3, "alpha_per_target": True}, "alpha_per_target=True are incompatible"),
    *((name, {"fit_intercept": "no"}, "fit_intercept must be") for name in NAMES[:2] + NAMES[3:]),
    ("Lasso", {"positive": "yes"}, "positive must be True or False"),
    ("GradientDescentRegressor", {"optimizer": "newton"}, "optimizer must be one of"),
    ("GradientDescentRegressor", {"backend": "jax"}, "backend must be one of"),
    ("GradientDescentRegressor", {"batch_size": 21}, "batch_size must be a whole number from 1 to the 20 rows"),
    ("GradientDescentRegressor", {"batch_size": 0}, "batch_size must be"),
    ("GradientDescentRegressor", {"optimizer": "cg", "batch_size": 4}, "leave batch_size out"),
    ("GradientDescentRegressor", {"optimizer": "cg", "backend": "torch"}, "use backend='numpy'"),
    ("GradientDescentRegressor", {"optimizer": "momentum", "hyper": {"momentum": 1.0}}, "below 1"),
    ("GradientDescentRegressor", {"hyper": {"momentum": 0.9}}, "no hyper-parameter 'momentum'"),
    ("GradientDescentRegressor", {"hyper": {"epochs": 3}}, "epochs is not one of these"),
    ("GradientDescentRegressor", {"hyper": 3}, "hyper must be a dict"),
    ("GradientDescentRegressor", {"learning_rate": 0.0}, "learning_rate must be"),
    ("GradientDescentRegressor", {"learning_rate": "best"}, "learning_rate must be"),
    ("GradientDescentRegressor", {"epochs": 0}, "epochs must be"),
    ("GradientDescentRegressor", {"tol": -1.0}, "tol must be"),
    ("GradientDescentRegressor", {"weight_decay": -1.0}, "weight_decay must be"),
    ("GradientDescentRegressor", {"schedule": "cosine"}, "schedule must be"),
    ("GradientDescentRegressor", {"early_stopping": True, "validation_fraction": 0.0}, "validation_fraction must be"),
    ("GradientDescentRegressor", {"early_stopping": True, "validation_fraction": 1.0}, "validation_fraction must be"),
    ("GradientDescentRegressor", {"early_stopping": True, "patience": 0}, "patience must be"),
    ("GradientDescentRegressor", {"random_state": -1}, "random_state must be"),
    ("GradientDescentRegressor", {"device": "cuda"}, "NumPy has the cpu alone"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "settings", "said"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_refused_in_one_sentence(name: str, settings: dict[str, Any], said: str) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=said) as raised:
        getattr(le, name)(**settings).fit(rng.normal(size=(20, 3)), rng.normal(size=20))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", NAMES)
def test_weights_that_leave_nothing_are_refused(name: str) -> None:
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20.0)
    with pytest.raises(ValueError, match=r"non-zero|sample_weight is 0"):
        getattr(le, name)().fit(X, y, np.zeros(20))
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        getattr(le, name)().fit(X, y, np.r_[-1.0, np.ones(19)])


def test_a_fold_without_weight_is_refused() -> None:
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20.0)
    with pytest.raises(ValueError, match="test rows of fold 1 have no weight"):
        le.LassoCV(cv=4).fit(X, y, np.r_[np.ones(5), np.zeros(5), np.ones(10)])
