"""`lw.rolling` and `lw.expanding`: one regression for each window of the rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from operator import index
from typing import Any

import numpy as np

from ..groups.batched import HARD, Solved, put, solve, table
from ..regressions import Regressions
from ..rows.chunk import blocks
from ..rows.select import select
from ..rows.source import Selection
from ..summary.reduce import in_order
from ..tree import one_thread
from ..types import DataError, UsageError, Vector
from ..words import count
from . import pieces
from .again import solve_rows
from .pieces import Piece, Pieces

FIRM = {"dependent": 1e-4, "noise": 1e-5}
"""Parts of a column, and of the target, below which a window is fitted from its rows: 11 digits are left above."""
MOST_HARD = 20_000
MOST_NUMBERS = 2**21
TOO_MANY = "columns that nearly depend on each other, or an exact fit: too many such windows to fit again"


def rolling(
    X: Any, y: Any = None, weight: Any = None, *, window: int, step: int = 1, x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None, formula: str | None = None, intercept: bool = True, missing: str = "error",
) -> Regressions:  # fmt: skip
    """Least squares with standard errors on `window` consecutive rows, again every `step` rows.

    X (n, p), y (n,), weight (n,); or X a path or a frame, and y, x and weight the names of columns, or a formula.
    Minimises sum(weight * (y - X w - b)^2) in each window. Rows are read once, in order. With missing="drop" windows
    are of complete rows; one of weight 0 has its place in them, and counts for nothing. Moments are only ever added:
    each window is the end of one block of `window` rows and the beginning of the next, so an outlier that has left
    leaves no trace. A column that is constant in a window has slope 0 there. Windows whose columns nearly depend on
    each other are fitted from their rows.
    The labels of the table are `first_row` and `last_row`, places in the data from 0.
    Raises UsageError or DataError. Cost: 3 n p^2 flops, and p^3 a window; memory: two windows and the answers.
    Source: Chan, Golub & LeVeque (1983), Amer. Statistician 37; Tangwongsan et al. (2015), Proc. VLDB 8, sec. 3.
    """
    return roll(select(X, y, weight, x, names, formula).dropping(missing), window, step, intercept)


def expanding(
    X: Any, y: Any = None, weight: Any = None, *, start: int, step: int = 1, x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None, formula: str | None = None, intercept: bool = True, missing: str = "error",
) -> Regressions:  # fmt: skip
    """Least squares with standard errors on the first `start` rows, and on all so far again every `step` rows.

    As `rolling` otherwise. The recurrence is of centred moments, n N / (n + N) d d' for each new row or more.
    Cost: n p^2 flops, and p^3 a window. Source: Welford (1962), Technometrics 4.
    """
    return expand(select(X, y, weight, x, names, formula).dropping(missing), start, step, intercept)


def roll(selection: Selection, window: int, step: int = 1, intercept: bool = True) -> Regressions:
    """`rolling` on columns of any source."""
    intercept = intercept and selection.intercept
    window, step = _checked(selection, "window", window, step, intercept)
    dropped = list[int]()
    found = pieces.rolling(pieces.columns(selection, dropped.append), window, step)
    return _table(found, selection, dropped, window, intercept)


def expand(selection: Selection, start: int, step: int = 1, intercept: bool = True) -> Regressions:
    """`expanding` on columns of any source."""
    intercept = intercept and selection.intercept
    start, step = _checked(selection, "start", start, step, intercept)
    dropped = list[int]()
    found = pieces.expanding(pieces.columns(selection, dropped.append), start, step)
    return _table(found, selection, dropped, start, intercept)


def _checked(selection: Selection, what: str, rows: Any, step: Any, intercept: bool) -> tuple[int, int]:
    try:
        rows, step = index(rows), index(step)
    except TypeError:
        raise UsageError(f"{what} and step are whole numbers of rows: they are {rows!r} and {step!r}") from None
    terms = len(selection.features) + intercept
    if rows < terms:
        raise UsageError(f"{what} must be at least {count(terms, 'row')}, as many as there are terms: it is {rows:,}")
    if step < 1:
        raise UsageError(f"step must be at least 1 row: it is {step:,}")
    return rows, step


def _table(
    found: Iterator[Pieces], selection: Selection, dropped: Sequence[int], least: int, intercept: bool
) -> Regressions:
    def solved(pieces: Pieces) -> list[tuple[Piece, Solved]]:
        return [(piece, _solved(piece, intercept)) for piece in pieces()]

    columns, parts, again = (selection.features, selection.target), list[Regressions](), MOST_HARD
    with one_thread():
        for piece, answer in chain.from_iterable(in_order(solved, found, os.cpu_count() or 1)):
            hard = np.flatnonzero(answer.status == HARD)
            parts.append(_fitted(piece, answer, columns, intercept, hard[:again]))
            again = max(again - len(hard), 0)
    if not parts:
        raise DataError(f"fewer than {count(least, 'row')} in {selection.source.label}: not one window is full")
    return replace(Regressions.joined(parts), dropped_rows=sum(dropped))


def _solved(piece: Piece, intercept: bool) -> Solved:
    """The windows of a piece; those that their moments leave HARD from their rows, two million numbers at a time."""
    found = solve(piece.moments, intercept, **FIRM)
    hard = np.flatnonzero(found.status == HARD)
    if piece.rows is not None and len(hard):
        for some in blocks(len(hard), max(1, MOST_NUMBERS // piece.rows(hard[:1])[0].size)):
            found.put(hard[some], solve_rows(*piece.rows(hard[some]), intercept))
    return found


def _fitted(
    piece: Piece, solved: Solved, columns: tuple[tuple[str, ...], str], intercept: bool, again: Vector
) -> Regressions:
    """The table of a piece, with the windows `again` by their triangles; other HARD ones as well as moments can."""
    rest = np.setdiff1d(np.flatnonzero(solved.status == HARD), again)
    if len(rest):
        solved.put(rest, solve(piece.moments.take(rest), intercept))
    labels = {"first_row": piece.first.astype(np.int64), "last_row": piece.last.astype(np.int64)}
    found = table(solved, piece.moments.n, labels, columns, unit="window")
    found.status[solved.status == HARD] = TOO_MANY
    for k, triangle in zip(again, piece.triangles(again), strict=True):
        put(found, int(k), triangle, intercept)
    return replace(found, status=found.status.astype(str))
