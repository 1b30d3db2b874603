"""One pass over a source: the triangle, and the rows themselves where a method wants them."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np

from .methods.centred import constant_columns
from .rows.chunk import Chunk, Part
from .rows.source import Selection
from .settings import Settings
from .summary.exact import ExactGram, exact_gram
from .summary.reduce import summarise
from .summary.streamed import streamed
from .summary.triangle import Triangle
from .types import DataError, NotFiniteError, UsageError
from .words import count


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What was read: the `triangle` of all rows, the rows (or None), how many were `dropped`.

    `how` says in words what a database did; `summed` is whether it kept the rows and gave their sums.
    """

    selection: Selection
    triangle: Triangle
    rows: Chunk | None
    dropped: int
    how: str = ""
    summed: bool = False


def gather(
    selection: Selection, keep_rows: bool, settings: Settings, watch: Callable[[int], None] | None = None
) -> Data:
    """Read `selection` once; `watch` is told how many rows have come.

    Raises DataError where fewer than two rows are left, a feature is constant, the squares of a column would
    leave the range of the dtype, or the rows to keep would not fit in half of this machine's memory.
    """
    return sound(read(selection, keep_rows, settings.threads, watch), settings.dtype)


def sound(data: Data, dtype: str) -> Data:
    """The same data, which a descent can be run on: see `gather` for what it refuses."""
    if not data.selection.intercept:
        raise UsageError("a descent has an intercept: leave - 1 out of the formula, or use fit")
    _enough(data.triangle, data.selection, data.dropped)
    square_range(data.triangle, data.selection, dtype)
    _varied(data.triangle, data.selection)
    return data


def read(
    selection: Selection,
    keep_rows: bool = False,
    threads: int | None = None,
    watch: Callable[[int], None] | None = None,
    device: str | None = None,
) -> Data:
    """Read `selection` once, whatever its numbers are; sum up on a torch `device` where one is named.

    Rows on an engine are worked on where they lie, and a table in a database is asked for sums, and read only where
    they do not do; both are read here where the rows are to be kept, or a device is named. Raises DataError where a
    number is missing.
    """
    how, here = "", keep_rows or device is not None
    if selection.source.spread is not None and not here:
        read_there = selection.source.spread.total(_piece, selection, watch)
        return Data(selection, read_there.triangle, None, read_there.dropped)
    if selection.source.table is not None and not here:
        from .summary.database import summed

        found = summed(selection)
        if found.triangle is not None:
            return Data(selection, found.triangle, None, found.dropped, found.how, summed=True)
        how = found.how
    kept: list[Chunk] = []
    dropped: list[int] = []
    features = len(selection.features)
    parts = _keeping(selection.parts(dropped.append), kept, selection) if keep_rows else selection.parts(dropped.append)
    add = summarise if device is None else partial(streamed, device=device)
    there = selection.there if device is None and not keep_rows and not selection.drop_missing else None
    try:
        if there is not None:
            triangle = Triangle.of(there.X, there.y, there.weight)
        else:
            with closing(parts):
                triangle = add(parts, threads=threads, features=features, watch=watch or (lambda rows: None))
    except NotFiniteError:
        # Once more in order, by whoever can tell where it is; or leave it out.
        kept.clear()
        dropped.clear()
        again = (partial(iter, [chunk]) for chunk in selection.chunks(dropped.append))
        parts = _keeping(again, kept, selection) if keep_rows else again
        triangle = add(parts, threads=threads, features=features)
    return Data(selection, triangle, Chunk.joined(kept) if keep_rows else None, sum(dropped), how)


def exact_sum(selection: Selection) -> ExactGram:
    """The exact Gram matrix of all rows: of any parts, on any engine, the same integers."""
    if selection.source.spread is not None:
        return selection.source.spread.total(_exact_piece, selection)
    return _exact_piece(selection)


def _exact_piece(selection: Selection) -> ExactGram:
    chunks = (chunk for part in selection.parts() for chunk in part())
    return exact_gram(chunks, len(selection.features), selection.weight is not None)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    triangle: Triangle
    dropped: int

    def __add__(self, other: _Read) -> _Read:
        return _Read(self.triangle + other.triangle, self.dropped + other.dropped)


def _piece(selection: Selection) -> _Read:
    found = read(selection, threads=1)
    return _Read(found.triangle, found.dropped)


def _keeping(parts: Iterable[Part], kept: list[Chunk], selection: Selection) -> Generator[Part]:
    """The same parts, their chunks read here and kept in order."""
    held = 0
    for part in parts:
        for chunk in part():
            held += chunk.X.nbytes + chunk.y.nbytes
            _fits(held, selection.block is not None)
            kept.append(chunk)
            yield partial(iter, [chunk])


def _enough(triangle: Triangle, selection: Selection, dropped: int) -> None:
    label = selection.source.label
    if triangle.n < 2:
        left = f" left after dropping {count(dropped, 'incomplete row')}" if dropped else ""
        raise DataError(f"{label} has {count(triangle.n, 'row')}{left}: a line needs at least two")


def _varied(triangle: Triangle, selection: Selection) -> None:
    for j in constant_columns(triangle):
        name, value = selection.features[j], triangle.means[j]
        raise DataError(
            f"column {name!r} of {selection.source.label} is constant ({value:g} in every row), so its slope cannot "
            "be told from the intercept: leave it out (-x with the other columns)"
        )


def square_range(triangle: Triangle, selection: Selection, dtype: str = "float64") -> None:
    """DataError where the squares of a column leave the range of `dtype`."""
    most = float(np.finfo(dtype).max) ** 0.5 / 1e4
    for name, size in outside(triangle, selection, most):
        raise DataError(
            f"column {name!r} of {selection.source.label} is about {size:.0e}, whose square leaves the range of "
            f"{dtype}: rescale the column{', or use --dtype float64' if dtype != 'float64' else ''}"
        )


def outside(triangle: Triangle, selection: Selection, most: float) -> Iterator[tuple[str, float]]:
    """Columns, with their sizes, that are larger than `most` or smaller than 1 / most, though not 0."""
    for name, size in zip(selection.names, np.abs(triangle.means) + triangle.spread, strict=False):
        if size and not 1 / most < size < most:
            yield name, size


def _fits(held: int, in_memory: bool) -> None:
    if in_memory:
        return
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if 2 * held > memory // 2:
        raise DataError(
            "the rows do not fit in half of this machine's memory: "
            "read them once and keep none (compare --methods triangle,spectral; descend without batch_size), "
            'or again and again (descend with shuffle="blocks")'
        )
