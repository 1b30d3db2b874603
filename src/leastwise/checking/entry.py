"""`lw.check`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..types import Matrix, UsageError, Vector
from .callees import callees
from .calling import Callee
from .closed import check_closed
from .descents import check_descent
from .interface import adapter, interface
from .metrics import check_cost, check_metric
from .names import is_metric, named, raised
from .predicts import score
from .report import CheckReport, Fault
from .static import kept_from_running, looked_at
from .trace import seven, starts


def check(target: Any) -> CheckReport:
    """Is this linear regression right, and if not, which mistake is it?

    `target`: a function of X, y (and start, learning rate, epochs by any usual name), or a class or an estimator with
    `fit`. Descents are followed epoch by epoch on seven rows and held against batch descent on the mean squared error,
    then against each named mistake, one and two at a time: the one whose path is its own to rounding is reported, and
    none other. Closed forms are scored in digits against exact answers; functions of (y, prediction) against R2 and the
    mean squared error. It runs the code that it is given, in this process, and throws away what that prints; `leastwise
    check` runs it in a process apart. Raises UsageError, with an adapter to paste, where it cannot tell how to call it.
    """
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        return _check(target)


def _check(target: Any) -> CheckReport:
    if not isinstance(target, type) and callable(target) and is_metric(target):
        return check_metric(target, named(target))
    found = interface(target)
    tried = callees(found)
    if not tried.ran:
        return _refused(target, tried.errors)
    report = _checked(tried.ran, named(target))
    more = [*looked_at(target), *score(tried.ran)]
    if any(callee.changed[0] for callee in tried.ran):
        more.append(Fault.of("LW203", "X or y is not after a call what it was before"))
    return replace(report, faults=(*report.faults, *more))


def _checked(callees: Sequence[Callee], name: str) -> CheckReport:
    kind = callees[0].interface.kind
    if kind == "closed":
        return check_closed(callees, name)
    answer = callees[0].quietly(*seven(1), starts(1))
    if kind == "gradient" and answer is not None and not answer.fits(1):
        return check_cost(lambda X, y, theta: _cost(callees[0], X, y, theta), name)
    return check_descent(callees, name)


def _cost(callee: Callee, X: Matrix, y: Vector, theta: Vector) -> float | None:
    answer = callee.quietly(X, y, theta)
    return None if answer is None else answer.scalar


def _refused(target: Any, errors: Sequence[BaseException]) -> CheckReport:
    """What keeps it from running, where that is a mistake known here; else UsageError, with an adapter."""
    faults = [fault for error in errors for fault in kept_from_running(target, error)][:1]
    if faults:
        return CheckReport(named(target), "descent", (*faults, *looked_at(target)))
    error = _telling(target, errors)
    said = f"{named(target)} could not be run on 7 rows with one feature ({raised(error)})"
    theirs = isinstance(error, NameError | ImportError | MemoryError) or "None" in str(error)
    raise UsageError(f"{said}: {'mend that first' if theirs else adapter(target)}")


def _telling(target: Any, errors: Sequence[BaseException]) -> BaseException:
    """The error that says most: no memory, else that of the rows that it is most likely to expect."""
    memory = next((error for error in errors if isinstance(error, MemoryError)), None)
    expects_matrix = hasattr(target, "fit") and len(errors) > 1
    return memory or errors[1 if expects_matrix else 0]
