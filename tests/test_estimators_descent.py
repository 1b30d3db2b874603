"""GradientDescentRegressor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import leastwise as lw
import leastwise.estimators as le
from leastwise.descent.schedules import cosine

Array = NDArray[Any]
Descent = le.GradientDescentRegressor


def rows(n: int = 60, seed: int = 0) -> tuple[Array, Array, Array]:
    """X (n, 3) in different units, Y (n, 2), weights (n,)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3)) * [1, 10, 0.1] + [0, 5, -3]
    Y = X @ rng.normal(size=(3, 2)) + rng.normal(size=(n, 2))
    return X, Y, rng.uniform(0.5, 2, n)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("optimizer", ["sgd", "cg", "lbfgs"])
def test_it_ends_at_least_squares(optimizer: str, weighted: bool) -> None:
    X, Y, w = rows()
    weight = w if weighted else None
    least = le.LinearRegression().fit(X, Y, weight)
    made = Descent(optimizer, epochs=400, tol=1e-22).fit(X, Y, weight)
    # The loss is within 1e-22 variances of the least, or as near as float64 tells: the slopes within 1e-8 or so.
    np.testing.assert_allclose(made.coef_, least.coef_, rtol=1e-6)
    np.testing.assert_allclose(made.intercept_, least.intercept_, rtol=1e-6)
    assert len(made.loss_curve_) == len(made.n_iter_) == len(made.history_) == len(made.status_) == 2


def test_the_loss_curve_is_the_mean_squared_error() -> None:
    X, Y, w = rows()
    made = Descent(epochs=7, tol=None).fit(X, Y[:, 0], w)
    assert made.n_iter_ == 7
    assert len(made.loss_curve_) == 8
    last = np.average((Y[:, 0] - made.predict(X)) ** 2, weights=w)
    assert made.loss_curve_[-1] == pytest.approx(last, rel=1e-12)
    assert (np.diff(made.loss_curve_) < 0).all()
    assert "every epoch" in made.status_


def test_it_is_leastwise_descend() -> None:
    X, Y, w = rows()
    made = Descent("adam", learning_rate=0.1, epochs=9, batch_size=8, tol=None, schedule=cosine(9), random_state=5,
                   hyper={"beta1": 0.8}).fit(X, Y[:, 0], w)  # fmt: skip
    plain = lw.descend(X, Y[:, 0], w, optimizer="adam", learning_rate=0.1, epochs=9, batch_size=8, standardise=True,
                       schedule=cosine(9), seed=5, beta1=0.8)  # fmt: skip
    np.testing.assert_allclose(made.coef_, plain.coef, rtol=1e-12)


@pytest.mark.parametrize("settings", [
    {}, {"optimizer": "adam", "learning_rate": 0.05}, {"optimizer": "momentum", "batch_size": 8, "learning_rate": 1e-3},
    {"weight_decay": 0.1, "standardise": False, "learning_rate": 1e-3},
], ids=str)  # fmt: skip
def test_torch_descends_as_numpy_does(settings: dict[str, Any]) -> None:
    pytest.importorskip("torch")
    X, Y, w = rows()
    ours, theirs = (Descent(**settings, epochs=40, tol=None, backend=b).fit(X, Y, w) for b in ("numpy", "torch"))
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.loss_curve_[0], theirs.loss_curve_[0], rtol=1e-10)


@pytest.mark.parametrize("standardise", [True, False])
@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("batch_size", [None, 8])
def test_a_warm_start_begins_where_the_last_fit_ended(standardise: bool, early: bool, batch_size: int | None) -> None:
    X, Y, w = rows()
    made = Descent(epochs=5, warm_start=True, standardise=standardise, early_stopping=early, learning_rate=1e-3,
                   batch_size=batch_size, tol=None)  # fmt: skip
    made.fit(X, Y, w)
    coef, intercept = made.coef_, made.intercept_
    others, targets, weights = rows(50, 1)
    made.set_params(epochs=1, learning_rate=1e-300).fit(others, targets, weights)
    np.testing.assert_allclose(made.coef_, coef, rtol=1e-12)
    np.testing.assert_allclose(made.intercept_, intercept, rtol=1e-12)
    assert not np.allclose(made.set_params(warm_start=False).fit(others, targets, weights).coef_, coef, rtol=0.1)


def test_a_warm_start_goes_on() -> None:
    X, Y, w = rows()
    whole = Descent(epochs=20, learning_rate=0.1, tol=None).fit(X, Y[:, 0], w)
    parts = Descent(epochs=10, learning_rate=0.1, tol=None, warm_start=True).fit(X, Y[:, 0], w).fit(X, Y[:, 0], w)
    np.testing.assert_allclose(parts.coef_, whole.coef_, rtol=1e-12)


def test_partial_fit_runs_one_epoch_from_where_it_is() -> None:
    X, Y, w = rows()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    steps = Descent(learning_rate=0.1)
    for _ in range(20):
        steps.partial_fit(Z, Y[:, 0], w)
    whole = Descent(learning_rate=0.1, epochs=20, standardise=False, tol=None).fit(Z, Y[:, 0], w)
    np.testing.assert_allclose(steps.coef_, whole.coef_, rtol=1e-12)
    assert steps.n_iter_ == 1
    assert steps.partial_fit(Z[:1], Y[:1, 0]).loss_curve_[0] == pytest.approx(
        (Y[0, 0] - whole.predict(Z[:1])[0]) ** 2, rel=1e-9
    )


def test_early_stopping_watches_rows_set_aside() -> None:
    X, Y, _ = rows()
    noise = np.random.default_rng(3).normal(size=(60, 30))
    made = Descent("adam", learning_rate=0.5, epochs=3000, early_stopping=True, validation_fraction=0.3, patience=4)
    made.fit(np.column_stack([X, noise]), Y[:, 0])
    assert "validation loss has not fallen for 4 epochs" in made.status_
    assert made.n_iter_ < 3000
    held = made.history_.validation_loss
    assert int(np.argmin(held)) == made.n_iter_ - 4


def test_the_state_of_a_generator_is_a_seed() -> None:
    X, Y, _ = rows()

    def fitted(state: Any) -> Array:
        return Descent(epochs=3, tol=None, random_state=state).fit(X, Y[:, 0]).coef_

    np.testing.assert_array_equal(fitted(np.random.RandomState(7)), fitted(np.random.RandomState(7)))
    assert not np.allclose(fitted(np.random.RandomState(7)), fitted(np.random.RandomState(8)))
    assert not np.allclose(fitted(1), fitted(4))


def test_constant_columns_are_let_be() -> None:
    X, Y, _ = rows()
    made = Descent(epochs=500).fit(np.column_stack([X, np.full(60, 3.0)]), Y[:, 0])
    np.testing.assert_allclose(made.predict(np.column_stack([X, np.full(60, 3.0)])),
                               le.LinearRegression().fit(X, Y[:, 0]).predict(X), rtol=1e-3, atol=1e-3)  # fmt: skip


def test_a_warm_start_on_other_columns_is_refused() -> None:
    X, Y, _ = rows()
    made = Descent(epochs=2, warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="X has 2 features and had 3"):
        made.fit(X[:, :2], Y)
    with pytest.raises(ValueError, match="1 targets and had 2"):
        made.fit(X, Y[:, 0])
