"""A million rolling regressions: against a loop over numpy.linalg.lstsq, RollingOLS and pandas' rolling covariances."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
import statsmodels
from statsmodels.regression.rolling import RollingOLS

import leastwise as lw

ROWS, WINDOW, STEP, OUTLIER, RUNS = 1_000_000, 250, 5, 2_000, 3
LOOP, LOOPED = "loop over numpy.linalg.lstsq", 4_000
STATSMODELS = 50_000

Way = tuple[Callable[[], Any], int, int]
"""What to call for slopes (g, p), the first row to the next window's, and how many windows it was timed on."""


def main() -> None:
    """Print the table."""
    print("## A million rolling regressions\n")
    print(
        f"{ROWS:,} rows in memory, windows of {WINDOW}, with standard errors (pandas' covariances have none); seconds,"
    )
    print(f"median of {RUNS}, and seconds of all threads, which other work hardly changes. The loop (slopes,")
    print(f"intercept, standard errors) was timed on {LOOPED:,} windows, RollingOLS on {STATSMODELS:,}, and scaled.")
    print(f"Columns lie 1e6 deviations from 0, and row {OUTLIER:,} has 1e12. Digits: of the worst slope of 60 windows")
    print("before that row, 60 with it and 60 after it, against rational arithmetic.")
    versions = f"numpy {np.__version__}, statsmodels {statsmodels.__version__}, pandas {pandas.__version__}"
    print(f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f}), {versions}.\n")
    print("| features | how | seconds | of threads | times faster than the loop | digits before | with | after |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for p in (1, 3, 10):
        report(p)
    print()


def report(p: int) -> None:
    """The lines of p features."""
    X, y = rows(p)
    part, most = slice(STATSMODELS + WINDOW - 1), ROWS - WINDOW + 1
    ways: dict[str, Way] = {
        "lw.rolling": (lambda: lw.rolling(X, y, window=WINDOW).coef, 1, most),
        f"lw.rolling, step {STEP}": (lambda: lw.rolling(X, y, window=WINDOW, step=STEP).coef, STEP, most),
        "lw.expanding": (lambda: lw.expanding(X, y, start=WINDOW).coef, 0, most),
        LOOP: (lambda: looped(X, y), 1, LOOPED),
        "statsmodels RollingOLS": (lambda: by_statsmodels(X[part], y[part]), 1, STATSMODELS),
    }
    if p == 1:
        ways["pandas rolling cov / var"] = (lambda: by_pandas(X, y), 1, most)
    found, seconds = timed({name: way for name, (way, _, _) in ways.items()})
    taken = {name: seconds[name] * (most / ways[name][2]) for name in ways}
    for name, (value, cpu) in taken.items():
        worst = " | ".join(digits(found[name], ways[name][1], own, X, y) for own in ("before", "with", "after"))
        print(f"| {p} | {name} | {value:.2f} | {cpu:.2f} | {taken[LOOP][0] / value:.1f} | {worst} |", flush=True)


def rows(p: int) -> tuple[Any, Any]:
    """Columns offset by 1e6, and an outlier that comes and goes."""
    rng = np.random.default_rng(p)
    X = rng.standard_normal((ROWS, p)) + 1e6
    y = X @ np.arange(1.0, p + 1) + rng.standard_normal(ROWS)
    y[OUTLIER] = 1e12
    return X, y


def by_statsmodels(X: Any, y: Any) -> Any:
    """Slopes of RollingOLS, whose errors are asked for too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = RollingOLS(y, np.column_stack([X, np.ones(len(y))]), window=WINDOW).fit()
        assert found.bse is not None
    return found.params[WINDOW - 1 :, :-1]


def by_pandas(X: Any, y: Any) -> Any:
    """The slope from pandas' rolling moments."""
    x = pandas.Series(X[:, 0]).rolling(WINDOW)
    return (x.cov(pandas.Series(y)) / x.var()).to_numpy()[WINDOW - 1 :, None]


def looped(X: Any, y: Any) -> Any:
    """Slopes of the first windows."""
    return np.array([one(X[k : k + WINDOW], y[k : k + WINDOW])[0][:-1] for k in range(LOOPED)])


def one(X: Any, y: Any) -> tuple[Any, Any]:
    """Estimates and standard errors as they are written by hand."""
    A = np.column_stack([X, np.ones(len(y))])
    theta, rss, _, _ = np.linalg.lstsq(A, y)
    return theta, np.sqrt(np.diag(np.linalg.inv(A.T @ A)) * rss[0] / (len(y) - A.shape[1]))


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


def digits(coef: Any, step: int, which: str, X: Any, y: Any) -> str:
    """Of the worst slope, or of its part of a standard error where that is more: each answer is checked by this.

    `step` 0 is an expanding window, that no outlier leaves.
    """
    first = {"before": 0, "with": OUTLIER - WINDOW + 1, "after": OUTLIER + 1}[which]
    if step == 0 and which == "after":
        return "-"
    places = first + np.random.default_rng(1).integers(0, OUTLIER - WINDOW if which != "with" else WINDOW, 60)
    worst = 0.0
    for k in (places // max(step, 1)).tolist():
        own = slice(k * step, k * max(step, 1) + WINDOW)
        if which == "with" and not own.start <= OUTLIER < own.stop:
            continue
        exact = lw.fit(X[own], y[own], method="exact")
        apart = np.abs(coef[k] - exact.coef) / np.maximum(np.abs(exact.coef), exact.se[:-1])
        worst = max(worst, float(np.nan_to_num(apart, nan=1.0).max()))
    return f"{max(-float(np.log10(max(worst, 1e-16))), 0.0):.1f}"


if __name__ == "__main__":
    main()
