"""Ridge regression: the strength of a penalty that gives a closed form's numbers, and whether the intercept has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import Vector
from ..words import number
from .names import parameters, plain, role_of
from .problems import easy, other
from .report import Fault, Found
from .scored import Scored
from .trace import shown, with_ones

STRENGTH, ALIKE = 1.5, 1e-8


@dataclass(frozen=True, slots=True)
class Ridge:
    """(A'A + strength M) theta = A'y: M has a 1 for each slope, and (`both`) for the intercept; A may have no ones."""

    strength: float
    both: bool
    origin: bool
    theta: Vector

    @property
    def evidence(self) -> str:
        """In words, on the easy rows."""
        return f"with a strength of {number(self.strength, 6)} its formula gives {shown(self.theta)}, and so does it"


def ridge(scored: Scored, **settings: Any) -> Ridge | None:
    """The one that gives its parameters on the easy rows and, with the same strength, on other ones."""
    found = []
    for problem in (easy(), other()):
        theta = scored.solved(problem, **settings)
        if theta is None or not np.isfinite(theta).all() or not theta[0]:
            return None
        A = with_ones(problem.X)
        found.append((A.T @ (problem.y - A @ theta), theta, float(np.abs(A.T @ problem.y).max())))
    rest, theta, _ = found[0]
    strength = float(rest[0] / theta[0])
    masks = ((1.0, 0.0), (1.0, 1.0)) if theta[1] else ((1.0,),)
    for mask in masks if abs(strength) > 1e-10 else ():
        k = len(mask)
        apart = [np.abs(r[:k] - strength * np.array(mask) * t[:k]).max() / size for r, t, size in found]
        if max(apart) < ALIKE:
            return Ridge(strength, mask == (1.0, 1.0), k == 1, theta)
    return None


def not_asked_for(scored: Scored) -> list[Found]:
    """What is said where its easy answer is that of ridge regression: nothing where it is not."""
    found = ridge(scored)
    if found is None:
        return []
    first: Found = Fault.of("LW409", found.evidence)
    if _asked_for(scored.callee.interface.target):
        first = f"it is ridge regression at its default penalty: {found.evidence}"
    both = [Fault.of("LW408", found.evidence)] if found.both else []
    return [first, *both, *([Fault.of("LW401", found.evidence)] if found.origin else [])]


def _asked_for(target: Any) -> bool:
    """Whether its own arguments or attributes say that it penalises."""
    names = [name for name, _ in parameters(target)] if callable(target) else list(vars(target))
    return any(plain(name) in ("alpha", "alphas") or role_of(name) == "penalty" for name in names)


def penalised(scored: Scored) -> Iterator[Found]:
    """With a penalty of 1.5, where it takes one."""
    if not scored.callee.interface.takes("penalty"):
        return
    found, theta = ridge(scored, penalty=STRENGTH), scored.solved(easy(), penalty=STRENGTH)
    if theta is not None and easy().digits(theta) > 8:
        yield "its penalty makes no difference"
    elif found is None:
        yield "its penalty is of no form known here"
    elif found.both:
        yield Fault.of("LW408", f"at {STRENGTH:g}, {found.evidence}, the column of ones included")
    else:
        yield f"its penalty of {STRENGTH:g} is {number(found.strength, 6)} |w|^2 beside the sum of squares"
