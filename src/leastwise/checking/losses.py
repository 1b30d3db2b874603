"""The losses that somebody's descent records: of which formula, and before or after the update."""

from __future__ import annotations

import numpy as np

from ..types import Vector
from ..words import number
from .report import Fault, Found
from .search import Reading
from .trace import Losses, loss_formulas, windows
from .ways import SCALES, inside

ALIKE = 1e-6
SCALED = " of the rows as it has them"
HALF = "half the mean squared error"


def judged(reading: Reading) -> list[Found]:
    """Of all series that it gave for each epoch, the one that is losses: faults, or notes."""
    trace = reading.seen.traces[0]
    formulas = _formulas(reading)
    candidates = [one for one in reading.seen.series if not _is_parameter(one, reading)]
    for one in candidates:
        for name, values in formulas.items():
            for when, window in windows(values, len(one)).items():
                if len(window) == len(one) and np.allclose(window, one, rtol=_alike(reading), atol=1e-12):
                    return _said(name, when, reading)
    if not candidates or not reading.known or isinstance(trace, Losses):
        return []
    first = candidates[-1]
    mse = formulas["mean squared error"]
    evidence = f"the first is {number(float(first[0]), 7)}; the mean squared error there is {number(float(mse[0]), 7)}"
    return [Fault.of("LW303", evidence)]


def _alike(reading: Reading) -> float:
    return 1e-4 if reading.single else ALIKE


def _formulas(reading: Reading) -> dict[str, Vector]:
    """Along the path, in the units that were given and in those that the way works in."""
    trace, way = reading.seen.traces[0], reading.way
    path = trace.along(way) if isinstance(trace, Losses) else trace.path
    if not way.biased:
        path = path * np.append(np.ones(path.shape[1] - 1), 0)
    found = loss_formulas(trace.X, trace.y, path)
    if way.undone:
        scale = float(SCALES[way.y_scale](trace.y[:, None])[1][0])
        scaled = loss_formulas(trace.X, trace.y / scale, path / scale)
    else:
        scaled = loss_formulas(*inside(way, trace.X, trace.y), path)
    return found | {f"{name}{SCALED}": values for name, values in scaled.items()}


def _is_parameter(one: Vector, reading: Reading) -> bool:
    """Whether a series is the slopes or the intercepts along the path."""
    trace = reading.seen.traces[0]
    path = trace.along(reading.way) if isinstance(trace, Losses) else trace.path
    columns = [column for theta in path.T for column in windows(theta, len(one)).values()]
    return any(len(column) == len(one) and np.allclose(column, one, rtol=1e-5, atol=1e-12) for column in columns)


def _said(name: str, when: str, reading: Reading) -> list[Found]:
    half = any("LW101" in note for note in reading.notes) or any(m.code == "LW101" for m in reading.found)
    late = "LW302: its losses are recorded after the update: loss k belongs to k + 1 updates"
    notes: list[Found] = [late] if when == "after" else []
    name = name.removesuffix(SCALED)
    if "N x N" in name:
        return [*notes, Fault.of("LW304", f"they agree with the {name}, to 6 digits")]
    if name == "mean squared error" and half:
        return [
            *notes,
            Fault.of("LW101", "its losses are the mean squared error, and its steps half the gradient of that"),
        ]
    if name == HALF and not half:
        return [*notes, "its losses are half the mean squared error, and its gradient that of the whole"]
    if name in ("mean squared error", HALF):
        return notes
    if any(mistake.code == "LW103" for mistake in reading.found):
        return [*notes, f"its losses are the {name}"]
    return [*notes, Fault.of("LW301", f"they agree with the {name}, to 6 digits")]
