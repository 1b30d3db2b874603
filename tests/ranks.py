"""One rank of a gloo group: `python ranks.py TASK RANK SIZE FOLDER` does a task of test_ranks.py and writes it down."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch.distributed as dist

import leastwise as lw
from problems import make

SHARES = {1: [0, 301], 2: [0, 187, 301], 3: [0, 187, 187, 301]}
"""Where the rows of each rank begin and end: unequal numbers of them, and with three ranks none for the second."""


def rows(rank: int = 0, size: int = 1, weighted: bool = False, offset: float = 5.0) -> list[Any]:
    """X, y and weight of a rank."""
    problem = make(7, n=301, p=3, weighted=weighted, offset=offset)
    own = slice(*SHARES[size][rank : rank + 2])
    return [None if array is None else array[own] for array in (problem.X, problem.y, problem.weight)]


FULL = {"optimizer": "momentum", "learning_rate": 0.005, "epochs": 40}
DESCENTS: dict[str, dict[str, Any]] = {
    "full": FULL, "full, by torch": {**FULL, "backend": "torch"},
    "full, standardised": {"epochs": 30, "learning_rate": 0.2, "standardise": True},
    "small": {"optimizer": "adam", "batch_size": 16, "epochs": 5, "learning_rate": 0.01},
    "small, by torch": {"optimizer": "adam", "batch_size": 16, "epochs": 5, "learning_rate": 0.01, "backend": "torch"},
    "one row a step": {"batch_size": 1, "epochs": 2, "learning_rate": "auto", "centre": True},
    "svrg": {"optimizer": "svrg", "batch_size": 10, "epochs": 4, "learning_rate": 0.001},
    "float32": {**FULL, "dtype": "float32", "backend": "torch", "centre": True},
}  # fmt: skip


def descents(rank: int, size: int) -> dict[str, Any]:
    """Every descent, with and without weights."""
    found = {}
    for name, how in DESCENTS.items():
        for weighted in (False, True):
            fit = lw.descend_distributed(*rows(rank, size, weighted), **how)
            found[f"{name}, {weighted}"] = [fit.history.coef.tolist(), fit.history.loss.tolist(), fit.se.tolist()]
    return found


def fits(rank: int, size: int) -> dict[str, Any]:
    """A fit of tensors, the sum of triangles, a ridge."""
    import torch

    X, y, weight = rows(rank, size, True, 1e6)
    there = [torch.from_numpy(array.copy()) for array in (X, y, weight)]
    fit = lw.fit_distributed(*there, method="qr")
    whole = lw.gathered(lw.Triangle.of(X, y, weight))
    ridge = lw.fit_distributed(X, y, weight, penalty=lw.ridge(0.1))
    exact = lw.fit_distributed(X, y, weight, method="exact")
    probability = lw.fit_distributed(X, y, weight, weights="probability", device="cpu")
    return {
        "exact": [exact.theta.tolist(), exact.se.tolist()],
        "probability": probability.se.tolist(),
        "fit": [fit.theta.tolist(), fit.se.tolist(), fit.n], "R": whole.R.tolist(), "means": whole.means.tolist(),
        "ridge": ridge.coef.tolist(),
    }  # fmt: skip


def right(rank: int, size: int) -> dict[str, Any]:
    """Fits and descents."""
    return {"fits": fits(rank, size), "descents": descents(rank, size)}


def _other_columns(rank: int, X: Any, y: Any) -> Any:
    return lw.gathered(lw.Triangle.of(X[:, : 3 - rank], y))


WRONG = {
    "columns": _other_columns,
    "no triangle": lambda rank, X, y: lw.gathered(None if rank else lw.Triangle.of(X, y)),
    "a bad row": lambda rank, X, y: lw.fit_distributed(np.where(rank, np.nan, X), y),
    "a bad option": lambda rank, X, y: lw.fit_distributed(X, y, method="magic" if rank else "qr"),
    "other options": lambda rank, X, y: lw.fit_distributed(X, y, intercept=rank == 0),
    "other names": lambda rank, X, y: lw.fit_distributed(X, y, names=["a", "b", "c" if rank else "d"]),
    "no rows": lambda rank, X, y: lw.fit_distributed(X[:0], y[:0]),
    "other rates": lambda rank, X, y: lw.descend_distributed(X, y, learning_rate=0.1 * (1 + rank)),
    "a clock": lambda rank, X, y: lw.descend_distributed(X, y, seconds=3.0),
    "saga": lambda rank, X, y: lw.descend_distributed(X, y, optimizer="saga", batch_size=2),
    "blocks": lambda rank, X, y: lw.descend_distributed(X, y, shuffle="blocks", batch_size=2),
    "a large batch": lambda rank, X, y: lw.descend_distributed(X, y, batch_size=302),
    "a device": lambda rank, X, y: lw.descend_distributed(X, y, backend="torch", device="warp" if rank else "cpu"),
    "a constant": lambda rank, X, y: lw.descend_distributed(X * 0 + 1, y),
}


def wrong(rank: int, size: int) -> dict[str, Any]:
    """What each misuse says; a right fit comes after them all."""
    X, y, _ = rows(rank, size)
    found = {}
    for name, call in WRONG.items():
        try:
            call(rank, X, y)
        except lw.LeastwiseError as error:
            found[name] = [type(error).__name__, str(error)]
    found["n"] = lw.fit_distributed(X, y).n
    return found


def lost(rank: int, size: int) -> dict[str, Any]:
    """The last rank goes away before the sum."""
    if rank == size - 1:
        return {}
    try:
        lw.gathered(lw.Triangle.of(*rows(rank, size)[:2]))
    except lw.EngineError as error:
        return {"said": str(error), "code": error.exit_code}
    return {}


def main(task: str, rank: int, size: int, folder: Path) -> None:
    """Join the group, do it, write it."""
    dist.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=size,
                            timeout=timedelta(seconds=120))  # fmt: skip
    found = {"right": right, "wrong": wrong, "lost": lost}[task](rank, size)
    (folder / f"{rank}.json").write_text(json.dumps(found))
    if task == "lost":
        os._exit(0)  # Torn down with a rank missing, gloo may abort the process.
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
