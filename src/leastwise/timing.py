"""Time taken, measured so that it can be compared: the answer first, then repeats taken in turn."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

BUDGET = 0.25
MOST_RUNS = 9


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of `runs` runs: `median`, `fastest`, `slowest`."""

    median: float
    fastest: float
    slowest: float
    runs: int

    def overlaps(self, other: Timing) -> bool:
        """Whether the two cannot be told apart: their intervals share a point."""
        return self.fastest <= other.slowest and other.fastest <= self.slowest


def clock(run: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def repeat(runs: dict[str, Callable[[], object]], warm_up: dict[str, float]) -> dict[str, Timing]:
    """Time every run again, in turn so that a drift of the machine hits all alike.

    `warm_up` holds what each took the first time. It decides how many repeats fit in 0.25 s, at most 9;
    where none fits, the first time is the only one.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    wanted = {name: min(int(BUDGET / max(warm_up[name], 1e-9)), MOST_RUNS) for name in runs}
    for turn in range(max(wanted.values(), default=0)):
        for name, run in runs.items():
            if turn < wanted[name]:
                times[name].append(clock(run))
    return {name: _timing(times[name] or [warm_up[name]]) for name in runs}


@contextmanager
def same_threads(threads: int) -> Iterator[None]:
    """NumPy's BLAS and torch (where it is loaded) on `threads` threads each."""
    from threadpoolctl import threadpool_limits

    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 0
    with threadpool_limits(threads):
        if torch:
            torch.set_num_threads(threads)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)


def versions() -> dict[str, str]:
    """Python, NumPy and, where it is loaded, torch."""
    found = {"python": sys.version.split()[0], "numpy": np.__version__}
    torch = sys.modules.get("torch")
    return found | ({"torch": str(torch.__version__)} if torch else {})


def _timing(times: list[float]) -> Timing:
    return Timing(float(np.median(times)), min(times), max(times), len(times))
