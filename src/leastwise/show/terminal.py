"""The comparison as a page in the terminal, complete at 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..compare import Comparison, Run
from ..methods.estimate import Estimate
from ..solution import Solution
from ..sweep import Sweep
from ..words import count, duration, listing, number
from .canvas import Series, chart
from .views import fit_view, milestones, thinned

MOST_LISTED = 12
STYLES = {"data": "bold", "answer": "green", "path": "cyan"}
MARKS = {"data": "o", "answer": "-", "path": "*"}


def page(console: Console, comparison: Comparison, sweep: Sweep | None = None) -> None:
    """Print the whole page."""
    for part in _parts(console, comparison):
        console.print(part)
        console.print()
    if sweep:
        console.print(_sweep(sweep))
        console.print()


def _parts(console: Console, comparison: Comparison) -> Iterator[RenderableType]:
    yield _head(comparison)
    if len(comparison.data.selection.features) > 1:
        yield _features(comparison)
    yield _ladder(console, comparison)
    yield _notes(comparison)
    yield from _charts(console, comparison)
    if comparison.advice.epochs_needed is not None:
        yield _milestones(comparison)
    colour = "green" if comparison.advice.converged else "yellow"
    yield Panel(
        "\n".join(comparison.advice.sentences), title="Verdict", title_align="left", border_style=colour, padding=(0, 1)
    )


def _head(comparison: Comparison) -> Text:
    data, settings = comparison.data, comparison.settings
    features = data.selection.features
    start = [*comparison.start.coef[:3], comparison.start.intercept]
    values = ", ".join(number(value) for value in start[:-1]) + (", ..." if len(features) > 3 else "")
    head = Text.assemble(
        ("leastwise compare", "bold"),
        f"  {data.selection.source.label}: {count(data.triangle.n, 'row')}, ",
        f"{data.selection.target} on {listing(features)}\n",
        f"{count(settings.epochs, 'epoch')} at learning rate {settings.learning_rate:g}, {settings.dtype}, from slope "
        f"{values} and intercept {number(start[-1])}",
    )
    if data.selection.weight:
        head.append(f"\nweighted by {data.selection.weight}")
    if data.dropped:
        head.append(f"\n{count(data.dropped, 'incomplete row')} dropped")
    if len(features) == 1:
        head.append(f"\ncorrelation of {features[0]} with {data.selection.target}: ")
        head.append(number(float(data.triangle.correlations()[0])), style="bold")
    return head


def _features(comparison: Comparison) -> Table:
    data = comparison.data
    table = _table("Features", "feature", "correlation", "slope", "least squares")
    shown = list(zip(data.selection.features, data.triangle.correlations(), comparison.by_hand.coef,
                     comparison.reference.coef, strict=True))[:MOST_LISTED]  # fmt: skip
    for name, correlation, slope, best in shown:
        table.add_row(name, number(correlation), number(slope), number(best))
    if len(data.selection.features) > MOST_LISTED:
        table.add_row(f"... {len(data.selection.features) - MOST_LISTED:,} more", "", "", "")
    table.add_row("(intercept)", "", number(comparison.by_hand.intercept), number(comparison.reference.intercept))
    return table


def _ladder(console: Console, comparison: Comparison) -> Table:
    """The table of runs; a narrow terminal does without slopes first, then without times."""
    single = len(comparison.data.selection.features) == 1
    slopes = ["slope", "intercept"] if single and console.width >= 78 else []
    times = ["time", "spread"] if console.width >= 56 else []
    table = _table("The ladder", "method", "final loss", *slopes, "digits", *times)
    for run in comparison.runs:
        cells = [number(run.solution.loss, 6), *_slopes(run.solution, slopes), f"{run.agreement_digits:.1f}"]
        timed = time_cells(run) if times else []
        table.add_row(run.method.name, *cells, *timed, end_section=_last_descent(run, comparison.runs))
    answer = comparison.reference
    table.add_row("least squares", number(answer.loss, 6), *_slopes(answer, slopes), style="bold")
    return table


def _slopes(found: Solution | Estimate, columns: Sequence[str]) -> list[str]:
    return [number(float(found.coef[0]), 6), number(found.intercept, 6)] if columns else []


def time_cells(run: Run) -> list[str]:
    """Median time, and its spread (slowest less fastest, as a part of the median)."""
    timing = run.timing
    spread = f"{(timing.slowest - timing.fastest) / timing.median:.0%}" if timing.runs > 1 else "one run"
    return [duration(timing.median), spread]


def _last_descent(run: Run, runs: Sequence[Run]) -> bool:
    following = runs[runs.index(run) + 1 :]
    return not following or (run.method.iterates and not following[0].method.iterates)


def _notes(comparison: Comparison) -> Text:
    lines = [
        f"digits: to how many every loss and parameter agrees with {comparison.baseline}; "
        "closed forms: with least squares",
        _timing_note(comparison),
        *(f"not run: {why}" for why in comparison.unavailable.values()),
        *comparison.data.selection.source.notes,
    ]
    diverged = [run.method.name for run in comparison.runs if run.solution.status.name == "OVERFLOW"]
    if diverged:
        last = len(comparison.by_hand.losses) - 1
        lines.append(f"{listing(diverged)} overflowed; the last finite state is shown, epoch {last:,} by hand")
    return Text("\n".join(lines), style="dim")


def _timing_note(comparison: Comparison) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in comparison.versions.items())
    repeats = [run.timing.runs for run in comparison.runs]
    runs = f"{min(repeats)}" if min(repeats) == max(repeats) else f"{min(repeats)} to {max(repeats)}"
    return (
        f"time: median of {runs} whole runs after a warm-up, spread: slowest less fastest over that; "
        f"{count(comparison.threads, 'thread')}, {versions}. "
        f"{fastest(comparison.runs)}"
    )


def fastest(runs: Sequence[Run]) -> str:
    """Which descent was fastest, and which cannot be told from it."""
    descents = [run for run in runs if run.method.iterates]
    if len(descents) < 2:
        return ""
    first = min(descents, key=lambda run: run.timing.median)
    tied = [run.method.name for run in descents if run is not first and run.timing.overlaps(first.timing)]
    if any(run.timing.runs == 1 for run in descents):
        return "Runs timed once are not ranked."
    also = f"; {listing(tied)} cannot be told from it" if tied else ""
    return f"Fastest descent: {first.method.name}{also}."


def _charts(console: Console, comparison: Comparison) -> Iterator[RenderableType]:
    ascii_only = console.options.ascii_only
    wide = console.width >= 76
    size = ((console.width - 2) // 2 if wide else console.width, 10)
    if size[0] < 24:
        return
    charts = [_loss_chart(comparison, size, ascii_only), _fit_chart(comparison, size, ascii_only)]
    drawn = [part for part in charts if part]
    if not wide:
        yield from (Group(*part) for part in drawn)
        return
    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in drawn:
        grid.add_column(width=size[0], no_wrap=True)
    grid.add_row(*(Group(*part) for part in drawn))
    yield grid


def _loss_chart(comparison: Comparison, size: tuple[int, int], ascii_only: bool) -> list[Text]:
    losses, least = comparison.by_hand.losses, comparison.reference.loss
    series = [Series("loss", thinned(losses), "cyan")]
    if least > 0:
        ends = [(0.0, least), (float(len(losses) - 1), least)]
        series.insert(0, Series("least squares", ends, "green", "-"))
    return chart("Loss by epoch (log)", series, size, log=True, ascii_only=ascii_only)


def _fit_chart(comparison: Comparison, size: tuple[int, int], ascii_only: bool) -> list[Text]:
    view = fit_view(comparison)
    if view is None:
        return []
    drawn = [Series(line.name, [line.begin, line.end], STYLES[line.kind], MARKS[line.kind]) for line in view.lines]
    drawn += [
        Series(dots.name, dots.points, STYLES[dots.kind], MARKS[dots.kind], joined=False) for dots in view.dots[::-1]
    ]
    return chart(view.title, drawn, size, ascii_only=ascii_only)


def _milestones(comparison: Comparison) -> Table:
    table = _table("Where this rate leads (spectral: no loop)", "epoch", "loss", "times the least")
    for epoch, loss, ratio in milestones(comparison):
        table.add_row(f"{epoch:,}", number(loss, 6), number(ratio, 6))
    return table


def _sweep(sweep: Sweep) -> RenderableType:
    table = _table("Time an epoch takes, by number of rows", "rows", *(f"{rows:,}" for rows in sweep.rows))
    for name, timings in sweep.epoch.items():
        table.add_row(name, *(duration(timing.median) for timing in timings))
    return Group(table, Text("\n".join(sweep.crossings), style="dim"))


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right", overflow="fold")
    return table
