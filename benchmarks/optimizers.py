"""Epochs and seconds that each optimiser takes to within 1e-8 target variances of the least loss."""

from __future__ import annotations

import math
import os
import time
from typing import Any

import numpy as np

import leastwise as lw
from leastwise.descent.table import OPTIMIZERS

EXCESS, EPOCHS, ROWS, SECONDS = 1e-8, 20_000, 100_000, 20.0
Problem = tuple[Any, Any]


def article() -> Problem:
    """The tutorial's 15 rows."""
    from leastwise.rows.builtin import ARTICLE_X, ARTICLE_Y

    return np.array(ARTICLE_X, dtype=float)[:, None], np.array(ARTICLE_Y, dtype=float)


def easy() -> Problem:
    """1e5 x 50, independent columns."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((ROWS, 50))
    return X, X @ rng.standard_normal(50) + 1 + rng.standard_normal(ROWS)


def hard() -> Problem:
    """1e5 x 50, of condition 1e6 for the Hessian (1e3 for the columns)."""
    rng = np.random.default_rng(1)
    V, _ = np.linalg.qr(rng.standard_normal((50, 50)))
    X = (rng.standard_normal((ROWS, 50)) * np.geomspace(1, 1e-3, 50)) @ V.T
    return X, X @ rng.standard_normal(50) + 1 + 0.1 * rng.standard_normal(ROWS)


PROBLEMS = {"the article's 15 rows": article, "1e5 x 50": easy, "1e5 x 50, condition 1e6": hard}


def reached(name: str, X: Any, y: Any) -> str:
    """Epochs and seconds, reading all rows in the making of the triangle; or how far it came."""
    entry = OPTIMIZERS[name]
    how: dict[str, Any] = {"batch_size": min(32, len(y) // 3)} if entry.reduction else {}
    begin = time.perf_counter()
    how |= {"epochs": 200 if how else EPOCHS, "excess": EXCESS, "seconds": SECONDS}
    fit = lw.descend(X, y, optimizer=name, learning_rate="auto", **how)
    taken, history = time.perf_counter() - begin, fit.history
    assert history is not None
    if "within" in fit.status:
        return f"{len(history.loss) - 1:,} / {taken:.3g}"
    least = lw.fit(X, y, method="qr").rss / len(y)
    left = (history.loss[-1] - least) / float(np.var(y))
    return f"1e{math.log10(max(left, 1e-99)):.1f} left after {len(history.loss) - 1:,}"


def sgd_regressor(X: Any, y: Any) -> str:
    """scikit-learn's SGDRegressor on standardised columns, without penalty, its own schedule, to its own tolerance."""
    from sklearn.linear_model import SGDRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), SGDRegressor(penalty=None, tol=1e-12, max_iter=1000, random_state=0))
    begin = time.perf_counter()
    model.fit(X, y)
    taken = time.perf_counter() - begin
    least = lw.fit(X, y, method="qr").rss / len(y)
    left = (float(np.mean((y - model.predict(X)) ** 2)) - least) / float(np.var(y))
    return f"1e{math.log10(max(left, 1e-99)):.1f} left after {model[-1].n_iter_:,} / {taken:.3g}"


def main() -> None:
    """Print a Markdown table."""
    import sklearn

    rows: dict[str, list[str]] = {name: [] for name in [*OPTIMIZERS, "scikit-learn SGDRegressor, standardised"]}
    for make in PROBLEMS.values():
        X, y = make()
        for name in OPTIMIZERS:
            rows[name].append(reached(name, X, y))
        rows["scikit-learn SGDRegressor, standardised"].append(sgd_regressor(X, y))
    print("## Optimisers to 1e-8 target variances of the least loss: epochs / seconds\n")
    print(f"The making of the triangle and the search for a rate are included ({os.cpu_count()} threads, scikit-learn "
          f"{sklearn.__version__}).\n")  # fmt: skip
    print(f"| optimiser | {' | '.join(PROBLEMS)} |\n|---|{'---|' * len(PROBLEMS)}")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")
    print(
        "\nFull batches run on the p + 2 rows; averaged-sgd, svrg and saga read 32 rows a step (of 15: 5), for at most"
    )
    print("200 epochs or 20 s.\n")


if __name__ == "__main__":
    main()
