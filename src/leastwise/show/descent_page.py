"""A descent as one self-contained HTML page: its loss, gradient and rate by epoch, and the way of the parameters."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from ..atomic import write_text
from ..descent.history import History
from ..lab.reports import of_descent as by_hand
from ..scripts.made import of_descent
from ..scripts.table import KINDS, script
from ..training import Descent
from ..types import Matrix, UsageError, Vector
from ..version import VERSION
from ..words import count, listing, number
from .descent import final_line, heading, path_of
from .html import card, coloured, document, legend, soft, verdict
from .scale import Scale
from .svg import Board
from .views import thinned

MOST_PATHS = 12


def descent_report(descent: Descent) -> str:
    """The page of a descent as text, complete without JavaScript."""
    fit = descent.fit
    cards = [*_cards(path_of(descent)), card("The code that makes this run again", *_scripts(descent), wide=True)]
    cards.append(card("By hand", by_hand(descent), wide=True))
    good = "within" in fit.status or "least to one part" in fit.status
    box = verdict("How it went", [fit.status, final_line(descent)], good)
    title = f"{descent.trainer.plan.optimizer}: {fit.target} on {listing(fit.names)}"
    return document(title, heading(descent), box, cards, f"leastwise {VERSION}")


def draw(history: History, path: str | os.PathLike[str]) -> None:
    """Write the charts of a history, `descend(...).history`, as one HTML page, whole or not at all.

    Raises UsageError where that is no history, DataError where the page cannot be written.
    """
    if not isinstance(history, History) or not isinstance(path, str | os.PathLike):
        raise UsageError("draw takes the history of a descent and a path: draw(lw.descend(...).history, 'run.html')")
    title = f"Descent on {listing(history.names)}"
    write_text(
        Path(path), document(title, count(len(history.loss) - 1, "epoch"), "", _cards(history), f"leastwise {VERSION}")
    )


def _cards(history: History) -> list[str]:
    return [
        card("Loss by epoch", *_loss(history)),
        card("The parameters", *_parameters(history)),
        card("Length of the gradient", _curve(history.grad_norm, "length of the gradient", log=True)),
        card("Learning rate", _curve(history.learning_rate, "learning rate")),
    ]


def _loss(history: History) -> tuple[str, str]:
    least, held = history.least, not np.isnan(history.validation_loss).all()
    losses = [*history.loss, *(history.validation_loss if held else []), *([least] if least > 0 else [])]
    last = max(1, len(history.loss) - 1)
    board = Board(Scale(0, last), Scale.over(losses, log=True, margin=0.05), ("epoch", "loss (log)"), "Loss by epoch")
    key = [("path", "loss over all rows")]
    if least > 0:
        board.line([(0, least), (last, least)], "answer")
        key.append(("answer", f"least squares, {number(least)}"))
    board.line(thinned(history.loss), "path")
    if held:
        board.line(thinned(history.validation_loss), "foretold")
        key.append(("foretold", "validation loss"))
    elif len(history.foretold):
        board.dots([(float(k), float(loss)) for k, loss in history.foretold], "start", 3)
        key.append(("start", "foretold by the formula"))
    return board.svg(), legend(key)


def _curve(values: Vector, name: str, log: bool = False) -> str:
    shown = [(k, value) for k, value in thinned(values) if np.isfinite(value)]
    if not shown:
        return ""
    up = Scale.over([value for _, value in shown], log=log, margin=0.05)
    board = Board(Scale(0, max(1, len(values) - 1)), up, ("epoch", f"{name} (log)" if log else name), name)
    board.line(shown, "path")
    return board.svg()


def _parameters(history: History) -> tuple[str, str]:
    """Parameters from where they began, 0, to the least-squares answer, 1: those that have the longest way."""
    names, ways = _ways(history)
    drawn = [[(k, float(v)) for k, v in thinned(way) if np.isfinite(v)] for way in ways.T]
    inside = [v for line in drawn for _, v in line if -3 <= v <= 4]
    if not inside:
        return "", ""
    last, labels = max(1, len(history.loss) - 1), ("epoch", "way from the start to the answer")
    board = Board(Scale(0, last), Scale.over([*inside, 0, 1], margin=0.05), labels, labels[1])
    board.line([(0, 1), (last, 1)], "answer")
    for name, line in zip(names, drawn, strict=True):
        board.line(line, "path")
        board.text(line[-1], name, anchor="end")
    return board.svg(), soft("0 is where it began, 1 the least-squares answer.")


def _ways(history: History) -> tuple[Sequence[str], Matrix]:
    thetas, names = np.column_stack([history.coef, history.intercept]), [*history.names, "(intercept)"]
    gap = history.answer - thetas[0]
    which = np.sort(np.argsort(-np.abs(gap), kind="stable")[:MOST_PATHS])
    which = which[gap[which] != 0]
    return [names[j] for j in which], (thetas[:, which] - thetas[0, which]) / gap[which]


def _scripts(descent: Descent) -> list[str]:
    recipe, parts = of_descent(descent), []
    for kind in KINDS:
        try:
            parts.append(f"<details><summary>{escape(kind)}</summary>{coloured(script(kind, recipe))}</details>")
        except UsageError as refusal:
            parts.append(soft(f"{kind}: {refusal}"))
    return parts
