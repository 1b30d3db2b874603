"""Time an epoch takes against the number of rows, and where one method overtakes another."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from .gather import Data
from .methods.table import METHODS, Method
from .problem import LeastSquares
from .rows.chunk import Chunk
from .settings import Settings
from .solution import drive
from .summary.triangle import Triangle
from .timing import Timing, clock, repeat, same_threads
from .types import UsageError

LARGEST = 1_000_000
LEAST_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Sweep:
    """Seconds an epoch for each method (a list beside `rows`), and the `crossings` in words.

    Every size holds rows drawn with replacement from the data, so features and types are the user's.
    """

    rows: tuple[int, ...]
    epoch: dict[str, tuple[Timing, ...]]
    crossings: tuple[str, ...]


def sweep(
    data: Data, settings: Settings, methods: Sequence[str], threads: int, watch: Callable[[int], None] | None = None
) -> Sweep:
    """Time the iterated `methods` at 10, 100, ... rows, up to 10^6 or 800 MB of numbers."""
    names = [name for name in methods if METHODS[name].iterates]
    if data.rows is None or not names:
        raise UsageError("--sweep needs a method that iterates over rows, such as numpy: name one in --methods")
    most = min(LARGEST, int(1e8 / data.triangle.features))
    sizes = tuple(10**k for k in range(1, int(math.log10(most)) + 1))
    columns: dict[str, list[Timing]] = {name: [] for name in names}
    with same_threads(threads):
        for rows in sizes:
            for name, timing in _at(_drawn(data.rows, rows), names, settings).items():
                columns[name].append(timing)
            if watch:
                watch(rows)
    epoch = {name: tuple(timings) for name, timings in columns.items()}
    return Sweep(sizes, epoch, tuple(_crossings(sizes, epoch)))


def _drawn(chunk: Chunk, rows: int) -> Chunk:
    return chunk.take(np.random.RandomState(0).randint(len(chunk), size=rows))


def _at(chunk: Chunk, names: Sequence[str], settings: Settings) -> dict[str, Timing]:
    triangle = Triangle.of(chunk.X, chunk.y, chunk.weight)
    rows, compressed = (LeastSquares.of(some, settings.dtype) for some in (chunk, triangle.rows()))
    posed: dict[str, Any] = {"rows": rows, "compressed": compressed, "triangle": triangle}
    start = settings.begin(chunk.X.shape[1]).cast(settings.dtype)

    def go(method: Method, epochs: int) -> None:
        drive(method.steps(posed[method.reads], start, 1e-30, settings.device), epochs)

    epochs, first = {}, {}
    for name in names:
        once = max(clock(partial(go, METHODS[name], 10)), clock(partial(go, METHODS[name], 10))) / 10
        epochs[name] = max(5, int(LEAST_SECONDS / once))
        first[name] = once * epochs[name]
    timed = repeat({name: partial(go, METHODS[name], epochs[name]) for name in names}, first)
    return {name: _each(timing, epochs[name]) for name, timing in timed.items()}


def _each(timing: Timing, epochs: int) -> Timing:
    return Timing(timing.median / epochs, timing.fastest / epochs, timing.slowest / epochs, timing.runs)


def _crossings(sizes: Sequence[int], epoch: dict[str, tuple[Timing, ...]]) -> list[str]:
    said = []
    for name, timings in epoch.items():
        if name == "numpy" or "numpy" not in epoch:
            continue
        apart = [
            (rows, math.log(theirs.median / ours.median))
            for rows, ours, theirs in zip(sizes, epoch["numpy"], timings, strict=True)
            if not ours.overlaps(theirs)
        ]
        said += [_crossing(name, *pair) for pair in pairwise(apart) if pair[0][1] * pair[1][1] < 0]
        if apart and all(gap * apart[0][1] > 0 for _, gap in apart):
            said.append(
                f"{name} is {'slower' if apart[0][1] > 0 else 'faster'} than numpy at every size where they differ"
            )
        elif not apart:
            said.append(f"{name} and numpy cannot be told apart at any size")
    return said


def _crossing(name: str, before: tuple[int, float], after: tuple[int, float]) -> str:
    part = before[1] / (before[1] - after[1])
    rows = before[0] * (after[0] / before[0]) ** part
    size = 10 ** math.floor(math.log10(rows))
    faster = "faster" if after[1] < 0 else "slower"
    return f"{name} becomes {faster} than numpy at about {round(rows / size) * size:,} rows"
