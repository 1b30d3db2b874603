"""Whole lasso paths, cross-validation and ridge against peers: the same penalties, every path's gap measured by ours.

100 penalties, evenly by logarithm from the least that makes every slope 0, from the raw arrays: centring, norms and
Gram matrices are in the times, medians of runs one after the other, after a warm-up. celer and adelie take part where
CELER and ADELIE name a Python that has them: they need other versions than this one's.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

import leastwise as lw
from leastwise.estimators import LassoCV, RidgeCV
from leastwise.penalised.gap import fenchel_gap, terms
from leastwise.penalised.rows import rows_path
from penalised_data import MAKE, grid

PAUSE, RUNS = 0.2, 5
CASES = {
    "100,000 x 200 dense, to 1e-3": ("tall", 1e-3),
    "1,000 x 10,000 dense, to 1e-2": ("wide", 1e-2),
    "10,000 x 50,000 sparse, density 1e-3, to 1e-2": ("sparse", 1e-2),
}
PEERS = {
    "tall": (("celer", "1e-8"), ("adelie", "1e-13"), ("adelie", "1e-15")),
    "wide": (("celer", "1e-8"), ("adelie", "1e-7"), ("adelie", "1e-13")),
    "sparse": (("celer", "1e-8"), ("adelie", "1e-7"), ("adelie", "1e-13")),
}


def ours(case: str, X: Any, y: Any, l1: Any) -> Any:
    """Slopes (100, p): tall data by the moments, the rest from the rows."""
    if case == "tall":
        return lw.path(X, y, penalties=[lw.lasso(value) for value in l1]).coef
    return rows_path(X, y, [(value, 0.0) for value in l1]).coef


def scikit_learn(case: str, X: Any, y: Any, l1: Any) -> Any:
    """lasso_path at tol 1e-8, with a Gram matrix where that is faster."""
    from sklearn.linear_model import lasso_path

    dense = not sp.issparse(X)
    Z = np.asfortranarray(X - X.mean(axis=0)) if dense else X
    more = {} if dense else {"X_offset": np.asarray(X.mean(axis=0)).ravel(), "X_scale": np.ones(X.shape[1])}
    how = {"precompute": case == "tall", "copy_X": False, "tol": 1e-8, "max_iter": 100_000, **more}
    return lasso_path(Z, y - y.mean(), alphas=l1 / 2, **how)[1].T


def gap_of(X: Any, y: Any) -> Callable[[Any, Any], float]:
    """The largest relative duality gap of a path, from the rows, whatever solver it came from."""
    n, t = len(y), y - y.mean()
    mean, yy = np.asarray(X.mean(axis=0)).ravel(), float(t @ t) / n

    def largest(coef: Any, l1: Any) -> float:
        R = t[:, None] - (X @ coef.T - mean @ coef.T)
        R -= R.mean(axis=0)
        rho, loss = (X.T @ R).T / n, (R * R).sum(axis=0) / n
        each = (terms(X.shape[1], value, 0.0, None, None, None) for value in l1)
        tiny = np.zeros(X.shape[1])
        return (
            max(float(fenchel_gap(w, r, q, one, tiny)) for w, r, q, one in zip(coef, rho, loss, each, strict=True)) / yy
        )

    return largest


def paths(title: str, case: str, ratio: float) -> None:
    """One table."""
    X, y = MAKE[case]()
    l1, largest = grid(X, y, ratio), gap_of(X, y)
    solvers: dict[str, Callable[..., Any]] = {"leastwise": ours, "scikit-learn lasso_path": scikit_learn}
    rows = []
    for name, solver in solvers.items():
        runs = RUNS if case == "tall" or name == "leastwise" else 1
        rows.append((name, *_timed(partial(solver, case, X, y, l1), runs, largest, l1)))
    for peer, tol in PEERS[case]:
        found = _peer(peer, case, l1, tol, largest)
        rows += [(f"{peer}, tol {tol}", *found)] if found else []
    print(f"### Lasso path, {title}\n\n| | seconds | times ours | largest relative gap |\n|---|---|---|---|")
    for name, seconds, gap in rows:
        print(f"| {name} | {seconds:.3f} | {seconds / rows[0][1]:.1f} | {gap:.0e} |")
    print()


def _timed(run: Callable[[], Any], runs: int, largest: Callable[..., float], l1: Any) -> tuple[float, float]:
    taken, coef = [], None
    if runs > 1:
        run()
    time.sleep(PAUSE)
    for _ in range(runs):
        begin = time.perf_counter()
        coef = run()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken), largest(coef, l1)


def _peer(peer: str, case: str, l1: Any, tol: str, largest: Callable[..., float]) -> tuple[float, float] | None:
    python = os.environ.get(peer.upper())
    if not python:
        return None
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/l1.npy", l1)
        script, files = str(Path(__file__).parent / "penalised_peers.py"), (f"{folder}/l1.npy", f"{folder}/out.npz")
        command = [python, script, peer, case, *files, tol]
        try:
            subprocess.run(command, check=True, timeout=150, capture_output=True)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            print(f"{peer} at {tol}: {type(error).__name__}", file=sys.stderr)
            return None
        made = np.load(f"{folder}/out.npz")
        return float(made["seconds"]), largest(made["coef"], l1)


def chosen() -> None:
    """5-fold cross-validated lasso of the tall data, and ridge with 100 penalties by leaving one out."""
    from sklearn import linear_model

    X, y = MAKE["tall"]()
    alphas = np.geomspace(1e-2, 1e5, 100)
    pairs: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "LassoCV, 5 folds, 100 penalties": (lambda: LassoCV().fit(X, y), lambda: linear_model.LassoCV().fit(X, y)),
        "RidgeCV, leave one out, 100 penalties": (
            lambda: RidgeCV(alphas).fit(X, y), lambda: linear_model.RidgeCV(alphas).fit(X, y),
        ),
    }  # fmt: skip
    print("### Choosing a penalty on 100,000 x 200\n\n| | leastwise | scikit-learn | ratio |\n|---|---|---|---|")
    for name, (mine, theirs) in pairs.items():
        a, b = mine(), theirs()
        # Neighbouring penalties may tie to the tolerance of scikit-learn's coordinate descent.
        assert abs(np.log(a.alpha_ / b.alpha_)) < 0.3, (name, a.alpha_, b.alpha_)
        times = []
        for run, repeats in ((mine, RUNS), (theirs, 3)):
            taken = []
            time.sleep(PAUSE)
            for _ in range(repeats):
                begin = time.perf_counter()
                run()
                taken.append(time.perf_counter() - begin)
            times.append(statistics.median(taken))
        print(f"| {name} | {times[0]:.3f} | {times[1]:.3f} | {times[1] / times[0]:.1f} |")
    print()


def main() -> None:
    """All tables."""
    import sklearn

    warnings.simplefilter("ignore")
    print(f"## Penalties ({os.cpu_count()} threads, numpy {np.__version__}, scikit-learn {sklearn.__version__})\n")
    for title, (case, ratio) in CASES.items():
        paths(title, case, ratio)
    chosen()


if __name__ == "__main__":
    main()
