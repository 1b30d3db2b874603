"""What else a descent is asked once its path is read: many epochs, many rows, integers, a penalty, its defaults."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..types import Matrix, Vector
from ..words import number
from .calling import RATE, Callee
from .follow import EPOCHS
from .measured import penalties
from .mistakes import in_batches
from .problems import digits
from .report import Fault, Found, Unknown
from .search import Reading
from .trace import EXACT, SINGLE, Losses, Trace, least_squares, mean_squared_error, seven, shown
from .ways import Way

LONG, FEW, ARRIVED, STRENGTH, OTHER = 5000, 60, 1e-6, 0.75, 0.6
PATIENCE, DIVERGED = 2.0, 1e6
SIZES = (2, 4, 5, 8, 10, 16, 20, 25, 30, 32, 40, 50)


def asked_further(callee: Callee, reading: Reading) -> Iterator[Found]:
    """Faults and notes of a path that is right."""
    trace = reading.seen.traces[0]
    if isinstance(trace, Losses) or callee.interface.kind != "descent":
        return
    if not reading.single:
        later = list(_later(callee, reading, trace))
        yield from later or _stopped(callee, reading, trace)
        yield from _many_rows(callee, reading, trace)
        yield from _integers(callee, reading, trace)
        yield from _penalised(callee, reading, trace)
    yield from _defaults(callee, reading)


def arrives(callee: Callee, reading: Reading) -> str:
    """Of a path that is none known: whether many epochs end at least squares all the same; "" where not."""
    trace = reading.seen.traces[0]
    if isinstance(trace, Losses) or callee.interface.kind != "descent":
        return ""
    epochs = _many(callee, reading, trace)
    theta = _theta(callee, reading, trace.X, trace.y, epochs=epochs)
    least = least_squares(trace.X, trace.y)
    apart = min(
        np.inf if theta is None else np.abs(np.roll(theta, k) - least).max() / np.abs(least).max() for k in (0, -1)
    )
    if not apart < (1e-4 if trace.single else ARRIVED):
        return ""
    agree = f"{digits(apart):.0f} digits"
    return f"its path is none known here, but after {epochs} epochs it is at least squares to {agree}"


def confirmed(callee: Callee, reading: Reading) -> bool:
    """Whether what was found gives its numbers at another rate too: six epochs may be too alike to tell."""
    trace = reading.seen.traces[0]
    if isinstance(trace, Losses) or callee.interface.kind != "descent" or not callee.interface.takes_rate:
        return True
    again = _again(callee, reading, replace(trace, rate=trace.rate * OTHER), rate=RATE * OTHER)
    return again is None or again.error(reading.way) <= (SINGLE if reading.single else 100 * EXACT)


def _many(callee: Callee, reading: Reading, trace: Trace) -> int:
    """As many epochs as fit into two seconds, 5,000 at most."""
    begin = time.perf_counter()
    _theta(callee, reading, trace.X, trace.y, epochs=FEW)
    return int(min(LONG, max(FEW, FEW * PATIENCE / (time.perf_counter() - begin))))


def _later(callee: Callee, reading: Reading, trace: Trace) -> Iterator[Fault]:
    """A rate that falls after the epochs that were followed: the first step that is shorter."""
    path = trace.along(reading.way, FEW)

    def apart(k: int) -> bool:
        theta = _theta(callee, reading, trace.X, trace.y, epochs=k)
        return theta is not None and bool(np.abs(theta - path[k]).max() > 1e-7 * np.abs(path[k]).max())

    if not apart(FEW):
        return
    first, last = EPOCHS, FEW
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (first, middle) if apart(middle) else (middle, last)
    theta = _theta(callee, reading, trace.X, trace.y, epochs=last)
    step = path[last] - path[last - 1]
    part = float((theta - path[last - 1]) @ step / (step @ step)) if theta is not None else 0.0
    if (
        theta is None
        or np.abs(theta - path[last - 1] - part * step).max() > 1e-9 * np.abs(step).max()
        or abs(part) < 1e-9
    ):
        return
    said = f"after epoch {last} it is at {shown(theta)} and should be at {shown(path[last])}"
    yield Fault.of("LW114", said, f"In epoch {last} it is {number(part, 6)} times the given one.")


def _theta(callee: Callee, reading: Reading, X: Matrix, y: Vector, **settings: Any) -> Vector | None:
    """Its parameters in the order of the reading."""
    answer = callee.as_usual(X, y, **settings)
    if answer is None or not answer.fits(X.shape[1]) or not np.isfinite(answer.theta).all():
        return None
    return answer.slopes_first(reading.seen.turned)


def _again(callee: Callee, reading: Reading, trace: Trace, epochs: int = EPOCHS, **settings: Any) -> Trace | None:
    """The trace with other rows, or with other settings; None where it gives no numbers."""
    thetas = [_theta(callee, reading, trace.X, trace.y, epochs=k, **settings) for k in range(1, epochs + 1)]
    kept = [theta for theta in thetas if theta is not None]
    return replace(trace, path=np.array([trace.start, *kept])) if len(kept) == epochs else None


def _stopped(callee: Callee, reading: Reading, trace: Trace) -> Iterator[Found]:
    """With the tolerance that is its own."""
    epochs = _many(callee, reading, trace)
    theta = _theta(callee, reading, trace.X, trace.y, epochs=epochs, tolerance=None)
    if theta is None:
        return
    path = trace.along(reading.way, epochs)
    with np.errstate(all="ignore"):
        apart = np.abs(path - theta).max(axis=1) / np.abs(path).max(axis=1)
    k, least = int(np.nanargmin(apart)), least_squares(trace.X, trace.y)
    if apart[k] > 100 * EXACT or k >= epochs:
        return
    stopped, would, best = (mean_squared_error(trace.X, trace.y, end) for end in (theta, path[-1], least))
    if stopped - would <= 0.001 * best:
        return
    said = f"asked for {epochs} epochs it gives what {k} give: {shown(theta)}, where least squares are {shown(least)}"
    if stopped > 1.05 * best:
        yield Fault.of("LW135", said)
    else:
        yield f"LW135: it stops early, at {number(stopped / best, 5)} times the least mean squared error: {said}"


def _many_rows(callee: Callee, reading: Reading, trace: Trace) -> Iterator[Found]:
    """Sixty rows in place of seven: batches of a fixed size, or a fixed number of rows, show."""
    X, y = sixty(trace.X.shape[1])
    wide = _again(callee, reading, replace(trace, X=X, y=y), 3)
    if wide is None or wide.error(reading.way) <= 1e-7:
        return
    for size in SIZES:
        way = replace(reading.way, batches=(in_batches(60, size),))
        if wide.error(way) <= EXACT:
            ours = wide.along(Way())
            said = f"on 60 rows it is after an epoch at {shown(wide.path[1])} and should be at {shown(ours[1])}"
            yield Fault.of("LW118", said, f"They are {size} rows, in their order.")
            return
    yield Unknown(
        f"On 7 rows its path is right, but on 60 it is after an epoch at {shown(wide.path[1])} and should be at "
        f"{shown(wide.along(reading.way)[1])}: it does not use all rows, or it divides by a number that is not theirs."
    )


def sixty(p: int) -> tuple[Matrix, Vector]:
    """Sixty rows like the seven, no two alike."""
    X, y = seven(p)
    k = np.arange(60)
    wide = X[k % 7] + 0.25 * np.sin(1.0 + k[:, None] * (1.5 + np.arange(p)))
    return wide, y[k % 7] + 0.5 * np.cos(2.0 * k)


def _integers(callee: Callee, reading: Reading, trace: Trace) -> Iterator[Fault]:
    X, y = np.round(trace.X * 1.4).astype(np.int64), np.round(trace.y).astype(np.int64)
    whole = _theta(callee, reading, X, y, epochs=EPOCHS)
    floats = _theta(callee, reading, X.astype(float), y.astype(float), epochs=EPOCHS)
    if whole is None or floats is None or np.allclose(whole, floats, rtol=1e-5):
        return
    said = f"of integers it makes {shown(whole)}, and of the same numbers as float64 {shown(floats)}"
    yield Fault.of("LW130", said)


def _penalised(callee: Callee, reading: Reading, trace: Trace) -> Iterator[Found]:
    """The same path with a penalty: what is left of the steps is a multiple of the slopes, or of all parameters."""
    if not callee.interface.takes("penalty"):
        return
    penalised = _again(callee, reading, trace, penalty=STRENGTH)
    if penalised is None:
        return
    if penalised.error(reading.way) <= EXACT:
        yield "its penalty makes no difference"
        return
    for both, strength, way in penalties(penalised, reading.way):
        if penalised.error(way) > EXACT:
            continue
        words = f"its penalty of {STRENGTH:g} adds {number(strength, 6)} times the parameters to the gradient"
        if strength < 0:
            yield Fault.of("LW142", words)
        yield Fault.of("LW132", words) if both else f"{words}, of the slopes alone"
        return
    yield "its penalty is of no form known here"


def _defaults(callee: Callee, reading: Reading) -> Iterator[str]:
    """How far its own settings get."""
    X, y = seven(1)
    answer = callee.quietly(X, y)
    if answer is None or not answer.fits(1) or not callee.interface.takes("epochs"):
        return
    theta = answer.slopes_first(reading.seen.turned)
    ends, least = mean_squared_error(X, y, theta), mean_squared_error(X, y, least_squares(X, y))
    if not ends < DIVERGED * least:
        yield "LW414: with its own settings it diverges on these rows: leastwise advise says how large a rate may be"
    elif ends > 1.001 * least:
        yield (
            f"LW414: with its own settings it stops at {number(ends / least, 4)} times the least mean squared "
            "error on these rows: leastwise advise says how many epochs it takes"
        )
