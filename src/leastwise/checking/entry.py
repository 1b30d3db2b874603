"""`lw.check`, and the way to it from a file or a package."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..types import DataError, UsageError
from .calling import callee, named
from .closed import check_closed
from .descents import check_descent
from .report import CheckReport, Fault
from .static import looked_at

CHANGED = Fault(
    "LW203", "data changed", "It changes the rows it is given, so that a second call sees others.",
    "X or y is not after a call what it was before", "Work on copies: X = X - mean, not X -= mean.",
)  # fmt: skip


def check(target: Any) -> CheckReport:
    """Is this linear regression right, and if not, which mistake is it?

    `target`: a function of X, y (and start, learning rate, epochs by any usual name), or a class or an estimator with
    `fit`. Descents are followed epoch by epoch on seven rows and held against batch descent on the mean squared error,
    then against each named mistake, one and two at a time: the one whose path is its own to rounding is reported, and
    none other. Closed forms are scored in digits against exact answers. It runs the code that it is given.
    Raises UsageError, with an adapter to paste, where it cannot tell how to call it.
    """
    found = callee(target)
    report = (check_descent if found.descends else check_closed)(found, named(target))
    more = looked_at(target)
    if found.changed[0]:
        more.append(CHANGED)
    return replace(report, faults=(*report.faults, *more))


def loaded(where: str) -> Any:
    """The object that FILE.py:NAME or package:NAME names. Raises UsageError or DataError."""
    path, _, name = where.rpartition(":")
    if not path or not name:
        raise UsageError(f"say what to check as FILE.py:NAME or package:NAME: it is {where!r}")
    module = _of_file(Path(path)) if path.endswith(".py") else _of_package(path)
    if not hasattr(module, name):
        there = [known for known in vars(module) if callable(getattr(module, known)) and not known.startswith("_")]
        raise DataError(f"{path} has no {name!r}: it has {', '.join(there[:12]) or 'nothing to call'}")
    return getattr(module, name)


def _of_file(path: Path) -> Any:
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise DataError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        raise DataError(f"{path} could not be run: {type(error).__name__}: {error}") from None
    return module


def _of_package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(f"{name} could not be imported: {error}") from None
