"""What the README shows is what a fresh run prints, but for the times."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))


def timeless(text: str) -> str:
    text = re.sub(r"^time: .*?(?=^the 15 rows)", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r" +[\d.,]+ (us|ms|s) +(\d+%|one run)", "", text)
    text = re.sub(r"\b(1[1-9]|16)(\.\d)?(?= digits| *$)", "#", text, flags=re.MULTILINE)
    return re.sub(r"[ \u2500]{2,}", " ", text)


def test_the_examples_print_what_is_shown() -> None:
    import fill

    text = fill.README.read_text("utf-8")
    assert timeless(fill.filled(text)) == timeless(text)


def test_every_file_that_is_linked_is_there() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links {target}"
