"""The comparison as one self-contained HTML page, complete without JavaScript."""

from __future__ import annotations

from html import escape

from ..compare import Comparison, Run
from ..lab.reports import of_comparison as by_hand
from ..scripts.made import of_comparison
from ..scripts.table import script
from ..sweep import Sweep
from ..version import VERSION
from ..words import count, duration, listing, number
from .charts import contour_chart, fit_chart, loss_chart, rate_ruler
from .html import card, coloured, document, facts, legend, row, table, verdict
from .terminal import fastest, time_cells
from .views import milestones

MOST_LISTED = 60


def report(comparison: Comparison, sweep: Sweep | None = None) -> str:
    """The page as text. Pictures are static SVG; colours follow the reader's light or dark setting."""
    data, settings = comparison.data, comparison.settings
    title = f"{data.selection.target} on {listing(data.selection.features)}"
    sections = [
        card("The fit", *_keyed(*fit_chart(comparison))),
        card("Loss by epoch", *_keyed(*loss_chart(comparison))),
        card("The path on the contours of the loss", *_contours(comparison)),
        card("Conditioning", _conditioning(comparison)),
        card("The ladder", _ladder(comparison), _notes(comparison), wide=True),
        card("Features", _features(comparison), wide=len(data.selection.features) > 1),
        card("Where this rate leads", _milestones(comparison)),
        card("Time an epoch takes, by number of rows", _sweep(sweep), wide=True) if sweep else "",
        card("The code that makes this run again", _code(comparison), wide=True),
        card("By hand", by_hand(comparison), wide=True),
    ]
    box = verdict("Verdict", comparison.advice.sentences, comparison.advice.converged)
    start = f"seed {settings.seed}" if settings.start is None else "a start that was given"
    closing = f"leastwise {VERSION}, {start}, {_versions(comparison)}"
    return document(title, _opening(comparison), box, sections, closing)


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
    return chart, legend(key) if chart else ""


def _contours(comparison: Comparison) -> tuple[str, str]:
    chart = contour_chart(comparison)
    words = "From one ellipse to the next the loss above the least grows 3.16-fold. "
    if len(comparison.data.selection.features) > 1:
        words += "Many features have more directions than fit on paper: the steepest and the flattest are drawn. "
    if comparison.advice.epochs_needed is None:
        words += "Each step overshoots along the steep direction, farther every time."
    return chart, f'<p class="soft">{words}</p>' if chart else ""


def _conditioning(comparison: Comparison) -> str:
    advice = comparison.advice
    known = [("largest stable learning rate", number(advice.learning_rate_limit, 6))]
    if advice.condition is not None and advice.standardised:
        known += [
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
    return rate_ruler(comparison) + facts(known)


def _epochs(epochs: int | None) -> str:
    return "never: it diverges" if epochs is None else count(epochs, "epoch").split()[0]


def _ladder(comparison: Comparison) -> str:
    single = len(comparison.data.selection.features) == 1
    slopes = ["slope", "intercept"] if single else []
    answer = comparison.reference
    best = [number(answer.coef[0], 9), number(answer.intercept, 9)] if single else []
    rows = [row(_run(run, single)) for run in comparison.runs]
    rows.append(
        row(["least squares", number(answer.loss, 9), *best, "", "", "", "The answer, from the triangle."], "answer")
    )
    return table(["method", "final loss", *slopes, "digits", "time", "spread", "what it is"], rows)


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
        row([name, number(r), number(slope, 7), number(best, 7)])
        for name, r, slope, best in list(zip(data.selection.features, *columns, strict=True))[:MOST_LISTED]
    ]
    rows.append(
        row(["(intercept)", "", number(comparison.by_hand.intercept, 7), number(comparison.reference.intercept, 7)])
    )
    left = len(data.selection.features) - MOST_LISTED
    more = f'<p class="soft">and {left:,} more</p>' if left > 0 else ""
    return table(["feature", "correlation", "slope", "least squares"], rows) + more


def _milestones(comparison: Comparison) -> str:
    if comparison.advice.epochs_needed is None:
        return ""
    rows = [row([f"{epoch:,}", number(loss, 9), number(ratio, 6)]) for epoch, loss, ratio in milestones(comparison)]
    return (
        table(["epoch", "loss", "times the least"], rows) + '<p class="soft">From the eigenvectors, without a loop.</p>'
    )


def _sweep(sweep: Sweep) -> str:
    rows = [
        row([f"{n:,}", *(duration(timings[k].median) for timings in sweep.epoch.values())])
        for k, n in enumerate(sweep.rows)
    ]
    said = "".join(f'<p class="soft">{escape(line)}</p>' for line in sweep.crossings)
    return table(["rows", *sweep.epoch], rows) + said


def _code(comparison: Comparison) -> str:
    recipe = of_comparison(comparison)
    parts = (("NumPy", script("numpy", recipe)), ("PyTorch", script("torch", recipe)))
    return "".join(f"<details open><summary>{name}</summary>{coloured(code)}</details>" for name, code in parts)


def _versions(comparison: Comparison) -> str:
    return ", ".join(f"{name} {version}" for name, version in comparison.versions.items())
