"""The ways in which somebody's linear regression can be called: which of them run, and which are worth following."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..types import UsageError
from .answers import Answer
from .boxes import Box, boxes
from .calling import RATE, Callee
from .interface import Interface
from .trace import seven, starts

EPOCHS = 11


@dataclass(slots=True)
class Tried:
    """What ran, and why the others did not."""

    ran: list[Callee] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)


def callees(interface: Interface) -> Tried:
    """Every way worth following, of the first kind of rows (arrays, lists, tensors, frames) that it takes.

    Where y (n,) goes with X flat, y (n, 1) is not tried; where it gives slopes alone, X with a column of ones is.
    """
    tried = Tried()
    for kind in boxes(any(interface.takes(role) for role in ("model", "optimizer", "loader"))):
        for box in kind:
            if box.ones and not _wants_ones(interface, tried):
                continue
            if box.column and not box.ones and _settled(interface, tried, box):
                continue
            tried.ran += _ways(interface, box, tried.errors)
            if tried.errors and isinstance(tried.errors[-1], MemoryError):
                return tried
        if tried.ran and (kind[0].ones or not _wants_ones(interface, tried)):
            break
    return tried


def _settled(interface: Interface, tried: Tried, box: Box) -> bool:
    """Whether y (n,) has been taken in a way that leaves no question."""
    same = [callee for callee in tried.ran if callee.box.kind == box.kind and not callee.box.column]
    return any(callee.box.flat or interface.method for callee in same)


def _wants_ones(interface: Interface, tried: Tried) -> bool:
    """By statsmodels' convention, or where a function gives no intercept or does not run otherwise."""
    if interface.method:
        return interface.has_ones
    return not any(_with_intercept(callee) for callee in tried.ran)


def _with_intercept(callee: Callee) -> bool:
    return not callee.layout or bool({"theta", "path", "b"} & set(callee.layout))


def _ways(interface: Interface, box: Box, errors: list[BaseException]) -> Iterator[Callee]:
    if interface.has_ones and not box.ones:
        return
    alone = interface.takes("w") and not interface.takes("b") and not box.ones
    for whole in (True, False) if alone else (True,):
        found = _probed(Callee(interface, replace(box, whole=whole)), errors)
        if found:
            yield from found
            return


def _probed(callee: Callee, errors: list[BaseException]) -> list[Callee]:
    X, y = seven(1)
    try:
        result, own, given = callee.ran(X, y, starts(1), rate=RATE, epochs=EPOCHS, seed=2)
        callee = callee.known(result, own, EPOCHS)
        answer = callee.read(result, own, given, 1, EPOCHS)
    except (Exception, SystemExit) as error:
        errors.append(error)
        return []
    found = [callee] if _says(answer) else []
    if callable(getattr(own, "predict", None)) and not callee.box.ones:
        other = replace(callee, by="predictions")
        again = other.quietly(X, y, starts(1), rate=RATE, epochs=EPOCHS, seed=2)
        found += [other] if again is not None and again.fits(1) else []
    if not found:
        nothing = "it gives None back: is its return missing?"
        kind = f"it gives nothing back that looks like a slope or losses, but {type(result).__name__}"
        errors.append(UsageError(nothing if result is None else kind))
    return found


def _says(answer: Answer) -> bool:
    return answer.fits(1) or bool(answer.series) or answer.scalar is not None
