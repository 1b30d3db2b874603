"""How fast gradient descent on a least-squares problem converges: exact, and free once the triangle is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .methods.estimate import Estimate
from .methods.spectral import Modes
from .solution import Step
from .summary.triangle import Triangle
from .types import Vector

GRID = 512
NEVER = 2**1000
"""More epochs than any machine will run."""


def limit(modes: Modes) -> float:
    """The largest stable learning rate, 2 / (largest eigenvalue of the Hessian)."""
    return 2 / float(modes.eigenvalues[0])


def best(modes: Modes) -> float:
    """The fixed rate that shrinks the slowest direction fastest, 2 / (smallest + largest eigenvalue).

    Dependent columns bring no eigenvalue: nothing moves along them.
    Source: Polyak (1987), Introduction to Optimization, sec. 1.4.2.
    """
    return 2 / float(modes.eigenvalues[-1] + modes.eigenvalues[0])


def condition(modes: Modes) -> float:
    """Largest over smallest eigenvalue of the Hessian."""
    return float(modes.eigenvalues[0] / modes.eigenvalues[-1])


def removed(modes: Modes, learning_rate: float) -> float:
    """The part of the slowest error that an epoch removes; below 0 where it grows instead."""
    step = learning_rate * modes.eigenvalues
    return float(np.minimum(step, 2 - step).min())


def epochs_to(modes: Modes, learning_rate: float, excess: float) -> int | None:
    """The first epoch whose loss is within `excess` of the least; None where the rate never gets there."""
    if learning_rate >= limit(modes):
        return None
    if modes.excess(learning_rate, 0) <= excess:
        return 0
    high = 1
    while modes.excess(learning_rate, high) > excess:
        high *= 2
        if high > NEVER:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if modes.excess(learning_rate, middle) <= excess else (middle, high)
    return high


def searched(loss: Callable[[float], float], top: float, eigenvalues: Vector | None = None, grid: int = GRID) -> float:
    """The rate of the least loss up to `top`: of a grid by logarithm and of those that remove one eigen-direction at a
    time, the best, and golden section around it.
    """
    rates = top * np.geomspace(1e-7, 1, grid)
    if eigenvalues is not None:
        rates = np.unique(np.concatenate([rates, np.geomspace(1e-6, 2, grid) / eigenvalues[0], 1 / eigenvalues]))
    with np.errstate(over="ignore", invalid="ignore"):
        losses = np.nan_to_num(np.array([loss(rate) for rate in rates]), nan=np.inf, posinf=np.inf)
    k = int(np.argmin(losses))
    low, high = np.log(rates[max(k - 1, 0)]), np.log(rates[min(k + 1, len(rates) - 1)])
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(40):
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if loss(math.exp(a)) < loss(math.exp(b)) else (a, high)
    refined = math.exp((low + high) / 2)
    return refined if loss(refined) <= losses[k] else float(rates[k])


@dataclass(frozen=True, slots=True)
class Speed:
    """A rule with its best fixed `learning_rate` and `momentum`, and the part of the error it has `kept` an epoch."""

    name: str
    learning_rate: float
    momentum: float
    kept: float

    @property
    def tenth(self) -> int:
        """Epochs that leave a tenth of the error."""
        return 1 if self.kept <= 0.1 else math.ceil(math.log(0.1) / math.log(self.kept))

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {**asdict(self), "epochs_for_a_tenth": self.tenth}


def accelerated(modes: Modes) -> list[Speed]:
    """Plain descent, Nesterov's and Polyak's momentum and Chebyshev's, each at its best for eigenvalues from l to L.

    With k = L / l the error shrinks an epoch by (k - 1) / (k + 1), 1 - 2 / sqrt(3 k + 1), and twice by (sqrt(k) - 1) /
    (sqrt(k) + 1), which for Chebyshev is an average. Source: Polyak (1987), sec. 1.4 and 3.2; Lessard, Recht & Packard
    (2016), SIAM J. Optimization 26, table 1.
    """
    low, high = float(modes.eigenvalues[-1]), float(modes.eigenvalues[0])
    k, root = high / low, math.sqrt(high / low)
    look = math.sqrt(3 * k + 1)
    ball = (root - 1) / (root + 1)
    return [
        Speed("sgd", 2 / (low + high), 0.0, (k - 1) / (k + 1)),
        Speed("nesterov", 4 / (3 * high + low), (look - 2) / (look + 2), 1 - 2 / look),
        Speed("polyak", 4 / (math.sqrt(high) + math.sqrt(low)) ** 2, ball**2, ball),
        Speed("chebyshev", math.nan, math.nan, ball),
    ]


def left_over(modes: Modes, names: Sequence[str], learning_rate: float, epochs: int) -> list[dict[str, Any]]:
    """The excess loss that is left after `epochs`, by eigen-direction, largest first: its `share`, and what it lies
    `along`, the parameter that has most of the direction.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        each = modes.eigenvalues * (modes.left(learning_rate, epochs) * modes.distance) ** 2
        shares = each / each.sum()
    terms = [*names, "the intercept"]
    along = [terms[int(np.abs(modes.directions[:, j]).argmax())] for j in range(len(shares))]
    order = np.argsort(-np.nan_to_num(shares), kind="stable")
    return [{"share": float(shares[j]), "along": along[j], "eigenvalue": float(modes.eigenvalues[j])} for j in order]


def close_enough(triangle: Triangle, answer: Estimate, tolerance: float) -> float:
    """The excess loss at which every estimate, and every mixture of estimates, is within `tolerance` standard errors.

    (theta - answer)' X'X (theta - answer) / sigma^2 = n * excess / sigma^2 <= tolerance^2 (Scheffe, 1959,
    sec. 3.5). Where the data is fitted exactly, a thousandth of the target's spread stands for sigma.
    """
    free = triangle.n - answer.rank
    variance = answer.loss * triangle.n / free if free > 0 else 0.0
    spread = float(triangle.spread[-1] or abs(triangle.means[-1]) or 1.0)
    return tolerance**2 * max(variance, (1e-3 * spread) ** 2) / triangle.n


def distance_left(modes: Modes, place: Step) -> float:
    """The excess loss at `place`, from its distance to the answer along each eigenvector: nothing cancels."""
    gone = modes.directions.T @ (np.append(place.coef, place.intercept) - modes.start)
    with np.errstate(over="ignore", invalid="ignore"):
        return float(0.5 * modes.eigenvalues @ (modes.distance - gone) ** 2)
