"""The HTML report: whole, small, without scripts, and its code makes the run again."""

from __future__ import annotations

import contextlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import leastwise as lw
from leastwise.atomic import write_text
from leastwise.diagnosis import Diagnosis, diagnose
from leastwise.lab.page import static
from leastwise.scripts.made import of_comparison
from leastwise.scripts.table import script as emitted
from leastwise.show.canvas import Series, chart
from leastwise.show.fit_page import fit_report
from leastwise.show.page import report
from leastwise.show.scale import Scale
from leastwise.sweep import sweep
from problems import make

VOID = {"meta", "line", "circle", "rect", "polyline", "br"}


class Balanced(HTMLParser):
    """Fails on a tag that is not closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.found.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.found.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def bare(page: str) -> str:
    """A page without the lab (its stylesheet, its data, its module), which test_lab_page.py looks at."""
    style, script = static("lab.css"), static("lab.js").replace("</", "<\\/")
    data = r'<script type="application/json">[^<]*</script>'
    return re.sub(
        data, "", page.replace(f"<style>{style}</style>", "").replace(f'<script type="module">{script}</script>', "")
    )


def assert_self_contained(page: str, most: int) -> None:
    """Whole; without the lab of at most so many bytes, with nothing that runs, and nothing from elsewhere."""
    Balanced().feed(page)
    parser, page = Balanced(), bare(page)
    parser.feed(page)
    assert not parser.open
    assert len(page.encode()) < most
    assert not parser.found & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"https?://|url\((?!#)|@import", page)


def many(features: int = 3, weighted: bool = True, **settings) -> lw.Comparison:
    problem = make(31, n=80, p=features, weighted=weighted)
    return lw.compare(problem.X, problem.y, problem.weight, **settings)


def dependent() -> lw.Comparison:
    problem = make(32, n=40, p=2)
    return lw.compare(np.column_stack([problem.X, problem.X[:, 0]]), problem.y)


CASES = {
    "article": lambda: lw.compare("article"),
    "long": lambda: lw.compare("article", epochs=40_000, methods=["numpy", "spectral"]),
    "diverged": lambda: lw.compare("article", epochs=2000, learning_rate=0.02),
    "many": many,
    "dependent": dependent,
    "rowless": lambda: many(methods=["triangle", "spectral"]),
    "exact": lambda: lw.compare([1.0, 2.0, 3.0, 5.0], [3.0, 5.0, 7.0, 11.0], learning_rate=0.05),
    "float32": lambda: lw.compare("article", dtype="float32"),
}


def _fitted(n: int = 60, p: int = 3, dependent: bool = False, **options) -> Diagnosis:
    problem = make(41, n=n, p=p, weighted=options.pop("weighted", False))
    X = np.column_stack([problem.X, problem.X[:, 0]]) if dependent else problem.X
    rows = (X, problem.y) if problem.weight is None else (X, problem.y, problem.weight)
    return diagnose(lw.fit(*rows, **options), rows)


FITS = {
    "plain": _fitted,
    "weighted": lambda: _fitted(weighted=True, weights="frequency"),
    "no intercept": lambda: _fitted(intercept=False),
    "dependent": lambda: _fitted(dependent=True),
    "dropped": lambda: _fitted(dependent=True, on_rank_deficient="drop"),
    "few rows": lambda: _fitted(n=4, p=2),
    "many rows": lambda: _fitted(n=70_000),
    "many features": lambda: _fitted(n=400, p=250),
}


@pytest.mark.parametrize("case", FITS)
def test_a_fit_is_one_self_contained_file(case: str) -> None:
    diagnosis = FITS[case]()
    page = fit_report(diagnosis, "the <arrays>", ("a & b",))
    assert_self_contained(page, 400_000)
    assert not re.search(r"nan[,\" ]", page)
    assert "the &lt;arrays&gt;" in page
    for title in ("Residuals over fitted", "Normal quantiles", "Scale over location", "Residuals over leverage"):
        assert f"<h2>{title}</h2>" in page


def test_the_diagnosis_in_words() -> None:
    """Each fault is named where it is, and nothing is where there is none."""
    rng = np.random.default_rng(0)
    x, e = rng.uniform(0, 10, 2000), rng.standard_normal(2000)
    quiet = diagnose(lw.fit(x, x + e), (x, x + e))
    assert quiet.sentences == ["Nothing stands out in the residuals or among the columns."]
    far = np.append(x, 40.0)
    faults = {
        "Durbin-Watson 0.": (x, x + np.convolve(e, np.ones(8))[:2000]),
        "Breusch-Pagan": (x, x + e * x),
        "not normal": (x, x + e**2),
        "row 2,001 (Cook's": (far, np.append(x + e, -40.0)),
        "nearly depend": (np.column_stack([x, x + 1e-3 * rng.standard_normal(2000)]), x + e),
        "lie more than 3": (x, x + np.where(np.arange(2000) % 50, e, 30 * e)),
    }
    for sentence, rows in faults.items():
        assert any(sentence in said for said in diagnose(lw.fit(*rows), rows).sentences), sentence


@pytest.mark.parametrize("case", CASES)
def test_one_self_contained_file(case: str) -> None:
    comparison = CASES[case]()
    page = report(comparison)
    assert_self_contained(page, 1_000_000)
    assert "nan" not in re.sub(r"<pre>.*?</pre>|nanum", "", bare(page), flags=re.DOTALL)
    assert ("data-leastwise-lab" in page) == (case not in ("many", "rowless", "float32")), "weights and float32 apart"
    for heading in ("Verdict", "Loss by epoch", "Conditioning", "The ladder", "The code that makes this run again"):
        assert heading in page
    assert page.count("<svg") >= (3 if comparison.data.rows is None else 4)


def test_a_name_cannot_break_out() -> None:
    problem = make(33, n=10, p=1)
    page = report(lw.compare(problem.X, problem.y, names=["<script>alert(1)</script>"], methods=["numpy"]))
    assert "<script>" not in page


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", ["inline", "csv", "parquet"])
def test_the_code_makes_the_run_again(kind: str, weighted: bool, dtype: str, tmp_path: Path) -> None:
    """Both scripts, run as they stand, end where the comparison ended: to 13 digits, 5 in float32."""
    import pandas

    problem = make(34, n=12 if kind == "inline" else 200, p=2, weighted=weighted)
    settings = {"epochs": 40, "learning_rate": 0.05, "dtype": dtype, "methods": ["numpy"]}
    if kind == "inline":
        comparison = lw.compare(problem.X, problem.y, problem.weight, **settings)
    else:
        frame = pandas.DataFrame(problem.X, columns=["it's", 'a"b']).assign(y=problem.y, w=np.ones(200))
        if weighted:
            frame["w"] = problem.weight
        path = tmp_path / f"it's.{kind}"
        frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
        comparison = lw.compare(path, "y", "w" if weighted else None, x=["it's", 'a"b'], **settings)
    final = comparison.runs[0].solution
    for script in (emitted(kind, of_comparison(comparison)) for kind in ("numpy", "torch")):
        names: dict = {}
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(script, "script", "exec"), names)  # noqa: S102
        w, b = (value.detach().numpy() if hasattr(value, "detach") else value for value in (names["w"], names["b"]))
        assert str(w.dtype) == dtype
        expected = np.append(final.coef, final.intercept)
        worst = np.abs(np.append(w, b) - expected).max() / np.abs(expected).max()
        assert worst <= (1e-13 if dtype == "float64" else 1e-5)
        assert printed.getvalue().startswith("loss ")


def test_the_sweep_is_in_the_report() -> None:
    comparison = many(methods=["numpy", "triangle"])
    swept = sweep(comparison.data, comparison.settings, ["numpy", "triangle"], 1)
    assert "Time an epoch takes" in report(comparison, swept)
    assert "1,000,000" in report(comparison, swept)


def test_files_are_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.html"
    write_text(path, "first")
    assert path.read_text() == "first"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(lw.DataError, match="cannot be written: No space left on device"):
        write_text(path, "second")
    assert path.read_text() == "first"
    assert [file.name for file in tmp_path.iterdir()] == ["r.html"]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [[1, 2, 3], [5, 5], [1e-12, 1e12], [-3, 7], [0.0], [3.1, 3.2], [1e300, 1e-300]])
def test_scales(values: list[float], log: bool) -> None:
    scale = Scale.over(values, log, margin=0.1)
    shown = [value for value in values if value > 0 or not log]
    assert all(0 <= scale(value) <= 1 for value in shown)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 13
    assert all(-1e-6 <= scale(tick) <= 1 + 1e-6 for tick in ticks)
    assert ticks == sorted(ticks)


def test_characters_draw_what_is_there() -> None:
    line = Series("line", [(0.0, 0.0), (9.0, 9.0)], "cyan", "*")
    for ascii_only, mark in ((True, "*"), (False, "\u2800")):
        rows = chart("title", [line], (30, 6), ascii_only=ascii_only)
        drawing = [row.plain[10:] for row in rows[2:-1]]
        places = [[k for k, cell in enumerate(row) if (cell == mark if ascii_only else cell > mark)] for row in drawing]
        assert all(places), "a diagonal crosses every row"
        assert [p[0] for p in places] == sorted((p[0] for p in places), reverse=True), "and rises"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("case", ["article", "diverged", "many", "dependent"])
def test_a_browser_shows_it_all(browser, case: str, width: int, scheme: str, tmp_path: Path) -> None:
    """No request, no complaint, nothing wider than the page, every chart drawn."""
    path = tmp_path / "report.html"
    path.write_text(report(CASES[case]()), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, complaints, requests = context.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.evaluate("[...document.querySelectorAll('svg')].map(s => [s.clientWidth, s.clientHeight])")
    assert all(wide > 200 and tall > 40 for wide, tall in boxes)
    ink, paper = page.evaluate("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")
    assert contrast(ink, paper) >= 7
    assert complaints == []
    assert requests == [path.as_uri()]
    context.close()


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two rgb() colours."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(part * value for part, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
