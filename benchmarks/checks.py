"""Solvers of NumPy, SciPy, scikit-learn, statsmodels and torch as `lw.check` scores them; how long a check takes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
import statsmodels
import statsmodels.api
import torch
from sklearn.linear_model import LinearRegression

import leastwise as lw

SHOWN = ("easy", "offset 100", "offset 1e5", "offset 1e8", "scale 1e8", "nearly dependent", "dependent columns",
         "constant column")  # fmt: skip
TRAIN = """
import numpy as np

def train(X, y, w, b, lr=0.01, epochs=100):
    losses = []
    for _ in range(epochs):
        error = X @ w + b - y
        losses.append((error ** 2).mean())
        w, b = w - lr * {factor} * X.T @ error / len(y), b - lr * 2 * error.mean()
    return w, b, losses

class Regressor:
    def __init__(self, learning_rate=0.01, n_iterations=1000):
        self.learning_rate, self.n_iterations = learning_rate, n_iterations

    def fit(self, X, y):
        self.weights, self.bias = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iterations):
            error = X @ self.weights + self.bias - y
            self.weights = self.weights - self.learning_rate * {factor} * X.T @ error / len(y)
            self.bias -= self.learning_rate * 2 * error.mean()
        return self

    def predict(self, X):
        return X @ self.weights + self.bias
"""
TORCH = """
import torch

def train(X, y, epochs=100, lr=0.01):
    torch.manual_seed(0)
    X, y = torch.tensor(X), torch.tensor(y)
    model = torch.nn.Linear(X.shape[1], 1, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        {zero}
        torch.nn.functional.mse_loss(model(X).squeeze(1), y).backward()
        optimizer.step()
    return model
"""
UNKNOWN = """
import numpy as np

def train(x, y, w, b, lr, epochs):
    for _ in range(epochs):
        w, b = w + lr * np.sin(w + x.mean()), b - lr * np.cos(b)
    return w, b
"""


def ones(X: Any) -> Any:
    """X with a column of ones after it."""
    return np.column_stack([X, np.ones(len(X))])


def in_torch(solve: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A solver of torch tensors on arrays."""
    return lambda X, y: solve(torch.tensor(ones(X)), torch.tensor(y)[:, None]).ravel()


SOLVERS: dict[str, Any] = {
    "leastwise fit": lambda X, y: np.append((fit := lw.fit(X, y)).coef, fit.intercept),
    "scikit-learn LinearRegression": LinearRegression,
    "statsmodels OLS (pinv)": statsmodels.api.OLS,
    "numpy lstsq": lambda X, y: np.linalg.lstsq(ones(X), y, rcond=None)[0],
    "numpy pinv": lambda X, y: np.linalg.pinv(ones(X)) @ y,
    "numpy inv(X'X)": lambda X, y: np.linalg.inv(ones(X).T @ ones(X)) @ ones(X).T @ y,
    "numpy solve(X'X)": lambda X, y: np.linalg.solve(ones(X).T @ ones(X), ones(X).T @ y),
    "numpy polyfit": lambda x, y: np.polyfit(x, y, 1),
    "scipy lstsq": lambda X, y: scipy.linalg.lstsq(ones(X), y)[0],
    "scipy linregress": scipy.stats.linregress,
    "torch lstsq (gelsy)": in_torch(lambda A, y: torch.linalg.lstsq(A, y).solution),
    "torch lstsq (gelsd)": in_torch(lambda A, y: torch.linalg.lstsq(A, y, driver="gelsd").solution),
    "torch pinv": in_torch(lambda A, y: torch.linalg.pinv(A) @ y),
}


def scorecard() -> None:
    """Digits that agree with the exact answer; of dependent columns, those of the fitted values."""
    print("## Solvers as `leastwise check` scores them\n")
    print(f"Digits that agree with the exact rational answer ({docs()}). A gap is a refusal, or two features where it")
    print("takes one; of dependent and constant columns the fitted values are compared; 0 is wrong without a word.\n")
    print(f"| solver | {' | '.join(SHOWN)} |\n|---|{'---:|' * len(SHOWN)}")
    for name, solver in SOLVERS.items():
        with quiet():
            report = lw.check(solver)
        assert report.ok, report.account()
        cells = [f"{report.digits[problem] + 0:.1f}" if problem in report.digits else "" for problem in SHOWN]
        print(f"| {name} | {' | '.join(cells)} |")
    print()


@contextmanager
def quiet() -> Iterator[None]:
    """LAPACK prints where it is given NaN."""
    sys.stdout.flush()
    kept, nothing = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nothing)


def docs() -> str:
    """Versions."""
    kinds = {"numpy": np, "scipy": scipy, "scikit-learn": sklearn, "statsmodels": statsmodels, "torch": torch}
    return ", ".join(f"{name} {module.__version__}" for name, module in kinds.items())


def times() -> None:
    """Seconds of whole commands, median of three."""
    files = {
        "function, NumPy, right": (TRAIN.format(factor="2"), "train", ""),
        "function, NumPy, half a gradient": (TRAIN.format(factor="1"), "train", "LW121"),
        "class, NumPy, right": (TRAIN.format(factor="2"), "Regressor", ""),
        "class, NumPy, half a gradient": (TRAIN.format(factor="1"), "Regressor", "LW121"),
        "nn.Linear, right": (TORCH.format(zero="optimizer.zero_grad()"), "train", ""),
        "nn.Linear, gradients not zeroed": (TORCH.format(zero="pass"), "train", "LW109"),
        "function, of no known mistake": (UNKNOWN, "train", "No mistake known"),
    }
    print("## How long `leastwise check` takes\n\nWhole commands, median of three; asked: under 10 s.\n")
    print("| file | said | seconds |\n|---|---|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (text, target, code) in files.items():
            path = Path(folder) / "mine.py"
            path.write_text(text)
            spent = []
            for _ in range(3):
                start = time.perf_counter()
                command = [sys.executable, "-m", "leastwise", "check", f"{path}:{target}"]
                done = subprocess.run(command, capture_output=True)
                spent.append(time.perf_counter() - start)
                assert done.returncode == bool(code), done.stderr
                assert code in done.stdout.decode()
            print(f"| {name} | {code or 'right'} | {statistics.median(spent):.1f} |")
    print()


if __name__ == "__main__":
    scorecard()
    times()
