"""Reports of `check` as a page, as Markdown and as annotations: whole, escaped, and with all that was found."""

from __future__ import annotations

import re

import numpy as np
import pytest

import leastwise as lw
from leastwise.checking.report import CheckReport, Fault
from leastwise.checking.trace import seven, starts
from leastwise.checking.ways import Way, descend
from leastwise.show.check_page import check_page
from leastwise.show.check_summary import check_annotations, check_markdown
from test_report import Balanced, assert_self_contained, bare

SCRIPT = "<script>alert('a | b & c')</script>"
FAULT = Fault("LW103", "sum instead of mean", "It sums.", f"at 1, not 2: {SCRIPT}", "Divide by n.", 12)


def summed(X, y, learning_rate, epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        residual = X @ w + b - y
        w, b = w - learning_rate * 2 * X.T @ residual, b - learning_rate * 2 * residual.sum()
    return w, b


def solved(X, y):
    return np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), y, rcond=None)[0]


def paths(rate: float = 0.02, epochs: int = 6, **way) -> dict[str, list[list[float]]]:
    X, y = seven(1)
    with np.errstate(all="ignore"):
        yours = descend(Way(**way), X, y, starts(1), rate, epochs)
    return {"yours": yours.tolist(), "right": descend(Way(), X, y, starts(1), 0.02, epochs).tolist()}


def found(**more) -> CheckReport:
    given = {"faults": (FAULT,), "digits": {"easy": 15.9, "off <b> | 8": -0.3}, "notes": (f"note {SCRIPT}",)}
    return CheckReport(f"mine{SCRIPT}", "descent", **{**given, **more})


class Read(Balanced):
    """The text of a page, what is drawn, and the corners of its lines."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.lines, self.circles = "", [], []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        super().handle_starttag(tag, attrs)
        self.handle_startendtag(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        super().handle_startendtag(tag, attrs)
        given = dict(attrs)
        if tag == "polyline":
            corners = [tuple(map(float, corner.split(","))) for corner in given["points"].split()]
            self.lines.append((given["class"], corners))
        elif tag == "circle":
            self.circles.append(given["class"])

    def handle_data(self, data: str) -> None:
        self.text += data


WAYS = {
    "near": paths(first="slope"),
    "one path": paths(),
    "climbs": paths(factor=(-1.0, -1.0)),
    "summed": paths(summed=(True, True)),
    "overflows": paths(rate=1e60, summed=(True, True)),
    "stays": {"yours": [[0.3, -0.2]] * 7, "right": paths()["right"]},
    "exact": {"yours": [[0.0, 0.0], [1.5, 2.0]], "right": paths()["right"]},
}


@pytest.mark.parametrize("case", WAYS)
def test_both_paths_are_drawn(case: str) -> None:
    """Yours and the right one over slope and intercept and by epoch, whatever yours does."""
    page = check_page(found(paths=WAYS[case]), "mine.py:mine")
    assert_self_contained(page, 60_000)
    assert not re.search(r"(nan|inf)[,\" ]", bare(page))
    read = Read(page)
    assert [kind for kind, _ in read.lines] == ["yours", "answer", "foretold", "yours", "answer"]
    assert all(len(corners) > 1 and np.abs(corners).max() < 1e6 for _, corners in read.lines)
    assert read.circles.count("contour") == 9
    assert {"start", "goal", "path-dot", "answer-dot"} <= set(read.circles)
    assert "least squares" in read.text
    assert ("outside of the picture" in read.text) == (case in ("climbs", "summed", "overflows"))


def test_the_losses_are_those_of_the_rows() -> None:
    """The last corner of the right line is the mean squared error there, read off the ticks' own scale."""
    both = paths(first="slope")
    (_, yours), (_, right) = Read(check_page(found(paths=both), "")).lines[3:]
    X, y = seven(1)
    wanted = [
        [np.log10(np.mean((X[:, 0] * slope + intercept - y) ** 2)) for slope, intercept in both[name]]
        for name in ("yours", "right")
    ]
    heights = np.array([[corner[1] for corner in corners] for corners in (yours, right)])
    assert np.corrcoef(heights.ravel(), np.ravel(wanted))[0, 1] == pytest.approx(-1, abs=1e-6)


def test_all_that_was_found_is_on_the_page_and_escaped() -> None:
    page = check_page(found(unknown=f"Odd {SCRIPT}"), f"a & {SCRIPT}.py:mine")
    assert_self_contained(page, 30_000)
    read = Read(page)
    for words in ("LW103 sum instead of mean", "It sums.", FAULT.evidence, "Divide by n.", "12", f"note {SCRIPT}",
                  f"Odd {SCRIPT}", f"a & {SCRIPT}.py:mine", "off <b> | 8", "15.9"):  # fmt: skip
        assert words in read.text
    assert "Wrong" in read.text
    assert "-0.3" not in read.text
    assert "NaN" not in bare(page)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"yours": [[1.0, 2.0]]},
        {"yours": [[1.0, 2.0, 3.0]], "right": [[1.0, 2.0, 3.0]]},
        {"yours": [[np.inf, 0.0]], "right": [[0.0, 0.0]]},
    ],
)
def test_without_paths_there_are_no_charts(wrong: dict) -> None:
    page = check_page(CheckReport("solve", "closed form", digits={"easy": 15.0}, paths=wrong), "mine.py:solve")
    assert "<svg" not in page
    assert "Notes" not in page
    assert "Nothing is wrong with it." in Read(page).text


def test_reports_of_check_have_pages() -> None:
    report = lw.check(summed)
    read = Read(check_page(report, "mine.py:summed"))
    assert not report.ok
    assert all(fault.evidence in read.text for fault in report.faults)
    assert len(read.lines) == 5
    right = Read(check_page(lw.check(solved), "mine.py:solved"))
    assert "Right" in right.text
    assert not right.lines
    assert check_markdown(report, "mine.py:summed").startswith("## Wrong: summed\n")


def test_markdown_tables_have_their_columns() -> None:
    """No bar, tag or mark of what was found is taken for Markdown's own."""
    text = check_markdown(found(unknown="`odd` *x* _y_ [z](w)\nmore"), "a|b.py:mine")
    tables = [line for line in text.splitlines() if line.startswith("|")]
    columns = [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in tables]
    assert columns == [5, 5, 5, 2, 2, 2, 2]
    assert text.startswith("## Wrong: mine&lt;script&gt;")
    assert "<" not in text
    assert r"a\|b.py:mine (descent)" in text
    assert r"\`odd\` \*x\* \_y\_ \[z\](w) more" in text
    assert "\n- note &lt;script&gt;" in text


def test_markdown_leaves_out_what_is_not_there() -> None:
    text = check_markdown(CheckReport("solve", "closed form"), "mine.py:solve")
    assert text == "## Right: solve\n\nmine.py:solve (closed form)\n"


def test_annotations() -> None:
    odd = Fault("LW201", "a, b: c", "It is 5% off\r\nhere.", "seen: 1, 2", "Mend it.")
    report = found(faults=(FAULT, odd), unknown="Odd.", notes=("100%\nsure: yes, it is",))
    assert check_annotations(report, "src,1/a:b.py") == [
        f"::error file=src%2C1/a%3Ab.py,line=12,title=LW103 sum instead of mean::"
        f"It sums.%0A{FAULT.evidence}%0ADivide by n.",
        "::error file=src%2C1/a%3Ab.py,title=LW201 a%2C b%3A c::It is 5%25 off%0D%0Ahere.%0Aseen: 1, 2%0AMend it.",
        "::error file=src%2C1/a%3Ab.py,title=unknown mistake::Odd.",
        "::notice file=src%2C1/a%3Ab.py,title=note::100%25%0Asure: yes, it is",
    ]
    assert check_annotations(CheckReport("solve", "closed form"), "mine.py") == []
    assert check_annotations(report, None)[0].startswith("::error title=LW103 sum instead of mean::")
