"""1,000,000 rows x 10 features, 1,000 epochs: the loop on the triangle's 12 rows against torch.optim on all of them.

The answer is checked before a time is printed: every trajectory to at least 12 digits. `with the reading`
adds the making of the triangle from the rows in memory, so that nothing is hidden.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import leastwise as lw
from leastwise.compare import Comparison
from leastwise.methods import spectral
from leastwise.solution import Start
from leastwise.summary.reduce import summarise
from leastwise.timing import clock

ROWS, FEATURES, EPOCHS, RATE = 1_000_000, 10, 1_000, 0.1


def write_csv(path: Path, rows: int = ROWS) -> None:
    """A CSV of x1..x10 and y, correlated features, written by DuckDB."""
    import duckdb
    import pyarrow

    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, FEATURES)) @ (np.eye(FEATURES) + 0.2 * rng.standard_normal((FEATURES, FEATURES)))
    y = X @ rng.standard_normal(FEATURES) + 3 + rng.standard_normal(rows)
    columns = {f"x{j + 1}": X[:, j] for j in range(FEATURES)} | {"y": y}
    table = pyarrow.table(columns)
    duckdb.connect().register("made", table).execute(f"copy made to '{path}' (header)")


def compared(path: Path) -> Comparison:
    """The command's own comparison: `leastwise compare FILE --epochs 1000 --learning-rate 0.1`."""
    return lw.compare(path, y="y", epochs=EPOCHS, learning_rate=RATE)


def main() -> None:
    """Print a Markdown table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.csv"
        write_csv(path)
        begin = time.perf_counter()
        comparison = compared(path)
        whole = time.perf_counter() - begin
    seconds = {run.method.name: run.timing.median for run in comparison.runs}
    least = min(run.agreement_digits for run in comparison.runs if run.method.iterates)
    if least < 12:
        sys.exit(f"the trajectories agree to {least:.1f} digits only: no time is reported")
    assert comparison.data.rows is not None
    rows = comparison.data.rows
    making = statistics.median(clock(lambda: summarise(rows.parts())) for _ in range(5))
    slow = seconds["torch-optim"]
    print(f"## {ROWS:,} rows x {FEATURES} features from CSV, {EPOCHS:,} epochs ({comparison.threads} threads, "
          f"{', '.join(f'{name} {version}' for name, version in comparison.versions.items())})\n")  # fmt: skip
    print("| method | digits of the path | seconds | times faster than torch-optim |\n|---|---|---|---|")
    for run in comparison.runs:
        print(f"| {run.method.name} | {run.agreement_digits:.1f} | {run.timing.median:.4g} | "
              f"{slow / run.timing.median:,.1f} |")  # fmt: skip
    both = seconds["triangle"] + making
    print(f"| triangle, with the making of it | | {both:.4g} | {slow / both:,.1f} |\n")
    print(f"The whole command took {whole:.1f} s. {at_a_billion(comparison)}\n")


def at_a_billion(comparison: Comparison) -> str:
    """Time of the parameters at epoch 10^9, once the triangle is there, the SVD included."""
    start = Start(comparison.start.coef, comparison.start.intercept)

    def jump() -> None:
        spectral.modes(comparison.data.triangle, start).at(RATE, 10**9)

    jump()
    return f"`spectral` at epoch 10^9: {statistics.median(clock(jump) for _ in range(21)) * 1e6:.0f} us."


if __name__ == "__main__":
    main()
