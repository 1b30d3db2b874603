"""What somebody's descent was seen to do, epoch by epoch, and how far it is from a way of descending."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..types import Matrix, Vector
from ..words import number
from .ways import Way, descend

EXACT, SINGLE = 1e-9, 3e-5
"""Paths that are one path to rounding, in float64 and in float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Rows X (n, p), y (n,), start (p + 1,), rate, and the parameters (k + 1, p + 1) after 0, 1, 2, ... epochs."""

    X: Matrix
    y: Vector
    start: Vector
    rate: float
    path: Matrix

    def along(self, way: Way, epochs: int | None = None) -> Matrix:
        """The path of a way of descending from the same start."""
        with np.errstate(all="ignore"):
            return descend(way, self.X, self.y, self.start, self.rate, epochs or len(self.path) - 1)

    def error(self, way: Way) -> float:
        """The largest difference from that, as a part of the largest parameter at its epoch."""
        path = self.along(way)
        with np.errstate(all="ignore"):
            apart = np.abs(self.path - path).max(axis=1) / np.maximum(np.abs(path).max(axis=1), 1e-300)
        return float(np.nan_to_num(apart, nan=np.inf).max())

    @property
    def single(self) -> bool:
        """Whether every number after the start is one of float32, and not all are whole."""
        rest = self.path[1:]
        with np.errstate(all="ignore"):
            return bool((rest.astype(np.float32) == rest).all() and (rest != np.round(rest, 3)).any())

    def turned(self) -> Trace:
        """The same with the intercept first taken for slopes: theta may have it first."""
        return replace(self, start=np.roll(self.start, -1), path=np.roll(self.path, -1, axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """The same where only losses (k,) are given: a way is as far off as its own losses are, by the nearest formula."""

    X: Matrix
    y: Vector
    start: Vector
    rate: float
    series: Vector

    single = False

    def along(self, way: Way, epochs: int | None = None) -> Matrix:
        """The path of a way of descending from the same start."""
        with np.errstate(all="ignore"):
            return descend(way, self.X, self.y, self.start, self.rate, epochs or len(self.series))

    def error(self, way: Way) -> float:
        """The largest relative difference of a loss, by the formula and the moment that come nearest."""
        with np.errstate(all="ignore"):
            formulas = loss_formulas(self.X, self.y, self.along(way))
            apart = [
                float(np.nan_to_num(np.abs(self.series / values - 1), nan=np.inf).max())
                for name, all_values in formulas.items()
                if "mean" in name or "sum" in name
                for values in windows(all_values, len(self.series)).values()
            ]
        return min(apart)

    def turned(self) -> Losses:
        """The same from the start the other way round."""
        return replace(self, start=np.roll(self.start, -1))


def loss_formulas(X: Matrix, y: Vector, path: Matrix) -> dict[str, Vector]:
    """The losses (k,) along a path (k, p + 1) that people record, by name."""
    predictions = path[:, :-1] @ X.T + path[:, -1:]
    residuals, n = y[None, :] - predictions, len(y)
    mse = (residuals**2).mean(axis=1)
    every = ((y[None, :, None] - predictions[:, None, :]) ** 2).mean(axis=(1, 2))
    return {"mean squared error": mse, "half the mean squared error": mse / 2, "sum of squares": n * mse,
            "half the sum of squares": n * mse / 2, "root of the mean squared error": np.sqrt(mse),
            "mean absolute error": np.abs(residuals).mean(axis=1), "mean error": (predictions - y).mean(axis=1),
            "mean squared error over N x N": every, "half that over N x N": every / 2,
            "sum of squares over N x N": n * n * every}  # fmt: skip


def windows(values: Vector, many: int) -> dict[str, Vector]:
    """Losses recorded before each update (and after the last), or after each."""
    return {"before": values[:many]} | ({"after": values[1 : many + 1]} if len(values) > many else {})


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """All that was seen of one way to call it: traces on rows with one feature and, where it takes them, with two.

    `series`: what else it gave for each epoch, such as losses; `words`: what is special about calling it so;
    `ordered`: whether the order of its parameters is known; `turned`: read with the intercept first; `number`: which of
    the ways of calling it this is; `predicted`: whether its parameters are those that predict shows; `column`:
    whether y was handed over as (n, 1) though (n,) is taken as well; `flat`: a function that was handed x as (n,).
    """

    traces: tuple[Trace | Losses, ...]
    series: tuple[Vector, ...] = ()
    words: tuple[str, ...] = ()
    ordered: bool = False
    turned: bool = False
    number: int = 0
    predicted: bool = False
    column: bool = False
    flat: bool = False

    def error(self, way: Way) -> float:
        """The largest error on any of its traces; infinite after the first that is far off."""
        worst = 0.0
        for trace in self.traces:
            worst = max(worst, trace.error(way))
            if worst > 10 * SINGLE:
                return worst
        return worst

    def may_be(self, way: Way) -> bool:
        """Whether the second epoch of its first trace is not far off."""
        trace = self.traces[0]
        if isinstance(trace, Losses):
            return True
        first = replace(trace, path=trace.path[:3])
        return first.error(way) <= 10 * SINGLE

    @property
    def slopes_move(self) -> bool:
        """Whether slopes, its parameters but the last, are ever other than 0."""
        trace = self.traces[0]
        return isinstance(trace, Trace) and bool(np.abs(trace.path[:, :-1]).max() > 1e-9)

    @property
    def single(self) -> bool:
        """Whether it computes in float32."""
        return all(trace.single for trace in self.traces)

    def both(self) -> Iterator[Seen]:
        """It, and where that is open, with the intercept first."""
        yield self
        if not self.ordered:
            yield replace(self, traces=tuple(trace.turned() for trace in self.traces), turned=True)


def own_rate(X: Matrix, y: Vector, path: Matrix) -> float:
    """The rate that its first step shows; 0 where there is none."""
    gradient = path[0] - descend(Way(), X, y, path[0], 1.0, 1)[1]
    along = float((path[0] - path[1]) @ gradient / (gradient @ gradient))
    return along if np.isfinite(along) else 0.0


def seven(p: int) -> tuple[Matrix, Vector]:
    """Seven rows off centre, no two rows and no two distances alike; with p of 1 or 2 features."""
    x = np.array([0.5, 1.25, 2.0, 3.5, 4.0, 5.75, 7.0])
    other = np.array([1.0, -2.0, 0.5, 3.0, -1.0, 2.0, 0.25])
    noise = np.array([0.3, -0.4, 0.1, 0.55, -0.2, 0.15, -0.35])
    return np.column_stack([x, other])[:, :p], 1.5 * x + 2 + noise + (p > 1) * 0.5 * other


def with_ones(X: Matrix) -> Matrix:
    """X (n, p) with a column of ones after it."""
    return np.column_stack([X, np.ones(len(X))])


def least_squares(X: Matrix, y: Vector) -> Vector:
    """Slopes and intercept (p + 1,)."""
    return np.asarray(np.linalg.lstsq(with_ones(X), y, rcond=None)[0])


def mean_squared_error(X: Matrix, y: Vector, theta: Vector) -> float:
    """Of a line with slopes and intercept theta (p + 1,)."""
    with np.errstate(all="ignore"):
        return float(((y - X @ theta[:-1] - theta[-1]) ** 2).mean())


def starts(p: int) -> Vector:
    """Where a descent is asked to begin."""
    return np.array([0.31, *([0.17] if p > 1 else []), -0.23])


def shown(theta: Vector, digits: int = 7) -> str:
    """Parameters (p + 1,) in words."""
    slopes, intercept = [_said(value, digits) for value in theta[:-1]], _said(theta[-1], digits)
    return f"{'slope' if len(theta) == 2 else 'slopes'} {', '.join(slopes)}, intercept {intercept}"


def _said(value: float, digits: int) -> str:
    return "nan" if np.isnan(value) else number(float(value), digits)
