"""Advice as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

import numpy as np

from ..advice import Advice, Way
from ..atomic import clean
from ..convergence import Speed, accelerated, close_enough, left_over
from ..forecast import Forecast
from ..methods.centred import reference
from ..noise import NoiseFloor
from ..summary.triangle import Triangle
from ..words import aligned, count, number

SCHEMA = "leastwise.advise/1"
MOST_SHARES, LEAST_SHARE = 3, 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """What there is to say: the `advice`, names of the features, the triangle, and the noise of small batches."""

    advice: Advice
    names: Sequence[str]
    triangle: Triangle
    noise: NoiseFloor | None = None

    def rules(self) -> list[tuple[Speed, int | None]]:
        """The rules whose speed is exact, each with the epochs it needs from this start."""
        path, answer = self.advice.modes, reference(self.triangle)
        if path is None:
            return []
        target = close_enough(self.triangle, answer, self.advice.settings.tolerance)
        rules = accelerated(path)
        if self.advice.suggested:
            # The rate as it can be typed, so that verdict and table tell the same epochs.
            rules[0] = replace(rules[0], learning_rate=self.advice.suggested.learning_rate)
        return [(rule, Forecast(path, rule).epochs_to(target)) for rule in rules]

    def ways(self) -> list[tuple[str, Way | None]]:
        """Plain descent on features made otherwise."""
        advice = self.advice
        return [("as they are", advice.suggested), ("centred", advice.centred), ("standardised", advice.standardised),
                ("whitened", Way(0.5, 1, 1.0))]  # fmt: skip


def advice_json(page: Page) -> str:
    """One object, full precision, null for what is not known or not finite."""
    advice, settings = page.advice, page.advice.settings
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
        record["rules"] = [{**rule.as_dict(), "epochs_needed": needed} for rule, needed in page.rules()]
        record["preconditioners"] = [{"features": name, **asdict(way)} for name, way in page.ways() if way]
        record["left"] = left_over(advice.modes, page.names, settings.learning_rate, settings.epochs)
    if page.noise:
        record["noise"] = asdict(page.noise)
    return json.dumps(clean(record), allow_nan=False)


def advice_text(page: Page) -> str:
    """The verdict, the rules whose speed is exact, what other features bring, and where the error is that is left."""
    advice = page.advice
    width = min(get_terminal_size().columns, 80)
    said = [*advice.sentences, *([page.noise.sentence] if page.noise else [])]
    lines = [part for sentence in said for part in wrap(sentence, width)]
    if advice.modes is None:
        return "\n".join(lines)
    head = ("rule", "learning rate", "momentum", "kept an epoch", "for a tenth", "from this start")
    rows = [
        (rule.name, *map(number, (rule.learning_rate, rule.momentum)), number(rule.kept, 6), f"{rule.tenth:,}",
         _epochs(needed))
        for rule, needed in page.rules()
    ]  # fmt: skip
    lines += ["", "Each rule at its best for the worst start, the error it keeps, and its epochs:", ""]
    lines += [*aligned([head, *rows]), "", "Plain descent on features made otherwise:", ""]
    made = [(name, number(way.condition), number(way.learning_rate), _epochs(way.epochs_needed))
            for name, way in page.ways() if way]  # fmt: skip
    lines += [*aligned([("features", "condition", "learning rate", "epochs"), *made]), ""]
    settings = advice.settings
    left = left_over(advice.modes, page.names, settings.learning_rate, settings.epochs)
    where = [
        f"{number(100 * part['share'], 4)}% along {part['along']}"
        for part in left[:MOST_SHARES]
        if part["share"] >= LEAST_SHARE
    ]
    run = f"{count(settings.epochs, 'epoch')} at {number(settings.learning_rate)}"
    if all(np.isfinite(part["share"]) for part in left):
        lines += wrap(f"Of the excess loss after {run}: {', '.join(where)}.", width)
    return "\n".join(lines)


def _epochs(needed: int | None) -> str:
    return "never" if needed is None else f"{needed:,}"
