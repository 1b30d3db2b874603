"""Ways of descending: batch descent on the mean squared error, and everything in which it may go astray."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from ..types import Matrix, Vector

Rate = Callable[[float, int], float]
Batches = tuple[tuple[int, ...], ...]


def constant(rate: float, epoch: int) -> float:
    """The rate as it was given."""
    return rate


@dataclass(frozen=True, slots=True)
class Way:
    """A descent; every field is right as it stands. Pairs are (slopes, intercept).

    `factor` times the gradient; `summed` over the rows; `momentum` times the last step is added (1: gradients pile
    up); `first`: the one that is updated before the other's gradient is taken; `loss` whose gradient it is;
    `against`: residuals broadcast to (n, n), and x taken from the prediction's or the target's side; `slope_x`,
    `intercept_x`: whether gradients have x in them; `shared`: one mean for all features; `batches`: rows of each
    step of an epoch, or one such tuple an epoch; `rate` (given, epoch) -> used; `lag` epochs fewer (or more, below
    0); `x_scale`, `y_scale`: see `SCALES`, and whether it is `undone`; `swapped` x and y;
    `crossed` gradients, each for the other; steps `through` the "slopes" themselves or all "parameters" instead of
    gradients; `reshaped` X ("rows", or in the "gradient" alone); `biased`: whether predictions have the intercept;
    `decay` times the parameter is added to the gradient; `cut` after each update, or `cut_last` when given back;
    `whole` numbers made of "X", "y" or the "rows"; `data_dtype` of the rows.
    """

    factor: tuple[float, float] = (1.0, 1.0)
    summed: tuple[bool, bool] = (False, False)
    momentum: tuple[float, float] = (0.0, 0.0)
    first: str = ""
    loss: str = "squared"
    against: str = ""
    slope_x: bool = True
    intercept_x: bool = False
    shared: bool = False
    batches: tuple[Batches, ...] = ()
    rate: Rate = constant
    lag: int = 0
    x_scale: str = ""
    y_scale: str = ""
    undone: bool = False
    swapped: bool = False
    crossed: bool = False
    through: str = ""
    reshaped: str = ""
    biased: bool = True
    decay: tuple[float, float] = (0.0, 0.0)
    cut: Callable[[Vector], Vector] | None = None
    cut_last: Callable[[Vector], Vector] | None = None
    whole: str = ""
    data_dtype: str = "float64"


SCALES: dict[str, Callable[[Matrix], tuple[Vector, Vector]]] = {
    "": lambda x: (np.zeros(x.shape[1]), np.ones(x.shape[1])),
    "mean": lambda x: (x.mean(axis=0), np.ones(x.shape[1])),
    "deviation": lambda x: (x.mean(axis=0), x.std(axis=0)),
    "deviation, n - 1": lambda x: (x.mean(axis=0), x.std(axis=0, ddof=1)),
    "range": lambda x: (x.min(axis=0), np.ptp(x, axis=0)),
    "mean and range": lambda x: (x.mean(axis=0), np.ptp(x, axis=0)),
    "maximum": lambda x: (np.zeros(x.shape[1]), x.max(axis=0)),
    "all together": lambda x: (np.full(x.shape[1], x.mean()), np.full(x.shape[1], x.std())),
}
"""What is subtracted from each column, and by what it is divided."""


def descend(way: Way, X: Matrix, y: Vector, start: Vector, rate: float, epochs: int) -> Matrix:
    """The parameters (epochs + 1, p + 1) along the way; X (n, p), y (n,), start (p + 1,).

    Entry k is what a call with k epochs gives, entry 0 the start.
    theta <- theta - rate * gradient, gradient_w = 2/n X'(X w + b - y), gradient_b = 2/n sum(X w + b - y).
    Cost n p an epoch.
    """
    rows = _Rows.of(way, X, y)
    theta = rows.there(start) if way.undone else start.astype(np.float64)
    step, path = np.zeros_like(theta), [theta]
    for epoch in range(epochs + max(0, -way.lag)):
        for some in _steps(way, epoch):
            theta, step = _update(way, rows, some, theta, step, way.rate(rate, epoch))
        path.append(theta)
    seen = [path[0], *(path[max(0, k - way.lag)] for k in range(1, epochs + 1))]
    ends = [rows.back(theta) if way.undone else theta for theta in seen]
    if way.cut_last is not None:
        ends = [ends[0], *map(way.cut_last, ends[1:])]
    return np.array(ends, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The rows as the way sees them: X (n, p), y (n,), and their centres and scales, the target's last."""

    X: Matrix
    y: Vector
    centre: Vector
    scale: Vector

    @classmethod
    def of(cls, way: Way, X: Matrix, y: Vector) -> _Rows:
        X = np.trunc(X) if way.whole in ("X", "rows") else X
        y = np.trunc(y) if way.whole in ("y", "rows") else y
        X, y = (part.astype(way.data_dtype).astype(np.float64) for part in (X, y))
        if way.swapped:
            X, y = (y[:, None], X[:, 0]) if X.shape[1] == 1 else (X * np.nan, y)
        if way.reshaped == "rows":
            X = X.reshape(X.shape[::-1]).T
        (cx, sx), (cy, sy) = SCALES[way.x_scale](X), SCALES[way.y_scale](y[:, None])
        return cls((X - cx) / sx, (y - cy) / sy, np.append(cx, cy), np.append(sx, sy))

    def back(self, theta: Vector) -> Vector:
        """Parameters in the user's units."""
        w = theta[:-1] * self.scale[-1] / self.scale[:-1]
        return np.append(w, self.centre[-1] + self.scale[-1] * theta[-1] - w @ self.centre[:-1])

    def there(self, theta: Vector) -> Vector:
        """The other way round."""
        b = (theta[-1] + theta[:-1] @ self.centre[:-1] - self.centre[-1]) / self.scale[-1]
        return np.append(theta[:-1] * self.scale[:-1] / self.scale[-1], b)


def _steps(way: Way, epoch: int) -> Iterable[list[int] | slice]:
    if not way.batches:
        return [slice(None)]
    return [list(some) for some in way.batches[min(epoch, len(way.batches) - 1)]]


def _update(
    way: Way, rows: _Rows, some: list[int] | slice, theta: Vector, step: Vector, rate: float
) -> tuple[Vector, Vector]:
    """Parameters and step after one update."""
    X, y = rows.X[some], rows.y[some]
    parts = {"slope": [slice(None, -1), slice(-1, None)], "intercept": [slice(-1, None), slice(None, -1)]}
    carried = np.append(np.full(len(theta) - 1, way.momentum[0]), way.momentum[1])
    theta, step = theta.copy(), step.copy()
    for part in parts.get(way.first, [slice(None)]):
        step[part] = (carried * step + _gradient(way, X, y, theta))[part]
        theta[part] = theta[part] - rate * step[part]
    return (theta if way.cut is None else way.cut(theta)), step


def _gradient(way: Way, X: Matrix, y: Vector, theta: Vector) -> Vector:
    if way.through == "parameters":
        return theta
    if way.through == "slopes":
        return np.append(theta[:-1], _gradient(replace(way, through=""), X, y, theta)[-1])
    residual, n = _residual(way, X, y, theta), len(y)
    turned = X.reshape(X.shape[::-1]) if way.reshaped == "gradient" else X.T
    slope = turned @ residual if way.slope_x else np.full(X.shape[1], residual.sum())
    intercept = (X.T @ residual).mean() if way.intercept_x else residual.sum()
    if way.crossed:
        slope, intercept = np.full_like(slope, intercept), slope.mean()
    if way.shared:
        slope = np.full_like(slope, slope.mean())
    # A sum over residuals that are broadcast has n times as many of them.
    rows = n if way.against else 1
    w, b = (
        2 * factor * rows if summed else 2 * factor / n for factor, summed in zip(way.factor, way.summed, strict=True)
    )
    return np.append(w * slope + way.decay[0] * theta[:-1], b * intercept + way.decay[1] * theta[-1])


def _residual(way: Way, X: Matrix, y: Vector, theta: Vector) -> Vector:
    prediction = X @ theta[:-1] + (theta[-1] if way.biased else 0)
    if way.against == "targets":
        residual = prediction - y.mean()
    elif way.against == "predictions":
        residual = prediction.mean() - y
    else:
        residual = prediction - y
    if way.loss == "absolute":
        return np.sign(residual) / 2
    if way.loss == "root":
        return residual / (2 * np.sqrt((residual**2).mean()))
    return residual


def inside(way: Way, X: Matrix, y: Vector) -> tuple[Matrix, Vector]:
    """X (n, p) and y (n,) as the way works with them."""
    rows = _Rows.of(way, X, y)
    return rows.X, rows.y
