"""A billion rows from 40 Parquet files, 24 GB, on this machine. `make bench` leaves it out: it needs the room.

`python benchmarks/billion.py FOLDER` writes the files there, unless they are there, and leaves them. Slopes are held
against those that the rows were made with, to five standard errors, before a time is reported.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow
from pyarrow import parquet

import leastwise as lw
from fits import _peak
from leastwise.timing import clock

FILES, GROUPS, ROWS = 40, 25, 1_000_000
SLOPES = 3.0, -2.0
RUNS = 3


def write(path: Path) -> None:
    """25 row groups of a million rows, columns a million deviations from 0."""
    if path.exists():
        return
    rng, new = np.random.default_rng(int(path.stem)), path.with_suffix(".new")
    schema = pyarrow.schema([(name, pyarrow.float64()) for name in "aby"])
    with parquet.ParquetWriter(new, schema, compression="none", use_dictionary=False) as writer:
        for _ in range(GROUPS):
            a, b = rng.normal(1e6, size=(2, ROWS))
            y = SLOPES[0] * a + SLOPES[1] * b + rng.normal(size=ROWS)
            writer.write_table(pyarrow.table({"a": a, "b": b, "y": y}))
    new.rename(path)


def here(rows: str) -> Any:
    """Threads of this process."""
    return lw.fit(rows, y="y")


def on_dask(rows: str) -> Any:
    """Two processes of Dask, which are started in the time that is taken."""
    with lw.spread(rows, "dask", workers=2) as spread:
        return lw.fit(spread, y="y")


def sums(rows: str) -> Any:
    """DuckDB's sum of each column."""
    return duckdb.execute(f"select sum(a), sum(b), sum(y) from '{rows}'").fetchall()


def one_feature(rows: str) -> Any:
    """DuckDB's regr_slope: of one feature alone, without errors."""
    return duckdb.execute(f"select regr_slope(y, a) from '{rows}'").fetchall()


WAYS: dict[str, Callable[[str], Any]] = {
    "leastwise, with standard errors": here,
    "leastwise, two processes of Dask": on_dask,
    "DuckDB, sum of each column": sums,
    "DuckDB, regr_slope of one feature": one_feature,
}


def timed(way: Callable[[str], Any], rows: str, fits: list[lw.Fit]) -> float:
    """Seconds that it takes; a fit is kept."""
    answers = list[Any]()
    seconds = clock(lambda: answers.append(way(rows)))
    fits += [answer for answer in answers if isinstance(answer, lw.Fit)]
    return seconds


def main(folder: Path) -> None:
    """Print the table; the files' own cache is as each way finds it."""
    folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor() as pool:
        list(pool.map(write, [folder / f"{k:02}.parquet" for k in range(FILES)]))
    duckdb.execute("set enable_progress_bar = false")
    rows, size = str(folder / "*.parquet"), sum(path.stat().st_size for path in folder.iterdir()) / 1e9
    times, peaks, fits = dict[str, float](), dict[str, float](), list[lw.Fit]()
    for name, way in WAYS.items():
        taken = [timed(way, rows, fits) for _ in range(RUNS)]
        times[name], peaks[name] = statistics.median(taken), _peak()
    for fit in fits:
        if (np.abs(fit.coef - SLOPES) > 5 * fit.se[:2]).any() or (fit.coef != fits[0].coef).any():
            sys.exit("the slopes are wrong: no time is reported")
    ours = next(iter(times.values()))
    print(f"## A billion rows\n\n{fits[0].n:,} x 2 from {FILES} Parquet files, {size:.0f} GB; {os.cpu_count()} cores, "
          f"seconds, median of {RUNS}.\n\n| how | seconds | ratio |\n|---|---|---|")  # fmt: skip
    for name, seconds in times.items():
        print(f"| {name} | {seconds:.1f} | {seconds / ours:.2f} |")
    peak = next(iter(peaks.values()))
    print(f"\nThe bits are the same each time, also on Dask. Peak memory of the first: {peak:.0f} MB.\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
