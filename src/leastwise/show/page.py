"""The comparison as one self-contained HTML page, complete without JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from ..compare import Comparison, Run
from ..sweep import Sweep
from ..version import VERSION
from ..words import count, duration, listing, number
from .charts import contour_chart, fit_chart, loss_chart, rate_ruler
from .code import numpy_code, torch_code
from .terminal import fastest, time_cells
from .views import milestones

MOST_LISTED = 60


def report(comparison: Comparison, sweep: Sweep | None = None) -> str:
    """The page as text. Pictures are static SVG; colours follow the reader's light or dark setting."""
    data, settings = comparison.data, comparison.settings
    style = files(__package__).joinpath("page.css").read_text("utf-8")
    title = f"{data.selection.target} on {listing(data.selection.features)}"
    sections = [
        _card("The fit", *_keyed(*fit_chart(comparison))),
        _card("Loss by epoch", *_keyed(*loss_chart(comparison))),
        _card("The path on the contours of the loss", *_contours(comparison)),
        _card("Conditioning", _conditioning(comparison)),
        _card("The ladder", _ladder(comparison), _notes(comparison), wide=True),
        _card("Features", _features(comparison), wide=len(data.selection.features) > 1),
        _card("Where this rate leads", _milestones(comparison)),
        _card("Time an epoch takes, by number of rows", _sweep(sweep), wide=True) if sweep else "",
        _card("The code that makes this run again", _code(comparison), wide=True),
    ]
    converged = " converged" if comparison.advice.converged else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<meta name="generator" content="leastwise {VERSION}"><title>{escape(title)} - leastwise</title>'
        f"<style>{style}</style></head><body><main><h1>{escape(title)}</h1>"
        f'<p class="soft">{escape(_opening(comparison))}</p>'
        f'<section class="verdict{converged}" aria-label="Verdict"><h2>Verdict</h2>'
        f"{''.join(f'<p>{escape(sentence)}</p>' for sentence in comparison.advice.sentences)}</section>"
        f'<div class="grid">{"".join(sections)}</div>'
        f'<p class="soft">leastwise {VERSION}, seed {settings.seed}, {escape(_versions(comparison))}</p>'
        "</main></body></html>\n"
    )


def _opening(comparison: Comparison) -> str:
    data, settings = comparison.data, comparison.settings
    dropped = f", {count(data.dropped, 'incomplete row')} dropped" if data.dropped else ""
    weighted = f", weighted by {data.selection.weight}" if data.selection.weight else ""
    return (
        f"{data.selection.source.label}: {count(data.triangle.n, 'row')}{dropped}{weighted}; "
        f"{count(settings.epochs, 'epoch')} at learning rate {settings.learning_rate:g} in {settings.dtype}. "
        f"{'; '.join(data.selection.source.notes)}"
    )


def _keyed(chart: str, key: list[tuple[str, str]]) -> tuple[str, str]:
    spans = "".join(f'<span><i class="key {kind}"></i>{escape(words)}</span>' for kind, words in key)
    return chart, f'<p class="legend soft">{spans}</p>' if chart else ""


def _contours(comparison: Comparison) -> tuple[str, str]:
    chart = contour_chart(comparison)
    words = "From one ellipse to the next the loss above the least grows 3.16-fold. "
    if len(comparison.data.selection.features) > 1:
        words += "Many features have more directions than fit on paper: the steepest and the flattest are drawn. "
    if comparison.advice.epochs_needed is None:
        words += "Each step overshoots along the steep direction, farther every time."
    return chart, f'<p class="soft">{words}</p>' if chart else ""


def _card(title: str, *parts: str, wide: bool = False) -> str:
    body = "".join(parts)
    kind = "card wide" if wide else "card"
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{body}</section>' if body else ""


def _conditioning(comparison: Comparison) -> str:
    advice = comparison.advice
    facts = [("largest stable learning rate", number(advice.learning_rate_limit, 6))]
    if advice.condition is not None and advice.standardised:
        facts += [
            ("best fixed rate, for any start", number(advice.learning_rate_best, 6)),
            (
                "eigenvalues of the Hessian",
                f"{number(advice.eigenvalues[-1], 5)} to {number(advice.eigenvalues[0], 5)}",
            ),
            ("condition number", number(advice.condition, 6)),
            ("the same, features standardised", number(advice.standardised.condition, 6)),
            ("part of the slowest error removed an epoch", number(advice.removed, 4)),
            ("epochs needed at this rate", _epochs(advice.epochs_needed)),
            ("epochs needed at the best rate", _epochs(advice.epochs_needed_best)),
            ("epochs needed, standardised", _epochs(advice.standardised.epochs_needed)),
        ]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f"{rate_ruler(comparison)}<dl>{listed}</dl>"


def _epochs(epochs: int | None) -> str:
    return "never: it diverges" if epochs is None else count(epochs, "epoch").split()[0]


def _ladder(comparison: Comparison) -> str:
    single = len(comparison.data.selection.features) == 1
    slopes = ["slope", "intercept"] if single else []
    answer = comparison.reference
    best = [number(answer.coef[0], 9), number(answer.intercept, 9)] if single else []
    rows = [_row(_run(run, single)) for run in comparison.runs]
    rows.append(
        _row(["least squares", number(answer.loss, 9), *best, "", "", "", "The answer, from the triangle."], "answer")
    )
    return _table(["method", "final loss", *slopes, "digits", "time", "spread", "what it is"], rows)


def _run(run: Run, single: bool) -> list[str]:
    solution = run.solution
    slopes = [number(solution.coef[0], 9), number(solution.intercept, 9)] if single else []
    digits = f"{run.agreement_digits:.1f}"
    return [run.method.name, number(solution.loss, 9), *slopes, digits, *time_cells(run), run.method.sentence]


def _notes(comparison: Comparison) -> str:
    notes = [
        f"Digits: to how many every loss and every parameter of the whole path agrees with {comparison.baseline}; "
        "closed forms: with least squares. Time: median of whole runs after a warm-up, printing left out, "
        f"{count(comparison.threads, 'thread')} for NumPy and torch alike; spread: slowest less fastest, over that. "
        f"{fastest(comparison.runs)}",
        *(f"Not run: {why}." for why in comparison.unavailable.values()),
    ]
    return "".join(f'<p class="soft">{escape(note)}</p>' for note in notes)


def _features(comparison: Comparison) -> str:
    data = comparison.data
    columns = (data.triangle.correlations(), comparison.by_hand.coef, comparison.reference.coef)
    rows = [
        _row([name, number(r), number(slope, 7), number(best, 7)])
        for name, r, slope, best in list(zip(data.selection.features, *columns, strict=True))[:MOST_LISTED]
    ]
    rows.append(
        _row(["(intercept)", "", number(comparison.by_hand.intercept, 7), number(comparison.reference.intercept, 7)])
    )
    left = len(data.selection.features) - MOST_LISTED
    more = f'<p class="soft">and {left:,} more</p>' if left > 0 else ""
    return _table(["feature", "correlation", "slope", "least squares"], rows) + more


def _milestones(comparison: Comparison) -> str:
    if comparison.advice.epochs_needed is None:
        return ""
    rows = [_row([f"{epoch:,}", number(loss, 9), number(ratio, 6)]) for epoch, loss, ratio in milestones(comparison)]
    return (
        _table(["epoch", "loss", "times the least"], rows)
        + '<p class="soft">From the eigenvectors, without a loop.</p>'
    )


def _sweep(sweep: Sweep) -> str:
    rows = [
        _row([f"{n:,}", *(duration(timings[k].median) for timings in sweep.epoch.values())])
        for k, n in enumerate(sweep.rows)
    ]
    said = "".join(f'<p class="soft">{escape(line)}</p>' for line in sweep.crossings)
    return _table(["rows", *sweep.epoch], rows) + said


def _code(comparison: Comparison) -> str:
    parts = (("NumPy", numpy_code(comparison)), ("PyTorch", torch_code(comparison)))
    return "".join(f"<details open><summary>{name}</summary>{_coloured(code)}</details>" for name, code in parts)


def _coloured(code: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return str(highlight(code, PythonLexer(), HtmlFormatter(nowrap=False)))


def _versions(comparison: Comparison) -> str:
    return ", ".join(f"{name} {version}" for name, version in comparison.versions.items())


def _table(head: Sequence[str], rows: Iterable[str]) -> str:
    cells = "".join(f'<th scope="col"{_left(name)}>{escape(name)}</th>' for name in head)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _left(name: str) -> str:
    return ' class="words"' if name.startswith("what") else ""


def _row(cells: Sequence[str], kind: str = "") -> str:
    inside = "".join(
        f'<td class="words">{escape(cell)}</td>' if " " in cell and cell.endswith(".") else f"<td>{escape(cell)}</td>"
        for cell in cells
    )
    return f'<tr class="{kind}">{inside}</tr>' if kind else f"<tr>{inside}</tr>"
