"""Gradient descent with the ladder's backends and every optimiser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state

from ..descent.schedules import Schedule, constant
from ..gather import Data
from ..rows.source import Selection, Source
from ..summary.triangle import Triangle
from ..training import planned, trained
from ..types import UsageError
from .base import LinearEstimator, Rows


class GradientDescentRegressor(LinearEstimator):
    """Descend on the mean squared error, by hand or in torch: `leastwise.descend` as a scikit-learn estimator.

    - `optimizer`, `backend` "numpy" or "torch", `learning_rate` a number or "auto" (the best fixed one), `epochs`,
      `batch_size` (None for all rows: then an epoch's cost does not depend on n), `schedule`, `weight_decay`,
      `hyper` (a dict such as {"momentum": 0.9}): as in `leastwise.descend`
    - `standardise` the features for the descent; coef_ is in their own units all the same
    - `early_stopping`: set `validation_fraction` of the rows aside and stop after `patience` epochs without a lower
      loss on them; `tol`: stop where the loss is within that share of y's variance of the least; None for neither
    - `warm_start`: begin where the last fit ended; `random_state`: the seed of start and batches

    Attributes: coef_, intercept_, n_iter_ (epochs), loss_curve_ (mean squared error before each epoch and at the end),
    history_ (a `History`), status_ in words; lists of them for several targets. `partial_fit` runs one epoch on the
    rows it is given, from where it is. Raises ValueError for settings that contradict each other.
    """

    def __init__(
        self, optimizer: str = "sgd", *, backend: str = "numpy", learning_rate: Any = "auto", epochs: int = 1000,
        batch_size: int | None = None, schedule: Schedule | None = None, weight_decay: float | None = None,
        hyper: Mapping[str, float] | None = None, standardise: bool = True, early_stopping: bool = False,
        validation_fraction: float = 0.1, patience: int = 5, tol: float | None = 1e-10, warm_start: bool = False,
        device: str = "cpu", random_state: Any = 2,
    ) -> None:  # fmt: skip
        self.optimizer = optimizer
        self.backend = backend
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.hyper = hyper
        self.standardise = standardise
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.tol = tol
        self.warm_start = warm_start
        self.device = device
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit X (n, p), y (n,) or (n, t), sample_weight (n,)."""
        begun = self.warm_start and hasattr(self, "coef_")
        return self._descend(self._read(X, y, sample_weight), begun, {
            "epochs": self.epochs, "excess": self.tol, "standardise": self.standardise,
            "validation": self.validation_fraction if self.early_stopping else 0.0,
            "patience": self.patience if self.early_stopping else None,
        })  # fmt: skip

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch on these rows, on features as they are, from where the last one ended."""
        begun = hasattr(self, "coef_")
        rows = self._read(X, y, sample_weight, reset=not begun)
        return self._descend(rows, begun, {"epochs": 1, "standardise": False})

    def _descend(self, rows: Rows, begun: bool, settings: dict[str, Any]) -> Self:
        settings |= {
            "optimizer": self.optimizer, "backend": self.backend, "learning_rate": self.learning_rate,
            "batch_size": self.batch_size, "seed": self._seed(), "weight_decay": self.weight_decay,
            "schedule": self.schedule or constant(), "device": self.device, **(self.hyper or {}),
        }  # fmt: skip
        ends = []
        for j, triangle in enumerate(rows.triangles()):
            start = self._start(j, rows) if begun else None
            ends.append(self._one(rows, j, triangle, {**settings, "start": start}))
        one = rows.flat
        self.history_ = [end.history for end in ends] if not one else ends[0].history
        curves = [end.history.loss for end in ends if end.history]
        epochs = [max(1, len(curve) - 1) for curve in curves]
        self.loss_curve_: Any = curves[0] if one else curves
        self.n_iter_: Any = epochs[0] if one else epochs
        self.status_ = ends[0].status if one else [end.status for end in ends]
        return self._set(np.array([end.coef for end in ends]), np.array([end.intercept for end in ends]), one)

    def _one(self, rows: Rows, target: int, triangle: Triangle, settings: dict[str, Any]) -> Any:
        names = self._names()
        try:
            plan = planned(settings)
            selection = Selection(Source("X", names, {}, lambda names: iter(())), names, "y")
            kept = rows.chunk(target) if plan.reads_rows else None
            return trained(Data(selection, replace(triangle, names=()), kept, 0), plan).fit
        except UsageError as error:
            raise ValueError(str(error)) from None

    def _start(self, target: int, rows: Rows) -> tuple[Any, float]:
        """Where the last fit ended, in the scaled features where the descent is on those."""
        coef, intercept = np.atleast_2d(self.coef_)[target], float(np.atleast_1d(self.intercept_)[target])
        return coef, intercept

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))
