"""Rows so arranged that those of a group lie together."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..rows.chunk import Part
from ..rows.source import Selection
from ..summary.reduce import in_order
from ..summary.triangle import Triangle
from ..types import Matrix, Vector
from .keys import order

BLOCK = 65_536
"""Rows of groups that are worked on at a time: few enough for a core's cache."""
MOST_KEPT = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 6
"""Bytes of rows that are kept, in the order they come and once more by group; more are sorted on disk."""

Columns = Sequence[Vector]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Whole groups: labels, columns (n,) each, and `rows` (n, q), the target last.

    `places` (n,) are the rows in the order of the groups, None where they lie so; a group begins at each of `starts`;
    `before` is of the rows that the first group had before these.
    """

    labels: Columns
    rows: Matrix
    places: Vector | None
    starts: Vector
    before: Triangle | None = None

    @classmethod
    def of(cls, pieces: Collection[Columns], by: int, before: Triangle | None = None) -> Run:
        """From pieces of the rows, each the columns (m,) of the features, of `by` labels, and the target."""
        bounds = list(accumulate((len(piece[-1]) for piece in pieces), initial=0))
        width = len(next(iter(pieces))) - by
        rows = np.empty((bounds[-1], width))

        def fill(piece: Columns, first: int, stop: int) -> None:
            for j, column in enumerate([*piece[: width - 1], piece[-1]]):
                rows[first:stop, j] = column

        side_by_side(fill, zip(pieces, bounds, bounds[1:], strict=False))
        labels = [np.concatenate([piece[j] for piece in pieces]) for j in range(width - 1, width - 1 + by)]
        return cls(labels, rows, *order(labels), before)

    def __len__(self) -> int:
        return len(self.starts)

    def known(self) -> list[Vector]:
        """The labels of each group, columns (g,)."""
        first = self.starts if self.places is None else self.places[self.starts]
        return [column[first] for column in self.labels]

    def take(self, first: int, stop: int) -> Matrix:
        """The rows of groups first to stop, stop not counted."""
        end = len(self.rows) if stop == len(self) else self.starts[stop]
        wanted = slice(self.starts[first], end)
        return self.rows[wanted] if self.places is None else self.rows.take(self.places[wanted], axis=0, mode="clip")

    def triangle(self, k: int) -> Triangle:
        """Of all rows of a group."""
        rows = self.take(k, k + 1)
        own = Triangle.of(rows[:, :-1], rows[:, -1])
        return own if k or self.before is None else self.before + own

    def upto(self, row: int) -> Run:
        """Of rows that lie in order, those before a row."""
        starts = self.starts[self.starts < row]
        return Run([column[:row] for column in self.labels], self.rows[:row], None, starts, self.before)

    def rest(self, row: int) -> Columns:
        """Of rows that lie in order, those from a row on, as a piece."""
        *features, target = self.rows[row:].T
        return [*features, *(column[row:] for column in self.labels), target]

    def blocks(self) -> list[tuple[int, int]]:
        """Groups from, to: about so many rows at a time as a core's cache holds."""
        cuts = np.searchsorted(self.starts, np.arange(0, len(self.rows), BLOCK))
        return list(pairwise([*np.unique(cuts).tolist(), len(self)]))


def side_by_side(work: Callable[..., Any], items: Iterable[tuple[Any, ...]]) -> list[Any]:
    """What `work` gives of each item, in order, on all cores."""
    return list(in_order(lambda item: work(*item), iter(items), os.cpu_count() or 1))


def runs(selection: Selection, by: int, dropped: Callable[[int], None]) -> Iterator[Run]:
    """The rows of a selection whose last features are `by` labels: all at once, or sorted on disk where they are many.

    They are read once. Memory: about twice MOST_KEPT, and 16 bytes a row that is kept.
    """
    parts = in_order(_read, selection.parts(dropped), os.cpu_count() or 1)
    pieces = (piece for some in parts for piece in some)
    kept, held = deque[Columns](), 0
    for piece in pieces:
        kept.append(piece)
        held += size(piece)
        if held > MOST_KEPT:
            from .spilled import in_label_order

            yield from _whole(in_label_order(_emptied(kept, pieces), by), by)
            return
    if kept:
        yield Run.of(kept, by)


def size(piece: Columns) -> int:
    """Bytes of the columns."""
    return sum(column.nbytes for column in piece)


def _emptied(kept: deque[Columns], rest: Iterator[Columns]) -> Iterator[Columns]:
    while kept:
        yield kept.popleft()
    yield from rest


def _whole(pieces: Iterator[Columns], by: int) -> Iterator[Run]:
    """Runs of whole groups from rows in the order of their groups; of a group larger than a run, the triangle."""
    kept, before = list[Columns](), None
    for piece in pieces:
        kept.append(piece)
        if sum(map(size, kept)) > MOST_KEPT // 4:
            run = Run.of(kept, by, before)
            if len(run) > 1:
                yield run.upto(run.starts[-1])
                kept, before = [run.rest(run.starts[-1])], None
            else:
                before = run.upto(len(run.rows) - 1).triangle(0)
                kept = [run.rest(len(run.rows) - 1)]
    if kept:
        yield Run.of(kept, by, before)


def _read(part: Part) -> list[Columns]:
    """The columns of a part, the target last."""
    return [[*_apart(chunk.X), chunk.y] for chunk in part()]


def _apart(X: Any) -> Columns:
    columns: Columns = X.columns
    return columns
