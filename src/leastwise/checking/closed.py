"""Closed forms are scored in digits on small problems with exact answers; where they fail, by which formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..types import Vector
from ..words import number
from .calling import Callee
from .edges import edges
from .formulas import by_descent, by_formula
from .lost import lost
from .names import of_torch
from .penalties import not_asked_for, penalised
from .predicts import said_otherwise
from .problems import battery, easy
from .report import CheckReport, Fault, Found, Unknown
from .scored import ENOUGH, Scored
from .trace import mean_squared_error, shown


def check_closed(callees: Sequence[Callee], name: str) -> CheckReport:
    """Digits on each problem; the formula that gives its numbers where the easy one is wrong."""
    scored = [Scored.of(callee, turned) for callee in callees for turned in (False, True)]
    best = max(scored, key=lambda one: (round(one.digits), not one.callee.box.flat))
    if best.digits < ENOUGH and not best.single:
        digits = {} if best.theta is None else {"easy": best.digits}
        return CheckReport.of(name, "closed form", _wrong(scored), digits=digits)
    digits = _digits(best, any(one.callee.box.flat for one in scored))
    found: list[Found] = [*_float32(best), *penalised(best), *said_otherwise(best.callee, best.turned)]
    found += [] if best.single else lost(best, digits)
    for edge in edges(best, "two features" in digits):
        if isinstance(edge, tuple):
            digits[edge[0]] = edge[1]
        else:
            found.append(edge)
    words = [best.callee.box.words] if best.callee.box.words else []
    return CheckReport.of(name, "closed form", [*words, *found], digits=digits)


def _digits(scored: Scored, takes_flat: bool) -> dict[str, float]:
    """By problem; what takes flat rows and is wrong of two features was made for one."""
    found = {}
    for problem in battery():
        theta = scored.solved(problem)
        if theta is None:
            continue
        digits = problem.digits(theta)
        if takes_flat and problem.X.shape[1] > 1 and digits < 2:
            continue
        found[problem.name] = digits
    return found


def _float32(scored: Scored) -> Iterator[Found]:
    if not scored.single or scored.theta is None:
        return
    if scored.callee.box.kind == "torch32" or of_torch(scored.callee.interface.target):
        yield "LW417: it computes in float32, torch's default, about 7 digits"
    else:
        yield Fault.of("LW417", f"its slope is {number(float(scored.theta[0]), 12)}, a number of float32")


def _wrong(scored: Sequence[Scored]) -> list[Found]:
    """The formula, the penalty or the unfinished descent that gives its numbers, or that none does."""
    thetas = [(one, one.theta) for one in scored if one.theta is not None]
    for one, theta in thetas:
        fault = by_formula(theta)
        if fault is not None:
            return [fault]
        penalties = not_asked_for(one)
        if penalties:
            return penalties
        fault = by_descent(theta)
        if fault is not None:
            return [f"LW414: it stops near least squares: {fault.evidence}" if _near(theta) else fault]
    if not thetas:
        return [Unknown("It gives no slope on seven rows with one feature.")]
    return [Unknown(
        f"On seven easy rows it gives {shown(thetas[0][1])} where {shown(easy().exact)} are right, and no formula "
        "known here gives its numbers."
    )]  # fmt: skip


def _near(theta: Vector) -> bool:
    """Whether the mean squared error of a line is within a twentieth of the least."""
    ends, least = (mean_squared_error(easy().X, easy().y, line) for line in (theta, easy().exact))
    return ends <= 1.05 * least
