"""A descent as text, as JSON and as the line that its scripts print."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.text import Text

from ..atomic import clean
from ..descent.history import History
from ..training import Descent
from ..words import aligned, count, listing, number
from .canvas import Series, chart
from .views import thinned

SCHEMA = "leastwise.descend/1"


def final_line(descent: Descent) -> str:
    """The last line, as the scripts of `--emit` print it."""
    fit = descent.fit
    loss, slopes = float(path_of(descent).loss[-1]), [float(value) for value in fit.coef]
    return f"loss {loss!r} slopes {slopes} intercept {float(fit.intercept)!r}"


def path_of(descent: Descent) -> History:
    """The history, which a descent always has."""
    assert descent.fit.history is not None
    return descent.fit.history


def descent_json(descent: Descent) -> str:
    """One object, full precision, the whole history by columns."""
    plan, fit, path = descent.trainer.plan, descent.fit, path_of(descent)
    start = descent.trainer.start.tolist()
    record = {
        "schema": SCHEMA,
        "data": {"rows": descent.trainer.triangle.n, "features": fit.names, "target": fit.target},
        "settings": {
            "optimizer": plan.optimizer, "backend": plan.backend, "learning_rate": descent.run.rate,
            "epochs": plan.epochs, "batch_size": plan.batch_size, "seed": plan.seed if plan.draws else None,
            "start": {"coef": start[:-1], "intercept": start[-1]}, "schedule": plan.schedule.name,
            "weight_decay": plan.weight_decay, "standardise": plan.standardise, "centre": plan.centre,
            "dtype": plan.dtype,
            **{name: float(value) for name, value in plan.options.items()},
        },
        "epochs": len(path.loss) - 1,
        "loss": path.loss[-1],
        "least": path.least,
        "coef": dict(zip(fit.names, fit.coef, strict=True)),
        "intercept": fit.intercept,
        "status": fit.status,
        "history": path.columns(),
    }  # fmt: skip
    return json.dumps(clean(record), allow_nan=False)


def descent_page(console: Console, descent: Descent) -> None:
    """What ran, the loss at some epochs, the loss drawn, why it stopped, and the last line."""
    for part in _parts(console, descent):
        console.print(part, soft_wrap=not isinstance(part, Text))


def heading(descent: Descent) -> str:
    """What ran on what, in a sentence."""
    plan, fit = descent.trainer.plan, descent.fit
    where = "by hand" if plan.backend == "numpy" else "in torch"
    small = "" if plan.batch_size is None else f", batches of {count(plan.batch_size, 'row')}"
    scaled = ", standardised" if plan.standardise else ", centred" if plan.centre else ""
    label = f"{descent.data.selection.source.label}: {count(descent.trainer.triangle.n, 'row')}"
    return f"{plan.optimizer} {where}{small}{scaled} on {label}, {fit.target} on {listing(fit.names)}. {fit.reason}"


def _parts(console: Console, descent: Descent) -> Iterator[str | Text]:
    path = path_of(descent)
    yield Text(heading(descent))
    yield ""
    yield "\n".join(aligned(_table(path, path.least)))
    yield ""
    if len(path.loss) > 1:
        series = [Series("loss", thinned(path.loss), "cyan")]
        if len(path.foretold):
            foretold = [(float(k), float(loss)) for k, loss in path.foretold]
            series.append(Series("foretold", foretold, "magenta", "o", joined=False))
        if path.least > 0:
            level = [(0.0, path.least), (len(path.loss) - 1.0, path.least)]
            series.insert(0, Series("least", level, "green", "-"))
        size = (min(console.width, 80), 12)
        yield from chart("Loss by epoch (log)", series, size, True, "utf" not in console.encoding.lower())
        yield ""
    yield Text(descent.fit.status)
    yield final_line(descent)


def _table(path: History, least: float) -> list[tuple[str, ...]]:
    last = len(path.loss) - 1
    shown = sorted({k for k in (0, *(m * 10**e for e in range(8) for m in (1, 2, 5))) if k < last} | {last})
    held = not np.isnan(path.validation_loss).all()
    head = ("epoch", "step", "loss", *(["times the least"] if least > 0 else []), *(["validation"] if held else []),
            "gradient", "learning rate")  # fmt: skip
    rows = [
        (f"{int(path.epoch[k]):,}", f"{int(path.step[k]):,}", number(path.loss[k], 7),
         *([number(path.loss[k] / least, 7)] if least > 0 else []),
         *([number(path.validation_loss[k], 7)] if held else []),
         number(path.grad_norm[k], 3), number(path.learning_rate[k], 4))
        for k in shown
    ]  # fmt: skip
    return [head, *rows]
