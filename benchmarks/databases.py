"""Least squares on a table that lives in a database: sums there by several formulas, or rows out of it."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import psycopg
import pyarrow

import leastwise as lw
import postgres
from leastwise.rows.database import open_database
from leastwise.rows.source import Selection
from leastwise.solve import Options, fit_rows

ROWS, FEATURES, OFFSET, RUNS = 2_000_000, 10, 1e6, 3
TABLE = "rows_of_the_benchmark"
Query = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A database: its name, the columns to regress in it, and what runs a query and gives its rows."""

    name: str
    selection: Selection
    query: Query


def main() -> None:
    """Print the table."""
    columns = table()
    names = list(columns)
    truth = lw.fit(np.column_stack([columns[name] for name in names[:-1]]), columns["y"], method="exact")
    with tempfile.TemporaryDirectory() as folder, postgres.running() as server:
        path = Path(folder) / "rows.duckdb"
        with duckdb.connect(path) as database:
            database.register("arrays", pyarrow.table(columns))
            database.execute(f"create table {TABLE} as select * from arrays")
        postgres.load(server.url, TABLE, columns)
        heading(server)
        for address, name in ((server.url, "PostgreSQL"), (f"duckdb://{path}", "DuckDB")):
            source = open_database(address, TABLE, None)
            report(Place(name, source.choose("y"), query_of(source.table)), truth)
    print()


def query_of(rows: Any) -> Query:
    """What runs a query on the connection of a table."""
    return lambda text: rows.get_backend().con.execute(text).fetchall()


def heading(server: postgres.Server) -> None:
    """What is measured, on what."""
    version = query_version(server.url)
    print("## Tables in a database\n")
    print(f"{ROWS:,} rows x {FEATURES} features with standard errors, every column offset by {OFFSET:.0e}; seconds,")
    print(f"median of {RUNS}. Digits: of the worst slope or standard error, against rational arithmetic. Server and")
    print(f"client share {os.cpu_count()} cores and no network lies between them, which favours reading rows out.")
    print(f"numpy {np.__version__}, duckdb {duckdb.__version__}, PostgreSQL {version}, ibis {ibis.__version__}.\n")
    print("| database | how | seconds | ratio | digits |\n|---|---|---|---|---|")


def query_version(url: str) -> str:
    """The server's version."""
    with psycopg.connect(url) as connection:
        return str(connection.execute("show server_version").fetchone()[0]).split()[0]


def table() -> dict[str, Any]:
    """Columns x0, ..., y, all of them offset."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((ROWS, FEATURES))
    y = X @ np.arange(1.0, FEATURES + 1) + 10 * rng.standard_normal(ROWS) + OFFSET
    return {**{f"x{j}": X[:, j] + OFFSET for j in range(FEATURES)}, "y": y}


def report(place: Place, truth: Any) -> None:
    """The lines of one database; the first is what the ratios are to."""
    rows_only = replace(place.selection, source=replace(place.selection.source, table=None))
    ways: Mapping[str, Callable[[], tuple[Any, Any]]] = {
        "leastwise: two queries": lambda: of_fit(fit_rows(place.selection, Options(method="qr"))),
        "leastwise: rows read out, QR": lambda: of_fit(fit_rows(rows_only, Options(method="qr"))),
        "naive sums: sum(x), sum(x * z)": lambda: solved(*naive(place)),
        "covar_pop(x, z), as regr_slope has it": lambda: solved(*covariances(place)),
        "rows to NumPy, numpy.linalg.lstsq": lambda: fetched(place),
    }
    first = 0.0
    for name, way in ways.items():
        seconds, found = timed(way)
        first = first or seconds
        kept = digits(found, (truth.coef, truth.se[:-1]))
        print(f"| {place.name} | {name} | {seconds:.2f} | {seconds / first:.2f} | {kept:.1f} |", flush=True)


def timed(way: Callable[[], tuple[Any, Any]]) -> tuple[float, tuple[Any, Any]]:
    """Median seconds, and what the last run gave."""
    taken = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        found = way()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken), found


def digits(found: tuple[Any, Any], truth: tuple[Any, Any]) -> float:
    """Those that all slopes and standard errors keep; 0 where one is not a number."""
    pairs = list(zip(found, truth, strict=True))
    if not all(np.isfinite(mine).all() for mine, _ in pairs):
        return 0.0
    worst = max(float(np.abs(mine / theirs - 1).max()) for mine, theirs in pairs)
    return max(-float(np.log10(max(worst, 1e-16))), 0.0)


def of_fit(fit: Any) -> tuple[Any, Any]:
    """Slopes and their standard errors."""
    return fit.coef, fit.se[:-1]


def pairs(place: Place) -> list[tuple[int, int]]:
    """Places of columns with each other."""
    return list(combinations_with_replacement(range(len(place.selection.names)), 2))


def asked(place: Place, of_pair: str) -> tuple[Any, Any]:
    """Sums (q,) and what is asked of each pair (q, q)."""
    names = place.selection.names
    single = [f"sum({name})" for name in names]
    double = [of_pair.format(names[i], names[j]) for i, j in pairs(place)]
    row = np.array(place.query(f"select {', '.join(single + double)} from {TABLE}")[0], dtype=float)
    full = np.empty((len(names), len(names)))
    for (i, j), value in zip(pairs(place), row[len(names) :], strict=True):
        full[i, j] = full[j, i] = value
    return row[: len(names)], full


def naive(place: Place) -> tuple[Any, int]:
    """The scatter as textbooks have it: sum(x z) - sum(x) sum(z) / n."""
    sums, products = asked(place, "sum({0} * {1})")
    return products - np.outer(sums, sums) / ROWS, ROWS


def covariances(place: Place) -> tuple[Any, int]:
    """The scatter from the database's own covariances."""
    return asked(place, "covar_pop({0}, {1})")[1] * ROWS, ROWS


def solved(scatter: Any, n: int) -> tuple[Any, Any]:
    """Slopes and standard errors from a scatter (q, q), the target last."""
    inverse = np.linalg.inv(scatter[:-1, :-1])
    coef = inverse @ scatter[:-1, -1]
    rss = scatter[-1, -1] - coef @ scatter[:-1, -1]
    with np.errstate(invalid="ignore"):
        return coef, np.sqrt(np.diag(inverse) * rss / (n - len(coef) - 1))


def fetched(place: Place) -> tuple[Any, Any]:
    """All rows by the driver, and what is written by hand with them."""
    if place.name == "DuckDB":
        found = place.selection.source.table.get_backend().con.execute(f"select * from {TABLE}").fetchnumpy()
        A = np.column_stack([found[name] for name in place.selection.names])
    else:
        A = np.array(place.query(f"select {', '.join(place.selection.names)} from {TABLE}"))
    X, y = np.column_stack([A[:, :-1], np.ones(len(A))]), A[:, -1]
    theta, rss, *_ = np.linalg.lstsq(X, y)
    inverse = np.linalg.inv(X.T @ X)
    with np.errstate(invalid="ignore"):
        se = np.sqrt(np.diag(inverse) * rss[0] / (len(A) - X.shape[1])) if len(rss) else np.full(len(theta), np.nan)
    return theta[:-1], se[:-1]


if __name__ == "__main__":
    main()
