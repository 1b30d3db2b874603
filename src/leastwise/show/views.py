"""What both the terminal and the HTML page draw: points, lines and milestones out of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..compare import Comparison
from ..types import Vector

Point = tuple[float, float]
MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Dots:
    """Points of one `kind`: data, answer or path."""

    name: str
    kind: str
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line from `begin` to `end`, of one `kind`."""

    name: str
    kind: str
    begin: Point
    end: Point


@dataclass(frozen=True, slots=True)
class FitView:
    """What shows a fit: one feature, its data and lines; more, predictions over the target."""

    title: str
    across: str
    up: str
    lines: list[Line]
    dots: list[Dots]


def fit_view(comparison: Comparison) -> FitView | None:
    """At most 400 evenly spaced rows with the least-squares fit and the descent's; None where no rows were kept."""
    rows, selection = comparison.data.rows, comparison.data.selection
    if rows is None:
        return None
    which = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_POINTS)).astype(int))
    X, y, target = rows.X[which], rows.y[which], selection.target
    if len(selection.features) == 1:
        ends = (float(X.min()), float(X.max()))
        drawn = [_line(name, kind, slopes, intercept, ends) for name, kind, slopes, intercept in _fits(comparison)]
        feature = selection.features[0]
        return FitView(f"{target} over {feature}", feature, target, drawn, [Dots("data", "data", _pairs(X[:, 0], y))])
    low, high = float(y.min()), float(y.max())
    perfect = [Line("perfect", "answer", (low, low), (high, high))]
    dots = [Dots(name, kind, _pairs(y, X @ slopes + intercept)) for name, kind, slopes, intercept in _fits(comparison)]
    return FitView(f"predicted {target} over {target}", target, f"predicted {target}", perfect, dots)


def _fits(comparison: Comparison) -> list[tuple[str, str, Vector, float]]:
    answer, last = comparison.reference, comparison.by_hand
    return [
        ("least squares", "answer", answer.coef, answer.intercept),
        (f"epoch {len(last.losses) - 1:,}", "path", last.coef, last.intercept),
    ]


def _pairs(across: Vector, up: Vector) -> list[Point]:
    return list(zip(across.tolist(), up.tolist(), strict=True))


def _line(name: str, kind: str, slopes: Vector, intercept: float, ends: Point) -> Line:
    return Line(name, kind, *((x, float(slopes[0] * x + intercept)) for x in ends))


def milestones(comparison: Comparison) -> list[tuple[int, float, float]]:
    """(epoch, loss, loss over the least) at the end, at the epoch needed, at powers of ten before it, at 10^12."""
    path, rate, least = comparison.advice.modes, comparison.settings.learning_rate, comparison.reference.loss
    if path is None:
        return []
    needed = comparison.advice.epochs_needed or 10**12
    wanted = {comparison.settings.epochs, needed, 10**12, *(10**k for k in range(1, 12) if 10**k < needed)}
    reached = [(epoch, least + path.excess(rate, epoch)) for epoch in sorted(wanted)]
    return [(epoch, loss, loss / least if least > 0 else math.inf) for epoch, loss in reached if math.isfinite(loss)]


def thinned(values: Vector | Sequence[float], most: int = MOST_POINTS) -> list[Point]:
    """(index, value) pairs, all of them or about `most` with the first and last among them, dense at the start."""
    last = len(values) - 1
    if last < most:
        return [(float(k), float(value)) for k, value in enumerate(values)]
    early = np.geomspace(1, last, most // 2).astype(int)
    which = np.unique(np.concatenate([[0], early, np.linspace(0, last, most // 2).astype(int)]))
    return [(float(k), float(values[k])) for k in which]
