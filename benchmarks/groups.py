"""A million regressions by group: against a loop over numpy.linalg.lstsq, and against DuckDB's regr_slope."""

from __future__ import annotations

import os
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
LOOP = "loop over numpy.linalg.lstsq"


def main() -> None:
    """Print the table."""
    print("## A million regressions by group\n")
    print(f"{GROUPS:,} groups of {ROWS} rows, with standard errors (regr_slope has none); seconds, median of {RUNS},")
    print(
        "the ways in turn, and seconds of all threads, which other work on the machine hardly changes. The loop is as"
    )
    print(
        "lean as it gets (slopes, intercept and standard errors, its rows sliced from rows in order) and was timed on"
    )
    print(
        f"{LOOPED:,} groups and scaled. Digits: of the worst of 200 groups' slopes, against rational arithmetic, with"
    )
    print("every column offset by 1e6.")
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores (load {load:.1f}), numpy {np.__version__}, duckdb {duckdb.__version__}.\n")
    print("| features | rows | how | seconds | of threads | times faster than the loop | digits |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for p, ordered in ((1, False), (1, True), (3, False), (3, True)):
            report(p, ordered, Path(folder))
    print()


def report(p: int, ordered: bool, folder: Path) -> None:
    """The lines of p features."""
    by, X, y = rows(p, ordered)
    path = folder / "rows.parquet"
    names = [f"x{j}" for j in range(p)]
    table = pyarrow.table({"g": by, **dict(zip(names, X.T, strict=True)), "y": y})
    parquet.write_table(table, path)
    ways: dict[str, Callable[[], Any]] = {
        "lw.fit_by, arrays": lambda: lw.fit_by(X, y, by, names=names),
        "lw.fit_by, Parquet": lambda: lw.fit_by(path, "y", "g", x=names),
        LOOP: lambda: looped(X, y),
    }
    if p == 1:
        ways["DuckDB regr_slope, Arrow in memory"] = lambda: slopes("rows", table)
        ways["DuckDB regr_slope, Parquet"] = lambda: slopes(f"'{path}'", table)
    found, seconds = timed(ways)
    seconds[LOOP] *= GROUPS / LOOPED
    for name, (value, cpu) in seconds.items():
        worst = digits(found[name], by, X, y)
        how = "in order" if ordered else "in no order"
        print(
            f"| {p} | {how} | {name} | {value:.2f} | {cpu:.2f} | {seconds[LOOP][0] / value:.1f} | {worst:.1f} |",
            flush=True,
        )


def rows(p: int, ordered: bool) -> tuple[Any, Any, Any]:
    """Labels, and columns offset by 1e6."""
    rng = np.random.default_rng(p)
    by = np.repeat(np.arange(GROUPS), ROWS)
    if not ordered:
        rng.shuffle(by)
    X = rng.standard_normal((len(by), p)) + 1e6
    return by, X, X @ np.arange(1.0, p + 1) + rng.standard_normal(len(by))


def slopes(relation: str, table: Any) -> Any:
    """The slope of each group, by DuckDB."""
    query = f"select g, regr_slope(y, x0) as slope from {relation} group by g order by g"
    with duckdb.connect() as connection:
        connection.register("rows", table)
        return np.asarray(connection.execute(query).fetchnumpy()["slope"])[:, None]


def timed(ways: dict[str, Callable[[], Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What each gave, and its median seconds on the clock and of all threads."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    found: dict[str, Any] = {}
    for _ in range(RUNS):
        for name, way in ways.items():
            begin = time.perf_counter(), time.process_time()
            result = way()
            taken[name].append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
            found[name] = getattr(result, "coef", result)
    return found, {name: np.median(values, axis=0) for name, values in taken.items()}


def looped(X: Any, y: Any) -> None:
    """Estimates and standard errors of the first groups of rows in order, as they are written by hand."""
    for first in range(0, LOOPED * ROWS, ROWS):
        own = slice(first, first + ROWS)
        one(X[own], y[own])


def one(X: Any, y: Any) -> tuple[Any, Any]:
    """Of one group."""
    A = np.column_stack([X, np.ones(len(y))])
    theta, rss, _, _ = np.linalg.lstsq(A, y)
    return theta, np.sqrt(np.diag(np.linalg.inv(A.T @ A)) * rss[0] / (len(y) - A.shape[1]))


def digits(coef: Any, by: Any, X: Any, y: Any) -> float:
    """Of the worst slope; the answer of each way is checked by this."""
    worst = 0.0
    for k in np.random.default_rng(1).integers(0, GROUPS, 200):
        own = by == k
        exact = lw.fit(X[own], y[own], method="exact").coef
        ours = one(X[own], y[own])[0][:-1] if coef is None else coef[k]
        worst = max(worst, float(np.abs((ours - exact) / exact).max()))
    return -float(np.log10(max(worst, 1e-16)))


if __name__ == "__main__":
    main()
