"""Pipelines as they are written for scikit-learn, with only the import changed, on every kind of table."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
import sklearn.linear_model as sk
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import leastwise.estimators as le

EXACT = {"tol": 1e-14, "max_iter": 1_000_000}
CLOSE = {"rtol": 1e-8, "atol": 1e-8}
"""What is asked of this package; coordinate descent at tol 1e-14 leaves about 1e-11 of it."""
NAMES = [name for name in le.__all__ if name != "RankDeficiencyWarning"]
LIKE = [
    ("LinearRegression", {}, {}),
    ("Ridge", {"alpha": 0.7}, {}),
    ("RidgeCV", {}, {}),
    ("Lasso", {"alpha": 0.05}, EXACT),
    ("LassoCV", {"alphas": 10, "cv": 3}, EXACT),
    ("ElasticNet", {"alpha": 0.05}, EXACT),
    ("ElasticNetCV", {"alphas": 10, "cv": 3}, EXACT),
]
Array = NDArray[Any]


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    kind = rng.choice(["a", "b", "c"], 60)
    table = pd.DataFrame({"size": rng.normal(5, 2, 60), "age": rng.normal(50, 9, 60), "kind": kind})
    table["price"] = 2 * table["size"] - 0.1 * table["age"] + (kind == "b") * 3 + rng.normal(size=60)
    table["weight"] = rng.uniform(0.5, 2, 60)
    return table


def numbers(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    return frame[["size", "age"]], frame["price"]


def encoded() -> ColumnTransformer:
    numeric = (StandardScaler(), ["size", "age"])
    return ColumnTransformer([("number", *numeric), ("kind", OneHotEncoder(drop="first"), ["kind"])])


@pytest.mark.parametrize(("name", "settings", "more"), LIKE)
def test_a_scaled_pipeline(frame: pd.DataFrame, name: str, settings: Any, more: Any) -> None:
    X, y = numbers(frame)
    ours, theirs = (
        make_pipeline(StandardScaler(), getattr(package, name)(**settings, **also)).fit(X, y)
        for package, also in ((le, {}), (sk, more))
    )
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), **CLOSE)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y), abs=1e-8)


@pytest.mark.parametrize(("name", "settings", "more"), LIKE)
def test_columns_of_two_kinds(frame: pd.DataFrame, name: str, settings: Any, more: Any) -> None:
    X, y = frame[["size", "age", "kind"]], frame["price"]
    ours, theirs = (
        make_pipeline(encoded(), getattr(package, name)(**settings, **also)).fit(X, y)
        for package, also in ((le, {}), (sk, more))
    )
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), **CLOSE)


def test_names_pass_from_a_transformer_of_frames(frame: pd.DataFrame) -> None:
    X, y = frame[["size", "age", "kind"]], frame["price"]
    columns = ColumnTransformer(
        [("number", StandardScaler(), ["size"]), ("kind", OneHotEncoder(sparse_output=False), ["kind"])]
    ).set_output(transform="pandas")
    with pytest.warns(UserWarning, match="kind__kind_c = - kind__kind_a - kind__kind_b"):
        made = make_pipeline(columns, le.LinearRegression()).fit(X, y)
    assert list(made[-1].feature_names_in_) == ["number__size", "kind__kind_a", "kind__kind_b", "kind__kind_c"]
    assert "kind__kind_b" in made[-1].summary()


@pytest.mark.parametrize("name", ["Ridge", "Lasso", "ElasticNet"])
def test_a_grid_of_alphas(frame: pd.DataFrame, name: str) -> None:
    X, y = numbers(frame)
    found = []
    for package, more in ((le, {}), (sk, {} if name == "Ridge" else EXACT)):
        model = make_pipeline(StandardScaler(), getattr(package, name)(**more))
        found.append(GridSearchCV(model, {f"{name.lower()}__alpha": [0.01, 0.1, 1.0]}, cv=3).fit(X, y))
    ours, theirs = found
    assert ours.best_params_ == theirs.best_params_
    for key in ("mean_test_score", "std_test_score"):
        np.testing.assert_allclose(ours.cv_results_[key], theirs.cv_results_[key], **CLOSE)


@pytest.mark.parametrize(("name", "settings", "more"), LIKE)
def test_cross_val_score(frame: pd.DataFrame, name: str, settings: Any, more: Any) -> None:
    X, y = numbers(frame)
    ours, theirs = (
        cross_val_score(getattr(package, name)(**settings, **also), X, y, cv=4)
        for package, also in ((le, {}), (sk, more))
    )
    np.testing.assert_allclose(ours, theirs, **CLOSE)


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_routed_through_a_pipeline(frame: pd.DataFrame, name: str) -> None:
    X, y = numbers(frame)
    with sklearn.config_context(enable_metadata_routing=True):
        last = getattr(le, name)().set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        routed = make_pipeline(scaler, last).fit(X, y, sample_weight=frame["weight"])
    Z = StandardScaler().fit_transform(X)
    alone = getattr(le, name)().fit(Z, y, frame["weight"])
    np.testing.assert_array_equal(routed[-1].coef_, alone.coef_)
    assert not np.allclose(alone.coef_, getattr(le, name)().fit(Z, y).coef_)


@pytest.mark.parametrize("name", NAMES)
def test_clone_and_pickle(frame: pd.DataFrame, name: str) -> None:
    X, y = numbers(frame)
    made = getattr(le, name)().fit(X, y)
    again = pickle.loads(pickle.dumps(made))  # noqa: S301
    np.testing.assert_array_equal(again.predict(X), made.predict(X))
    assert again.get_params() == made.get_params()
    with pytest.raises(NotFittedError):
        clone(made).predict(X)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_tables_keep_their_names(frame: pd.DataFrame, name: str, kind: str) -> None:
    few = frame[["size", "age", "price", "weight"]]
    table = {"pandas": few, "polars": pl.from_pandas(few), "pyarrow": pa.Table.from_pandas(few)}[kind]
    X = table.select(["size", "age"]) if kind != "pandas" else few[["size", "age"]]
    made = getattr(le, name)().fit(X, table["price"], table["weight"])
    plain = getattr(le, name)().fit(few[["size", "age"]].to_numpy(), few["price"].to_numpy(), few["weight"].to_numpy())
    assert list(made.feature_names_in_) == ["size", "age"]
    assert isinstance(made.predict(X), np.ndarray)
    np.testing.assert_array_equal(made.predict(X), plain.predict(few[["size", "age"]].to_numpy()))
    assert made.score(X, table["price"]) == plain.score(few[["size", "age"]].to_numpy(), few["price"].to_numpy())
    swapped = X.select(["age", "size"]) if kind != "pandas" else X[["age", "size"]]
    with pytest.raises(ValueError, match="feature names should match"):
        made.predict(swapped)


@pytest.mark.parametrize("name", NAMES)
def test_tensors_in_tensors_out(frame: pd.DataFrame, name: str) -> None:
    torch = pytest.importorskip("torch")
    X, y = torch.tensor(frame[["size", "age"]].to_numpy()), torch.tensor(frame["price"].to_numpy())
    w = torch.tensor(frame["weight"].to_numpy())
    made = getattr(le, name)().fit(X.requires_grad_(), y, w)
    plain = getattr(le, name)().fit(X.detach().numpy(), y.numpy(), w.numpy())
    found = made.predict(X)
    assert isinstance(found, torch.Tensor)
    assert found.dtype == torch.float64
    np.testing.assert_array_equal(found.numpy(), plain.predict(X.detach().numpy()))
    assert made.predict(X.detach().float()).dtype == torch.float32
    assert made.score(X.detach(), y) == plain.score(X.detach().numpy(), y.numpy())
