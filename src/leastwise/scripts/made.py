"""Scripts of what was run: of a descent, of a comparison, or of settings from Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compare import Comparison
from ..descent.plan import Plan
from ..rows.chunk import Chunk
from ..rows.select import select
from ..rows.source import Selection
from ..training import Descent, planned, train
from ..types import UsageError
from .recipe import MOST_INLINE, Recipe
from .table import known, script


def emit(
    kind: str,
    X: Any,
    y: Any = None,
    weight: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    formula: str | None = None,
    missing: str = "error",
    **settings: Any,
) -> str:
    """A standalone script of `kind` numpy, torch, torch-module, sklearn or jax that makes this descent again.

    The arguments are those of `descend`, which is run: the script has the epochs and the rate that it ended with, and
    prints the same last line. Up to 60 numbers are written into it; files are read through DuckDB; other arrays are
    expected as X.npy and y.npy. Raises UsageError or DataError.
    """
    known(kind)
    selection = select(X, y, weight, x, names, formula).dropping(missing)
    return script(kind, of_descent(train(selection, planned(settings))))


def of_descent(descent: Descent) -> Recipe:
    """The recipe of a descent that was run."""
    trainer, run = descent.trainer, descent.run
    if trainer.plan.resume and not _one_rate(descent):
        raise UsageError("the run went on from a checkpoint at another rate: a script has no words for that")
    spectrum = trainer.spectrum(trainer.plan.weight_decay or 0.0)
    rows = descent.data.rows or few(descent.data.selection, descent.data.triangle.n)
    epochs = len(run.records) - 1
    return Recipe(descent.data.selection, rows, trainer.triangle.n, trainer.plan, run.rate, epochs, spectrum)


def refuse(kind: str, selection: Selection, plan: Plan) -> None:
    """UsageError, before any work, where a descent cannot be said in such a script."""
    script(kind, Recipe(selection, None, 2**62, plan, 1.0, 1, (1.0, 2.0)))


def _one_rate(descent: Descent) -> bool:
    factor, rate = descent.trainer.plan.schedule.factor, descent.run.rate
    rates = [(record.learning_rate, rate * factor(None, record.epoch, None)[0]) for record in descent.run.records]
    return all(used == planned or np.isnan(used) for used, planned in rates)


def of_comparison(comparison: Comparison) -> Recipe:
    """The recipe of the descents that were compared."""
    settings, data = comparison.settings, comparison.data
    start = (comparison.start.coef.tolist(), float(comparison.start.intercept)) if settings.start is not None else None
    plan = Plan(epochs=settings.epochs, learning_rate=settings.learning_rate, seed=settings.seed, start=start,
                dtype=settings.dtype)  # fmt: skip
    epochs = len(comparison.by_hand.losses) - 1
    rows = data.rows or few(data.selection, data.triangle.n)
    return Recipe(data.selection, rows, data.triangle.n, plan, settings.learning_rate, epochs, (np.nan, np.nan))


def few(selection: Selection, n: int) -> Chunk | None:
    """The rows, where they are few enough to be written down."""
    if selection.source.relation or n * len(selection.features) > MOST_INLINE:
        return None
    return Chunk.joined(list(selection.chunks()))
