"""The engine in NumPy: a rule, where it is, and the gradients it is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..problem import LeastSquares
from ..types import Matrix, Vector
from .rule import Rule

Rows = Vector | slice


def gradient(problem: LeastSquares, theta: Vector, rows: Rows = slice(None)) -> Vector:
    """The gradient (q,) of the mean squared error over some rows: -2 [X 1]'(share * residual)."""
    X = problem.X[rows]
    return _pulled(X, problem.share_of(rows) * _residual(X, problem.y[rows], theta))


def _residual(X: Matrix, y: Vector, theta: Vector) -> Vector:
    return np.asarray(y - (X @ theta[:-1] + theta[-1]))


def _pulled(X: Matrix, pull: Vector) -> Vector:
    return np.append(-2 * (X.T @ pull), -2 * pull.sum())


class Engine:
    """A descent by hand: `step(rows, rate)` moves `theta` (q,); `reduction` as in the table of optimisers.

    svrg: g_B(theta) - g_B(snapshot) + g(snapshot), the snapshot taken when an epoch begins. saga: the same with each
    row's own last gradient in the place of the snapshot's. average: `shown` is the mean of theta over the steps from
    the second epoch on.
    """

    def __init__(self, problem: LeastSquares, rule: Rule, theta: Vector, reduction: str = "") -> None:
        self.problem, self.rule, self.reduction = problem, rule, reduction
        self.theta, self.state = theta, rule.init(theta)
        self.extra: dict[str, Any] = {}
        if reduction == "saga":
            self.extra = {"last": _residual(problem.X, problem.y, theta), "mean": gradient(problem, theta)}

    @property
    def shown(self) -> Vector:
        """The parameters that count."""
        return np.asarray(self.extra.get("average", self.theta))

    def begin(self, epoch: int) -> None:
        """An epoch begins."""
        if self.reduction == "svrg":
            self.extra = {"snapshot": self.theta, "mean": gradient(self.problem, self.theta)}
        if self.reduction == "average" and epoch == 1:
            self.extra = {"average": self.theta, "count": 0}

    def step(self, rows: Rows, rate: float) -> None:
        """One update from the gradient over `rows`."""
        self.theta, self.state = self.rule.update(self.theta, self._gradient(rows), self.state, rate)
        if "average" in self.extra:
            count = self.extra["count"] + 1
            mean = self.extra["average"] + (self.theta - self.extra["average"]) / count
            self.extra = {"average": mean, "count": count}

    def memory(self) -> dict[str, Any]:
        """All that the next step depends on."""
        return {"theta": self.theta, "state": self.state, "extra": self.extra}

    def recall(self, memory: dict[str, Any]) -> None:
        """Go on from there."""
        self.theta, self.state, self.extra = memory["theta"], memory["state"], memory["extra"]

    def _gradient(self, rows: Rows) -> Vector:
        if self.reduction == "svrg":
            there = gradient(self.problem, self.extra["snapshot"], rows)
            return gradient(self.problem, self.theta, rows) - there + self.extra["mean"]
        if self.reduction == "saga":
            return self._saga(rows)
        return gradient(self.problem, self.theta, rows)

    def _saga(self, rows: Rows) -> Vector:
        problem, X = self.problem, self.problem.X[rows]
        now, mean = _residual(X, problem.y[rows], self.theta), self.extra["mean"]
        change, last = now - self.extra["last"][rows], self.extra["last"].copy()
        whole = np.broadcast_to(problem.share, problem.y.shape)[rows]
        last[rows] = now
        self.extra = {"last": last, "mean": mean + _pulled(X, whole * change)}
        return _pulled(X, problem.share_of(rows) * change) + mean
