"""How somebody's descent behaves as code: repeatable or not, its arguments used or not, its state carried on or not."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import numpy as np

from ..types import Vector
from ..words import number
from .answers import Answer
from .calling import RATE, Callee
from .report import Fault
from .trace import seven, starts


def behaviour(callee: Callee) -> tuple[list[Fault], list[str]]:
    """LW201 to LW204, LW133 and LW134: what calls with the same and with other arguments show."""
    if callee.interface.kind != "descent":
        return [], []
    faults, notes = _repeated(callee)
    if any(fault.code == "LW201" for fault in faults) and callee_draws_its_own(callee):
        return faults, notes
    unused = _unused(callee)
    start = [] if any(fault.code == "LW133" for fault in unused) else _start(callee)
    return [*faults, *start, *unused], [*notes, *_again(callee)]


def callee_draws_its_own(callee: Callee) -> bool:
    """Whether two calls differ though all common generators are seeded."""
    one, two = _answer(callee), _answer(callee)
    return _differ(one, two)


def _answer(callee: Callee, **settings: Any) -> Answer | None:
    given = starts(1) if callee.interface.takes_start else None
    return callee.quietly(*seven(1), given, **{"rate": RATE, "epochs": 3, "seed": 2, **settings})


def _numbers(answer: Answer | None) -> Vector | None:
    if answer is None:
        return None
    return answer.theta if answer.coef is not None else answer.series[0] if answer.series else None


def _differ(one: Answer | None, two: Answer | None) -> bool:
    first, second = _numbers(one), _numbers(two)
    if first is None or second is None:
        return False
    if len(first) != len(second):
        return True
    with np.errstate(all="ignore"):
        return not np.allclose(first, second, rtol=1e-10, atol=1e-10 * np.abs(first).max(), equal_nan=True)


def _repeated(callee: Callee) -> tuple[list[Fault], list[str]]:
    one, two = _answer(callee, seeded=False), _answer(callee, seeded=False)
    if not _differ(one, two):
        return [], []
    first, second = _numbers(one), _numbers(two)
    if first is None or second is None:
        return [], []
    evidence = f"{_said(first)}, then {_said(second)}"
    if _seeds_outside(callee.interface.target) and not callee_draws_its_own(callee):
        return [], [f"LW201: two calls give different parameters ({evidence}), since the seed is set outside of it"]
    return [Fault.of("LW201", evidence)], []


def _seeds_outside(target: Any) -> bool:
    """Whether its module calls a seeding function."""
    module = sys.modules.get(getattr(target, "__module__", "") or "")
    try:
        text = inspect.getsource(module) if module is not None else ""
    except (OSError, TypeError):
        return False
    return any(call in text for call in ("manual_seed(", "random.seed("))


def _start(callee: Callee) -> list[Fault]:
    if not (callee.interface.takes_start and callee.interface.takes_rate):
        return []
    still = _answer(callee, rate=0.0, epochs=1)
    given = starts(1)
    if still is None or not still.fits(1) or np.allclose(np.sort(still.theta), np.sort(given), rtol=1e-5):
        return []
    if still.intercept is None and np.allclose(still.theta[0], given[0]):
        return []
    evidence = f"given {_said(given)}, it begins at {_said(still.theta)}"
    return [] if not np.isfinite(still.theta).all() else [Fault.of("LW202", evidence)]


def _unused(callee: Callee) -> list[Fault]:
    """Learning rates and epochs that make no difference."""
    found = []
    usual, still = _answer(callee), _answer(callee, rate=0.0)
    shown = _numbers(usual)
    if callee.interface.takes_rate and shown is not None and np.isfinite(shown).all() and not _differ(usual, still):
        other = _answer(callee, rate=RATE / 2)
        begins = _answer(callee, epochs=1)
        if not _differ(usual, other) and _differ(usual, begins):
            found.append(Fault.of("LW133", f"at rates of {RATE:g}, {RATE / 2:g} and 0 it gives the same parameters"))
    if callee.interface.takes("epochs"):
        few, many = _answer(callee, epochs=2), _answer(callee, epochs=5)
        moved = callee.interface.takes_rate and (_differ(few, _answer(callee, epochs=2, rate=0.0)))
        if moved and not _differ(few, many):
            first = _numbers(few)
            said = "" if first is None else f": {_said(first)}"
            found.append(Fault.of("LW134", f"for 2 epochs and for 5 it gives the same{said}"))
    return found


def _again(callee: Callee) -> list[str]:
    """A second fit of one object against a first one of twice as many epochs."""
    interface = callee.interface
    if not interface.method or hasattr(interface.target, "partial_fit"):
        return []
    X, y = seven(1)
    try:
        _, own, given = callee.ran(X, y, rate=RATE, epochs=3, seed=2)
        fit = getattr(own, interface.method)
        result = fit(**{name: given[role] for role, name in interface.fit.items() if role in given})
        twice = callee.read(result, own, given, 1, 3)
    except (Exception, SystemExit):
        return []
    double, once = _answer(callee, epochs=6), _answer(callee)
    if double is None or once is None or not double.fits(1) or not twice.fits(1) or not once.fits(1):
        return []
    goes_on = np.allclose(twice.theta, double.theta, rtol=1e-9) and not np.allclose(twice.theta, once.theta, rtol=1e-9)
    return ["LW204: a second fit of the same object begins where the first one ended"] if goes_on else []


def _said(theta: Vector) -> str:
    return f"slope {number(float(theta[0]), 7)}, intercept {number(float(theta[-1]), 7)}"
