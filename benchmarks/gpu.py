"""Fits and epochs of torch tensors on a GPU, against torch.linalg.lstsq and what the memory can copy.

Where there is no GPU the same is done on the CPU with fewer rows. Every answer is checked before its time is printed.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import leastwise as lw
from leastwise.methods.table import METHODS
from leastwise.problem import LeastSquares
from leastwise.solution import Start
from leastwise.timing import clock

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SIZES = ((20_000_000, 10), (2_000_000, 100)) if DEVICE == "cuda" else ((1_000_000, 10), (100_000, 100))
RUNS, EPOCHS, RATE, OFFSET, ENOUGH = 5, 20, 0.1, 1000.0, 11.0


def main() -> None:
    """Print the tables."""
    where = torch.cuda.get_device_name() if DEVICE == "cuda" else "no GPU here: the CPU, and fewer rows"
    print(f"## Tensors on their device ({where}; {os.cpu_count()} cores, torch {torch.__version__}, "
          f"numpy {np.__version__})\n")  # fmt: skip
    print(
        f"float64 unless it says otherwise, seconds, median of {RUNS}; every column lies {OFFSET:g} deviations from 0."
    )
    print("Digits: of the worst slope, against numpy.linalg.lstsq of the same numbers without the offset.\n")
    for n, p in SIZES:
        X, y = rows(n, p)
        fits(X, y)
        epochs(X - OFFSET, y)


def rows(n: int, p: int) -> tuple[Any, Any]:
    """X (n, p) and y (n,) on the host."""
    rng = np.random.default_rng(p)
    X = rng.standard_normal((n, p))
    y = X @ np.arange(1.0, p + 1) + rng.standard_normal(n)
    X += OFFSET
    return X, y


def fits(X: Any, y: Any) -> None:
    """One table: the triangle, whole fits, torch.linalg.lstsq, the normal equations, copies of as many bytes."""
    there = torch.from_numpy(X).to(DEVICE), torch.from_numpy(y).to(DEVICE)
    single = there[0].float()
    ones = torch.cat([there[0], torch.ones(len(y), 1, dtype=torch.float64, device=DEVICE)], 1)
    pinned = torch.from_numpy(X).pin_memory() if DEVICE == "cuda" else torch.from_numpy(X)
    ways: dict[str, Callable[[], Any]] = {
        "leastwise, with standard errors": lambda: lw.fit(*there, method="qr").coef,
        "leastwise, float32 data, sums in float64": lambda: lw.fit(single, there[1], method="qr").coef,
        f'leastwise, rows of the host, device="{DEVICE}"': lambda: lw.fit(X, y, device=DEVICE, method="qr").coef,
        "torch.linalg.lstsq, gels (no standard errors)": lambda: lstsq(ones, there[1]),
        "torch, normal equations (no standard errors)": lambda: normal(ones, there[1]),
        "a copy of X on the device": lambda: there[0].clone(),
    }
    if DEVICE == "cuda":
        ways["a copy of X from pinned memory"] = lambda: pinned.to(DEVICE, non_blocking=True)
    exact, rounded = truth(X, y), truth(single.cpu().double().numpy(), y)
    seconds = {name: timed(way) for name, way in ways.items()}
    ours = seconds["leastwise, with standard errors"]
    print(f"### {len(y):,} x {X.shape[1]}\n\n| | seconds | times ours | GB/s | digits |\n|---|---|---|---|---|")
    for name, way in ways.items():
        kept = "" if "copy" in name else f"{digits(name, way(), rounded if 'float32' in name else exact):.1f}"
        size = X.nbytes / (2 if "float32" in name else 1)
        print(
            f"| {name} | {seconds[name]:.4g} | {seconds[name] / ours:.2f} | {size / seconds[name] / 1e9:.3g} | {kept} |"
        )
    print()


def truth(X: Any, y: Any) -> Any:
    """The slopes by NumPy's lstsq of X - OFFSET, an exact difference that takes the offset's condition away."""
    return np.linalg.lstsq(np.column_stack([X - OFFSET, np.ones(len(y))]), y)[0][:-1]


def epochs(X: Any, y: Any) -> None:
    """One table: an epoch over all rows, and over the p + 2 that stand for them."""
    problem, start = LeastSquares(X, y), Start.draw(X.shape[1], 2)
    few = LeastSquares.of(lw.Triangle.of(X, y).rows())
    expected = losses("numpy", problem, start, "cpu")[1]
    print(f"| full-batch epoch, {len(y):,} x {X.shape[1]} | microseconds | GB/s |\n|---|---|---|")
    for name, posed, label in (
        ("torch-optim", problem, f"torch.optim on {DEVICE}, all rows"),
        ("torch-autograd", problem, f"autograd on {DEVICE}, all rows"),
        ("triangle", few, "leastwise, the p + 2 rows, NumPy"),
    ):  # fmt: skip
        taken, found = losses(name, posed, start, DEVICE)
        if np.abs(found / expected - 1).max() > 1e-10:
            sys.exit(f"{name} goes another way: no time is reported")
        size = 2 * posed.X.nbytes / taken / 1e9
        print(f"| {label} | {taken * 1e6:,.0f} | {size:.3g} |")
    print()


def losses(name: str, problem: LeastSquares, start: Start, device: str) -> tuple[float, Any]:
    """Median seconds of an epoch, and the losses of all."""
    steps = METHODS[name].steps(problem, start, RATE, device)
    found, taken = [next(steps).loss], list[float]()
    for _ in range(EPOCHS):
        taken.append(clock(lambda: found.append(next(steps).loss)))
    return statistics.median(taken), np.array(found)


def lstsq(ones: Any, y: Any) -> Any:
    """The slopes by the one driver that there is on CUDA."""
    return torch.linalg.lstsq(ones, y[:, None], driver="gels").solution[:-1, 0].cpu().numpy()


def normal(ones: Any, y: Any) -> Any:
    """The slopes by Cholesky's factor of the Gram matrix."""
    factor = torch.linalg.cholesky(ones.T @ ones)
    return torch.cholesky_solve((ones.T @ y)[:, None], factor)[:-1, 0].cpu().numpy()


def timed(way: Callable[[], Any]) -> float:
    """Median seconds, until the device has nothing left to do."""

    def run() -> None:
        way()
        if DEVICE == "cuda":
            torch.cuda.synchronize()

    run()
    return statistics.median(clock(run) for _ in range(RUNS))


def digits(name: str, found: Any, truth: Any) -> float:
    """Of the worst slope; ours must have enough for a time to be printed."""
    kept = -float(np.log10(max(np.abs((found - truth) / truth).max(), 1e-16)))
    if name.startswith("leastwise") and kept < ENOUGH:
        sys.exit(f"{name} keeps {kept:.1f} digits only: no time is reported")
    return kept


if __name__ == "__main__":
    main()
