"""Closed forms that take a penalty: whether they penalise the slopes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..types import Vector
from ..words import number
from .problems import easy, other
from .report import Fault

if TYPE_CHECKING:
    from .closed import Scored

STRENGTH, ALIKE = 1.5, 1e-8


def penalised(scored: Scored) -> tuple[list[Fault], list[str]]:
    """With a penalty of 1.5 on two problems: the strength on |w|^2 that gives its numbers, and whether b has it."""
    if not scored.callee.interface.takes("penalty"):
        return [], []
    found = []
    for problem in (easy(), other()):
        answer = scored.callee.quietly(problem.X, problem.y, penalty=STRENGTH)
        if answer is None or not answer.fits(1) or not np.isfinite(answer.theta).all():
            return [], []
        theta = np.roll(answer.theta, -1) if scored.turned else answer.theta
        A = np.column_stack([problem.X, np.ones(len(problem.y))])
        found.append((A.T @ (problem.y - A @ theta), theta))
    return _read(found)


def _read(found: list[tuple[Vector, Vector]]) -> tuple[list[Fault], list[str]]:
    (rest, theta), (rest2, theta2) = found
    strength = float(rest[0] / theta[0]) if theta[0] else 0.0
    if abs(strength) < 1e-10:
        return [], ["the penalty makes no difference"]
    for both in (0.0, 1.0):
        mask = np.array([1.0, both])
        apart = max(
            np.abs(r - strength * mask * t).max() / max(np.abs(r).max(), 1.0)
            for r, t in ((rest, theta), (rest2, theta2))
        )
        if apart < ALIKE and both:
            said = f"at {STRENGTH:g} it solves (A'A + {number(strength, 6)} I) theta = A'y, the column of ones included"
            return [Fault.of("LW408", said)], []
        if apart < ALIKE:
            words = f"its penalty of {STRENGTH:g} is {number(strength, 6)} |w|^2 beside the sum of squares"
            if strength < 0:
                return [], [f"{words}: it is negative"]
            return [], [words]
    return [], ["its penalty is of no form known here"]
