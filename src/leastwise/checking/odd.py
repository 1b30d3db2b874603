"""How somebody's descent behaves as code: repeatable or not, its arguments used or not, its state carried on or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..types import Vector
from .answers import Answer
from .calling import RATE, Callee
from .interface import called
from .names import module_of, of_torch, text_of
from .report import Fault, Found
from .trace import seven, shown, starts


def behaviour(callee: Callee) -> list[Found]:
    """LW201 to LW204, LW133 and LW134: what calls with the same and with other arguments show."""
    if callee.interface.kind != "descent":
        return []
    repeated = _repeated(callee)
    if repeated and _draws_its_own(callee):
        return repeated
    unused = _unused(callee)
    start = [] if any(fault.code == "LW133" for fault in unused) else _start(callee)
    return [*repeated, *start, *unused, *_again(callee)]


def _draws_its_own(callee: Callee) -> bool:
    """Whether two calls differ though all common generators are seeded."""
    one, two = _answer(callee), _answer(callee)
    return _differ(one, two)


def _answer(callee: Callee, **settings: Any) -> Answer | None:
    return callee.as_usual(*seven(1), **{"epochs": 3, **settings})


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


def _repeated(callee: Callee) -> list[Found]:
    one, two = _answer(callee, seeded=False), _answer(callee, seeded=False)
    first, second = _numbers(one), _numbers(two)
    if first is None or second is None or not _differ(one, two):
        return []
    evidence = f"{shown(first[:2])}, then {shown(second[:2])}"
    if _seeds_outside(callee.interface.target) and not _draws_its_own(callee):
        return [f"LW201: two calls give different parameters ({evidence}), since the seed is set outside of it"]
    return [Fault.of("LW201", evidence)]


def _seeds_outside(target: Any) -> bool:
    """Whether its module calls the function that seeds what it draws with."""
    return ("manual_seed(" if of_torch(target) else "random.seed(") in text_of(module_of(target))


def _start(callee: Callee) -> list[Fault]:
    if not (callee.interface.takes_start and callee.interface.takes_rate):
        return []
    still = _answer(callee, rate=0.0, epochs=1)
    given = starts(1)
    if still is None or not still.fits(1) or np.allclose(np.sort(still.theta), np.sort(given), rtol=1e-5):
        return []
    if still.intercept is None and np.allclose(still.theta[0], given[0]):
        return []
    evidence = f"given {shown(given)}, it begins at {shown(still.theta)}"
    return [] if not np.isfinite(still.theta).all() else [Fault.of("LW202", evidence)]


def _unused(callee: Callee) -> list[Fault]:
    """Learning rates and epochs that make no difference."""
    return [*_rate_unused(callee), *_epochs_unused(callee)]


def _rate_unused(callee: Callee) -> list[Fault]:
    usual = _answer(callee)
    numbers = _numbers(usual)
    if not callee.interface.takes_rate or numbers is None or not np.isfinite(numbers).all():
        return []
    same = not any(_differ(usual, _answer(callee, rate=rate)) for rate in (0.0, RATE / 2))
    if not same or not _differ(usual, _answer(callee, epochs=1)):
        return []
    return [Fault.of("LW133", f"at rates of {RATE:g}, {RATE / 2:g} and 0 it gives the same parameters")]


def _epochs_unused(callee: Callee) -> list[Fault]:
    if not (callee.interface.takes("epochs") and callee.interface.takes_rate):
        return []
    few = _answer(callee, epochs=2)
    moved = _differ(few, _answer(callee, epochs=2, rate=0.0))
    numbers = _numbers(few)
    if numbers is None or not moved or _differ(few, _answer(callee, epochs=5)):
        return []
    return [Fault.of("LW134", f"for 2 epochs and for 5 it gives the same: {shown(numbers[:2])}")]


def _again(callee: Callee) -> list[str]:
    """A second fit of one object against a first one of twice as many epochs."""
    interface = callee.interface
    if not interface.method or hasattr(interface.target, "partial_fit"):
        return []
    X, y = seven(1)
    try:
        _, own, given = callee.ran(X, y, rate=RATE, epochs=3, seed=2)
        result = called(getattr(own, interface.method), interface.fit, given)
        twice = callee.read(result, own, given, 1, 3)
    except (Exception, SystemExit):
        return []
    double, once = _answer(callee, epochs=6), _answer(callee)
    if double is None or once is None or not double.fits(1) or not twice.fits(1) or not once.fits(1):
        return []
    goes_on = np.allclose(twice.theta, double.theta, rtol=1e-9) and not np.allclose(twice.theta, once.theta, rtol=1e-9)
    return ["LW204: a second fit of the same object begins where the first one ended"] if goes_on else []
