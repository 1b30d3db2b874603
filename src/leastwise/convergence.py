"""How fast gradient descent on a least-squares problem converges: exact, and free once the triangle is there."""

from __future__ import annotations

import numpy as np

from .methods.estimate import Estimate
from .methods.spectral import Modes
from .solution import Step
from .summary.triangle import Triangle

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
