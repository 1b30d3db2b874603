"""Penalties chosen by cross-validation, beside scikit-learn's choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn
import sklearn.linear_model as sk
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit

import leastwise.estimators as le

EXACT = {"tol": 1e-13, "max_iter": 1_000_000}
CLOSE = {"rtol": 1e-8, "atol": 1e-8}
"""What is asked of this package; coordinate descent at tol 1e-13 leaves about 1e-10 of it."""
Array = NDArray[Any]
ALPHAS = np.logspace(-3, 3, 9)
MASKS = [(np.arange(48) % 3 != k, np.arange(48) % 3 == k) for k in range(3)]


def median_error(estimator: Any, X: Array, y: Array, sample_weight: Array | None = None) -> float:
    """A scorer of one's own."""
    size = np.abs(y - estimator.predict(X))
    return -float(np.median(size if sample_weight is None else size * sample_weight.reshape(-1, *[1] * (y.ndim - 1))))


CHOSEN = [
    ("LassoCV", {"eps": 0.01}),
    ("LassoCV", {"positive": True, "alphas": 20}),
    ("LassoCV", {"fit_intercept": False, "cv": 3, "alphas": 20}),
    ("LassoCV", {"alphas": [0.1, 1.0, 0.5]}),
    ("LassoCV", {"cv": KFold(4, shuffle=True, random_state=1), "alphas": 20, "eps": 0.01}),
    ("LassoCV", {"cv": ShuffleSplit(3, random_state=0), "alphas": 10}),
    ("LassoCV", {"cv": MASKS, "alphas": 10}),
    ("ElasticNetCV", {"alphas": 30}),
    ("ElasticNetCV", {"l1_ratio": [0.2, 0.7, 1.0], "alphas": 10}),
    ("ElasticNetCV", {"l1_ratio": [0.5], "alphas": 20}),
    ("ElasticNetCV", {"l1_ratio": [0.2, 0.7], "alphas": [0.1, 0.2]}),
    ("ElasticNetCV", {"l1_ratio": 0.0, "alphas": [0.5, 0.2]}),
]
LEFT_OUT = [
    {"store_cv_results": True},
    {"fit_intercept": False, "store_cv_results": True},
    {"alpha_per_target": True},
    {"scoring": "r2", "store_cv_results": True},
    {"scoring": "neg_mean_absolute_error"},
    {"scoring": median_error},
    {"cv": 4},
    {"cv": KFold(3, shuffle=True, random_state=0), "scoring": "neg_mean_squared_error"},
]


def rows(n: int, p: int, t: int = 1, seed: int = 0) -> tuple[Array, Array, Array]:
    """X (n, p) with correlated columns, some zeros, Y (n, t), weights (n,)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) + 0.5 * rng.normal(size=(n, 1)) + 1
    X[rng.random((n, p)) < 0.2] = 0
    return X, X[:, :4] @ rng.normal(size=(4, t)) + rng.normal(size=(n, t)) + 3, rng.uniform(0.2, 3, n)


def same(ours: Any, theirs: Any, *names: str) -> None:
    for name in names:
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert np.shape(mine) == np.shape(other), name
        np.testing.assert_allclose(mine, other, err_msg=name, **CLOSE)
        assert isinstance(mine, type(other)), name


@pytest.mark.parametrize("p", [7, 60])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "settings"), CHOSEN)
@pytest.mark.filterwarnings("ignore:.*l1_reg:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:.*no l1 regularization:UserWarning")
def test_alpha_by_cross_validation(name: str, settings: dict[str, Any], weighted: bool, p: int) -> None:
    X, Y, w = rows(48, p)
    w[5] = 0
    y, weight = Y[:, 0], w if weighted else None
    theirs = getattr(sk, name)(**settings, **EXACT).fit(X, y, weight)
    for kind in (np.array, sparse.csc_matrix):
        ours = getattr(le, name)(**settings).fit(kind(X), y, weight)
        same(ours, theirs, "alpha_", "alphas_", "mse_path_", "coef_", "intercept_")
        assert hasattr(ours, "l1_ratio_") == hasattr(theirs, "l1_ratio_")
        assert getattr(ours, "l1_ratio_", 1) == getattr(theirs, "l1_ratio_", 1)
        assert 0 <= ours.dual_gap_ < 1e-11
        assert isinstance(ours.n_iter_, int)


def test_slopes_held_at_0_have_alphas_of_their_own() -> None:
    X, Y, w = rows(48, 7)
    against = Y[:, 0] - 9 * X[:, 2]
    theirs = sk.LassoCV(positive=True, alphas=10, **EXACT).fit(X, against, w)
    same(le.LassoCV(positive=True, alphas=10).fit(X, against, w), theirs, "alphas_", "alpha_", "mse_path_", "coef_")
    assert theirs.alphas_[0] < le.LassoCV(alphas=10).fit(X, against, w).alphas_[0] / 2


def test_a_column_of_targets_is_taken_as_flat_with_a_warning() -> None:
    X, Y, _ = rows(30, 4)
    with pytest.warns(DataConversionWarning):
        ours = le.LassoCV(alphas=5).fit(X, Y)
    same(ours, le.LassoCV(alphas=5).fit(X, Y[:, 0]), "coef_", "intercept_")


@pytest.mark.parametrize("p", [7, 60])
@pytest.mark.parametrize("shape", ["flat", "column", "three"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("settings", LEFT_OUT)
def test_ridge_by_leaving_out(settings: dict[str, Any], weighted: bool, shape: str, p: int) -> None:
    X, Y, w = rows(30, p, 3)
    y, weight = {"flat": Y[:, 0], "column": Y[:, :1], "three": Y}[shape], w if weighted else None
    theirs = sk.RidgeCV(ALPHAS, **settings).fit(X, y, weight)
    names = ["alpha_", "best_score_", "coef_", "intercept_"] + ["cv_results_"] * ("store_cv_results" in settings)
    for kind in (np.array, sparse.csr_matrix):
        same(le.RidgeCV(ALPHAS, **settings).fit(kind(X), y, weight), theirs, *names)


@pytest.mark.parametrize("scoring", ["r2", "neg_root_mean_squared_error"])
def test_ridge_by_a_score_for_each_target(scoring: str) -> None:
    X, Y, w = rows(30, 7, 3)
    theirs = sk.RidgeCV(ALPHAS, scoring=scoring, alpha_per_target=True).fit(X, Y, w)
    ours = le.RidgeCV(ALPHAS, scoring=scoring, alpha_per_target=True).fit(X, Y, w)
    same(ours, theirs, "alpha_", "best_score_", "coef_", "intercept_")
    assert len(set(ours.alpha_)) > 1


def test_rows_of_no_weight_count_as_scikit_learn_counts_them() -> None:
    X, Y, w = rows(30, 7)
    w[[0, 3]] = 0
    theirs = sk.RidgeCV(ALPHAS, store_cv_results=True).fit(X, Y[:, 0], w)
    same(le.RidgeCV(ALPHAS, store_cv_results=True).fit(X, Y[:, 0], w), theirs, "alpha_", "best_score_", "cv_results_")


@pytest.mark.parametrize("name", ["LassoCV", "ElasticNetCV", "RidgeCV"])
def test_groups_are_routed_to_the_splitter(name: str) -> None:
    X, Y, w = rows(40, 5)
    groups = np.arange(40) % 4
    with sklearn.config_context(enable_metadata_routing=True):
        found = []
        for package, more in ((le, {}), (sk, {} if name == "RidgeCV" else EXACT)):
            made = getattr(package, name)(cv=GroupKFold(4), **more).set_fit_request(sample_weight=True)
            found.append(made.fit(X, Y[:, 0], sample_weight=w, groups=groups))
    same(*found, "alpha_", "coef_", "intercept_")
    plain = getattr(le, name)(cv=4).fit(X, Y[:, 0], w)
    score = "best_score_" if name == "RidgeCV" else "mse_path_"
    assert not np.allclose(getattr(plain, score), getattr(found[0], score))


def test_weights_are_routed_to_the_score_of_a_ridge() -> None:
    X, Y, w = rows(40, 5)
    with sklearn.config_context(enable_metadata_routing=True):
        ours, theirs = (package.RidgeCV(ALPHAS, cv=4).fit(X, Y[:, 0], sample_weight=w) for package in (le, sk))
        same(ours, theirs, "alpha_", "best_score_", "coef_")
        assert ours.best_score_ != le.RidgeCV(ALPHAS, cv=4).fit(X, Y[:, 0]).best_score_


def test_groups_reach_the_splitter_without_routing_too() -> None:
    X, Y, _ = rows(40, 5)
    groups = np.arange(40) % 4
    parts = list(GroupKFold(4).split(X, groups=groups))
    ours = le.LassoCV(cv=GroupKFold(4)).fit(X, Y[:, 0], groups=groups)
    same(ours, le.LassoCV(cv=parts).fit(X, Y[:, 0]), "mse_path_")


@pytest.mark.parametrize("routing", [True, False])
@pytest.mark.parametrize("name", ["LassoCV", "RidgeCV"])
def test_splits_may_come_once_only(name: str, routing: bool) -> None:
    X, Y, _ = rows(40, 5)
    with sklearn.config_context(enable_metadata_routing=routing):
        ours = getattr(le, name)(cv=KFold(4).split(X)).fit(X, Y[:, 0])
    same(ours, getattr(le, name)(cv=4).fit(X, Y[:, 0]), "coef_", "alpha_")


def test_folds_of_fewer_rows_than_columns() -> None:
    X, Y, w = rows(48, 44)
    theirs = sk.LassoCV(alphas=20, eps=0.01, **EXACT).fit(X, Y[:, 0], w)
    same(le.LassoCV(alphas=20, eps=0.01).fit(X, Y[:, 0], w), theirs, "mse_path_", "alpha_", "coef_")


def test_folds_that_overlap_are_summarised_apart() -> None:
    X, Y, _ = rows(40, 5)
    order = np.random.default_rng(0).permutation(40)
    cv = [(order[:20], order[20:]), (order[:20], order[:20])]
    theirs = sk.LassoCV(cv=cv, alphas=5, **EXACT).fit(X, Y[:, 0])
    same(le.LassoCV(cv=cv, alphas=5).fit(X, Y[:, 0]), theirs, "mse_path_", "alpha_", "coef_")
