"""Advice as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

import numpy as np

from ..advice import Advice
from ..atomic import clean
from ..convergence import accelerated, left_over
from ..words import aligned, count, number

SCHEMA = "leastwise.advise/1"
MOST_SHARES = 3


def advice_json(advice: Advice, names: Sequence[str]) -> str:
    """One object, full precision, null for what is not known or not finite."""
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "converged": advice.converged,
        "learning_rate_limit": advice.learning_rate_limit,
        "learning_rate_best": advice.learning_rate_best,
        "condition": advice.condition,
        "epochs_needed": advice.epochs_needed,
        "epochs_needed_best": advice.epochs_needed_best,
        "verdict": advice.verdict,
    }
    if advice.modes:
        record["rules"] = [rule.as_dict() for rule in accelerated(advice.modes)]
        record["left"] = left_over(advice.modes, names, advice.settings.learning_rate, advice.settings.epochs)
    return json.dumps(clean(record), allow_nan=False)


def advice_text(advice: Advice, names: Sequence[str]) -> str:
    """The verdict, the rules whose speed is exact, and where the error is that is left."""
    width = min(get_terminal_size().columns, 80)
    lines = [part for sentence in advice.sentences for part in wrap(sentence, width)]
    if advice.modes is None:
        return "\n".join(lines)
    head = ("rule", "learning rate", "momentum", "error kept an epoch", "epochs for a tenth")
    rows = [
        (rule.name, *map(number, (rule.learning_rate, rule.momentum)), number(rule.kept, 6), f"{rule.tenth:,}")
        for rule in accelerated(advice.modes)
    ]
    lines += ["", "The fastest that a fixed rate can be, for the worst start:", "", *aligned([head, *rows]), ""]
    settings = advice.settings
    left = left_over(advice.modes, names, settings.learning_rate, settings.epochs)
    where = [f"{number(100 * part['share'], 4)}% along {part['along']}" for part in left[:MOST_SHARES]]
    run = f"{count(settings.epochs, 'epoch')} at {number(settings.learning_rate)}"
    if all(np.isfinite(part["share"]) for part in left):
        lines += wrap(f"Of the excess loss after {run}: {', '.join(where)}.", width)
    return "\n".join(lines)
