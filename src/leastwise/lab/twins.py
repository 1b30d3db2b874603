"""The page's run made again in NumPy and in PyTorch, and to how many digits the three agree."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import Any

import numpy as np

from ..advice import foretell
from ..agreement import trajectory_digits
from ..checking.mistakes import mistakes
from ..checking.report import CheckReport
from ..checking.ways import Way
from ..checking.ways import descend as descend_way
from ..descent.by_hand import Engine as ByHand
from ..descent.loop import Engine
from ..descent.table import OPTIMIZERS, twin
from ..methods.spectral import modes
from ..problem import LeastSquares
from ..rows.chunk import Chunk
from ..settings import Settings
from ..solution import Solution, Start, Stop
from ..summary.triangle import Triangle
from ..types import Matrix, UsageError, Vector
from .asked import Asked

MOST_NUMPY, MOST_TORCH = 30_000, 5_000
"""Epochs that are made again: about a second of each."""
TWO_DECIMALS = 2
BY_PATH = frozenset(mistake.code for mistake in mistakes(7))
"""Mistakes whose path is known beforehand."""
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Scaled rows, and the way back: w = w' / scale, b = b' - centre'w."""

    chunk: Chunk
    triangle: Triangle

    @classmethod
    def of(cls, chunk: Chunk, scale: str) -> Rows:
        """Raw, centred or standardised (divisor n), as NumPy does it."""
        X = np.asarray(chunk.X)
        centre = X.mean(axis=0) if scale != "raw" else 0.0
        spread = X.std(axis=0) if scale == "standardised" else np.ones(X.shape[1])
        scaled = Chunk((X - centre) / np.where(spread > 0, spread, 1.0), chunk.y)
        return cls(scaled, Triangle.of(scaled.X, scaled.y))


def agreement(asked: Asked, chunk: Chunk) -> dict[str, Any]:
    """Digits to which the browser's path agrees with NumPy's and with PyTorch's, and what leastwise says of the run.

    With a mistake NumPy makes the same one, and PyTorch does it right.
    """
    rows = Rows.of(chunk, asked.scale)
    found: dict[str, Any] = {"epochs": min(asked.last, MOST_NUMPY)}
    found["numpy"] = _digits(asked, rows, _by_hand(asked, rows, min(asked.last, MOST_NUMPY)))
    refusal = _refusal(asked)
    if refusal:
        return {**found, "torch": None, "refusal": refusal, **_said(asked, rows)}
    run = _follow(_by_torch(asked), rows.chunk, asked.rate, min(asked.last, MOST_TORCH))
    return {
        **found,
        "torch": _digits(asked, rows, run),
        "torch_epochs": min(asked.last, MOST_TORCH),
        **_said(asked, rows),
    }


def _said(asked: Asked, rows: Rows) -> dict[str, Any]:
    """Advice on plain descent, in numbers and in words."""
    if asked.optimizer != "sgd" or asked.mistake:
        return {}
    start = (asked.start[:-1], asked.start[-1])
    with np.errstate(all="ignore"):
        advice = foretell(rows.triangle, asked.names, Settings(max(asked.last, 1), asked.rate, start=start))
    return {
        "advice": {
            "converged": advice.converged, "learning_rate_limit": advice.learning_rate_limit,
            "learning_rate_best": advice.learning_rate_best, "condition": advice.condition,
            "epochs_needed": advice.epochs_needed, "verdict": advice.verdict,
        }
    }  # fmt: skip


def _refusal(asked: Asked) -> str:
    if importlib.util.find_spec("torch") is None:
        return "PyTorch is not installed: pip install 'leastwise[torch]'"
    if OPTIMIZERS[asked.optimizer].torch is None:
        return f"torch.optim has no {asked.optimizer}"
    return ""


def _by_hand(asked: Asked, rows: Rows, epochs: int) -> Solution:
    if asked.mistake:
        return _mistaken(asked, rows, epochs)
    return _follow(_engine(asked, rows), rows.chunk, asked.rate, epochs)


def _engine(asked: Asked, rows: Rows) -> Engine:
    chosen, given = OPTIMIZERS[asked.optimizer], dict[str, Any]()
    if chosen.needs == "curvature":
        given = {"along": partial(_along, LeastSquares.of(rows.chunk))}
    if chosen.needs == "spectrum":
        values = modes(rows.triangle, Start(asked.start[:-1], float(asked.start[-1]))).eigenvalues
        given = {"smallest": float(values[-1]), "largest": float(values[0])}
    return ByHand(chosen.make(**chosen.hyper({}), **given), asked.start)


def _along(problem: LeastSquares, d: Vector) -> float:
    """d'Hd."""
    moved = problem.X @ d[:-1] + d[-1]
    return float(2 * (problem.share * moved) @ moved)


def _by_torch(asked: Asked) -> Engine:
    from ..descent.by_torch import Engine as ByTorch

    chosen = OPTIMIZERS[asked.optimizer]
    return ByTorch(str(chosen.torch), twin(chosen.hyper({})), asked.start, 0.0, "cpu")


def _follow(engine: Engine, rows: Chunk, rate: float, epochs: int) -> Solution:
    problem, thetas, losses = LeastSquares.of(rows), list[Vector](), list[float]()
    with np.errstate(all="ignore"):
        for _ in range(epochs + 1):
            theta = engine.shown.copy()
            loss = problem.loss(theta[:-1], theta[-1])
            if not math.isfinite(loss):
                break
            thetas.append(theta)
            losses.append(loss)
            engine.step(rows, rate)
    return _solution(np.array(losses), np.array(thetas))


def _mistaken(asked: Asked, rows: Rows, epochs: int) -> Solution:
    X, y = np.asarray(rows.chunk.X), rows.chunk.y
    with np.errstate(all="ignore"):
        thetas = descend_way(way_of(asked.mistake, len(y)), X, y, asked.start, asked.rate, epochs)
        losses = ((y - thetas[:, :-1] @ X.T - thetas[:, -1:]) ** 2).mean(axis=1)
    finite = np.isfinite(losses)
    last = len(losses) if finite.all() else int(np.argmin(finite))
    return _solution(losses[:last], thetas[:last])


def _solution(losses: Vector, thetas: Matrix) -> Solution:
    if not len(losses):
        raise UsageError("the loss at the start leaves the range of float64: bring the start nearer to 0")
    return Solution(losses, thetas[:, :-1], thetas[:, -1], Stop.EPOCHS)


def _digits(asked: Asked, rows: Rows, run: Solution) -> float:
    """The page's epochs against those of a run, as far as both go."""
    within = asked.epochs < len(run.losses)
    places = asked.epochs[within]
    page = _solution(asked.losses[within], asked.path[within])
    same = Solution(run.losses[places], run.coefs[places], run.intercepts[places], Stop.EPOCHS)
    scale = float((rows.chunk.y**2).mean()) or 1.0
    return trajectory_digits(page, same, "float64", scale)


def way_of(code: str, n: int) -> Way:
    """The way of a mistake on n rows that the page shows, the first of its kind (of rounding: to two decimals).

    Raises UsageError for a mistake whose path is not known beforehand.
    """
    ways = [mistake.change(Way()) for mistake in mistakes(n) if mistake.code == code]
    if not ways:
        raise UsageError(f"there is no mistake {code[:40]!r} whose path is known beforehand")
    return ways[TWO_DECIMALS if code == "LW138" else 0]


@cache
def diagnosis(code: str) -> CheckReport:
    """What `check` says of a descent that makes the mistake. Cost: about a second, once for each."""
    from ..checking.entry import check

    way_of(code, 7)

    def descend(X: Matrix, y: Vector, start: Vector, learning_rate: float, epochs: int) -> Vector:
        way = way_of(code, len(y))
        if way.swapped and X.shape[1] > 1:
            raise ValueError("x and y can be swapped where there is one x")
        return np.asarray(descend_way(way, X, y, np.asarray(start, dtype=np.float64), learning_rate, epochs)[-1])

    with _ONE_AT_A_TIME:
        return check(descend)
