"""The report's pictures: data and lines, loss by epoch, the path on the contours, the ruler of learning rates."""

from __future__ import annotations

import numpy as np

from ..compare import Comparison
from ..methods.spectral import Modes
from ..types import Matrix, Vector
from ..words import number
from .scale import Scale
from .svg import LEFT, RIGHT, WIDTH, Board
from .views import fit_view, thinned

LEVELS = 9
FARTHEST = 30
"""A diverging path is drawn until it is this many times as far off as its start."""


def fit_chart(comparison: Comparison) -> tuple[str, list[tuple[str, str]]]:
    """The data with each line, and its key as (kind, words); empty where no rows were kept."""
    view = fit_view(comparison)
    if view is None:
        return "", []
    points = [point for dots in view.dots for point in dots.points]
    ends = [end for line in view.lines for end in (line.begin, line.end)]
    across = Scale.over([x for x, _ in points], margin=0.04)
    board = Board(across, Scale.over([y for _, y in points + ends], margin=0.06), (view.across, view.up), view.title)
    for dots in view.dots:
        board.dots(dots.points, f"{dots.kind}-dot")
    for line in view.lines:
        board.line([line.begin, line.end], line.kind)
    key = [(line.kind, line.name) for line in view.lines] + [(f"{dots.kind}-dot", dots.name) for dots in view.dots]
    return board.svg(), key


def loss_chart(comparison: Comparison) -> tuple[str, list[tuple[str, str]]]:
    """Loss by epoch on a log axis, the least loss, and the rate that the slowest direction foretells; and its key."""
    losses, least = comparison.by_hand.losses, comparison.reference.loss
    points = thinned(losses)
    up = Scale.over([*(loss for _, loss in points), *([least] if least > 0 else [])], log=True, margin=0.05)
    board = Board(Scale.over([k for k, _ in points]), up, ("epoch", "loss (log)"), "Loss by epoch")
    key = [("path", "every descent")]
    if least > 0:
        board.line([(0, least), (len(losses) - 1, least)], "answer")
        board.text((len(losses) - 1, least), f"least {number(least)}", anchor="end")
        key.append(("answer", "least squares"))
    board.line(points, "path")
    if comparison.advice.modes:
        foretold = _foretold(comparison, comparison.advice.modes, [int(k) for k, _ in points])
        inside = [(k, loss) for k, loss in foretold if 0 <= up(loss) <= 1]
        board.line(inside, "foretold")
        key += [("foretold", "foretold: only the slowest part of the error is left")] if len(inside) > 1 else []
    if len(points) <= 60:
        board.dots(points, "path-dot", 2.5)
    return board.svg(), key


def contour_chart(comparison: Comparison) -> str:
    """The descent on exact contours of the loss.

    One feature: over slope and intercept. More: along the steepest and the flattest eigenvector.
    """
    path = comparison.advice.modes
    if path is None or len(path.eigenvalues) < 2:
        return ""
    single = len(comparison.start.coef) == 1
    plane = np.eye(2) if single else path.directions[:, [0, -1]].T
    answer = path.start + path.directions @ path.distance
    which = np.array([k for k, _ in thinned(comparison.by_hand.losses)]).astype(int)
    track = (comparison.by_hand.parameters[which] - answer) @ plane.T
    size = np.abs(track).max(axis=1)
    track = track[: int(np.argmax(np.append(size, np.inf) > FARTHEST * size[0])) + 1]
    centre = plane @ answer if single else np.zeros(2)
    track = track + centre
    labels = ("slope", "intercept") if single else ("along the steepest direction", "along the flattest direction")
    return _contours(path, track, centre, labels, np.eye(2) if not single else path.directions)


def _contours(path: Modes, track: Matrix, centre: Matrix, labels: tuple[str, str], axes: Matrix) -> str:
    everything = np.vstack([track, centre])
    across, up = (Scale.over(everything[:, j].tolist(), margin=0.12) for j in (0, 1))
    board = Board(across, up, labels, f"The path on the contours of the loss, {labels[0]} and {labels[1]}")
    contours(board, centre, path.eigenvalues[[0, -1]], axes)
    board.line([(x, y) for x, y in track], "path")
    if len(track) <= 60:
        board.dots([(x, y) for x, y in track], "path-dot", 2.5)
    board.dots([tuple(track[0])], "start", 5)
    board.text(tuple(track[0]), "start", anchor=side(across(track[0][0])))
    board.dots([(centre[0], centre[1])], "goal", 5)
    board.text((centre[0], centre[1]), "least squares", anchor=side(across(centre[0])))
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


def contours(board: Board, centre: Vector, sizes: Vector, axes: Matrix) -> None:
    """Where a loss of eigenvalues sizes (2,) and eigenvectors axes (2, 2) is as far above its least, at the centre.

    Exact ellipses, each half a power of ten inside the last; none where the loss is flat in a direction.
    """
    corners = np.array([[x, y] for x in (board.across.low, board.across.high) for y in (board.up.low, board.up.high)])
    top = float((0.5 * sizes * ((corners - centre) @ axes) ** 2).sum(axis=1).max())
    for k in range(LEVELS) if (sizes > 0).all() else ():
        half = np.sqrt(2 * top * 10 ** (-k / 2) / sizes) * axes
        board.ellipse((centre[0], centre[1]), [(h[0], h[1]) for h in half.T], "contour")


def side(place: float) -> str:
    """Where words beside a point at this part of the width begin, so that they stay in the picture."""
    return "end" if place > 0.6 else "start"


def _foretold(comparison: Comparison, path: Modes, epochs: list[int]) -> list[tuple[float, float]]:
    rate, least = comparison.settings.learning_rate, comparison.reference.loss
    slowest = int(np.abs(1 - rate * path.eigenvalues).argmax())
    share = 0.5 * path.eigenvalues[slowest] * path.distance[slowest] ** 2
    with np.errstate(over="ignore"):
        left = np.abs(1 - rate * path.eigenvalues[slowest]) ** (2.0 * np.array(epochs))
    return [(float(k), float(least + share * part)) for k, part in zip(epochs, left, strict=True)]
