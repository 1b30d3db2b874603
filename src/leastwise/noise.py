"""How near small batches come at a fixed learning rate, from one pass more over the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import forecast
from .convergence import close_enough, limit
from .descent.batches import refuse_size
from .gather import Data, gather
from .methods.centred import reference
from .methods.spectral import modes
from .rows.select import select
from .settings import Settings
from .solve import Options, fit_triangle
from .words import count, number


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """Where batches of `batch_size` rows at `learning_rate` stay: `excess` over the `least` loss, on average.

    `wanted` is the excess at which every estimate is within the tolerance, `quiet_rate` the rate that leaves no more.
    """

    learning_rate: float
    batch_size: int
    excess: float
    least: float
    wanted: float
    quiet_rate: float

    @property
    def sentence(self) -> str:
        """It in words."""
        run = f"Batches of {count(self.batch_size, 'row')} at learning rate {number(self.learning_rate)}"
        if np.isinf(self.excess):
            return f"{run} diverge: the rate is too large for batches that small."
        if self.excess <= 1e-12 * self.least or not self.least:
            return f"{run} settle at the least loss."
        over = f"{number(100 * self.excess / self.least, 3)}%"
        said = f"{run} do not settle: the loss stays about {over} above the least"
        if self.excess <= self.wanted:
            return f"{said}, which is within the tolerance."
        return f"{said}; at {number(self.quiet_rate, 3)}, or at a rate that falls, it would be within the tolerance."


def noise_floor(
    X: Any, y: Any = None, weight: Any = None, *, x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None, missing: str = "error", batch_size: int = 32, **settings: Any,
) -> NoiseFloor:  # fmt: skip
    """The excess loss around which a descent by batches of `batch_size` rows stays, shuffled anew each epoch.

    X (n, p), y (n,), weight (n,), or the columns of a path or a frame; `settings` as in `advise`.
    Raises UsageError or DataError. Cost: two passes over the rows. Source: `forecast.noise_floor`.
    """
    chosen, selection = Settings.of(settings), select(X, y, weight, x, names).dropping(missing)
    return floor_of(gather(selection, False, chosen), chosen, batch_size)


def floor_of(data: Data, settings: Settings, batch_size: int) -> NoiseFloor:
    """`noise_floor` of what is gathered, by one pass more."""
    selection, triangle = data.selection, data.triangle
    refuse_size(batch_size, triangle.n)
    path = modes(triangle, settings.begin(triangle.features))
    fit = fit_triangle(replace(triangle, names=selection.names[: triangle.features + 1]), Options())
    variance = np.zeros_like(path.eigenvalues)
    if fit.rss > 0 and fit.df_resid > 0:
        covariance = fit.robust(selection, "HC0").covariance
        spread = np.einsum("ij,ik,kj->j", path.directions, covariance, path.directions)
        variance = triangle.n * path.eigenvalues**2 * np.maximum(spread, 0)

    def excess(rate: float) -> float:
        return forecast.noise_floor(path, variance, triangle.n, rate, batch_size)

    wanted = close_enough(triangle, reference(triangle), settings.tolerance)
    rate = settings.learning_rate
    return NoiseFloor(rate, batch_size, excess(rate), path.floor, wanted, _quiet(excess, limit(path), wanted))


def _quiet(excess: Any, top: float, wanted: float) -> float:
    """The largest rate, by halving its logarithm, that leaves no more excess than is wanted."""
    low, high = np.log(top * 1e-12), np.log(top * (1 - 1e-12))
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(float(np.exp(middle))) <= wanted else (low, middle)
    return float(np.exp(low))
