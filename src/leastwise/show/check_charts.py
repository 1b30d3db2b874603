"""Pictures of a descent that was checked: its way beside the right one, on the contours of the loss, and its losses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ..checking.trace import least_squares, loss_formulas, seven, with_ones
from ..types import Matrix, Vector
from ..words import number
from .charts import FARTHEST, contours, side
from .html import legend, soft
from .scale import Scale
from .svg import Board
from .views import Point

NEAR = 2.5
"""The picture holds what of a path is at most this many times as far off as its start; the rest runs out of it."""

KEY = [("yours", "yours"), ("answer", "right")]
DOTS = (("path-dot", 4.0), ("answer-dot", 2.2))
Paths = Mapping[str, list[list[float]]]


def ways_chart(paths: Paths) -> tuple[str, ...]:
    """Both paths over slope and intercept, its legend and a remark; nothing where there are none."""
    tracks = _tracks(paths)
    if tracks is None:
        return ()
    X, y = seven(1)
    answer, A = least_squares(X, y), with_ones(X)
    yours, right = (_until_far(track, answer) for track in tracks)
    board = Board(*_view([yours, right], answer), ("slope", "intercept"), "Both paths on the contours of the loss")
    contours(board, answer, *np.linalg.eigh(2 * A.T @ A / len(y)))
    _draw(board, [[(float(x), float(y)) for x, y in track] for track in (yours, right)])
    _marks(board, yours, answer)
    return board.svg(), legend(KEY), soft(_remark(board, tracks[0]))


def losses_chart(paths: Paths) -> tuple[str, ...]:
    """The logarithm of the loss by epoch of both, its legend and a remark; nothing where there are no paths."""
    tracks = _tracks(paths)
    if tracks is None:
        return ()
    least = float(_losses(least_squares(*seven(1))[None])[0])
    series, last = [_by_epoch(track) for track in tracks], max(len(track) for track in tracks) - 1
    up = Scale.over([math.log10(least), *(loss for points in series for _, loss in points)], margin=0.06)
    across = Scale.over([0, max(1, last)], margin=0.03)
    board = Board(across, up, ("epoch", "log10 of the loss"), "Loss by epoch of both")
    board.line([(across.low, math.log10(least)), (across.high, math.log10(least))], "foretold")
    _draw(board, series)
    key = [*KEY, ("foretold", f"least squares, {number(least)}")]
    return board.svg(), legend(key), soft("The loss is the mean squared error.")


def _tracks(paths: Paths) -> tuple[Matrix, Matrix] | None:
    """Yours and the right one, (epochs + 1, 2), as far as they are numbers."""
    found = []
    for name in ("yours", "right"):
        rows = paths.get(name, [])
        if not rows or any(len(theta) != 2 for theta in rows):
            return None
        track = np.array(rows, dtype=float)
        found.append(track[: int(np.argmin(np.append(np.isfinite(track).all(axis=1), False)))])
    return (found[0], found[1]) if all(len(track) for track in found) else None


def _losses(track: Matrix) -> Vector:
    with np.errstate(all="ignore"):
        return loss_formulas(*seven(1), track)["mean squared error"]


def _by_epoch(track: Matrix) -> list[Point]:
    return [(float(k), math.log10(loss)) for k, loss in enumerate(_losses(track)) if math.isfinite(loss) and loss > 0]


def _off(track: Matrix, answer: Vector) -> Vector:
    """How many times as far from least squares as the start."""
    with np.errstate(over="ignore"):
        size = np.abs(track - answer).max(axis=1)
        return np.asarray(size / max(float(size[0]), 1e-12))


def _until_far(track: Matrix, answer: Vector) -> Matrix:
    """It up to the first point that is too far to draw, and that one drawn nearer."""
    off = _off(track, answer)
    kept = track[: int(np.argmax(np.append(off, np.inf) > FARTHEST)) + 1].copy()
    kept[-1] = answer + (kept[-1] - answer) * min(1.0, FARTHEST / max(float(off[len(kept) - 1]), 1e-12))
    return kept


def _view(tracks: Sequence[Matrix], answer: Vector) -> tuple[Scale, Scale]:
    held = np.vstack([answer, *(track[_off(track, answer) <= NEAR] for track in tracks)])
    across, up = (Scale.over(held[:, j].tolist(), margin=0.14) for j in (0, 1))
    return across, up


def _draw(board: Board, lines: Sequence[Sequence[Point]]) -> None:
    """Yours as a broad band and the right one as a dashed line upon it, so that both show where they are one."""
    for points, (kind, _), (dot, radius) in zip(lines, KEY, DOTS, strict=True):
        board.line(points, kind)
        board.dots(points, dot, radius)


def _marks(board: Board, yours: Matrix, answer: Vector) -> None:
    """The start, with its name on the side where the path does not go, and least squares."""
    away = "end" if yours[min(1, len(yours) - 1), 0] > yours[0, 0] else "start"
    beside = side(board.across(float(answer[0])))
    for at, kind, words, anchor in ((yours[0], "start", "start", away), (answer, "goal", "least squares", beside)):
        place = (float(at[0]), float(at[1]))
        board.dots([place], kind, 5.5)
        board.text(place, words, anchor=anchor)


def _remark(board: Board, yours: Matrix) -> str:
    """What the dots are, and from when on yours is out of the picture."""
    said = f"A dot for each epoch, 0 to {len(yours) - 1}, on the exact contours of the mean squared error."
    inside = [0 <= board.across(x) <= 1 and 0 <= board.up(y) <= 1 for x, y in yours]
    gone = len(inside) - inside[::-1].index(True)
    more = "" if gone == len(inside) else f" From epoch {gone} on yours is outside of the picture."
    return f"{said}{more}"
