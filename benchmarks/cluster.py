"""The same fit on Dask and Spark: against one process, one worker against two, and Spark's own LinearRegression."""

from __future__ import annotations

import os
import pickle
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pyarrow
import pyspark
from pyarrow import parquet

import leastwise as lw

OFFSET, RUNS = 1e6, 5
FILES, ROWS, WIDE_FILES, WIDE_ROWS = 8, 250_000, 32, 131_072


def main() -> None:
    """Print the tables; each answer is checked before its time is shown."""
    print("## More than one machine\n")
    print(f"{os.cpu_count()} cores, numpy {np.__version__}, distributed {distributed.__version__},")
    print(
        f"pyspark {pyspark.__version__}. Workers are processes of one thread, for BLAS too; median of {RUNS}, warm.\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        engines(Path(folder) / "offset")
        scaling(Path(folder))


def engines(folder: Path) -> None:
    """2,000,000 x 10, every column offset by 1e6: seconds, and digits against exact arithmetic."""
    write(folder, FILES, ROWS, 10, OFFSET)
    exact = lw.fit(folder, y="y", method="exact")
    here = lw.fit(folder, y="y")
    print(
        f"Fit of {FILES * ROWS:,} x 10 with standard errors from {FILES} Parquet files, every column offset by 1e6.\n"
    )
    print("| how | seconds | digits of slopes | same bits as here |\n|---|---|---|---|")

    def line(name: str, way: Callable[[], Any]) -> None:
        found, seconds = timed(way)
        coef = getattr(found, "coef", found)
        same = "yes" if isinstance(found, lw.Fit) and bits(found) == bits(here) else "no"
        if isinstance(found, lw.Fit):
            assert digits(coef, exact.coef) > 12, name
        print(f"| {name} | {seconds:.2f} | {digits(coef, exact.coef):.1f} | {same} |", flush=True)

    line("here, threads", lambda: lw.fit(folder, y="y"))
    with dask(2), lw.spread(folder, "dask") as rows:
        line("Dask, 2 workers", lambda: lw.fit(rows, y="y"))
    with spark() as session, lw.spread(folder, "spark") as rows:
        line("Spark, local[2]", lambda: lw.fit(rows, y="y"))
        line("Spark MLlib LinearRegression", lambda: mllib(session, folder))
    print()


def scaling(folder: Path) -> None:
    """p = 50: one worker against two, in turns; and what the cost on paper (docs/cluster.md) foretells."""
    n, p = WIDE_FILES * WIDE_ROWS, 50
    print(f"One worker against two on Dask, {n:,} x {p} from {WIDE_FILES} Parquet files of one row group, in turns.\n")
    print("| each block is summed by | 1 worker, s | on paper | 2 workers, s | on paper | ratio |")
    print("|---|---|---|---|---|---|")
    overhead = started(folder / "small")
    for kind, noise, near in (("moments", 100.0, 0.0), ("Householder QR", 1.0, 1e-6)):
        rows = folder / kind
        write(rows, WIDE_FILES, WIDE_ROWS, p, 0.0, near, noise)
        here, one = bits(lw.fit(rows, y="y", method="qr")), a_row(rows)
        taken: dict[int, list[float]] = {1: [], 2: []}
        for workers in (1, 2, 1, 2):
            with dask(workers), lw.spread(rows, "dask") as there:
                found, seconds = timed(lambda: lw.fit(there, y="y", method="qr"))
                assert bits(found) == here, "one worker, two and none give the same bits"
                taken[workers].append(seconds)
        found_, paper = ([min(taken[k]) for k in (1, 2)], [overhead + n * one / k for k in (1, 2)])
        cells = " | ".join(f"{a:.2f} | {b:.2f}" for a, b in zip(found_, paper, strict=True))
        print(f"| {kind} | {cells} | {found_[0] / found_[1]:.2f} |", flush=True)
    print()
    constants(overhead)


def started(folder: Path) -> float:
    """Seconds of a fit of almost no rows on two workers: what does not depend on n."""
    write(folder, WIDE_FILES, 60, 50, 0.0, 0.0)
    with dask(2), lw.spread(folder, "dask") as rows:
        return timed(lambda: lw.fit(rows, y="y", method="qr"))[1]


def a_row(folder: Path) -> float:
    """Seconds a row of the first two files in one process on one thread."""
    from leastwise.gather import read
    from leastwise.rows.files import open_source
    from leastwise.tree import one_thread

    def once() -> int:
        return sum(read(open_source(path).choose("y"), threads=1).triangle.n for path in sorted(folder.glob("0[01]*")))

    with one_thread():
        n, seconds = timed(once)
    return seconds / n


def constants(overhead: float) -> None:
    """The numbers that docs/cluster.md reckons with."""
    print("| | p = 10 | p = 50 | p = 500 |\n|---|---|---|---|")
    rng = np.random.default_rng(0)
    parts = {p: [lw.Triangle.of(rng.standard_normal((2000, p)), rng.standard_normal(2000)) for _ in range(2)]
             for p in (10, 50, 500)}  # fmt: skip
    size = [f"{len(pickle.dumps(one)):,}" for one, _ in parts.values()]
    print(f"| bytes of a triangle | {' | '.join(size)} |")
    from leastwise.tree import added

    merge = [f"{timed(partial(added, *pair))[1] * 1e3:.2f}" for pair in parts.values()]
    print(f"| ms to add two | {' | '.join(merge)} |\n")
    print(f"A fit of almost no rows in {WIDE_FILES} pieces on 2 Dask workers: {overhead * 1e3:.0f} ms.\n")


def write(folder: Path, files: int, rows: int, p: int, offset: float, near: float = 0.0, noise: float = 1.0) -> None:
    """Files of X and y; with `near`, the last column is the first but for so much, which moments cannot carry."""
    folder.mkdir()
    rng = np.random.default_rng(p)
    for k in range(files):
        X = rng.standard_normal((rows, p)) + offset
        if near:
            X[:, -1] = X[:, 0] + near * X[:, -1]
        y = X @ np.arange(1.0, p + 1) + noise * rng.standard_normal(rows)
        columns = {f"x{j}": column for j, column in enumerate(X.T)}
        table = pyarrow.table({**columns, "y": y})
        parquet.write_table(table, folder / f"{k:02}.parquet", row_group_size=rows, compression="none")


def bits(fit: lw.Fit) -> bytes:
    """Estimates and standard errors as they are."""
    return bytes(np.concatenate([fit.theta, fit.se]).tobytes())


def timed(way: Callable[[], Any]) -> tuple[Any, float]:
    """The answer, and the median of the seconds after a first run."""
    found, taken = way(), []
    for _ in range(RUNS):
        begin = time.perf_counter()
        found = way()
        taken.append(time.perf_counter() - begin)
    return found, statistics.median(taken)


def digits(found: Any, exact: Any) -> float:
    """Of the worst slope."""
    return -float(np.log10(max(float(np.abs((found - exact) / exact).max()), 1e-16)))


@contextmanager
def dask(workers: int) -> Iterator[None]:
    """A client of so many processes, which `spread` finds."""
    how: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(n_workers=workers, **how) as cluster, distributed.Client(cluster):
        yield


@contextmanager
def spark() -> Iterator[Any]:
    """A session of two cores, which `spread` finds."""
    from leastwise.engines.spark import session

    warnings.simplefilter("ignore", FutureWarning)
    with session("local[2]") as started:
        yield started


def mllib(session: Any, folder: Path) -> Any:
    """The slopes by Spark's own LinearRegression, as its guide has it."""
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression

    assembler = VectorAssembler(inputCols=[f"x{j}" for j in range(10)], outputCol="features")
    frame = assembler.transform(session.read.parquet(str(folder)))
    return LinearRegression(labelCol="y", solver="normal").fit(frame).coefficients.toArray()


if __name__ == "__main__":
    main()
