"""The lab within the HTML reports: on the report's own rows, at the report's own settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..checking.report import CheckReport
from ..compare import Comparison
from ..descent.plan import Plan
from ..gather import Data
from ..solution import Start
from ..training import Descent
from .page import embedded
from .presets import presets
from .sets import MOST_FEATURES, set_of_data
from .twins import BY_PATH

MOST_EPOCHS = 100_000
UNTOUCHED = ("batch_size", "weight_decay", "gradient_norm", "relative_loss", "excess", "patience")


def of_comparison(comparison: Comparison) -> str:
    """The comparison's run to move by hand; nothing for what the lab does not do: weights, float32, many features."""
    settings = comparison.settings
    if settings.dtype != "float64" or settings.epochs > MOST_EPOCHS:
        return ""
    return _of(comparison.data, comparison.start, rate=settings.learning_rate, epochs=settings.epochs)


def of_descent(descent: Descent) -> str:
    """A descent to move by hand; nothing for what the lab does not do: small batches, schedules, early stops, ..."""
    plan, trainer = descent.trainer.plan, descent.trainer
    if not _plain(plan):
        return ""
    scale = "standardised" if plan.standardise else "centred" if plan.centre else "raw"
    rate = {} if plan.chosen.needs else {"rate": descent.run.rate}
    start = Start(trainer.start[:-1], float(trainer.start[-1]))
    return _of(descent.data, start, optimizer=plan.optimizer, epochs=plan.epochs, scale=scale, **rate)


def of_check(report: CheckReport) -> str:
    """The first mistake that was found, on the article's rows; nothing where the lab does not make it."""
    code = next((fault.code for fault in report.faults if fault.code in BY_PATH), "")
    if not code:
        return ""
    return embedded(replace(presets()["article"], settings={"mistake": code}))


def _plain(plan: Plan) -> bool:
    bare = all(getattr(plan, name) is None for name in UNTOUCHED) and not plan.validation and not plan.options
    known = not plan.chosen.reduction and plan.optimizer != "lbfgs" and plan.schedule.name == "constant"
    return bare and known and plan.dtype == "float64" and plan.epochs <= MOST_EPOCHS


def _of(data: Data, start: Start, **settings: Any) -> str:
    if data.selection.weight or data.triangle.features > MOST_FEATURES:
        return ""
    label = data.selection.source.label
    return embedded(set_of_data("data", label, data, start=[*start.coef, start.intercept], **settings))
