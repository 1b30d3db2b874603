"""To how many digits two runs are the same run."""

from __future__ import annotations

import numpy as np

from .methods.estimate import Estimate
from .solution import Solution
from .types import Vector


def trajectory_digits(run: Solution, reference: Solution, dtype: str, scale: float) -> float:
    """-log10 of the worst of: relative difference of a loss; difference of a parameter over that epoch's largest.

    Every epoch that both runs reached counts; `scale` is mean(y^2), and losses under eps * scale are
    taken as equal to it, since they are rounding. At most the digits of `dtype`.
    """
    k = min(len(run.losses), len(reference.losses))
    losses = _relative(run.losses[:k], reference.losses[:k], _eps(dtype) * scale)
    ours, theirs = run.parameters[:k], reference.parameters[:k]
    largest = np.maximum(np.abs(theirs).max(axis=1), np.finfo(np.float64).tiny)
    return _digits(max(losses.max(), (np.abs(ours - theirs).max(axis=1) / largest).max()), dtype)


def answer_digits(run: Solution, answer: Estimate, dtype: str, scale: float) -> float:
    """The same of a run's final parameters and loss against the least-squares answer."""
    theirs = np.append(answer.coef, answer.intercept)
    largest = max(np.abs(theirs).max(), np.finfo(np.float64).tiny)
    loss = _relative(run.losses[-1:], np.array([answer.loss]), _eps(dtype) * scale)
    return _digits(max(loss.max(), np.abs(run.parameters[-1] - theirs).max() / largest), dtype)


def _relative(ours: Vector, theirs: Vector, floor: float) -> Vector:
    return np.abs(ours - theirs) / np.maximum(np.abs(theirs), max(floor, np.finfo(np.float64).tiny))


def _digits(worst: float, dtype: str) -> float:
    most = -float(np.log10(_eps(dtype) / 2))
    return most if worst == 0 else max(0.0, min(-float(np.log10(worst)), most))


def _eps(dtype: str) -> float:
    return float(np.finfo(dtype).eps)
