"""What a closed form makes of rows that are whole numbers, lists, float32, missing, dependent, constant or alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..types import Vector
from ..words import number
from .problems import Problem, dependent, easy, level, whole
from .report import Fault

if TYPE_CHECKING:
    from .closed import Scored

ENOUGH, GARBAGE = 8.0, 4.0


def edges(scored: Scored, several: bool) -> tuple[list[Fault], dict[str, float], list[str]]:
    """Faults, digits by problem, and notes; `several`: whether it can take two features."""
    faults, digits, notes = [], {}, []
    theta = scored.solved(whole())
    if theta is not None:
        digits["integers"] = whole().digits(theta)
        if digits["integers"] < ENOUGH <= scored.digits and _floats(scored) >= ENOUGH:
            faults.append(
                Fault.of("LW410", f"of integers it makes {_said(theta)}, where {_said(whole().exact)} is right")
            )
    for name, found, note in _handed(scored):
        digits |= {} if found is None else {name: found}
        notes += [note] if note else []
    for problem in (dependent(), level()) if several else ():
        solved, error = _tried(scored, problem)
        if solved is None:
            notes += [f"{problem.name}: it refuses them ({error})"] if error else []
            continue
        digits[problem.name] = problem.fitted_digits(solved)
        if digits[problem.name] < GARBAGE and np.isfinite(solved).all():
            notes.append(f"LW413: of {problem.name} it makes {_all(solved)} without a word: X'X is singular there")
    return faults, digits, [*notes, *_missing(scored), *_one_row(scored)]


def _floats(scored: Scored) -> float:
    problem = whole()
    theta = scored.solved(replace(problem, X=problem.X.astype(float), y=problem.y.astype(float)))
    return 0.0 if theta is None else problem.digits(theta)


def _handed(scored: Scored) -> Iterator[tuple[str, float | None, str]]:
    """The easy rows as lists, as float32, and with y as a column."""
    box = scored.callee.box
    if box.kind != "numpy":
        return
    others: dict[str, Callable[[Any], Any]] = {
        "lists": lambda scored: replace(scored, callee=replace(scored.callee, box=replace(box, kind="list"))),
        "y (n, 1)": lambda scored: replace(scored, callee=replace(scored.callee, box=replace(box, column=True))),
    }
    if not box.flat and not box.column:
        for name, other in others.items():
            theta = other(scored).solved(easy())
            found = None if theta is None else easy().digits(theta)
            wrong = found is not None and found < GARBAGE
            yield (
                name,
                found,
                f"handed {name} it gives {_all(theta)}, which is wrong" if wrong and theta is not None else "",
            )
    single = Problem.of("float32 rows", easy().X.astype(np.float32), easy().y.astype(np.float32))
    theta = scored.solved(single)
    yield single.name, None if theta is None else single.digits(theta), ""


def _tried(scored: Scored, problem: Problem) -> tuple[Vector | None, str]:
    """Its parameters, or what it says instead."""
    if scored.callee.box.flat:
        return None, ""
    try:
        answer = scored.callee.call(problem.X, problem.y)
    except (Exception, SystemExit) as error:
        return None, f"{type(error).__name__}: {str(error).strip().splitlines()[0][:100] if str(error).strip() else ''}"
    if not answer.fits(problem.X.shape[1]):
        return None, ""
    return (np.roll(answer.theta, -1) if scored.turned else answer.theta), ""


def _missing(scored: Scored) -> list[str]:
    problem = easy()
    X, y = problem.X.copy(), problem.y
    X[2, 0] = np.nan
    theta = scored.solved(replace(problem, X=X))
    if theta is None or not np.isfinite(theta).all():
        return []
    keep = np.isfinite(X[:, 0])
    without = Problem.of("without", problem.X[keep], y[keep])
    if without.digits(theta) >= ENOUGH:
        return ["a row with NaN is left out without a word"]
    said = f"of rows with a NaN it makes {_said(theta)}: without that row it would be {_said(without.exact)}"
    return [f"LW418: {said}"]


def _one_row(scored: Scored) -> list[str]:
    problem = easy()
    one = replace(problem, X=problem.X[:1], y=problem.y[:1])
    theta = scored.solved(one)
    if theta is None or not np.isfinite(theta).all():
        return []
    missed = abs(float(theta[0] * one.X[0, 0] + theta[-1] - one.y[0]))
    return [f"of one row it makes {_said(theta)}, which misses it"] if missed > 1e-6 * abs(one.y[0]) else []


def _said(theta: Vector) -> str:
    return f"slope {number(float(theta[0]), 7)}, intercept {number(float(theta[-1]), 7)}"


def _all(theta: Vector) -> str:
    return ", ".join(number(float(value), 7) for value in theta)
