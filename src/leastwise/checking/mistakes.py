"""What each mistake changes about the right way of descending, and the ways that are right as well."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from .ways import Way

Change = Callable[[Way], Way]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A code of the catalogue, what it changes about a way, and what more there is to say."""

    code: str
    change: Change
    more: str = ""

    @classmethod
    def read_off(cls, code: str, more: str = "") -> Mistake:
        """One that is measured: the way that comes with it is changed already."""
        return cls(code, lambda way: way, more)


def _times(slope: float, intercept: float) -> Change:
    return lambda way: replace(way, factor=(way.factor[0] * slope, way.factor[1] * intercept))


def _fields(**fields: object) -> Change:
    return lambda way: replace(way, **fields)  # type: ignore[arg-type]


def _some(rows: tuple[int, ...], n: int) -> Change:
    part = len(rows) / n
    return lambda way: replace(way, batches=((rows,),), factor=(way.factor[0] * part, way.factor[1] * part))


def in_batches(n: int, size: int) -> tuple[tuple[int, ...], ...]:
    """n rows in their order, so many at a time."""
    return tuple(tuple(range(k, min(k + size, n))) for k in range(0, n, size))


@cache
def mistakes(n: int) -> tuple[Mistake, ...]:
    """Those whose path is known beforehand, for n rows."""
    return (
        Mistake("LW101", _times(0.5, 0.5)),
        Mistake("LW102", _times(2, 2)),
        Mistake("LW103", _fields(summed=(True, True)), f"With a rate {n} times smaller, here, it would be equal."),
        Mistake("LW104", _times(-1, -1)),
        Mistake("LW104", _times(-1, 1), "It is so of the slope's alone."),
        Mistake("LW104", _times(1, -1), "It is so of the intercept's alone."),
        Mistake("LW105", _fields(against="targets")),
        Mistake("LW105", _fields(against="predictions")),
        Mistake("LW106", _times(1, 0)),
        Mistake("LW107", _fields(first="slope")),
        Mistake("LW108", _fields(first="intercept")),
        Mistake("LW109", _fields(momentum=(1.0, 1.0))),
        Mistake("LW110", _fields(batches=(in_batches(n, 1),))),
        Mistake("LW110", _fields(batches=(in_batches(n, 1)[::-1],))),
        Mistake("LW111", _fields(lag=1)),
        Mistake("LW112", _fields(lag=-1)),
        Mistake("LW113", _fields(rate=lambda rate, epoch: rate * rate)),
        Mistake("LW114", _fields(rate=lambda rate, epoch: rate / (epoch + 1)), "It is rate / (epoch + 1)."),
        Mistake("LW114", _fields(rate=lambda rate, epoch: rate / math.sqrt(epoch + 1)), "By sqrt(epoch + 1)."),
        Mistake("LW115", _fields(x_scale="deviation")),
        Mistake("LW116", _fields(x_scale="deviation, n - 1")),
        Mistake("LW117", _fields(data_dtype="float32"), "The rows alone are in float32."),
        *(
            Mistake("LW118", _fields(batches=(in_batches(n, size),)), f"They are {size} rows, in their order.")
            for size in range(2, n - 1)
        ),
        Mistake("LW119", _fields(batches=((tuple(range(n - 1)),),)), "The last row is left out."),
        Mistake("LW119", _fields(batches=((tuple(range(1, n)),),)), "The first row is left out."),
        Mistake("LW119", _some(tuple(range(n - 1)), n), "The last row is left out, and counted all the same."),
        Mistake("LW119", _some(tuple(range(1, n)), n), "The first row is left out, and counted all the same."),
        Mistake("LW120", _times(0, 0)),
        Mistake("LW121", _times(0.5, 1)),
        Mistake("LW121", _times(1, 0.5)),
        Mistake("LW122", _fields(summed=(True, False))),
        Mistake("LW122", _fields(summed=(False, True))),
        Mistake("LW123", _fields(slope_x=False)),
        Mistake("LW124", _fields(intercept_x=True)),
        Mistake("LW125", _fields(swapped=True)),
        Mistake("LW126", _fields(shared=True)),
        Mistake("LW126", _fields(x_scale="all together"), "The mean and deviation are those of the whole matrix."),
        Mistake("LW127", _fields(reshaped="rows")),
        Mistake("LW127", _fields(reshaped="gradient"), "It is where X' stands in the gradient."),
        Mistake("LW128", _fields(x_scale="mean")),
        Mistake("LW129", _fields(x_scale="range"), "It is (x - min) / (max - min)."),
        Mistake("LW129", _fields(x_scale="maximum"), "It is x / max."),
        Mistake("LW129", _fields(x_scale="mean and range"), "It is (x - mean) / (max - min)."),
        Mistake("LW130", _fields(cut=np.trunc), "The parameters are, after every update."),
        Mistake("LW130", _fields(whole="rows"), "The rows are."),
        Mistake("LW130", _fields(whole="X"), "X is."),
        Mistake("LW130", _fields(whole="y"), "y is."),
        Mistake("LW136", _fields(loss="absolute"), "It is that of the mean absolute error."),
        Mistake("LW136", _fields(loss="root"), "It is that of the root of the mean squared error."),
        Mistake("LW137", _fields(y_scale="mean"), "It was centred."),
        Mistake("LW137", _fields(y_scale="deviation"), "It was divided by its deviation, n."),
        Mistake("LW137", _fields(y_scale="deviation, n - 1"), "It was divided by its deviation, n - 1."),
        Mistake("LW137", _fields(y_scale="range"), "It is (y - min) / (max - min)."),
        Mistake("LW137", _fields(y_scale="maximum"), "It is y / max."),
        *(
            Mistake("LW138", _fields(cut=cut(k)), f"To {k} decimals, after every update.")
            for k in range(1, 7)
            for cut in (_rounded, _rounded_exactly)
        ),
        *(Mistake("LW138", _fields(cut_last=_rounded(k)), f"To {k} decimals, at the end.") for k in range(1, 7)),
        Mistake("LW143", _fields(through="parameters")),
        Mistake("LW143", _fields(through="slopes"), "It is so of the slopes."),
        Mistake("LW144", _fields(crossed=True)),
        Mistake("LW145", _fields(biased=False)),
        Mistake("LW139", _fields(momentum=(1.0, 0.0)), "It is the slope's."),
        Mistake("LW139", _fields(momentum=(0.0, 1.0)), "It is the intercept's."),
        *(
            Mistake("LW141", _fields(momentum=(m, m)), f"The momentum is {m:g}.")
            for m in (0.1, 0.5, 0.8, 0.9, 0.95, 0.99)
        ),
    )  # fmt: skip


def _rounded(decimals: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda theta: np.round(theta, decimals)


def _rounded_exactly(decimals: int) -> Callable[[np.ndarray], np.ndarray]:
    """As Python's round does: by the exact value, not after a multiplication."""
    return lambda theta: np.array([round(float(value), decimals) for value in theta])


def variants() -> Iterator[tuple[Way, tuple[str, ...]]]:
    """Ways that are right, and what is worth saying about each; plain batch descent comes first."""
    scaled = {
        "": "",
        "deviation": "it descends on standardised features and gives back parameters in the units of x",
        "deviation, n - 1": "it descends on standardised features (n - 1) and gives back parameters in the units of x",
        "mean": "it descends on centred features and gives back parameters in the units of x",
        "range": "it descends on features scaled to 0 to 1 and gives back parameters in the units of x",
    }  # fmt: skip
    half = "LW101: its gradient is that of 1/(2n) sum of squares, half that of the mean squared error, as books have it"
    for target in ("", "mean", "deviation", "deviation, n - 1", "range"):
        for name, said in scaled.items():
            for factor in (1.0, 0.5):
                more = "the target is centred or scaled, and it undoes that" if target else ""
                notes = tuple(note for note in (said, more, half if factor < 1 else "") if note)
                yield Way(factor=(factor, factor), x_scale=name, y_scale=target, undone=bool(name or target)), notes
