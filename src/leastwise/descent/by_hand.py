"""The engine in NumPy: a rule, where it is, and the gradients it is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rows.chunk import Chunk
from ..types import Matrix, Vector
from .pool import Alone, Pool
from .rule import Rule


def gradient(rows: Chunk, theta: Vector) -> Vector:
    """The gradient (q,) of the mean squared error over some rows: -2 [X 1]'(share * residual).

    A row's share is weight / (number of rows), its weight being relative to the mean over all rows, so that the
    gradients of batches have the whole gradient as their mean.
    """
    return _pulled(rows.X, _share(rows) * _residual(rows, theta))


def _share(rows: Chunk) -> Vector | float:
    return (1.0 if rows.weight is None else rows.weight) / max(len(rows), 1)


def _residual(rows: Chunk, theta: Vector) -> Vector:
    return np.asarray(rows.y - (rows.X @ theta[:-1] + theta[-1]))


def _pulled(X: Matrix, pull: Vector) -> Vector:
    return np.append(-2 * (X.T @ pull), -2 * pull.sum())


class Engine:
    """A descent by hand: `step(rows, rate)` moves `theta` (q,); `reduction` as in the table of optimisers.

    svrg: g_B(theta) - g_B(snapshot) + g(snapshot), the snapshot taken when an epoch begins; g is taken on `whole`, the
    p + 2 rows that stand for all. saga: the same with each row's own last gradient in the place of the snapshot's;
    `every` are all rows. average: `shown` is the mean of theta over the steps from the second epoch on. In a `pool`
    the gradient over the rows of a step is that over those of every process.
    """

    def __init__(
        self,
        rule: Rule,
        theta: Vector,
        reduction: str = "",
        whole: Chunk | None = None,
        every: Chunk | None = None,
        pool: Pool | None = None,
    ) -> None:
        self.rule, self.reduction, self.whole, self.pool = rule, reduction, whole, pool or Alone()
        self.theta, self.state = theta, rule.init(theta)
        self.extra: dict[str, Any] = {}
        if every is not None and reduction == "saga":
            self.extra = {"last": _residual(every, theta), "mean": gradient(every, theta)}

    @property
    def shown(self) -> Vector:
        """The parameters that count."""
        return np.asarray(self.extra.get("average", self.theta))

    def begin(self, epoch: int) -> None:
        """An epoch begins."""
        if self.reduction == "svrg" and self.whole is not None:
            self.extra = {"snapshot": self.theta, "mean": gradient(self.whole, self.theta)}
        if self.reduction == "average" and epoch == 1:
            self.extra = {"average": self.theta, "count": 0}

    def step(self, rows: Chunk, rate: float) -> None:
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

    def _gradient(self, rows: Chunk) -> Vector:
        if self.reduction == "saga":
            return self._saga(rows)
        found = gradient(rows, self.theta)
        if self.reduction == "svrg":
            found = found - gradient(rows, self.extra["snapshot"])
        (found,) = self.pool.mean([found], len(rows))
        return np.asarray(found + self.extra["mean"] if self.reduction == "svrg" else found)

    def _saga(self, rows: Chunk) -> Vector:
        places = slice(None) if rows.places is None else rows.places
        now, mean, last = _residual(rows, self.theta), self.extra["mean"], self.extra["last"].copy()
        towards = _pulled(rows.X, _share(rows) * (now - last[places]))
        last[places] = now
        self.extra = {"last": last, "mean": mean + len(rows) / len(last) * towards}
        return towards + mean
