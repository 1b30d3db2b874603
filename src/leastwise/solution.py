"""What a method yields, and the one loop that drives every method."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice

import numpy as np

from .types import Matrix, UsageError, Vector


class Stop(Enum):
    """Why a run ended, as a sentence."""

    EPOCHS = "It ran every epoch that was asked for."
    ANSWER = "It is a closed form: the answer comes in one step."
    OVERFLOW = "It diverged until the loss overflowed; the last finite state is shown."


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where a descent begins: slopes `coef` (p,) and `intercept`."""

    coef: Vector
    intercept: float

    @classmethod
    def draw(cls, features: int, seed: int) -> Start:
        """Standard normal numbers of `np.random.RandomState(seed)`: p slopes, then the intercept."""
        drawn = np.random.RandomState(seed).standard_normal(features + 1)
        return cls(drawn[:-1], float(drawn[-1]))

    @classmethod
    def of(cls, pair: tuple[object, object] | Start, features: int) -> Start:
        """A user's (coef, intercept), or a Start; UsageError unless it holds p finite slopes and one number."""
        if isinstance(pair, Start):
            pair = (pair.coef, pair.intercept)
        try:
            coef, intercept = np.atleast_1d(np.array(pair[0], dtype=np.float64)), float(pair[1])  # type: ignore[arg-type]
        except (TypeError, ValueError, IndexError):
            raise UsageError("start must be a pair (coef, intercept) of numbers") from None
        if coef.shape != (features,) or not np.isfinite([*coef, intercept]).all():
            raise UsageError(f"start must hold {features} finite slopes and one finite intercept")
        return cls(coef, intercept)

    def cast(self, dtype: str) -> Start:
        """The same start in `dtype`."""
        return Start(self.coef.astype(dtype), np.dtype(dtype).type(self.intercept))


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Parameters after k updates, slopes `coef` (p,) and `intercept`, and the loss they have."""

    coef: Vector
    intercept: float
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A finished run: `losses` (k+1,), `coefs` (k+1, p), `intercepts` (k+1,), and why it stopped.

    Entry k belongs to the parameters after k updates. A closed form has one entry, its answer.
    """

    losses: Vector
    coefs: Matrix
    intercepts: Vector
    status: Stop

    @property
    def coef(self) -> Vector:
        """The final slopes (p,)."""
        return self.coefs[-1]

    @property
    def intercept(self) -> float:
        """The final intercept."""
        return float(self.intercepts[-1])

    @property
    def loss(self) -> float:
        """The final loss."""
        return float(self.losses[-1])

    @property
    def parameters(self) -> Matrix:
        """[coefs intercepts], (k+1, p+1)."""
        return np.column_stack([self.coefs, self.intercepts])


def drive(steps: Iterator[Step], epochs: int, watch: Callable[[int], None] | None = None) -> Solution:
    """Take `epochs` updates from `steps`, keep the whole path, tell `watch` each epoch's number.

    Stops before the first loss that is not finite. Memory: (epochs + 1)(p + 2) numbers.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        first = next(steps)
        path = np.empty((epochs + 1, len(first.coef) + 2))
        path[0, 0], path[0, 1], path[0, 2:] = first.loss, first.intercept, first.coef
        last = 0
        for last, step in enumerate(islice(steps, epochs), start=1):
            if not math.isfinite(step.loss):
                return _solution(path[:last], Stop.OVERFLOW)
            path[last, 0], path[last, 1], path[last, 2:] = step.loss, step.intercept, step.coef
            if watch:
                watch(last)
    return _solution(path[: last + 1], Stop.EPOCHS if last else Stop.ANSWER)


def _solution(path: Matrix, status: Stop) -> Solution:
    return Solution(path[:, 0], path[:, 2:], path[:, 1], status)
