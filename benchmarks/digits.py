"""Digits kept on the NIST sets, coefficients and standard errors, against the exact answer to the float64 inputs."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import leastwise as lw

NIST = Path(__file__).parent.parent / "tests" / "data" / "nist"
Solver = Callable[[Any, Any, bool], tuple[Any, Any]]


def data(about: dict[str, Any]) -> tuple[Any, Any, bool]:
    """X without a column of ones, y, and whether there is an intercept."""
    with (NIST / about["file"]).open() as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    x, powers = rows[:, 1:], range(1, about["degree"] + 1) if about["model"] == "polynomial" else ()
    return np.column_stack([x[:, 0] ** k for k in powers]) if powers else x, rows[:, 0], bool(about["intercept"])


def ours(method: str) -> Solver:
    """leastwise by `method`."""

    def solve(X: Any, y: Any, intercept: bool) -> tuple[Any, Any]:
        fit = lw.fit(X, y, method=method, intercept=intercept)
        return fit.theta, fit.se

    return solve


def _ones(X: Any, intercept: bool) -> Any:
    return np.column_stack([X, np.ones(len(X))]) if intercept else X


def numpy_lstsq(X: Any, y: Any, intercept: bool) -> tuple[Any, Any]:
    """numpy.linalg.lstsq, no standard errors."""
    return np.linalg.lstsq(_ones(X, intercept), y, rcond=None)[0], None


def scipy_lstsq(X: Any, y: Any, intercept: bool) -> tuple[Any, Any]:
    """scipy.linalg.lstsq, no standard errors."""
    from scipy.linalg import lstsq

    return lstsq(_ones(X, intercept), y)[0], None


def sklearn(X: Any, y: Any, intercept: bool) -> tuple[Any, Any]:
    """scikit-learn's LinearRegression, no standard errors."""
    from sklearn.linear_model import LinearRegression

    found = LinearRegression(fit_intercept=intercept).fit(X, y)
    return np.append(found.coef_, found.intercept_) if intercept else found.coef_, None


def statsmodels(X: Any, y: Any, intercept: bool) -> tuple[Any, Any]:
    """statsmodels' OLS (pinv)."""
    import statsmodels.api as sm

    found = sm.OLS(y, _ones(X, intercept)).fit()
    return found.params, found.bse


def torch_lstsq(X: Any, y: Any, intercept: bool) -> tuple[Any, Any]:
    """torch.linalg.lstsq, no standard errors."""
    import torch

    A = torch.from_numpy(_ones(X, intercept))
    return torch.linalg.lstsq(A, torch.from_numpy(y)[:, None]).solution[:, 0].numpy(), None


SOLVERS: dict[str, Solver] = {
    "exact": ours("exact"), "auto": ours("auto"), "qr": ours("qr"), "normal": ours("normal"), "numpy": numpy_lstsq,
    "scipy": scipy_lstsq, "scikit-learn": sklearn, "statsmodels": statsmodels, "torch": torch_lstsq,
}  # fmt: skip


def digits(found: Any, truth: Any) -> float:
    """The least number of digits to which an entry agrees, 16 for all, 0 for none."""
    worst = [abs(a - b) / abs(b) if b else abs(a) for a, b in zip(found, truth, strict=True) if a != b]
    return max(0.0, min(16.0, -float(np.log10(max(worst))))) if worst else 16.0


def cell(solver: Solver, about: dict[str, Any]) -> str:
    """Digits of the coefficients, and of the standard errors where there are any."""
    X, y, intercept = data(about)
    truth = lw.fit(X, y, method="exact", intercept=intercept)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            coef, se = solver(X, y, intercept)
    except lw.DataError:
        return "refused"
    return f"{digits(coef, truth.theta):.1f}" + ("" if se is None else f" / {digits(se, truth.se):.1f}")


def main() -> None:
    """Print a Markdown table."""
    sets = json.loads((NIST / "certified.json").read_text())
    print("## Digits kept on the NIST sets: coefficients / standard errors\n")
    print(f"| set | {' | '.join(SOLVERS)} |\n|{'---|' * (len(SOLVERS) + 1)}")
    for name, about in sets.items():
        print(f"| {name} | {' | '.join(cell(solver, about) for solver in SOLVERS.values())} |")
    print()


if __name__ == "__main__":
    main()
