"""Rows so arranged that those of a group lie together."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, chain
from typing import Any

import numpy as np

from ..rows.chunk import Chunk, Part, blocks
from ..rows.source import Selection
from ..summary.reduce import in_order
from ..summary.triangle import Triangle
from ..types import Matrix, Vector
from .keys import groups_in_order, order

BLOCK = 65_536
"""Rows of groups that are worked on at a time: few enough for a core's cache."""
MOST_KEPT = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 6
"""Bytes of rows that are kept, in the order they come and once more by group; more are sorted on disk."""

AT_ONCE = 2**25
"""Bytes of a run of rows that come in the order of their groups."""

Columns = Sequence[Vector]


class UnorderedError(Exception):
    """Rows do not come in the order of their labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Whole groups: labels, columns (n,) each, and `rows` (n, q), the target last, the weight first if `weighted`.

    `places` (n,) are the rows in the order of the groups, None where they lie so; a group begins at each of `starts`;
    `before` is of the rows that the first group had before these.
    """

    labels: Columns
    rows: Matrix
    places: Vector | None
    starts: Vector
    weighted: bool = False
    before: Triangle | None = None

    @classmethod
    def of(cls, pieces: Collection[Columns], by: int, weighted: bool, before: Triangle | None = None) -> Run:
        """From pieces of the rows, columns (m,): the weight, if any, the features, `by` labels, the target."""
        bounds = list(accumulate((len(piece[-1]) for piece in pieces), initial=0))
        width = len(next(iter(pieces))) - by
        labels = [np.concatenate([piece[j] for piece in pieces]) for j in range(width - 1, width - 1 + by)]
        places, starts = order(labels)
        # Rows that are gathered one by one lie together, columns that are read through lie apart.
        rows = np.empty((bounds[-1], width), order="F" if places is None else "C")

        def fill(item: tuple[Columns, int]) -> None:
            piece, first = item
            for j, column in enumerate([*piece[: width - 1], piece[-1]]):
                rows[first : first + len(column), j] = column

        side_by_side(fill, zip(pieces, bounds, strict=False))
        return cls(labels, rows, places, starts, weighted, before)

    def __len__(self) -> int:
        return len(self.starts)

    def known(self) -> list[Vector]:
        """The labels of each group, columns (g,)."""
        first = self.starts if self.places is None else self.places[self.starts]
        return [column[first] for column in self.labels]

    def take(self, groups: Vector) -> tuple[Matrix, Vector | None]:
        """Columns (q, s, g) of groups (g,) of s rows each, and the weights of the rows (s, g)."""
        first = int(groups[0])
        size = (self.starts[first + 1] if first + 1 < len(self) else len(self.rows)) - self.starts[first]
        at = self.starts[groups] + np.arange(size)[:, None]
        if self.places is None:
            columns = np.empty((self.rows.shape[1], *at.shape))
            for column, own in zip(self.rows.T, columns, strict=True):
                column.take(at, out=own, mode="clip")
        else:
            columns = np.moveaxis(self.rows.take(self.places.take(at), axis=0, mode="clip"), -1, 0).copy()
        return (columns[1:], columns[0]) if self.weighted else (columns, None)

    def triangle(self, k: int) -> Triangle:
        """Of all rows of a group."""
        columns, weight = self.take(np.array([k]))
        own = Triangle.of(columns[:-1, :, 0].T, columns[-1, :, 0], None if weight is None else weight[:, 0])
        return own if k or self.before is None else self.before + own

    def upto(self, row: int) -> Run:
        """Of rows that lie in order, those before a row."""
        starts = self.starts[self.starts < row]
        return replace(self, labels=[column[:row] for column in self.labels], rows=self.rows[:row], starts=starts)

    def rest(self, row: int) -> Columns:
        """Of rows that lie in order, those from a row on, as a piece."""
        *features, target = self.rows[row:].T
        return [*features, *(column[row:] for column in self.labels), target]

    def alike(self) -> Iterator[list[Vector]]:
        """The numbers of groups of equal size, several times, about as many rows as a core's cache holds."""
        n = np.diff(self.starts, append=len(self.rows))
        order = np.argsort(n, kind="stable")
        sizes, first = np.unique(n[order], return_index=True)
        some, held = list[Vector](), 0
        for size, begin, end in zip(sizes.tolist(), first, [*first[1:], len(n)], strict=True):
            for part in blocks(end - begin, max(1, BLOCK // size)):
                some.append(order[begin:end][part])
                held += size * len(some[-1])
                if held >= BLOCK // 2:
                    yield some
                    some, held = [], 0
        if some:
            yield some


def side_by_side(work: Callable[[Any], None], items: Iterable[Any]) -> None:
    """Do the work of each item, on all cores."""
    deque(in_order(work, iter(items), os.cpu_count() or 1), maxlen=0)


def runs(selection: Selection, by: int, dropped: Callable[[int], None]) -> Iterator[Run]:
    """The rows of a selection whose last features are `by` labels: all at once, or sorted on disk where they are many.

    Those of weight 0 are left out. They are read once. Memory: about twice MOST_KEPT, and 16 bytes a row that is kept.
    """
    pieces, run = _pieces(selection, dropped), _run(selection, by)
    kept, held = deque[Columns](), 0
    for piece in pieces:
        kept.append(piece)
        held += size(piece)
        if held > MOST_KEPT:
            from .spilled import in_label_order

            yield from _whole(in_label_order(_emptied(kept, pieces), by), run, MOST_KEPT // 4)
            return
    if kept:
        yield run(kept)


def as_they_come(selection: Selection, by: int, dropped: Callable[[int], None]) -> Iterator[Run]:
    """The same where the rows, of any number, come in the order of their labels.

    Raises UnorderedError at one that does not. Memory: a run.
    """
    pieces = _pieces(selection, dropped)
    for first in pieces:
        if groups_in_order(first[-1 - by : -1]) is None:
            raise UnorderedError
        yield from _whole(chain([first], pieces), _run(selection, by), AT_ONCE)
        return


def _pieces(selection: Selection, dropped: Callable[[int], None]) -> Iterator[Columns]:
    """The columns of the rows, piece by piece: the weight, if any, features, labels, target."""
    parts = in_order(_read, selection.parts(dropped), os.cpu_count() or 1)
    return (piece for some in parts for piece in some)


def _run(selection: Selection, by: int) -> Callable[..., Run]:
    return partial(Run.of, by=by, weighted=selection.weight is not None)


def size(piece: Columns) -> int:
    """Bytes of the columns."""
    return sum(column.nbytes for column in piece)


def _emptied(kept: deque[Columns], rest: Iterator[Columns]) -> Iterator[Columns]:
    while kept:
        yield kept.popleft()
    yield from rest


def _whole(pieces: Iterator[Columns], of: Callable[..., Run], limit: int) -> Iterator[Run]:
    """Runs of whole groups, `limit` bytes, from rows in the order of their groups; of a larger group, the triangle."""
    kept, before = list[Columns](), None
    for piece in pieces:
        kept.append(piece)
        if sum(map(size, kept)) > limit:
            run = _ordered(of(kept, before=before))
            if len(run) > 1:
                yield run.upto(run.starts[-1])
                kept, before = [run.rest(run.starts[-1])], None
            else:
                before = run.upto(len(run.rows) - 1).triangle(0)
                kept = [run.rest(len(run.rows) - 1)]
    if kept:
        yield _ordered(of(kept, before=before))


def _ordered(run: Run) -> Run:
    if run.places is not None:
        raise UnorderedError
    return run


def _read(part: Part) -> list[Columns]:
    """The columns of a part, the weight first, if any, and the target last."""
    weighty = [chunk for chunk in map(Chunk.weighty, part()) if len(chunk)]
    return [[*([] if chunk.weight is None else [chunk.weight]), *_apart(chunk.X), chunk.y] for chunk in weighty]


def _apart(X: Any) -> Columns:
    columns: Columns = X.columns
    return columns
