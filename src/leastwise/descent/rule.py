"""What an update rule is: two pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import Vector

State = Any
Init = Callable[[Vector], State]
Update = Callable[[Vector, Vector, State, float], tuple[Vector, State]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A step down the gradient, by hand.

    `init(theta)` is the state before the first step; `update(theta, gradient, state, rate)` gives the next theta and
    state, and changes nothing in place. theta, gradient (q,): the slopes, then the intercept.
    """

    init: Init
    update: Update


def slopes(theta: Vector) -> Vector:
    """theta with 0 in the place of the intercept."""
    return np.asarray(theta * (np.arange(len(theta)) < len(theta) - 1))


def decayed(rule: Rule, decay: float) -> Rule:
    """The rule on the loss plus decay/2 times the squared slopes: g <- g + decay * w. The intercept is let alone.

    Source: torch.optim, `weight_decay`, which is 2 l2 in terms of `Penalty(l1, l2)`.
    """

    def update(theta: Vector, gradient: Vector, state: State, rate: float) -> tuple[Vector, State]:
        return rule.update(theta, gradient + decay * slopes(theta), state, rate)

    return Rule(rule.init, update) if decay else rule
