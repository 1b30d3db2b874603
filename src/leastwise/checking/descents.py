"""Descents are followed epoch by epoch, and held against the right one and each mistake's."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from ..types import Matrix, Vector
from ..words import number
from .calling import Callee
from .mistakes import BY_CODE, MISTAKES, Mistake, Way, descend
from .report import CheckReport, Fault

EPOCHS, RATE, EXACT, SINGLE = 6, 0.01, 1e-9, 3e-5
LOSS_SCALES = {"mean squared error": 1.0, "half the mean squared error": 0.5}


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What calls with 0, 1, 2, ... epochs gave: parameters (k, p + 1), and the losses of the last call."""

    X: Matrix
    y: Vector
    start: Vector
    rate: float
    path: Matrix
    losses: Vector | None

    def error(self, path: Matrix) -> float:
        """The largest difference from another path, as a part of its own largest parameter at that epoch."""
        size = np.maximum(np.abs(path).max(axis=1), 1e-300)
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(self.path - path).max(axis=1) / size
        return float(np.nan_to_num(apart, nan=np.inf).max())

    def turned(self) -> Trace:
        """The same with the intercept taken for the slope: theta may have it first."""
        return replace(self, start=self.start[::-1], path=self.path[:, ::-1])

    def along(self, way: Way) -> Matrix:
        """The path of another way of descending from the same start."""
        with np.errstate(over="ignore", invalid="ignore"):
            return descend(way, self.X, self.y, self.start, self.rate, len(self.path) - 1)


def check_descent(callee: Callee, name: str) -> CheckReport:
    """Follow it on seven rows; find the one mistake, or the two, whose path is its path to rounding."""
    X, y = rows()
    first = _odd(callee, X, y)
    if any(fault.code == "LW201" for fault in first):
        return CheckReport(name, "descent", tuple(first))
    trace = traced(callee, X, y)
    if trace is None:
        return CheckReport(name, "descent", tuple(first), "It gives no parameters that can be followed.")
    trace, right, found, notes = _read(trace)
    right = trace.error(trace.along(Way(factor=0.5))) if notes else right
    digits = {"path from a given start": max(-math.log10(max(right, 1e-16)), 0.0)}
    unknown = "" if right <= EXACT or found or notes else (
        f"Its parameters differ from batch descent on the mean squared error by {number(right, 3)} of their size, and "
        "no mistake known here, nor two together, gives its numbers."
    )  # fmt: skip
    losses, said = _losses(trace, any("1/(2n)" in note for note in notes))
    return CheckReport(name, "descent", (*first, *found, *losses), unknown, digits, (*notes, *said))


def _read(trace: Trace) -> tuple[Trace, float, list[Fault], list[str]]:
    """The trace the way round that explains it, its error against the right path, and what was found."""
    both = sorted((trace, trace.turned()), key=lambda seen: seen.error(seen.along(Way())))
    right = both[0].error(both[0].along(Way()))
    if right <= EXACT:
        return both[0], right, [], []
    for seen in both:
        error = seen.error(seen.along(Way()))
        found, notes = _searched(seen, error)
        if found or notes:
            return seen, error, found, notes
    return both[0], right, [], []


def rows() -> tuple[Matrix, Vector]:
    """Seven rows off centre, no two rows and no two distances alike."""
    x = np.array([0.5, 1.25, 2.0, 3.5, 4.0, 5.75, 7.0])
    return x[:, None], 1.5 * x + 2 + np.array([0.3, -0.4, 0.1, 0.55, -0.2, 0.15, -0.35])


def traced(callee: Callee, X: Matrix, y: Vector) -> Trace | None:
    """Its parameters after each epoch; None where it gives none."""
    given = np.array([0.3, -0.2]) if "w" in callee.roles else None
    start = _start(callee, X, y, given)
    if start is None:
        return None
    answers = [callee.quietly(X, y, given, rate=RATE, epochs=k, seed=2) for k in range(1, EPOCHS + 1)]
    if any(answer is None or answer.coef is None for answer in answers):
        return None
    path = np.array([start, *(answer.theta for answer in answers if answer is not None)])
    last = answers[-1]
    rate = RATE if "rate" in callee.roles else _own_rate(X, y, path)
    return Trace(X, y, start, rate, path, None if last is None else last.losses)


def _start(callee: Callee, X: Matrix, y: Vector, given: Vector | None) -> Vector | None:
    """Where it begins: a call that cannot move tells, else what was given, else 0."""
    still: dict[str, Any] = {"rate": 0.0, "epochs": 1} if "rate" in callee.roles else {"epochs": 0}
    answer = callee.quietly(X, y, given, seed=2, **still)
    if answer is not None and answer.coef is not None and np.isfinite(answer.theta).all():
        return answer.theta
    return given if given is not None else np.zeros(X.shape[1] + 1)


def _own_rate(X: Matrix, y: Vector, path: Matrix) -> float:
    """The rate that its first step shows."""
    gradient = path[0] - descend(Way(), X, y, path[0], 1.0, 1)[1]
    return float((path[0] - path[1]) @ gradient / (gradient @ gradient))


def _searched(trace: Trace, right: float) -> tuple[list[Fault], list[str]]:
    """The single mistake, or else the two, that come nearest, if that is to rounding."""
    for size in (1, 2):
        tried = []
        for some in combinations(MISTAKES, size):
            way = Way()
            for mistake in some:
                way = mistake.change(way)
            tried.append((trace.error(trace.along(way)), some))
        error, some = min(tried, key=lambda pair: pair[0])
        if error <= EXACT:
            return _named(trace, some, right, error)
        close = error <= SINGLE < right and BY_CODE["LW117"] not in some
        if close:
            return _named(trace, (*some, BY_CODE["LW117"]), right, error)
    if right <= SINGLE:
        return _named(trace, (BY_CODE["LW117"],), right, right)
    return [], []


def _named(trace: Trace, some: tuple[Mistake, ...], right: float, error: float) -> tuple[list[Fault], list[str]]:
    if [mistake.code for mistake in some] == ["LW101"]:
        return [], [
            "its gradient is that of 1/(2n) sum of squares, half that of the mean squared error: as some books have it"
        ]
    ours = trace.along(Way())
    k = int(np.argmax(np.abs(trace.path - ours).max(axis=1) > 1e-12 * np.abs(ours).max()))
    evidence = (
        f"after epoch {k} it is at {_shown(trace.path[k])} and should be at {_shown(ours[k])}; with this mistake the "
        f"paths agree to {-math.log10(max(error, 1e-16)):.0f} digits"
    )
    return [Fault(m.code, m.name, m.sentence, evidence, m.mend) for m in some], []


def _shown(theta: Vector) -> str:
    return f"slope {number(theta[0], 7)}, intercept {number(theta[-1], 7)}"


def _odd(callee: Callee, X: Matrix, y: Vector) -> list[Fault]:
    """Starts that are random or ignored, and data that are changed."""
    given = np.array([0.3, -0.2]) if "w" in callee.roles else None
    found, (one, two) = [], (callee.quietly(X, y, given, rate=RATE, epochs=3, seed=2) for _ in range(2))
    if one is not None and two is not None and one.coef is not None and not np.array_equal(one.theta, two.theta):
        found.append(Fault("LW201", "not repeatable", "Two calls with the same arguments give different parameters.",
                           f"{_shown(one.theta)}, then {_shown(two.theta)}",
                           "Take a seed, or a start, and draw nothing else."))  # fmt: skip
        return found
    still = callee.quietly(X, y, given, rate=0.0, epochs=1, seed=2) if "rate" in callee.roles else None
    if (
        given is not None
        and still is not None
        and still.coef is not None
        and not np.allclose(np.sort(still.theta), np.sort(given))
    ):
        found.append(Fault("LW202", "start ignored", "It does not begin at the parameters it is given.",
                           f"given {_shown(given)}, it begins at {_shown(still.theta)}",
                           "Use the arguments, and do not set them anew inside."))  # fmt: skip
    return found


def _losses(trace: Trace, half: bool) -> tuple[list[Fault], list[str]]:
    """What the losses that it gave are: of which formula, before or after the update."""
    if trace.losses is None or len(trace.losses) not in (EPOCHS, EPOCHS + 1):
        return [], []
    residuals = trace.y[None, :] - (trace.path[:, :-1] @ trace.X.T + trace.path[:, -1:])
    mse = (residuals**2).mean(axis=1)
    n, many = len(trace.y), len(trace.losses)
    formulas = {"mean squared error": mse, "half the mean squared error": mse / 2, "sum of squares": n * mse,
                "half the sum of squares": n * mse / 2, "root of the mean squared error": np.sqrt(mse),
                "mean absolute error": np.abs(residuals).mean(axis=1)}  # fmt: skip
    for name, values in formulas.items():
        windows = {"before": values[:many]} | ({"after": values[1:]} if many == EPOCHS else {})
        for when, window in windows.items():
            if np.allclose(window, trace.losses, rtol=1e-6, atol=1e-12):
                return _loss_said(name, when, half)
    there = f"{number(float(trace.losses[0]), 7)}; the mean squared error there is {number(float(mse[0]), 7)}"
    said = "Its losses are those of no formula known here."
    mend = "Record mean((y - prediction) ** 2), with both of one shape."
    return [Fault("LW303", "losses of another formula", said, f"the first is {there}", mend)], []


def _loss_said(name: str, when: str, half: bool) -> tuple[list[Fault], list[str]]:
    notes = ["its losses are recorded after the update: loss k belongs to k + 1 updates"] if when == "after" else []
    if name in LOSS_SCALES:
        agrees = (name == "half the mean squared error") == half
        more = [] if agrees else [f"its losses are the {name}, and its gradient that of another factor"]
        return [], [*notes, *more]
    mend = "Record the mean squared error, mean((y - prediction) ** 2), which does not grow with the rows."
    said = f"Its losses are the {name}."
    return [Fault("LW301", "losses of another scale", said, "they agree to 6 digits with that", mend)], notes
