"""Right implementations in the ways people write them are right; each mistake, planted, is named; nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
import torch
from sklearn import linear_model

import leastwise as lw
from leastwise.checking.mistakes import mistakes, variants
from leastwise.checking.trace import EXACT, seven, starts
from leastwise.checking.ways import Way, descend


def plain(x, y, w, b, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        prediction = w * x + b
        losses.append(((y - prediction) ** 2).mean())
        dw = -2 * (x * (y - prediction)).mean()
        db = -2 * (y - prediction).mean()
        w, b = w - learning_rate * dw, b - learning_rate * db
    return w, b, losses


def halved(X, y, theta, alpha, num_iters):
    """Andrew Ng's: theta with the intercept first, a column of ones inside, the cost of 1/(2n)."""
    A = np.column_stack([np.ones(len(X)), X])
    costs = []
    for _ in range(num_iters):
        theta = theta - alpha / len(y) * A.T @ (A @ theta - y)
        costs.append(((A @ theta - y) ** 2).sum() / (2 * len(y)))
    return theta[1:], theta[0], costs


def columns(X, y, lr=0.01, n_iters=100):
    w, b = np.zeros((X.shape[1], 1)), 0.0
    for _ in range(n_iters):
        residual = X @ w + b - y.reshape(-1, 1)
        w = w - lr * 2 * X.T @ residual / len(X)
        b = b - lr * 2 * residual.mean()
    return {"weights": w, "bias": b}


class Regressor:
    def __init__(self, learning_rate=0.01, n_iterations=1000):
        self.learning_rate, self.n_iterations = learning_rate, n_iterations

    def fit(self, X, y):
        self.weights, self.bias = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iterations):
            residual = X @ self.weights + self.bias - y
            self.weights = self.weights - self.learning_rate * 2 * X.T @ residual / len(y)
            self.bias = self.bias - self.learning_rate * 2 * residual.mean()
        return self

    def predict(self, X):
        return X @ self.weights + self.bias


def autograd(X, y, w, b, lr, epochs):
    X, y = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w = torch.as_tensor(w, dtype=torch.float64).clone().requires_grad_()
    b = torch.tensor(b, dtype=torch.float64, requires_grad=True)
    for _ in range(epochs):
        ((X * w + b - y) ** 2).mean().backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w, b


def module(X, y, epochs=100, lr=0.01, seed=0):
    torch.manual_seed(seed)
    X, y = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    model = torch.nn.Linear(X.shape[1], 1, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(X).squeeze(1), y).backward()
        optimizer.step()
    return model


def covariance(x, y):
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    return slope, y.mean() - slope * x.mean()


def inverse(X, y):
    A = np.column_stack([np.ones(len(X)), X])
    theta = np.linalg.inv(A.T @ A) @ A.T @ y
    return theta[1:], theta[0]


RIGHT = [plain, halved, columns, Regressor, autograd, module, covariance, inverse, linear_model.LinearRegression,
         linear_model.LinearRegression(), lambda X, y: np.polyfit(X[:, 0], y, 1)]  # fmt: skip


@pytest.mark.parametrize("target", RIGHT, ids=lambda target: getattr(target, "__name__", "estimator"))
def test_what_is_right_is_not_accused(target: Callable) -> None:
    report = lw.check(target)
    assert report.ok, report.account()
    report.raise_if_wrong()
    assert min(list(report.digits.values())[:1]) >= 9


def planted(code: str) -> Callable:
    """`plain` with one mistake, written as people write it, and not as the library does."""

    def train(x, y, w, b, lr, epochs):
        n = len(y)
        if code in ("LW115", "LW116"):
            x = (x - x.mean()) / x.std(ddof=code == "LW116")
        if code == "LW117":
            x, y, w, b = x.astype("float32"), y.astype("float32"), np.float32(w), np.float32(b)
        lr = np.float32(lr) if code == "LW117" else lr
        gw = gb = 0.0
        for epoch in range(epochs - (code == "LW111") + (code == "LW112")):
            if code == "LW110":
                for one, target in zip(x, y, strict=True):
                    error = w * one + b - target
                    w, b = w - lr * 2 * one * error, b - lr * 2 * error
                continue
            error = w * x + b - y
            if code == "LW105":
                error = ((w * x + b)[:, None] - y[None, :]).mean(axis=1)
            dw, db = 2 * (x * error).mean(), 2 * error.mean()
            factor = {"LW101": 0.5, "LW102": 2, "LW103": n, "LW104": -1}.get(code, 1)
            step = {"LW113": lr * lr, "LW114": lr / (epoch + 1)}.get(code, lr)
            if code == "LW109":
                gw, gb = gw + dw, gb + db
                dw, db = gw, gb
            if code == "LW107":
                w = w - step * dw
                b = b - step * 2 * (w * x + b - y).mean()
                continue
            if code == "LW108":
                b = b - step * db
                w = w - step * 2 * (x * (w * x + b - y)).mean()
                continue
            w = w - step * factor * dw
            b = b if code == "LW106" else b - step * factor * db
        return w, b

    return train


@pytest.mark.parametrize("code", [f"LW{k}" for k in range(101, 118)])
def test_each_mistake_is_named(code: str) -> None:
    report = lw.check(planted(code))
    if code == "LW101":
        assert report.ok
        assert "1/(2n)" in report.notes[0]
        return
    assert [fault.code for fault in report.faults] == [code], report.account()
    assert report.faults[0].mend
    with pytest.raises(lw.LeastwiseError, match=code):
        report.raise_if_wrong()


def two(x, y, w, b, lr, epochs):
    """Summed gradients, and the intercept after the slope."""
    for _ in range(epochs):
        w = w + lr * 2 * (x * (y - w * x - b)).sum()
        b = b + lr * 2 * (y - w * x - b).sum()
    return w, b


def test_two_mistakes_are_named_together() -> None:
    assert {fault.code for fault in lw.check(two).faults} == {"LW103", "LW107"}


def test_what_is_not_known_is_not_guessed() -> None:
    def strange(x, y, w, b, lr, epochs):
        for _ in range(epochs):
            w, b = w + lr * np.sin(w + x.mean()), b - lr * np.cos(b)
        return w, b

    report = lw.check(strange)
    assert not report.ok
    assert not report.faults
    assert "No mistake known here" in report.unknown


def unseeded(x, y, lr=0.01, epochs=10):
    w, b = np.random.default_rng().standard_normal(2)
    return plain(x, y, w, b, lr, epochs)[:2]


def ignoring(x, y, w, b, lr, epochs):
    return plain(x, y, 0.0, 0.0, lr, epochs)[:2]


def summing(x, y, w, b, lr, epochs):
    w, b, losses = plain(x, y, w, b, lr, epochs)
    return w, b, [7 * loss for loss in losses]


def changing(x, y, w, b, lr, epochs):
    found = plain(x, y, w, b, lr, epochs)[:2]
    x -= x.mean()
    return found


def unseeding(X, y, epochs=100, lr=0.01):
    torch.random.seed = 2
    return plain(X[:, 0], y, 0.0, 0.0, lr, epochs)[:2]


def turned_round(x, y, w, b, lr, epochs):
    prediction = torch.zeros(3)
    torch.nn.functional.mse_loss(y, prediction) if epochs < 0 else None
    return plain(x, y, w, b, lr, epochs)[:2]


ODD = [(unseeded, "LW201"), (ignoring, "LW202"), (changing, "LW203"), (summing, "LW301"), (turned_round, "LW502")]


@pytest.mark.parametrize(("target", "code"), ODD)
def test_odd_behaviour(target: Callable, code: str) -> None:
    assert code in {fault.code for fault in lw.check(target).faults}


def test_a_seed_that_seeds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.random, "seed", torch.random.seed)
    report = lw.check(unseeding)
    assert [fault.code for fault in report.faults] == ["LW501"]
    assert "torch.random.seed = 2" in report.faults[0].evidence


CLOSED = {
    "LW401": lambda x, y: (x @ y / (x @ x), 0.0),
    "LW402": lambda x, y: (np.cov(x, y)[0, 1] / x.var(), y.mean() - np.cov(x, y)[0, 1] / x.var() * x.mean()),
    "LW404": lambda x, y: (
        np.cov(x, y)[0, 1] / y.var(ddof=1),
        y.mean() - np.cov(x, y)[0, 1] / y.var(ddof=1) * x.mean(),
    ),
    "LW405": lambda x, y: (np.corrcoef(x, y)[0, 1], y.mean() - np.corrcoef(x, y)[0, 1] * x.mean()),
    "LW406": lambda x, y: (covariance(x, y)[0], y.mean() + covariance(x, y)[0] * x.mean()),
}


@pytest.mark.parametrize("code", list(CLOSED))
def test_closed_forms_by_the_wrong_formula(code: str) -> None:
    assert [fault.code for fault in lw.check(CLOSED[code]).faults] == [code]


def test_digits_that_are_lost_are_said() -> None:
    report = lw.check(inverse)
    assert report.ok
    assert report.digits["offset 1e8"] < 4
    assert report.notes[0].startswith("LW411: Digits are lost")
    assert min(lw.check(lambda x, y: (lw.fit(x, y).coef, lw.fit(x, y).intercept)).digits.values()) > 14


def odd(a_frame, what):
    return a_frame, what


@pytest.mark.parametrize(
    ("target", "words"), [(odd, "write an adapter"), (3, "a function"), (lambda X, y: None, "could not be run")]
)
def test_what_cannot_be_called_is_asked_for(target: object, words: str) -> None:
    with pytest.raises(lw.UsageError, match=words):
        lw.check(target)


UNTOLD_AT_ZERO = ("LW143", "LW130")
"""From 0, slopes times themselves and steps cut to integers stay at 0, as if nothing moved."""


@pytest.mark.parametrize("given", [True, False])
def test_no_mistake_gives_the_path_of_another(given: bool) -> None:
    """On the rows with one feature and with two, from a start and from 0: else a name would be a guess."""
    ways = [(mistake.code, mistake.change(Way())) for mistake in mistakes(7)]
    ways += [("right", way) for way, _ in variants() if way.factor == (1.0, 1.0)]
    problems = [(*seven(p), starts(p) * given) for p in (1, 2)]
    paths = [(code, [descend(way, X, y, begin, 0.01, 6) for X, y, begin in problems]) for code, way in ways]
    for (one, mine), (other, theirs) in combinations(paths, 2):
        if one == other or (not given and {one, other} & set(UNTOLD_AT_ZERO)):
            continue
        near = [np.abs(a - b).max() <= EXACT * np.abs(b).max() for a, b in zip(mine, theirs, strict=True)]
        assert not all(near), f"{one} and {other}"


def test_the_way_as_it_stands_is_gradient_descent() -> None:
    X, y = seven(2)
    w = [torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in (starts(2)[:-1], starts(2)[-1])]
    optimizer = torch.optim.SGD(w, lr=0.01, momentum=0.9)
    for _ in range(6):
        optimizer.zero_grad()
        ((torch.tensor(X) @ w[0] + w[1] - torch.tensor(y)) ** 2).mean().backward()
        optimizer.step()
    ours = descend(Way(momentum=(0.9, 0.9)), X, y, starts(2), 0.01, 6)[-1]
    assert np.allclose(ours, np.append(w[0].detach(), w[1].detach()), rtol=1e-14)


def shuffled(x, y, w, b, lr, epochs):
    order = np.random.default_rng(7)
    for _ in range(epochs):
        rows = order.permutation(len(x))
        for k in range(0, len(x), 3):
            some = rows[k : k + 3]
            error = w * x[some] + b - y[some]
            w, b = w - lr * 2 * (x[some] * error).mean(), b - lr * 2 * error.mean()
    return w, b


def decayed(x, y, w, b, lr, epochs):
    for epoch in range(epochs):
        error = w * x + b - y
        rate = lr * 0.8**epoch
        w, b = w - rate * 2 * (x * error).mean(), b - rate * 2 * error.mean()
    return w, b


def shrunk(x, y, w, b, lr, epochs):
    for _ in range(epochs):
        error = w * x + b - y
        w, b = w - lr * (2 * (x * error).mean() + 0.3 * w), b - lr * 2 * error.mean()
    return w, b


def drawn(x, y, w, b, lr, epochs):
    rows = np.random.default_rng(3)
    for _ in range(epochs):
        k = rows.integers(len(x))
        error = w * x[k] + b - y[k]
        w, b = w - lr * 2 * x[k] * error, b - lr * 2 * error
    return w, b


def test_what_is_measured_is_said() -> None:
    rows = np.random.default_rng(7).permutation(7)[:3]
    assert f"rows {' and '.join(str(k + 1) for k in sorted(rows))}" in lw.check(shuffled).faults[0].sentence
    assert "multiplied by 0.8" in lw.check(decayed).faults[0].sentence
    assert "0.15 times the sum of their squares" in lw.check(shrunk).faults[0].sentence
    first = np.random.default_rng(3).integers(7) + 1
    assert f"First row {first}" in lw.check(drawn).faults[0].sentence
    codes = [[fault.code for fault in lw.check(one).faults] for one in (shuffled, decayed, shrunk, drawn)]
    assert codes == [["LW118"], ["LW114"], ["LW131"], ["LW119"]]


def wrong_sign(X, y, lr=0.01, n_iters=100, lam=0.0):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(n_iters):
        error = X @ w + b - y
        w, b = w - lr * (2 * X.T @ error / len(y) - 2 * lam * w), b - lr * 2 * error.mean()
    return w, b


def test_penalties() -> None:
    assert [fault.code for fault in lw.check(wrong_sign).faults] == ["LW142"]
    assert lw.check(linear_model.Ridge).ok
    assert "ridge regression" in lw.check(linear_model.Ridge).notes[0]


def two_losses(x, y, w, b, lr, epochs):
    """Half the gradient of the loss that it shows."""
    losses = []
    for _ in range(epochs):
        error = w * x + b - y
        losses.append((error**2).mean())
        w, b = w - lr * (x * error).mean(), b - lr * error.mean()
    return w, b, losses


def test_half_a_gradient_is_a_fault_beside_the_whole_loss() -> None:
    assert [fault.code for fault in lw.check(two_losses).faults] == ["LW101"]


def fixed(X, y, lr=0.01, epochs=100):
    """A number of rows that is not theirs."""
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - lr * 2 * X.T @ error / 7, b - lr * 2 * error.sum() / 7
    return w, b


def test_a_number_of_rows_that_is_not_theirs() -> None:
    report = lw.check(fixed)
    assert not report.ok
    assert "On 7 rows its path is right, but on 60" in report.unknown


def with_history(x, y, lr=0.01, epochs=100):
    w = b = 0.0
    history = []
    for _ in range(epochs):
        error = w * x + b - y
        history.append((w, b))
        w, b = w - lr * 2 * (error * x).mean(), b - lr * 2 * error.mean()
    return w, b, history


def one_sign(x, y, w, b, lr, epochs):
    for _ in range(epochs):
        error = w * x + b - y
        w, b = w - lr * 2 * (error * x).mean(), b + lr * 2 * error.mean()
    return w, b


def slope_alone(x, y, w, b, lr, epochs):
    return plain(x, y, w, b, lr, epochs)[0]


def no_epochs(x, y, lr):
    return plain(x, y, 0.0, 0.0, lr, 10_000)[:2]


def forgot(x, y, w, b, lr, epochs):
    plain(x, y, w, b, lr, epochs)


def test_what_a_newcomer_ran_into() -> None:
    for right in (with_history, no_epochs):
        assert lw.check(right).ok, lw.check(right).account()
    assert [fault.code for fault in lw.check(one_sign).faults] == ["LW104"]
    assert [fault.code for fault in lw.check(slope_alone).faults] == ["LW407"]
    with pytest.raises(lw.UsageError, match="is its return missing"):
        lw.check(forgot)
