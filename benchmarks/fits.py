"""Fits in memory and over files: with standard errors, against peers that read the same numbers in the same run.

Every answer is checked against the others to 9 digits before its time is printed.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import leastwise as lw
from leastwise.timing import clock

RUNS = 7
PAUSE = 0.2
FILES = {
    "Parquet, 20,000,000 x 10": ("parquet", 20_000_000),
    "Parquet, 40,000,000 x 10": ("parquet", 40_000_000),
    "CSV, 5,000,000 x 10": ("csv", 5_000_000),
}


def in_memory(n: int, p: int) -> None:
    """One table: leastwise, scikit-learn, statsmodels and numpy on the same arrays, taken in turn."""
    import statsmodels.api as sm
    from sklearn.linear_model import LinearRegression

    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, p))
    y = X @ rng.standard_normal(p) + 1 + rng.standard_normal(n)
    with_ones = np.column_stack([X, np.ones(n)])
    peers: dict[str, Callable[[], Any]] = {
        "leastwise, with standard errors": lambda: lw.fit(X, y).coef,
        "scikit-learn LinearRegression (no standard errors)": lambda: LinearRegression().fit(X, y).coef_,
        "statsmodels OLS": lambda: sm.OLS(y, with_ones).fit().params[:-1],
        "numpy.linalg.lstsq (no standard errors)": lambda: np.linalg.lstsq(with_ones, y, rcond=None)[0][:-1],
    }
    _check({name: peer() for name, peer in peers.items()})
    times: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(RUNS):
        for name, peer in peers.items():
            # Idle threads of the one before would spin into this one's time.
            time.sleep(PAUSE)
            times[name].append(clock(peer))
    ours = statistics.median(times["leastwise, with standard errors"])
    print(f"### In memory, {n:,} x {p} float64\n\n| | seconds, median of {RUNS} | times ours |\n|---|---|---|")
    for name, taken in times.items():
        print(f"| {name} | {statistics.median(taken):.4f} | {statistics.median(taken) / ours:.2f} |")
    print()


def over_files() -> None:
    """One table: a fit of a file against DuckDB's `select sum(each column)`, each in a process of its own."""
    print("### Over files, whole processes\n\n| file | GB | leastwise fit, s | DuckDB sums, s | ratio | peak MB |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for label, (kind, rows) in FILES.items():
            path = Path(folder) / f"rows.{kind}"
            _write(path, kind, rows)
            fit, sums = (partial(_process, task, path) for task in ("fit", "sums"))
            fit(), sums()
            pairs = [(fit(), sums()) for _ in range(3)]
            ours, theirs = (statistics.median(pair[k][0] for pair in pairs) for k in (0, 1))
            peak = max(pair[0][1] for pair in pairs)
            size = path.stat().st_size / 1e9
            print(f"| {label} | {size:.2f} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} | {peak:.0f} |")
            path.unlink()
    print()


def _check(answers: dict[str, Any]) -> None:
    first = next(iter(answers.values()))
    for name, answer in answers.items():
        if np.abs(answer - first).max() > 1e-9 * np.abs(first).max():
            sys.exit(f"{name} disagrees: no time is reported")


def _write(path: Path, kind: str, rows: int) -> None:
    import duckdb

    columns = ", ".join(f"random() * 2 - 1 + 0.3 * sin(i / {j + 3}) as x{j}" for j in range(10))
    how = "format parquet, compression zstd" if kind == "parquet" else "header"
    duckdb.sql("set enable_progress_bar = false")
    duckdb.sql(f"copy (select {columns}, random() as y from range({rows}) t(i)) to '{path}' ({how})")


def _process(task: str, path: Path) -> tuple[float, float]:
    """Seconds and peak MB of `python fits.py TASK PATH`, as it measures itself."""
    out = subprocess.run([sys.executable, __file__, task, str(path)], check=True, capture_output=True, text=True).stdout
    seconds, peak = out.split()
    return float(seconds), float(peak)


def _task(task: str, path: str) -> None:
    import duckdb

    sums = ", ".join(f"sum({name})" for name in [*(f"x{j}" for j in range(10)), "y"])
    work: dict[str, Callable[[], Any]] = {
        "fit": lambda: lw.fit(path, y="y", method="qr"),
        "sums": lambda: duckdb.connect().execute(f"select {sums} from '{path}'").fetchall(),
    }
    seconds = clock(work[task])
    print(seconds, _peak())


def _peak() -> float:
    """Peak memory of this process in MB; the kernel's other count would include the parent it was forked from."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))) / 1e3


def main() -> None:
    """Print the tables."""
    import sklearn
    import statsmodels

    print(f"## Fits ({os.cpu_count()} threads, numpy {np.__version__}, scikit-learn {sklearn.__version__}, "
          f"statsmodels {statsmodels.__version__})\n")  # fmt: skip
    in_memory(1_000_000, 10)
    in_memory(1_000_000, 50)
    over_files()


if __name__ == "__main__":
    _task(*sys.argv[1:]) if len(sys.argv) == 3 else main()
