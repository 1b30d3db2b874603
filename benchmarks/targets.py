"""Ten thousand targets on the same features: against numpy.linalg.lstsq with a matrix, and a loop of lw.fit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import leastwise as lw

N, P, RUNS = 20_000, 20, 3
LOOPED = 100


def main() -> None:
    """Print the table."""
    print("## Many targets at once\n")
    print(f"{N:,} rows, {P} features, k targets, with standard errors (lstsq with a matrix has none: those of the line")
    print(f"below it are by hand, from residuals); seconds, median of {RUNS}, the ways in turn, and seconds of all")
    print(f"threads. The loop was timed on {LOOPED} targets and scaled. Digits: of the worst of 20 targets' slopes,")
    print("against rational arithmetic, with every column offset by 1e6.")
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores (load {load:.1f}), numpy {np.__version__}.\n")
    print("| k | how | seconds | of threads | times lw.fit_targets | digits |\n|---|---|---|---|---|---|", flush=True)
    for k in (100, 1_000, 10_000):
        report(k)
    print()


def report(k: int) -> None:
    """The lines of k targets; the first is what the ratios are to."""
    rng = np.random.default_rng(k)
    X = rng.standard_normal((N, P)) + 1e6
    Y = X @ rng.standard_normal((P, k))
    Y += rng.standard_normal((N, k))
    A = np.column_stack([X, np.ones(N)])
    ways: dict[str, Callable[[], Any]] = {
        "lw.fit_targets": lambda: lw.fit_targets(X, Y).coef,
        "numpy.linalg.lstsq, slopes alone": lambda: np.linalg.lstsq(A, Y)[0][:-1].T,
        "numpy.linalg.lstsq, standard errors": lambda: by_hand(A, Y),
        "loop of lw.fit": lambda: np.array([lw.fit(X, Y[:, j], method="qr").coef for j in range(min(k, LOOPED))]),
    }
    found, seconds = timed(ways)
    seconds["loop of lw.fit"] *= k / min(k, LOOPED)
    exact = np.array([lw.fit(X, Y[:, j], method="exact").coef for j in range(20)])
    for name, (value, cpu) in seconds.items():
        worst = float(np.abs((found[name][:20] - exact) / exact).max())
        ratio = value / seconds["lw.fit_targets"][0]
        print(f"| {k:,} | {name} | {value:.2f} | {cpu:.2f} | {ratio:.1f} | {-np.log10(worst):.1f} |", flush=True)


def by_hand(A: Any, Y: Any) -> Any:
    """Slopes, beside which standard errors are found too."""
    theta, rss, *_ = np.linalg.lstsq(A, Y)
    rss = rss if len(rss) else ((Y - A @ theta) ** 2).sum(axis=0)
    np.sqrt(np.outer(np.diag(np.linalg.inv(A.T @ A)), rss / (len(A) - A.shape[1])))
    return theta[:-1].T


def timed(ways: dict[str, Callable[[], Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What each gave, and its median seconds on the clock and of all threads."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    found: dict[str, Any] = {}
    for _ in range(RUNS):
        for name, way in ways.items():
            begin = time.perf_counter(), time.process_time()
            found[name] = way()
            taken[name].append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    return found, {name: np.median(values, axis=0) for name, values in taken.items()}


if __name__ == "__main__":
    main()
