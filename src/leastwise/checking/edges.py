"""What a closed form makes of rows that are whole numbers, lists, float32, missing, dependent, constant or alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .names import raised
from .problems import Problem, dependent, easy, level, whole
from .report import Fault, Found
from .scored import ENOUGH, Scored
from .trace import shown

GARBAGE = 4.0
Edge = tuple[str, float] | Found
"""Digits of a problem by its name, or something to say."""


def edges(scored: Scored, several: bool) -> Iterator[Edge]:
    """Digits by problem, faults and notes; `several`: whether it can take two features."""
    yield from _integers(scored)
    yield from _handed(scored)
    for problem in (dependent(), level()) if several else ():
        yield from _singular(scored, problem)
    yield from _missing(scored)
    yield from _one_row(scored)


def _integers(scored: Scored) -> Iterator[Edge]:
    theta, floats = (scored.solved(problem) for problem in (whole(), whole().of_floats()))
    if theta is None:
        return
    digits = whole().digits(theta)
    yield whole().name, digits
    if digits < ENOUGH and floats is not None and whole().digits(floats) >= ENOUGH:
        yield Fault.of("LW410", f"of integers it makes {shown(theta)}, where {shown(whole().exact)} is right")


def _handed(scored: Scored) -> Iterator[Edge]:
    """The easy rows as lists, with y as a column, and as float32."""
    box = scored.callee.box
    if box.kind != "numpy":
        return
    others = {"lists": scored.handed(kind="list"), "y (n, 1)": scored.handed(column=True)}
    for name, other in others.items() if not box.flat and not box.column else ():
        theta = other.solved(easy())
        if theta is not None:
            yield name, easy().digits(theta)
        if theta is not None and easy().digits(theta) < GARBAGE:
            yield f"handed {name} it gives {shown(theta)}, which is wrong"
    single = Problem.of("float32 rows", easy().X.astype(np.float32), easy().y.astype(np.float32))
    theta = scored.solved(single)
    if theta is not None:
        yield single.name, single.digits(theta)


def _singular(scored: Scored, problem: Problem) -> Iterator[Edge]:
    try:
        theta = scored.tried(problem)
    except (Exception, SystemExit) as error:
        yield f"{problem.name}: it refuses them ({raised(error, False)})"
        return
    if theta is None:
        return
    digits = problem.fitted_digits(theta)
    yield problem.name, digits
    if digits < GARBAGE and np.isfinite(theta).all():
        yield f"LW413: of {problem.name} it makes {shown(theta)} without a word: X'X is singular there"


def _missing(scored: Scored) -> Iterator[str]:
    problem, keep = easy(), np.arange(len(easy().y)) != 2
    X = np.where(keep[:, None], problem.X, np.nan)
    theta = scored.solved(replace(problem, X=X))
    if theta is None or not np.isfinite(theta).all():
        return
    without = Problem.of("without", problem.X[keep], problem.y[keep])
    if without.digits(theta) >= ENOUGH:
        yield "a row with NaN is left out without a word"
    else:
        yield f"LW418: of rows with a NaN it makes {shown(theta)}: without that row it would be {shown(without.exact)}"


def _one_row(scored: Scored) -> Iterator[str]:
    one = replace(easy(), X=easy().X[:1], y=easy().y[:1])
    theta = scored.solved(one)
    if theta is None or not np.isfinite(theta).all():
        return
    missed = abs(float(theta[0] * one.X[0, 0] + theta[-1] - one.y[0]))
    if missed > 1e-6 * abs(one.y[0]):
        yield f"of one row it makes {shown(theta)}, which misses it"
