"""A million regressions by group: against a loop over numpy.linalg.lstsq, and against DuckDB's regr_slope."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow
from pyarrow import parquet

import leastwise as lw

GROUPS, ROWS, LOOPED, RUNS = 1_000_000, 20, 20_000, 3


def main() -> None:
    """Print the table."""
    print("## A million regressions by group\n")
    print(f"{GROUPS:,} groups of {ROWS} rows in no order, with standard errors (regr_slope has none); seconds,")
    print(f"median of {RUNS}. The loop over numpy.linalg.lstsq (slopes, intercept, standard errors; its rows lie apart")
    print(f"already) was timed on {LOOPED:,} groups and scaled. Digits: of the worst of 200 groups' slopes, against")
    print("rational arithmetic, with every column offset by 1e6.")
    print(f"{os.cpu_count()} cores, numpy {np.__version__}, duckdb {duckdb.__version__}.\n")
    print("| features | how | seconds | ratio | digits |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for p in (1, 3):
            report(p, Path(folder))
    print()


def report(p: int, folder: Path) -> None:
    """The lines of p features; the first is what the ratios are to."""
    by, X, y = rows(p)
    path = folder / f"{p}.parquet"
    names = [f"x{j}" for j in range(p)]
    parquet.write_table(pyarrow.table({"g": by, **dict(zip(names, X.T, strict=True)), "y": y}), path)
    kept: dict[str, Any] = {}
    ways: dict[str, Callable[[], Any]] = {
        "lw.fit_by, arrays": lambda: lw.fit_by(X, y, by, names=names),
        "lw.fit_by, Parquet": lambda: lw.fit_by(path, "y", "g", x=names),
    }
    if p == 1:
        ways["DuckDB regr_slope, Parquet"] = lambda: slopes(path)
    seconds = {name: timed(way, kept, name) for name, way in ways.items()}
    seconds["loop over numpy.linalg.lstsq"] = looped(X, y, ROWS) * GROUPS
    first = seconds["lw.fit_by, arrays"]
    places = np.random.default_rng(1).integers(0, GROUPS, 200)
    for name, value in seconds.items():
        found = digits(kept[name], places, by, X, y) if name in kept else digits(None, places, by, X, y)
        print(f"| {p} | {name} | {value:.2f} | {value / first:.2f} | {found:.1f} |")


def rows(p: int) -> tuple[Any, Any, Any]:
    """Labels in no order, and columns offset by 1e6."""
    rng = np.random.default_rng(p)
    by = np.repeat(np.arange(GROUPS), ROWS)
    rng.shuffle(by)
    X = rng.standard_normal((len(by), p)) + 1e6
    return by, X, X @ np.arange(1.0, p + 1) + rng.standard_normal(len(by))


def slopes(path: Path) -> Any:
    """The slope of each group, by DuckDB."""
    query = f"select g, regr_slope(y, x0) as slope from '{path}' group by g order by g"
    return np.asarray(duckdb.connect().execute(query).fetchnumpy()["slope"])


def timed(way: Callable[[], Any], kept: dict[str, Any], name: str) -> float:
    """Median seconds; what it gave is kept."""
    taken = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        kept[name] = way()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def looped(X: Any, y: Any, n: int) -> float:
    """Seconds a group of the loop."""
    begin = time.perf_counter()
    for k in range(LOOPED):
        own = slice(k * n, (k + 1) * n)
        one(X[own], y[own])
    return (time.perf_counter() - begin) / LOOPED


def one(X: Any, y: Any) -> tuple[Any, Any]:
    """Estimates and standard errors as they are written by hand."""
    A = np.column_stack([X, np.ones(len(y))])
    theta, rss, *_ = np.linalg.lstsq(A, y)
    bread = np.linalg.inv(A.T @ A)
    return theta, np.sqrt(np.diag(bread) * (rss[0] if len(rss) else np.nan) / (len(y) - A.shape[1]))


def digits(found: Any, places: Any, by: Any, X: Any, y: Any) -> float:
    """Of the worst slope; the answer of each way is checked by this."""
    worst = 0.0
    for k in places:
        own = by == k
        exact = lw.fit(X[own], y[own], method="exact").coef
        ours = one(X[own], y[own])[0][:-1] if found is None else found.coef[k] if hasattr(found, "coef") else found[k]
        worst = max(worst, float(np.abs((ours - exact) / exact).max()))
    return -float(np.log10(max(worst, 1e-16)))


if __name__ == "__main__":
    main()
