"""A path of penalties as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.text import Text

from ..atomic import clean
from ..crossval import PenaltyPath
from ..fitted import Fit
from ..words import aligned, count, listing, number
from .canvas import Series, chart

SCHEMA = "leastwise.path/1"
STYLES = ("cyan", "magenta", "yellow", "blue", "red", "green")
ROWS = 12


def path_json(path: PenaltyPath, rule: str, fit: Fit) -> str:
    """One object, full precision: every penalty, the choice of each rule, the fit at the chosen one."""
    rules = ["aic", "bic", "gcv", *(["cv", "1se"] if len(path.folds) else [])]
    record = {
        "schema": SCHEMA,
        "data": {"rows": path.triangle.n, "features": path.names, "target": path.target},
        "l1": [penalty.l1 for penalty in path.penalties],
        "l2": [penalty.l2 for penalty in path.penalties],
        "coef": {name: path.coef[:, j] for j, name in enumerate(path.names)},
        "intercept": path.intercept,
        "loss": path.loss,
        "df": path.df,
        "gap": path.gap,
        "cv_mean": path.cv_mean,
        "cv_se": path.cv_se,
        "best": {name: path.best(name) for name in rules},
        "rule": rule,
        "chosen": {
            "l1": path.penalties[path.best(rule)].l1,
            "l2": path.penalties[path.best(rule)].l2,
            "coef": dict(zip(fit.names, fit.coef, strict=True)),
            "intercept": fit.intercept,
            "status": fit.status,
        },
    }
    return json.dumps(clean(record), allow_nan=False)


def path_page(console: Console, path: PenaltyPath, rule: str, fit: Fit, again: str) -> None:
    """Penalties and what they leave, the slopes and the errors drawn, and the fit at the chosen penalty."""
    for part in (*_parts(console, path, rule, fit), "", f"The same again: {again}"):
        console.print(part, soft_wrap=not isinstance(part, Text))


def _parts(console: Console, path: PenaltyPath, rule: str, fit: Fit) -> Iterator[str | Text]:
    k, folds = path.best(rule), len(path.folds)
    crossed = f", {folds} folds" if folds else ""
    yield Text(f"{path.target} on {listing(path.names)}: {count(path.triangle.n, 'row')}, "
               f"{count(len(path.penalties), 'penalty').replace('penaltys', 'penalties')}{crossed}.")  # fmt: skip
    yield ""
    yield "\n".join(aligned(_table(path, k)))
    if len(path.penalties) > ROWS + 1:
        yield "(some of them: all are in --json and --html)"
    yield ""
    size, plain = (min(console.width, 80), 12), "utf" not in console.encoding.lower()
    across = log_alphas(path)
    yield from chart("Slopes in deviations, over log10 of alpha", _slopes(path, across), size, False, plain)
    yield ""
    if folds:
        yield from chart(
            "Squared error on the folds, over log10 of alpha", _errors(path, across, k), size, False, plain
        )
        yield ""
    yield f"Chosen by {rule}: penalty {k + 1} of {len(path.penalties)}."
    yield fit.summary()


def log_alphas(path: PenaltyPath) -> list[float]:
    """log10 of the alphas, and a step below the least for 0."""
    alphas = path.alphas
    least = alphas[alphas > 0].min() / 10 if (alphas > 0).any() else 1.0
    return [float(value) for value in np.log10(np.maximum(alphas, least))]


def longest(path: PenaltyPath, most: int) -> list[int]:
    """The features that move the prediction most anywhere on the path, in their order."""
    size = np.abs(path.coef).max(axis=0) * path.triangle.spread[:-1]
    return sorted(np.argsort(-size, kind="stable")[:most].tolist())


def scaled_slopes(path: PenaltyPath, j: int) -> list[float]:
    """A slope along the path, times the deviation of its feature over that of the target."""
    spread = path.triangle.spread
    return [float(value) for value in path.coef[:, j] * spread[j] / (spread[-1] or 1.0)]


def _slopes(path: PenaltyPath, across: list[float]) -> list[Series]:
    shown = longest(path, len(STYLES))
    return [
        Series(path.names[j], list(zip(across, scaled_slopes(path, j), strict=True)), style, str(number_))
        for number_, (j, style) in enumerate(zip(shown, STYLES, strict=False), start=1)
    ]


def _errors(path: PenaltyPath, across: list[float], k: int) -> list[Series]:
    means, se = path.cv_mean, path.cv_se
    return [
        Series("one standard error", list(zip(across, (means + se).tolist(), strict=True)), "dim", "."),
        Series("mean over the folds", list(zip(across, means.tolist(), strict=True)), "cyan"),
        Series("chosen", [(across[k], float(means[k]))], "bold green", "o", joined=False),
    ]


def _table(path: PenaltyPath, chosen: int) -> list[tuple[str, ...]]:
    shown = sorted({chosen, *np.linspace(0, len(path.penalties) - 1, ROWS).astype(int).tolist()})
    folds = len(path.folds) > 0
    head = ("alpha", "l1", "l2", "slopes", "loss", *(["on the folds", "se"] if folds else []), "")
    rows = [
        (number(path.alphas[k], 5), number(path.penalties[k].l1), number(path.penalties[k].l2), number(path.df[k], 4),
         number(path.loss[k], 6), *([number(path.cv_mean[k], 6), number(path.cv_se[k], 3)] if folds else []),
         "<- chosen" if k == chosen else "")
        for k in shown
    ]  # fmt: skip
    return [head, *rows]
