"""The README's example of a fit on a cluster."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow
from distributed import Client
from pyarrow import parquet

import leastwise as lw


def write(folder: str) -> None:
    rng = np.random.default_rng(0)
    for k in range(4):
        x = rng.normal(1e6, 1, size=50_000)
        parquet.write_table(pyarrow.table({"x": x, "y": 3 * x + rng.normal(size=50_000)}), Path(folder, f"{k}.parquet"))


if __name__ == "__main__":
    with TemporaryDirectory() as folder, Client(n_workers=2, threads_per_worker=1, dashboard_address=":0"):
        write(folder)
        here, there = lw.fit(folder, y="y"), lw.fit(folder, y="y", engine="dask")
    print(f"slope {there.coef[0]:.6f} of {there.n:,} rows; the same bits as here: {here.coef[0] == there.coef[0]}")
