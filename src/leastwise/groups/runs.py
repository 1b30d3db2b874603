"""Rows so arranged that those of a group lie together."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
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
    """Whole groups: `labels`, and `columns` (q of (n,)), the target last, the weight first if `weighted`.

    `places` (n,) are the rows in the order of the groups, None where they lie so; a group begins at each of `starts`;
    `before` is of the rows that the first group had before these.
    """

    labels: Columns
    columns: Any
    places: Vector | None
    starts: Vector
    weighted: bool = False
    before: Triangle | None = None

    @classmethod
    def ordered(cls, pieces: Sequence[Columns], by: int, weighted: bool, before: Triangle | None = None) -> Run:
        """From pieces of the rows, columns (m,): the weight, if any, the features, `by` labels, the target.

        Raises UnorderedError unless they come in the order of their labels. Nothing is copied of a single piece.
        """
        whole = [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in zip(*pieces, strict=True)]
        labels = whole[-1 - by : -1]
        starts = groups_in_order(labels)
        if starts is None:
            raise UnorderedError
        return cls(labels, [*whole[: -1 - by], whole[-1]], None, starts, weighted, before)

    @classmethod
    def gathered(cls, pieces: Collection[Columns], by: int, weighted: bool) -> Run:
        """From pieces in any order; the numbers of a row lie together, since rows will be gathered one by one."""
        bounds = list(accumulate((len(piece[-1]) for piece in pieces), initial=0))
        width = len(next(iter(pieces))) - by
        labels = [np.concatenate([piece[j] for piece in pieces]) for j in range(width - 1, width - 1 + by)]
        rows = np.empty((bounds[-1], width))

        def fill(item: tuple[Columns, int]) -> None:
            piece, first = item
            for j, column in enumerate([*piece[: width - 1], piece[-1]]):
                rows[first : first + len(column), j] = column

        side_by_side(fill, zip(pieces, bounds, strict=False))
        return cls(labels, rows.T, *order(labels), weighted)

    def __len__(self) -> int:
        return len(self.starts)

    def known(self) -> list[Vector]:
        """The labels of each group, columns (g,)."""
        first = self.starts if self.places is None else self.places[self.starts]
        return [column[first] for column in self.labels]

    def take(self, groups: Vector) -> tuple[Matrix, Vector | None]:
        """Columns (q, s, g) of groups (g,) of s rows each, and the weights of the rows (s, g)."""
        begin, end = np.append(self.starts[groups[0] :][:2], self.rows)[:2]
        size = end - begin
        columns = np.empty((len(self.columns), size, len(groups)))
        if self.places is None and groups[-1] - groups[0] + 1 == len(groups):
            for own, column in zip(columns, self.columns, strict=True):
                own[...] = column[begin : begin + columns[0].size].reshape(-1, size).T
            return self._weighed(columns)
        at = self.starts[groups] + np.arange(size)[:, None]
        if self.places is None:
            for own, column in zip(columns, self.columns, strict=True):
                own[...] = column.take(at, mode="clip")
        else:
            columns[...] = np.moveaxis(self.columns.T.take(self.places.take(at), axis=0, mode="clip"), -1, 0)
        return self._weighed(columns)

    def _weighed(self, columns: Matrix) -> tuple[Matrix, Vector | None]:
        return (columns[1:], columns[0]) if self.weighted else (columns, None)

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.columns[-1])

    def triangle(self, k: int) -> Triangle:
        """Of all rows of a group."""
        columns, weight = self.take(np.array([k]))
        own = Triangle.of(columns[:-1, :, 0].T, columns[-1, :, 0], None if weight is None else weight[:, 0])
        return own if k or self.before is None else self.before + own

    def upto(self, row: int) -> Run:
        """Of rows that lie in order, those before a row."""
        labels, columns = ([column[:row] for column in some] for some in (self.labels, self.columns))
        return replace(self, labels=labels, columns=columns, starts=self.starts[self.starts < row])

    def rest(self, row: int) -> Columns:
        """Of rows that lie in order, those from a row on, as a piece."""
        *features, target = self.columns
        return [column[row:] for column in (*features, *self.labels, target)]

    def alike(self) -> Iterator[list[Vector]]:
        """The numbers of groups of equal size, several times, about as many rows as a core's cache holds."""
        n = np.diff(self.starts, append=self.rows)
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
    weighted, pieces = selection.weight is not None, _pieces(selection, dropped)
    kept, held = deque[Columns](), 0
    for piece in pieces:
        kept.append(piece)
        held += size(piece)
        if held > MOST_KEPT:
            from .spilled import in_label_order

            sorted_ = in_label_order(_emptied(kept, pieces), by)
            yield from _whole(sorted_, partial(Run.ordered, by=by, weighted=weighted), MOST_KEPT // 4)
            return
    if kept:
        yield Run.gathered(kept, by, weighted)


def as_they_come(selection: Selection, by: int, dropped: Callable[[int], None]) -> Iterator[Run]:
    """The same where the rows, of any number, come in the order of their labels.

    Raises UnorderedError at one that does not. Memory: a run; nothing where the rows lie in memory.
    """
    run, block = partial(Run.ordered, by=by, weighted=selection.weight is not None), selection.whole()
    if block is not None:
        yield from map(run, [[_columns_of(some)] for some in [block.weighty()] if len(some)])
        return
    pieces = _pieces(selection, dropped)
    for first in pieces:
        run([first])
        yield from _whole(chain([first], pieces), run, AT_ONCE)


def _pieces(selection: Selection, dropped: Callable[[int], None]) -> Iterator[Columns]:
    """The columns of the rows, piece by piece: the weight, if any, features, labels, target."""
    with closing(in_order(_read, selection.parts(dropped), os.cpu_count() or 1)) as parts:
        for some in parts:
            yield from some


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
            run = of(kept, before=before)
            if len(run) > 1:
                yield run.upto(run.starts[-1])
                kept, before = [run.rest(run.starts[-1])], None
            else:
                before = run.upto(run.rows - 1).triangle(0)
                kept = [run.rest(run.rows - 1)]
    if kept:
        yield of(kept, before=before)


def _read(part: Part) -> list[Columns]:
    return [_columns_of(chunk) for chunk in map(Chunk.weighty, part()) if len(chunk)]


def _columns_of(chunk: Chunk) -> Columns:
    """The weight, if any, the features and labels, the target."""
    X: Any = chunk.X
    return [*([] if chunk.weight is None else [chunk.weight]), *X.columns, chunk.y]
