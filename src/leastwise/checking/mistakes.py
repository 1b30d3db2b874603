"""The named mistakes: each a way of descending that somebody's numbers may be found to follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ..types import Matrix, Vector


@dataclass(frozen=True, slots=True)
class Way:
    """A batch descent on the mean squared error, and how it goes astray.

    `factor` times the gradient; `slope_first` / `intercept_first`: the second is updated with the new value of the
    first; `accumulates` gradients; `broadcasts` residuals to (n, n); `frozen` intercept; `each_row` one update a row;
    `rate` (rate, epoch) -> what is used; `lag` epochs fewer (or more, below 0); `standardised` by this ddof and not
    undone; `dtype` of all numbers.
    """

    factor: float = 1.0
    by_sum: bool = False
    slope_first: bool = False
    intercept_first: bool = False
    accumulates: bool = False
    broadcasts: bool = False
    frozen: bool = False
    each_row: bool = False
    rate: Callable[[float, int], float] = field(default=lambda rate, epoch: rate)
    lag: int = 0
    ddof: int | None = None
    dtype: str = "float64"


def descend(way: Way, X: Matrix, y: Vector, start: Vector, rate: float, epochs: int) -> Matrix:
    """The parameters (epochs + 1, p + 1) along the way; X (n, p), y (n,), start (p + 1,).

    Entry k is what a call with k epochs gives, entry 0 the start.
    theta <- theta - rate * gradient, gradient_w = -2/n X'(y - X w - b), gradient_b = -2/n sum(y - X w - b).
    """
    X, y, theta = X.astype(way.dtype), y.astype(way.dtype), start.astype(way.dtype)
    if way.ddof is not None:
        X = (X - X.mean(axis=0)) / X.std(axis=0, ddof=way.ddof)
    velocity, path = np.zeros_like(theta), [theta]
    for epoch in range(epochs + max(0, -way.lag)):
        step = theta.dtype.type(way.rate(rate, epoch))
        for rows in [slice(k, k + 1) for k in range(len(y))] if way.each_row else [slice(None)]:
            gradient = _gradient(way, X[rows], y[rows], theta)
            velocity = velocity + gradient if way.accumulates else gradient
            if way.slope_first or way.intercept_first:
                theta = _one_after_the_other(way, X[rows], y[rows], theta, step)
            else:
                theta = theta - step * velocity
        path.append(theta)
    seen = [path[0], *(path[max(0, k - way.lag)] for k in range(1, epochs + 1))]
    return np.array(seen, dtype=np.float64)


def _gradient(way: Way, X: Matrix, y: Vector, theta: Vector) -> Vector:
    predicted = X @ theta[:-1] + theta[-1]
    residual = (y[:, None] - predicted[None, :]).mean(axis=0) if way.broadcasts else y - predicted
    scale = theta.dtype.type(-2 * way.factor * (len(y) if way.by_sum else 1))
    gradient = scale * np.append(X.T @ residual, residual.sum()) / len(y)
    return np.append(gradient[:-1], 0) if way.frozen else gradient


def _one_after_the_other(way: Way, X: Matrix, y: Vector, theta: Vector, step: float) -> Vector:
    theta = theta.copy()
    parts = (slice(None, -1), slice(-1, None)) if way.slope_first else (slice(-1, None), slice(None, -1))
    for part in parts:
        theta[part] = theta[part] - step * _gradient(way, X, y, theta)[part]
    return theta


@dataclass(frozen=True, slots=True)
class Mistake:
    """A stable code, a name, what it is in a sentence, how to mend it, and what it changes about the right way."""

    code: str
    name: str
    sentence: str
    mend: str
    change: Callable[[Way], Way]


MISTAKES = (
    Mistake("LW101", "half the gradient", "The gradient is half that of the mean squared error, so the rate is halved.",
            "Take 2/n X'(prediction - y), or say that the loss is 1/(2n) sum of squares.",
            lambda way: replace(way, factor=way.factor / 2)),
    Mistake("LW102", "twice the gradient", "The gradient is twice that of the mean squared error.",
            "Take the factor 2 once: 2/n X'(prediction - y).", lambda way: replace(way, factor=way.factor * 2)),
    Mistake("LW103", "sum instead of mean", "Gradients are summed over the rows, so the rate grows with their number.",
            "Divide by the number of rows, or divide the learning rate by it.", lambda way: replace(way, by_sum=True)),
    Mistake("LW104", "sign of the gradient", "It climbs: the gradient is added, or has the wrong sign.",
            "Subtract rate * gradient, with gradient = 2/n X'(prediction - y).",
            lambda way: replace(way, factor=-way.factor)),
    Mistake("LW105", "(N,) against (N, 1)", "Residuals are broadcast to N x N: every row is held against every target.",
            "Give prediction and target the same shape: y.reshape(-1), or y[:, None] on both sides.",
            lambda way: replace(way, broadcasts=True)),
    Mistake("LW106", "intercept forgotten", "The intercept never moves.",
            "Update it with its own gradient, 2/n sum(prediction - y).", lambda way: replace(way, frozen=True)),
    Mistake("LW107", "intercept after the slope", "The intercept is updated with the slope that was just changed.",
            "Compute both gradients first, then update both.", lambda way: replace(way, slope_first=True)),
    Mistake("LW108", "slope after the intercept", "The slope is updated with the intercept that was just changed.",
            "Compute both gradients first, then update both.", lambda way: replace(way, intercept_first=True)),
    Mistake("LW109", "gradients not zeroed", "Gradients pile up from epoch to epoch: it is momentum of 1.0.",
            "Call optimizer.zero_grad(), or w.grad.zero_(), before each backward().",
            lambda way: replace(way, accumulates=True)),
    Mistake("LW110", "rows one at a time", "It steps after every row, though full batches were asked for.",
            "Sum the gradient over all rows before a step, or call it stochastic.",
            lambda way: replace(way, each_row=True)),
    Mistake("LW111", "one epoch too few", "The last epoch is missing.", "Loop range(epochs), not range(epochs - 1).",
            lambda way: replace(way, lag=1)),
    Mistake("LW112", "one epoch too many", "It makes one update more than epochs.",
            "Loop range(epochs), not range(epochs + 1).", lambda way: replace(way, lag=-1)),
    Mistake("LW113", "rate squared", "The learning rate is applied twice.", "Multiply the gradient by it once.",
            lambda way: replace(way, rate=lambda rate, epoch: rate * rate)),
    Mistake("LW114", "rate decayed", "The learning rate is divided by the number of the epoch.",
            "Keep it constant, or say that it decays.",
            lambda way: replace(way, rate=lambda rate, epoch: rate / (epoch + 1))),
    Mistake("LW115", "standardised and not undone", "The parameters belong to (x - mean) / deviation, not to x.",
            "Give back w / deviation and b - mean w / deviation.", lambda way: replace(way, ddof=0)),
    Mistake("LW116", "standardised with ddof 1 and not undone", "The parameters belong to (x - mean) / deviation with "
            "divisor n - 1, as torch and pandas have it, not to x.",
            "Give back w / deviation and b - mean w / deviation.", lambda way: replace(way, ddof=1)),
    Mistake("LW117", "float32", "It computes in float32, about 7 digits.", "Make data and parameters float64.",
            lambda way: replace(way, dtype="float32")),
)  # fmt: skip
BY_CODE = {mistake.code: mistake for mistake in MISTAKES}
