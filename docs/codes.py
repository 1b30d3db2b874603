"""The table of every mistake that `leastwise check` names; `python docs/codes.py` puts it into docs/check.md."""

from __future__ import annotations

import re
from pathlib import Path

from leastwise.checking.catalogue import BEHAVIOUR, CLOSED, DESCENTS, METRICS, TEXT

PAGE = Path(__file__).parent / "check.md"
PARTS = {
    "Descents": DESCENTS, "Behaviour and losses": BEHAVIOUR, "Closed forms": CLOSED, "The text": TEXT,
    "Predictions, R2, mean squared errors": METRICS,
}  # fmt: skip


def tables() -> str:
    """One table a part, in Markdown."""
    found = []
    for title, entries in PARTS.items():
        rows = [f"| {entry.code} | {entry.name} | {entry.sentence} | {entry.mend} |" for entry in entries]
        found.append("\n".join([f"### {title}\n", "| code | name | what it is | mend |", "|---|---|---|---|", *rows]))
    return "\n\n".join(found)


def filled(text: str) -> str:
    """The page with the tables as they are now."""
    return re.sub(
        r"<!-- codes -->.*<!-- end -->", lambda _: f"<!-- codes -->\n{tables()}\n<!-- end -->", text, flags=re.DOTALL
    )


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
