"""Gradient descent with the ladder's backends and every optimiser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state

from ..descent.plan import Plan
from ..descent.schedules import Schedule, constant
from ..fitted import Fit
from ..gather import Data
from ..rows.chunk import Chunk
from ..rows.source import Selection, Source
from ..summary.triangle import Triangle
from ..trainer import split
from ..training import planned, trained
from ..types import UsageError, Vector
from .base import LinearEstimator, Rows, as_many
from .limits import counted, flags, real

LEAST = 4
"""Rows, of which one is set aside and three are fitted."""


class GradientDescentRegressor(LinearEstimator):
    """Descend on the mean squared error, by hand or in torch: `leastwise.descend` as a scikit-learn estimator.

    - `optimizer`, `backend` "numpy" or "torch", `learning_rate` a number or "auto" (the best fixed one), `epochs`,
      `batch_size` (None for all rows: then an epoch's cost does not depend on n), `schedule`, `weight_decay`,
      `hyper` (a dict such as {"momentum": 0.9}): as in `leastwise.descend`
    - `standardise` the features for the descent; coef_ is in their own units all the same
    - `early_stopping`: set `validation_fraction` of the rows aside and stop after `patience` epochs without a lower
      loss on them; `tol`: stop where the loss is within that share of y's variance of the least; None for neither
    - `warm_start`: begin where the last fit ended, but with none of what the optimiser remembered
    - `random_state`: the seed of start and batches

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
        settings = self._settings()
        rows = self._read(X, y, sample_weight)
        if self.early_stopping and len(rows.Y) < LEAST:
            raise UsageError(f"early_stopping sets rows aside, and needs {LEAST} or more: n_samples = {len(rows.Y)}")
        return self._descend(rows, begun, settings)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch on these rows, on features as they are, from where the last one ended."""
        begun = hasattr(self, "coef_")
        settings = {**self._settings(), "epochs": 1, "standardise": False, "excess": None, "validation": 0.0,
                    "patience": None}  # fmt: skip
        return self._descend(self._read(X, y, sample_weight, reset=not begun), begun, settings)

    def _settings(self) -> dict[str, Any]:
        """The settings of `leastwise.descend`. Raises UsageError for those that contradict each other."""
        flags(self, "standardise", "early_stopping", "warm_start")
        if self.tol is not None:
            real("tol", self.tol)
        if self.early_stopping and not 0 < real("validation_fraction", self.validation_fraction) < 1:
            raise UsageError(f"validation_fraction must be below 1 and above 0: it is {self.validation_fraction}")
        settings = {
            "epochs": self.epochs, "excess": self.tol, "standardise": bool(self.standardise),
            "validation": self.validation_fraction if self.early_stopping else 0.0,
            "patience": self.patience if self.early_stopping else None,
            "optimizer": self.optimizer, "backend": self.backend, "learning_rate": self.learning_rate,
            "batch_size": self.batch_size, "seed": self._seed(), "weight_decay": self.weight_decay,
            "schedule": self.schedule or constant(), "device": self.device,
        }  # fmt: skip
        if self.hyper is not None and not isinstance(self.hyper, Mapping):
            raise UsageError(f"hyper must be a dict of numbers: it is {self.hyper!r}")
        hyper = dict(self.hyper or {})
        for name in hyper:
            if name in {field.name for field in fields(Plan)}:
                raise UsageError(f"hyper holds what only {self.optimizer} knows: {name} is not one of these")
        return settings | hyper

    def _descend(self, rows: Rows, begun: bool, settings: dict[str, Any]) -> Self:
        plan = planned(settings)
        triangles = rows.triangles()
        if begun:
            before = np.atleast_2d(self.coef_)
            as_many(list(before), triangles)
            if before.shape[1] != rows.X.shape[1]:
                raise UsageError(f"X has {rows.X.shape[1]} features and had {before.shape[1]}: give the same ones")
        ends = [self._one(rows, j, triangle, plan, begun) for j, triangle in enumerate(triangles)]
        histories = [end.history for end in ends if end.history]
        epochs = [max(1, len(history.loss) - 1) for history in histories]
        one = rows.flat
        self.history_: Any = histories[0] if one else histories
        self.loss_curve_: Any = histories[0].loss if one else [history.loss for history in histories]
        self.n_iter_: Any = epochs[0] if one else epochs
        self.status_: Any = ends[0].status if one else [end.status for end in ends]
        return self._set(np.array([end.coef for end in ends]), np.array([end.intercept for end in ends]), one)

    def _one(self, rows: Rows, target: int, triangle: Triangle, plan: Plan, begun: bool) -> Fit:
        names = self._names()
        selection = Selection(Source("X", names, {}, lambda names: iter(())), names, "y")
        kept = rows.chunk(target) if plan.reads_rows else None
        if begun:
            plan = replace(plan, start=self._start(target, fitted(kept, triangle, plan), plan.standardise))
        return trained(Data(selection, replace(triangle, names=()), kept, 0), plan).fit

    def _start(self, target: int, triangle: Triangle, standardise: bool) -> tuple[Vector, float]:
        """Where the last fit ended, on the features that the descent is on: those of the triangle, scaled or not."""
        coef, intercept = np.atleast_2d(self.coef_)[target], float(np.atleast_1d(self.intercept_)[target])
        if not standardise:
            return coef, intercept
        means, scale = triangle.means[:-1], triangle.spread[:-1]
        return coef * np.where(scale > 0, scale, 1.0), intercept + float(means @ coef)

    def _seed(self) -> int:
        if counted(self.random_state):
            return int(real("random_state", self.random_state, 0, 2**32 - 1))
        return int(check_random_state(self.random_state).randint(2**31 - 1))


def fitted(rows: Chunk | None, triangle: Triangle, plan: Plan) -> Triangle:
    """The triangle of the rows that a plan fits: of those that it does not set aside."""
    if rows is None or not plan.validation:
        return triangle
    some, _ = split(rows, plan)
    return Triangle.of(some.X, some.y, some.weight)
