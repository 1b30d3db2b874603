"""What a check found as one self-contained HTML page."""

from __future__ import annotations

import math
from html import escape

from ..checking.report import CheckReport, Fault
from ..lab.reports import of_check as by_hand
from ..version import VERSION
from ..words import count, listing
from .check_charts import losses_chart, ways_chart
from .html import card, document, facts, soft, table, verdict

DIGITS, FEW = 16, 8
"""Digits that double precision holds, and below how many a bar has another colour."""


def check_page(report: CheckReport, where: str) -> str:
    """The page of a report of `check` as text, complete without JavaScript; `where`: what was checked, as it was named.

    What a report does not have, such as the paths of a closed form, has no card.
    """
    cards = [
        *(card(f"{fault.code} {fault.name}", _told(fault), wide=True) for fault in report.faults),
        card("No known mistake", _paragraphs([report.unknown]) if report.unknown else "", wide=True),
        card("Both paths", *ways_chart(report.paths)),
        card("Loss by epoch", *losses_chart(report.paths)),
        card("Digits that agree with the reference", *_scorecard(report), wide=True),
        card("Notes", _paragraphs(report.notes), wide=True),
        card("The mistake by hand", by_hand(report), wide=True),
    ]
    box = verdict(report.outcome.capitalize(), _outcome(report), report.ok)
    return document(f"Check of {report.name}", f"{where} ({report.kind})", box, cards, f"leastwise {VERSION}")


def _outcome(report: CheckReport) -> list[str]:
    """How it came out, in a sentence or two."""
    named = [f"{fault.code} {fault.name}" for fault in report.faults]
    said = [f"{count(len(named), 'mistake')}: {listing(named, len(named))}."] if named else []
    said += ["Something is wrong that no known mistake explains."] if report.unknown else []
    return said or [f"Nothing is wrong with it{'; see the notes' if report.notes else ''}."]


def _told(fault: Fault) -> str:
    pairs = [("what it is", fault.sentence), ("evidence", fault.evidence), ("mend", fault.mend)]
    line = [("line", f"{fault.line}")] if fault.line is not None else []
    return facts([*((name, words) for name, words in pairs if words), *line])


def _scorecard(report: CheckReport) -> tuple[str, ...]:
    if not report.digits:
        return ()
    rows = [_score(name, value) for name, value in report.digits.items()]
    return table(["problem", "digits", ""], rows), soft(f"Double precision holds about {DIGITS}.")


def _score(name: str, value: float) -> str:
    digits = max(value, 0.0) if math.isfinite(value) else 0.0
    kind = "bar few" if digits < FEW else "bar"
    bar = f'<i style="width:{100 * min(digits / DIGITS, 1):.0f}%"></i>'
    return f'<tr><td class="left">{escape(name)}</td><td>{digits:.1f}</td><td class="{kind}">{bar}</td></tr>'


def _paragraphs(sentences: tuple[str, ...] | list[str]) -> str:
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
