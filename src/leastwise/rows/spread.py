"""Rows that an engine works on where they lie: pieces go out, or stay there, and only small sums come back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Protocol

from ..engines import opened
from ..tree import one_thread
from ..types import DataError, UsageError
from .design import replay
from .source import Selection, Source


class Piece(Protocol):
    """Some of the rows, that any machine can open; `rows` is 0 where their number is not known."""

    @property
    def rows(self) -> int:
        """How many."""

    def open(self) -> Source:
        """The piece as a source of its own."""


class Pieces(Protocol):
    """Pieces on an engine, in a fixed order."""

    def total(self, task: Callable[..., Any], watch: Callable[[int], None]) -> Any:
        """What `task` makes of each piece, added up by the fixed tree."""

    def each(self, task: Callable[..., Any]) -> Iterator[Any]:
        """What `task` makes of each piece, one after another, a few pieces in the making."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Pieces on an engine, and how each is opened as a source there."""

    pieces: Pieces
    open: Callable[..., Source]

    def total(
        self, work: Callable[[Selection], Any], selection: Selection, watch: Callable[[int], None] | None = None
    ) -> Any:
        """The sum of what `work` makes of the selection's columns in each piece.

        Raises DataError where other rows were worked on than `selection` counts, EngineError where the engine fails.
        """
        found = self.pieces.total(_Task(work, self.open, _columns(selection)), watch or (lambda rows: None))
        known = selection.source.rows
        if known is not None and found.rows != known:
            raise DataError(
                f"{selection.source.label} has {known:,} rows, and {found.rows:,} were worked on: they have changed "
                "meanwhile, so run it again"
            )
        return found.value

    def each(self, work: Callable[[Source], Iterator[Any]]) -> Iterator[Any]:
        """What `work` yields for each piece, in order."""
        for found in self.pieces.each(partial(_listed, work, self.open)):
            yield from found


@dataclass(frozen=True, slots=True)
class _Counted:
    value: Any
    rows: int

    def __add__(self, other: _Counted) -> _Counted:
        return _Counted(self.value + other.value, self.rows + other.rows)


@dataclass(frozen=True, slots=True)
class _Task:
    """What is done with a piece, wherever that is: open it, choose the same columns, work."""

    work: Callable[[Selection], Any]
    open: Callable[..., Source]
    columns: dict[str, Any]

    def __call__(self, *piece: Any) -> _Counted:
        with one_thread():
            opened = self.open(*piece)
            selection = Selection(source=replay(opened, self.columns["design"]), **self.columns)
            selection.source.refuse(selection.names)
            return _Counted(self.work(selection), opened.rows or 0)


def _columns(selection: Selection) -> dict[str, Any]:
    """What makes the same selection of another source."""
    apart = ("source", "block", "there")
    return {field.name: getattr(selection, field.name) for field in fields(Selection) if field.name not in apart}


def _listed(work: Callable[[Source], Iterator[Any]], open_: Callable[..., Source], *piece: Any) -> list[Any]:
    with one_thread():
        return list(work(open_(*piece)))


def open_piece(piece: Piece) -> Source:
    """A piece of files as a source."""
    return piece.open()


@contextmanager
def spread(
    data: Any,
    engine: str,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    master: str | None = None,
) -> Iterator[Source]:
    """Files on an engine, "dask" or "spark": what is fitted of them within the context is computed there.

    `data` is a path, a glob, a folder, or a Source of files. The Dask client or Spark session that there is gets the
    work; otherwise a Dask cluster of `workers` processes starts here, or one is reached by its `scheduler`; Spark
    starts with its `master`, local[*] by default. What was started here ends with the context.
    Parquet files are cut into runs of row groups, other files are pieces as they are; every worker must see them by
    the same path. Only sums travel: (p + 2)^2 numbers a piece.
    Raises UsageError where these are no files, EngineError where the engine cannot be reached.
    """
    from .select import opened as source_of

    if not isinstance(data, str | os.PathLike | Source):
        raise UsageError(
            f"--engine {engine} works on files: hand over a path (frames on Dask and Spark need no engine)"
        )
    source, context = source_of(data), opened(engine, scheduler, workers, master)
    if source.pieces is None:
        raise UsageError(
            f"--engine {engine} works on files that workers can open, and {source.label} is none: save it as Parquet"
        )
    with context as over:
        yield replace(source, spread=Spread(over(source.pieces()), open_piece))
