"""Any optimiser, by hand or in torch, on any rows, with its whole path and honest standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from .descent.history import History
from .descent.loop import Run
from .descent.plan import Plan
from .descent.pool import Pool
from .descent.table import OPTIMIZERS
from .fitted import Fit
from .gather import Data, gather
from .rows.select import select
from .rows.source import Selection
from .settings import Settings
from .solve import Options, fit_triangle
from .trainer import Trainer
from .types import Matrix, UsageError
from .words import count, listing, number

SMALL_BATCH, FORETOLD = 32, 40


def descend(
    X: Any,
    y: Any = None,
    weight: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    formula: str | None = None,
    missing: str = "error",
    **settings: Any,
) -> Fit:
    """Descend on X (n, p), y (n,), weight (n,), or the columns of a path or a frame, and tell how it went.

    `settings` are the fields of `Plan`: optimizer="sgd", backend="numpy", learning_rate=0.001, epochs=15,
    batch_size=None, seed=2, start=None, ...; anything else is a hyper-parameter of the optimiser, such as momentum=0.9.
    Returns a `Fit` at the last parameters with `history`: its standard errors belong to the least-squares problem, so
    its status says how far from the least loss it ended. Full batches run on the p + 2 rows that stand for all.
    Raises UsageError or DataError. Cost: 4 n p flops an epoch, 4 p^2 for full batches.
    """
    plan = planned(settings)
    return train(select(X, y, weight, x, names, formula).dropping(missing), plan).fit


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """A descent that was run on `data`: its `trainer`, the `run` of it, and the `fit` it ended with."""

    data: Data
    trainer: Trainer
    run: Run
    fit: Fit


def train(selection: Selection, plan: Plan, watch: Callable[[int], None] | None = None) -> Descent:
    """`descend` on columns of any source; `watch` is told how many rows have come."""
    data = gather(selection, plan.reads_rows, Settings(dtype=plan.dtype, device=plan.device), watch)
    return trained(data, plan)


def race(selection: Selection, names: Sequence[str], settings: dict[str, Any]) -> dict[str, Fit]:
    """A descent by each of the optimisers `names` on rows that are read once, each at the best fixed rate.

    Those that lower the noise of small batches read up to 32 rows a step. `settings` as in `descend`, with `excess`.
    """
    small = [name for name in names if _known(name) and OPTIMIZERS[name].reduction]
    data = gather(selection, bool(small), Settings())
    batch = min(SMALL_BATCH, max(1, data.triangle.n // 3))
    plans = [
        planned({
            **settings, "optimizer": name, "learning_rate": "auto", "batch_size": batch if name in small else None,
        })
        for name in names
    ]  # fmt: skip
    return {plan.optimizer: trained(data, plan).fit for plan in plans}


def _known(name: str) -> bool:
    if name not in OPTIMIZERS:
        raise UsageError(f"there is no optimizer {name!r}: there are {listing(list(OPTIMIZERS), 30)}")
    return True


def trained(data: Data, plan: Plan, pool: Pool | None = None) -> Descent:
    """`train` on what is gathered, by this process alone or in a pool."""
    trainer, selection = Trainer.of(data, plan, pool), data.selection
    run = trainer.run()
    found = fit_triangle(replace(trainer.triangle, names=(*selection.features, selection.target)), Options())
    weights = selection.weight or ""
    found = replace(found, design=selection.design, weight_column=weights, dropped_rows=data.dropped)
    return Descent(data, trainer, run, _fitted(found, trainer, run))


def planned(settings: dict[str, Any]) -> Plan:
    """The plan of keywords, in which all that is no field of `Plan` is a hyper-parameter of the optimiser."""
    known = {f.name for f in fields(Plan)} - {"options"}
    options = {name: value for name, value in settings.items() if name not in known}
    return Plan(**{name: value for name, value in settings.items() if name in known}, options=options)


def _fitted(found: Fit, trainer: Trainer, run: Run) -> Fit:
    plan = trainer.plan
    thetas = trainer.back(np.array([record.theta for record in run.records], dtype=np.float64))
    coef, intercept = thetas[-1, :-1], float(thetas[-1, -1])
    first, loss, least = run.records[0].loss, run.records[-1].loss, found.rss / trainer.triangle.weight
    answer = np.append(found.coef, found.intercept)
    history = History.of(found.names, run.records, thetas, least, answer, _foretold(trainer, run))
    stopped = f"{run.stopped} {_against(loss, least)}"
    if loss > first:
        stopped += f" It grew from {number(first)}: lower the learning rate, or take auto."
        found = replace(found, se=np.full_like(found.se, math.nan), middle=np.full_like(found.middle, math.nan))
    return replace(
        found.moved(coef, intercept, trainer.triangle.weight * max(loss, least)),
        method=f"{plan.optimizer} ({plan.backend})",
        reason=f"{count(len(run.records) - 1, 'epoch')}{_at(run.records[0].learning_rate)}.",
        stopped=stopped,
        history=history,
    )


def _foretold(trainer: Trainer, run: Run) -> Matrix:
    """Epochs and the losses that the eigenvalues foretell there (j, 2)."""
    forecast, last = trainer.forecast(run.rate), len(run.records) - 1
    if forecast is None:
        return np.empty((0, 2))
    epochs = np.unique(np.linspace(0, last, min(last + 1, FORETOLD)).astype(int))
    return np.array([[k, trainer.modes.floor + forecast.excess(int(k))] for k in epochs])


def _at(rate: float) -> str:
    return "" if math.isnan(rate) else f" at learning rate {number(rate, 6)}"


def _against(loss: float, least: float) -> str:
    if least <= 0:
        return f"The loss is {number(loss)}, and it can be 0."
    over = loss / least - 1
    if over < 1e-4:
        return f"The loss is the least to one part in {number(1 / max(over, 1e-16), 1)}."
    return f"The loss is {number(loss / least, 6)} times the least."
