"""The report's pictures: data and lines, loss by epoch, the path on the contours, the ruler of learning rates."""

from __future__ import annotations

import math

import numpy as np

from ..compare import Comparison
from ..methods.spectral import Modes
from ..types import Matrix
from ..words import number
from .scale import Scale
from .svg import LEFT, RIGHT, WIDTH, Board
from .views import lines, sample, spectrum, thinned

LEVELS = 9


def fit_chart(comparison: Comparison) -> str:
    """The data with each line; empty where no rows were kept."""
    points = sample(comparison)
    if points is None:
        return ""
    drawn = lines(comparison, points)
    ends = [end for line in drawn for end in (line.begin, line.end)]
    across = Scale.over([x for x, _ in points.points], margin=0.04)
    up = Scale.over([y for _, y in [*points.points, *ends]], margin=0.06)
    board = Board(across, up, (points.across, points.up), points.title)
    board.dots(points.points, "data")
    for line, kind in zip(drawn, ("answer", "path"), strict=False):
        board.line([line.begin, line.end], kind)
    return board.svg()


def loss_chart(comparison: Comparison) -> str:
    """Loss by epoch on a log axis, the least loss, and the rate that the slowest direction foretells."""
    losses, least = comparison.by_hand.losses, comparison.reference.loss
    points = thinned(losses)
    foretold = _foretold(comparison, [int(k) for k, _ in points]) if comparison.advice.eigenvalues.size else []
    up = Scale.over([*(loss for _, loss in points), *([least] if least > 0 else [])], log=True, margin=0.05)
    board = Board(Scale.over([k for k, _ in points]), up, ("epoch", "loss (log)"), "Loss by epoch")
    if least > 0:
        board.line([(0, least), (len(losses) - 1, least)], "answer")
        board.text((0, least), f" least {number(least)}")
    board.line(points, "path")
    board.line(foretold, "foretold")
    if len(points) <= 60:
        board.dots(points, "path-dot", 2.5)
    return board.svg()


def contour_chart(comparison: Comparison) -> str:
    """The descent on exact contours of the loss.

    One feature: over slope and intercept. More: along the steepest and the flattest eigenvector.
    """
    if not comparison.advice.eigenvalues.size:
        return ""
    path = spectrum(comparison)
    single = len(comparison.start.coef) == 1
    plane = np.eye(2) if single else path.directions[:, [0, -1]].T
    answer = path.start + path.directions @ path.distance
    points = (np.array([k for k, _ in thinned(comparison.by_hand.losses)]).astype(int), plane)
    track = (comparison.by_hand.parameters[points[0]] - answer) @ plane.T
    centre = plane @ answer if single else np.zeros(2)
    track = track + centre
    labels = ("slope", "intercept") if single else ("along the steepest direction", "along the flattest direction")
    return _contours(path, track, centre, labels, np.eye(2) if not single else path.directions)


def _contours(path: Modes, track: Matrix, centre: Matrix, labels: tuple[str, str], axes: Matrix) -> str:
    everything = np.vstack([track, centre])
    across, up = (Scale.over(everything[:, j].tolist(), margin=0.12) for j in (0, 1))
    board = Board(across, up, labels, f"The path on the contours of the loss, {labels[0]} and {labels[1]}")
    steep, flat = float(path.eigenvalues[0]), float(path.eigenvalues[-1])
    gap = (
        np.array([[across.low, up.low], [across.low, up.high], [across.high, up.low], [across.high, up.high]]) - centre
    )
    along = gap @ axes
    top = float((0.5 * np.array([steep, flat]) * along**2).sum(axis=1).max())
    for k in range(LEVELS):
        level = top * 10 ** (-k / 2)
        half = [(math.sqrt(2 * level / size) * axes[:, j]) for j, size in enumerate((steep, flat)) if size > 0]
        if len(half) == 2:
            board.ellipse((centre[0], centre[1]), [(h[0], h[1]) for h in half], "contour")
    board.line([(x, y) for x, y in track], "path")
    if len(track) <= 60:
        board.dots([(x, y) for x, y in track], "path-dot", 2.5)
    board.dots([tuple(track[0])], "start", 5)
    board.text(tuple(track[0]), " start")
    board.dots([(centre[0], centre[1])], "goal", 5)
    board.text((centre[0], centre[1]), " least squares")
    return board.svg()


def rate_ruler(comparison: Comparison) -> str:
    """Learning rates on a log ruler: yours, the best, the limit, and the zone beyond it where descents diverge."""
    advice, yours = comparison.advice, comparison.settings.learning_rate
    marks = [("yours", yours, "path"), ("limit", advice.learning_rate_limit, "bad")]
    if advice.learning_rate_best:
        marks.append(("best", advice.learning_rate_best, "answer"))
    scale = Scale.over([rate for _, rate, _ in marks], log=True)
    scale = Scale(scale.low / 8, scale.high * 8, True)
    wide = WIDTH - LEFT - RIGHT

    def at(rate: float) -> float:
        return LEFT + scale(rate) * wide

    limit = at(advice.learning_rate_limit)
    parts = [
        f'<rect class="safe" x="{LEFT}" y="46" width="{limit - LEFT:.1f}" height="14"/>',
        f'<rect class="danger" x="{limit:.1f}" y="46" width="{LEFT + wide - limit:.1f}" height="14"/>',
        f'<text class="tick" x="{LEFT}" y="80">converges</text>',
        f'<text class="tick" x="{LEFT + wide}" y="80" text-anchor="end">diverges</text>',
    ]
    for k, (name, rate, kind) in enumerate(sorted(marks, key=lambda mark: mark[1])):
        height = (14, 28, 14)[k] if len(marks) == 3 else 14
        parts.append(f'<line class="{kind}" x1="{at(rate):.1f}" x2="{at(rate):.1f}" y1="{height + 3}" y2="64"/>')
        anchor = "end" if k < len(marks) - 1 else "start"
        parts.append(
            f'<text class="note" x="{at(rate) + (4 if anchor == "start" else -4):.1f}" y="{height + 8}" '
            f'text-anchor="{anchor}">{name} {number(rate, 3)}</text>'
        )
    return f'<svg viewBox="0 0 {WIDTH} 90" role="img" aria-label="Learning rates">{"".join(parts)}</svg>'


def _foretold(comparison: Comparison, epochs: list[int]) -> list[tuple[float, float]]:
    path, rate, least = spectrum(comparison), comparison.settings.learning_rate, comparison.reference.loss
    slowest = int(np.abs(1 - rate * path.eigenvalues).argmax())
    share = 0.5 * path.eigenvalues[slowest] * path.distance[slowest] ** 2
    left = np.abs(1 - rate * path.eigenvalues[slowest]) ** (2.0 * np.array(epochs))
    return [(float(k), float(least + share * part)) for k, part in zip(epochs, left, strict=True)]
