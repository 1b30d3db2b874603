"""What both the terminal and the HTML page draw: points, lines and milestones out of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..compare import Comparison
from ..methods.spectral import Modes, modes
from ..problem import LeastSquares
from ..types import Vector

Point = tuple[float, float]
MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Points:
    """Data to draw and what its axes are: x or the least-squares prediction, against the target."""

    points: list[Point]
    title: str
    across: str
    up: str


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line from `begin` to `end`."""

    name: str
    begin: Point
    end: Point


def sample(comparison: Comparison) -> Points | None:
    """At most 400 evenly spaced rows: the target over the one feature, or over what least squares predicts."""
    rows, selection = comparison.data.rows, comparison.data.selection
    if rows is None:
        return None
    which = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_POINTS)).astype(int))
    X, y = rows.X[which], rows.y[which]
    if len(selection.features) == 1:
        title = f"{selection.target} over {selection.features[0]}"
        return Points(
            list(zip(X[:, 0].tolist(), y.tolist(), strict=True)), title, selection.features[0], selection.target
        )
    predicted = X @ comparison.reference.coef + comparison.reference.intercept
    title = f"{selection.target} over its least-squares prediction"
    return Points(list(zip(predicted.tolist(), y.tolist(), strict=True)), title, "prediction", selection.target)


def lines(comparison: Comparison, points: Points) -> list[Line]:
    """The least-squares line and the descent's, across the points; with many features only the diagonal."""
    across = [x for x, _ in points.points]
    ends = (min(across), max(across))
    if len(comparison.data.selection.features) > 1:
        return [Line("prediction = target", (ends[0], ends[0]), (ends[1], ends[1]))]
    answer, last = comparison.reference, comparison.by_hand
    return [
        _line("least squares", answer.coef[0], answer.intercept, ends),
        _line(f"epoch {len(last.losses) - 1:,}", last.coef[0], last.intercept, ends),
    ]


def milestones(comparison: Comparison) -> list[tuple[int, float, float]]:
    """(epoch, loss, loss over the least) at this run's end, at the epoch needed, at powers of ten before it, at 10^12."""
    path, rate, least = spectrum(comparison), comparison.settings.learning_rate, comparison.reference.loss
    needed = comparison.advice.epochs_needed or 10**12
    wanted = {comparison.settings.epochs, needed, 10**12, *(10**k for k in range(1, 12) if 10**k < needed)}
    reached = [(epoch, least + path.excess(rate, epoch)) for epoch in sorted(wanted)]
    return [(epoch, loss, loss / least if least > 0 else math.inf) for epoch, loss in reached if math.isfinite(loss)]


def spectrum(comparison: Comparison) -> Modes:
    """The eigenvalues and eigenvectors of the Hessian, and the start's distance along them."""
    return modes(LeastSquares.of(comparison.data.triangle.rows()), comparison.start)


def thinned(values: Vector | Sequence[float], most: int = MOST_POINTS) -> list[Point]:
    """(index, value) pairs, all of them or about `most` with the first and last among them, dense at the start."""
    last = len(values) - 1
    if last < most:
        return [(float(k), float(value)) for k, value in enumerate(values)]
    early = np.geomspace(1, last, most // 2).astype(int)
    which = np.unique(np.concatenate([[0], early, np.linspace(0, last, most // 2).astype(int)]))
    return [(float(k), float(values[k])) for k in which]


def _line(name: str, slope: float, intercept: float, ends: Point) -> Line:
    return Line(name, *((x, float(slope * x + intercept)) for x in ends))
