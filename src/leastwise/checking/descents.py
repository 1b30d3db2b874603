"""Descents are followed epoch by epoch, and held against the right way and every known way of going astray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..words import number
from .calling import Callee
from .follow import EPOCHS, followed, with_rate
from .further import arrives, asked_further, confirmed
from .losses import judged
from .names import of_torch
from .odd import behaviour
from .predicts import said_otherwise
from .problems import digits as digits_of
from .report import CheckReport, Fault, Found, Unknown
from .search import Reading, explained
from .trace import SINGLE, Losses, Seen, Trace, own_rate, shown, starts
from .ways import Way

RATES = (1.0, 0.5, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001, 0.0005, 0.0003, 0.0001, 1e-5)


def check_descent(callees: Sequence[Callee], name: str) -> CheckReport:
    """Follow it on seven rows; find the one mistake, or the two, whose path is its path to rounding."""
    odd = behaviour(callees[0])
    codes = {one.code for one in odd if isinstance(one, Fault)}
    pairs = followed(callees)
    if not pairs or "LW134" in codes:
        nothing = [] if odd else [Unknown("It gives no parameters and no losses that can be followed.")]
        return CheckReport.of(name, "descent", [*odd, *nothing])
    reading = _read([seen for _, seen in pairs], callees[0].interface.takes_rate and "LW133" not in codes)
    callee = next(callee for callee, seen in pairs if seen.number == reading.seen.number)
    if reading.found and "LW133" not in codes and not confirmed(callee, reading):
        reading = replace(reading, found=(), known=False)
    if not reading.known and "LW201" in codes:
        return CheckReport.of(name, "descent", odd)
    arrived = "" if reading.known else arrives(callee, reading)
    digits = {} if reading.found or arrived else {"path from a given start": digits_of(reading.error)}
    told = list(_told(reading, callee, arrived))
    half = any(isinstance(one, Fault) and one.code == "LW101" for one in told)
    found = [*odd, *reading.seen.words, *([] if half else reading.notes), *told]
    return CheckReport.of(name, "descent", found, digits=digits, paths=_paths(reading))


def _told(reading: Reading, callee: Callee, arrived: str) -> Iterator[Found]:
    """What the reading says, or that an unknown path `arrived`; what is asked of a path that is right."""
    if not reading.known:
        yield arrived or _slopes_alone(reading) or Unknown(_unknown(reading))
    yield from _mistakes(reading, callee)
    yield from judged(reading)
    if reading.known and not reading.found:
        yield from asked_further(callee, reading)
        yield from said_otherwise(callee, reading.seen.turned)


def _read(seen: Sequence[Seen], rate_given: bool) -> Reading:
    """Explained by the rate that was given, or where none was, that the first step shows, or that is usual."""
    if not rate_given:
        shown = [with_rate(one, own_rate(one.traces[0].X, one.traces[0].y, one.traces[0].path))
                 if isinstance(one.traces[0], Trace) else one for one in seen]  # fmt: skip
        reading = explained(shown)
        usual = (explained([with_rate(one, rate) for one in seen], deep=False) for rate in RATES)
        return reading if reading.known else next((other for other in usual if other.known), reading)
    reading = explained(seen)
    flat = [one for one in seen if one.flat]
    if reading.known and not reading.found and not reading.seen.flat and flat:
        # Right with X a matrix; with x flat, as y is, it may broadcast.
        more = explained(flat)
        reading = more if "LW105" in {mistake.code for mistake in more.found} else reading
    wide = [one for one in seen if len(one.traces) > len(reading.seen.traces)]
    if reading.known and not reading.found and wide:
        # Right with one feature; with two it may be one of the mistakes that one does not show.
        more = explained(wide)
        return more if more.known and len(more.found) == 1 else reading
    return reading


def _mistakes(reading: Reading, callee: Callee) -> Iterator[Found]:
    """With their evidence; what is right by some books, or by torch's default, is a note."""
    evidence = _evidence(reading)
    for mistake in reading.found:
        if mistake.code == "LW101":
            yield "LW101: its gradient is half that of the mean squared error, as that of 1/(2n) sum of squares"
        else:
            yield Fault.of(mistake.code, evidence, mistake.more)
    if reading.single and (callee.box.kind == "torch32" or of_torch(callee.interface.target)):
        yield "LW117: it computes in float32, torch's default, about 7 digits"
    elif reading.single:
        yield Fault.of("LW117", evidence)


def _evidence(reading: Reading) -> str:
    trace = reading.seen.traces[-1] if reading.found else reading.seen.traces[0]
    agree = f"to {digits_of(reading.error):.0f} digits"
    this = "this mistake" if len(reading.found) < 2 else "these mistakes together"
    ours = trace.along(Way())
    if isinstance(trace, Losses):
        begin = ", ".join(number(value, 6) for value in trace.series[:3])
        return f"its losses begin {begin}; with {this} they agree {agree}"
    with np.errstate(all="ignore"):
        apart = np.abs(trace.path - ours).max(axis=1) > (SINGLE if reading.single else 1e-12) * np.abs(ours).max()
    k = int(np.argmax(apart))
    theirs, right = shown(trace.path[k]), shown(ours[k])
    if theirs == right:
        theirs, right = shown(trace.path[k], 15), shown(ours[k], 15)
    return f"after epoch {k} it is at {theirs} and should be at {right}; with {this} the paths agree {agree}"


def _slopes_alone(reading: Reading) -> Fault | None:
    """LW407: its slopes are right, from its start or the given one, and it gives no intercept."""
    trace = reading.seen.traces[0]
    if isinstance(trace, Losses) or trace.path[1:, -1].any():
        return None
    for start in (trace.start, starts(trace.X.shape[1])):
        ours = replace(trace, start=start).along(Way())
        if np.allclose(ours[1:, :-1], trace.path[1:, :-1], rtol=1e-9):
            said = (
                f"after epoch 1 its slope is {number(float(trace.path[1, 0]), 7)}, as it should be; no intercept comes"
            )
            return Fault.of("LW407", said)
    return None


def _unknown(reading: Reading) -> str:
    trace = reading.seen.traces[0]
    if isinstance(trace, Losses):
        return "Its losses are not those of batch descent on the mean squared error, and of no mistake known here."
    ours = trace.along(Way())
    return (
        f"After one epoch it is at {shown(trace.path[1])}, where batch descent on the mean squared error is at "
        f"{shown(ours[1])}; after {EPOCHS} epochs it is at {shown(trace.path[-1])}, the other at {shown(ours[-1])}. "
        "No mistake known here, nor two together, gives its numbers."
    )


def _paths(reading: Reading) -> dict[str, list[list[float]]]:
    trace = reading.seen.traces[0]
    if isinstance(trace, Losses) or not np.isfinite(trace.path).all():
        return {}
    return {"yours": trace.path.tolist(), "right": trace.along(Way()).tolist()}
