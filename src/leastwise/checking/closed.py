"""Closed forms are scored in digits on small problems with exact answers; where they fail, by which formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..types import Vector
from ..words import number
from .calling import Callee
from .catalogue import BY_CODE
from .edges import edges
from .formulas import by_descent, by_formula, by_penalty
from .names import of_torch, text_of
from .penalties import penalised
from .predicts import said_otherwise
from .problems import Problem, battery, easy
from .report import CheckReport, Fault

ENOUGH, SINGLE, LOST = 8.0, 5.0, 4.0
MILD = "offset 100"


@dataclass(frozen=True, slots=True)
class Scored:
    """A way of calling it, whether it gives the intercept first, and its parameters on the easy rows."""

    callee: Callee
    turned: bool
    theta: Vector | None

    @property
    def digits(self) -> float:
        """Those that agree on the easy rows."""
        return 0.0 if self.theta is None else easy().digits(self.theta)

    def solved(self, problem: Problem) -> Vector | None:
        """Its parameters (p + 1,) on a problem; None where it raises, or cannot take so many features."""
        p = problem.X.shape[1]
        if self.callee.box.flat and p > 1:
            return None
        answer = self.callee.quietly(problem.X, problem.y)
        if answer is None or not answer.fits(p):
            return None
        return np.roll(answer.theta, -1) if self.turned else answer.theta


def check_closed(callees: Sequence[Callee], name: str) -> CheckReport:
    """Digits on each problem; the formula that gives its numbers where the easy one is wrong."""
    scored = [Scored(callee, turned, _theta(callee, turned)) for callee in callees for turned in (False, True)]
    best = max(scored, key=lambda one: (round(one.digits), not one.callee.box.flat))
    words = (best.callee.box.words,) if best.callee.box.words else ()
    if best.digits < ENOUGH and not _single(best):
        return _wrong(scored, name, best)
    every = _digits(best, any(one.callee.box.flat for one in scored))
    faults, digits, notes = edges(best, "two features" in every)
    more, said = penalised(best)
    single, float32 = _float32(best)
    lost = [] if _single(best) else list(_lost(best, every))
    faults += [*said_otherwise(best.callee, best.turned), *(one for one in lost if isinstance(one, Fault))]
    notes = [*words, *float32, *said, *(one for one in lost if isinstance(one, str)), *notes]
    return CheckReport(name, "closed form", (*single, *faults, *more), "", every | digits, tuple(notes))


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


def _theta(callee: Callee, turned: bool) -> Vector | None:
    return Scored(callee, turned, None).solved(easy())


def _single(scored: Scored) -> bool:
    """Whether it is right to float32 and gives numbers of float32."""
    theta = scored.theta
    return theta is not None and SINGLE <= scored.digits < ENOUGH and bool((theta.astype(np.float32) == theta).all())


def _float32(scored: Scored) -> tuple[list[Fault], list[str]]:
    if not _single(scored) or scored.theta is None:
        return [], []
    if scored.callee.box.kind == "torch32" or of_torch(scored.callee.interface.target):
        return [], ["LW417: it computes in float32, torch's default, about 7 digits"]
    return [Fault.of("LW417", f"its slope is {number(float(scored.theta[0]), 12)}, a number of float32")], []


def _wrong(scored: Sequence[Scored], name: str, best: Scored) -> CheckReport:
    thetas = [(one, one.theta) for one in scored if one.theta is not None]
    if not thetas:
        return CheckReport(name, "closed form", (), "It gives no slope on seven rows with one feature.")
    digits = {"easy": best.digits}
    for one, theta in thetas:
        penalties = by_penalty(one.callee, one.turned)
        fault = by_formula(theta) or (None if penalties else by_descent(theta))
        if fault is not None and fault.code == "LW414" and _near(theta):
            said = f"LW414: it stops near least squares: {fault.evidence}"
            return CheckReport(name, "closed form", (), "", digits, (said,))
        if fault is not None:
            return CheckReport(name, "closed form", (fault,), "", digits)
        if penalties and _asked_for(one.callee):
            said = "it is ridge regression at its default penalty: " + penalties[0].evidence
            return CheckReport(name, "closed form", tuple(penalties[1:]), "", digits, (said,))
        if penalties:
            return CheckReport(name, "closed form", tuple(penalties), "", digits)
    theta = thetas[0][1]
    unknown = (
        f"On seven easy rows it gives slope {number(float(theta[0]), 7)} and intercept {number(float(theta[-1]), 7)} "
        f"where {number(float(easy().exact[0]), 7)} and {number(float(easy().exact[-1]), 7)} are right, and no formula "
        "known here gives its numbers."
    )
    return CheckReport(name, "closed form", (), unknown, digits)


def _near(theta: Vector) -> bool:
    """Whether the mean squared error of a line is within a twentieth of the least."""
    problem = easy()
    errors = [((problem.y - problem.X @ end[:-1] - end[-1]) ** 2).mean() for end in (theta, problem.exact)]
    return bool(errors[0] <= 1.05 * errors[1])


def _asked_for(callee: Callee) -> bool:
    """Whether its own arguments say that it penalises."""
    target = callee.interface.target
    return (
        hasattr(target, "alpha")
        or "alpha" in getattr(getattr(target, "__init__", None), "__annotations__", {})
        or (callee.interface.is_estimator and "alpha" in getattr(target, "_parameter_constraints", {}))
    )


def _lost(scored: Scored, digits: dict[str, float]) -> Iterator[Fault | str]:
    """What is right on easy rows and loses its digits on others, and by which way that is."""
    weak = [problem for problem in battery() if digits.get(problem.name, ENOUGH) < ENOUGH]
    if not weak:
        return
    said = ", ".join(f"{problem.name} ({digits[problem.name]:.1f})" for problem in weak)
    ways = {"LW412": _cut_off, "LW411": _by_inverse}
    code = next((code for code, way in ways.items() if all(_like(scored, problem, way) for problem in weak)), "")
    if code == "LW412" and digits.get(MILD, ENOUGH) < LOST:
        yield Fault.of(code, f"its answers without the smallest singular value are the same; digits left: {said}")
    elif code:
        yield f"{code}: {BY_CODE[code].sentence} {BY_CODE[code].mend} Digits left: {said}"
    else:
        yield f"digits are lost: {said}"


def _like(scored: Scored, problem: Problem, way: object) -> bool:
    """Whether it loses about as many digits, or gives the same numbers."""
    theta, others = scored.solved(problem), way(problem)  # type: ignore[operator]
    if theta is None:
        return False
    same = any(np.allclose(theta, other, rtol=1e-5, atol=1e-8 * np.abs(other).max()) for other in others)
    near = (
        way is _by_inverse
        and _squares(scored.callee.interface.target)
        and min(abs(problem.digits(other) - problem.digits(theta)) for other in others) < 2.5
    )
    return same or near


def _squares(target: object) -> bool:
    """Whether its text has sums of products or an inverse in it."""
    return any(word in text_of(target) for word in ("inv(", "solve(", ".T", "transpose", "sum(", "mean("))


def _by_inverse(problem: Problem) -> list[Vector]:
    A = np.column_stack([problem.X, np.ones(len(problem.y))])
    try:
        inverse = np.linalg.inv(A.T @ A)
        return [inverse @ A.T @ problem.y, inverse @ (A.T @ problem.y), np.linalg.solve(A.T @ A, A.T @ problem.y)]
    except np.linalg.LinAlgError:
        return [np.zeros(A.shape[1])]


def _cut_off(problem: Problem) -> list[Vector]:
    """The smallest answers without the smallest singular value: with a column of ones, and on centred columns."""
    A = np.column_stack([problem.X, np.ones(len(problem.y))])
    centred = problem.X - problem.X.mean(axis=0)
    slopes = _truncated(centred, problem.y - problem.y.mean())
    means = problem.X.mean(axis=0)
    squared = np.linalg.pinv(A.T @ A) @ A.T @ problem.y
    return [_truncated(A, problem.y), squared, np.append(slopes, problem.y.mean() - slopes @ means)]


def _truncated(A: Vector, y: Vector) -> Vector:
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    k = len(s) - 1
    return np.asarray(Vt[:k].T @ ((U[:, :k].T @ y) / s[:k]))
