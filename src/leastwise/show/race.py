"""A race of optimisers as text and as JSON."""

from __future__ import annotations

import json
from typing import Any

from ..atomic import clean
from ..descent.history import History
from ..descent.table import OPTIMIZERS
from ..fitted import Fit
from ..words import aligned, count, duration, number

SCHEMA = "leastwise.race/1"


def race_json(fits: dict[str, Fit], settings: dict[str, Any]) -> str:
    """One object, full precision; `losses` has an entry an epoch and one more."""
    runs = [
        {
            "name": name,
            "reached": _reached(fit),
            "epochs": len(_path(fit).loss) - 1,
            "seconds": _path(fit).seconds[-1],
            "learning_rate": _path(fit).learning_rate[0],
            "losses": _path(fit).loss,
            "coef": fit.coef,
            "intercept": fit.intercept,
            "status": fit.status,
        }
        for name, fit in fits.items()
    ]
    drawn = settings.get("start") is None or any(OPTIMIZERS[name].reduction for name in fits)
    first = _path(next(iter(fits.values())))
    start = {"coef": first.coef[0], "intercept": first.intercept[0]}
    said = {**settings, "seed": settings["seed"] if drawn else None, "start": start}
    return json.dumps(clean({"schema": SCHEMA, "settings": said, "optimizers": runs}), allow_nan=False)


def race_text(fits: dict[str, Fit], settings: dict[str, Any]) -> str:
    """A line each, those that got there first, the fewest epochs first."""
    order = sorted(fits, key=lambda name: (not _reached(fits[name]), len(_path(fits[name]).loss)))
    head = ("optimiser", "epochs", "time", "learning rate", "final loss", "there")
    rows = [
        (name, f"{len(path.loss) - 1:,}", duration(path.seconds[-1]), number(path.learning_rate[0]),
         number(path.loss[-1], 9), "yes" if _reached(fits[name]) else "no")
        for name, path in ((name, _path(fits[name])) for name in order)
    ]  # fmt: skip
    asked = f"At most {count(settings['epochs'], 'epoch')}, to within {number(settings['excess'])} target variances"
    return "\n".join([f"{asked} of the least loss:", "", *aligned([head, *rows])])


def _path(fit: Fit) -> History:
    assert fit.history is not None
    return fit.history


def _reached(fit: Fit) -> bool:
    return fit.status.startswith("The loss is within")
