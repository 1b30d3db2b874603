"""A source: named columns of numbers that can be read again and again, a batch at a time."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..types import DataError, UsageError, Vector
from ..words import count, listing
from .chunk import PART_ROWS, Chunk, ColumnsApart, Part, blocks

if TYPE_CHECKING:
    from .spread import Piece, Spread

Columns = Sequence[Vector]
Scan = Callable[..., Iterator[Columns]]
Plan = Callable[[Sequence[str]], Sequence[Callable[[], Iterator[Columns]]] | None]
Levels = dict[str, tuple[str, ...]]
"""Columns with their levels in order; the first is the one that the others are compared with."""
Codes = Mapping[str, dict[str, float]]
"""Columns of texts with the number that stands for each text."""


@dataclass(frozen=True, slots=True)
class Source:
    """Columns under one `label`: `numeric` ones can be regressed, `other` maps the rest to their kind.

    `scan(names, codes)` starts a fresh pass that yields, batch after batch, one float64 array (m,) a name, with the
    numbers of `codes` in the place of texts; missing values are nan. `plan(names)` cuts the same pass into parts that
    can be read side by side, or is None where it cannot. `notes` says in words what was found out about the data;
    `relation` is what DuckDB can select from to read the same rows anywhere, where there is such a thing; `mixed` maps
    columns that are numbers but for a few texts to the first of those; `levels_of(column, most)` finds up to so many
    levels of a column of texts; `tables()` starts a pass over all columns as they are, in Arrow tables; `origin` maps
    columns that were made to the user's; `rows` is the number of rows, where it is known beforehand, and `before` how
    many there are in front of the first in its file; `table` is the same as Ibis has it, where it lies in a database
    that can be asked for sums; `pieces()` are what other machines can open, in order; `spread` is there where an engine
    works on them.
    """

    label: str
    numeric: tuple[str, ...]
    other: dict[str, str]
    scan: Scan
    notes: tuple[str, ...] = ()
    relation: str = ""
    mixed: dict[str, str] = field(default_factory=dict)
    levels_of: Callable[[str, int], Sequence[str]] | None = None
    tables: Callable[[], Iterator[Any]] | None = None
    origin: Mapping[str, str] = field(default_factory=dict)
    plan: Plan | None = None
    rows: int | None = None
    table: Any = None
    before: int = 0
    pieces: Callable[[], Sequence[Piece]] | None = None
    spread: Spread | None = None

    @classmethod
    def of_columns(cls, label: str, columns: dict[str, Vector], note: str = "") -> Source:
        """A source over arrays (n,) in memory."""

        n = len(next(iter(columns.values())))

        def scan(names: Sequence[str]) -> Iterator[Columns]:
            yield from ([columns[name][rows] for name in names] for rows in blocks(n, PART_ROWS))

        def tables() -> Iterator[Any]:
            import pyarrow

            yield pyarrow.table(dict(columns))

        return cls(label, tuple(columns), {}, scan, (note,) if note else (), tables=tables, rows=n)

    def choose(self, y: str | None = None, x: Sequence[str] | None = None, weight: str | None = None) -> Selection:
        """The columns of one regression; by default the last numeric column on all the others.

        Raises DataError for a column that is not there or not numeric, UsageError for one named twice.
        """
        notes = list(self.notes)
        if "" in (y, weight) or (x is not None and "" in x):
            raise UsageError("a column's name must not be empty")
        if not self.numeric:
            raise DataError(f"{self.label} has no column of numbers: it has {_described(self.other)}")
        if y is None:
            y = next((name for name in reversed(self.numeric) if name != weight), self.numeric[-1])
            notes += [f"target: {y}, the last numeric column (choose with -y)"] if not x else []
        if x is None and self.mixed:
            name, wrong = next(iter(self.mixed.items()))
            raise DataError(
                f"column {name!r} of {self.label} holds {wrong!r} among its numbers: mend that, "
                "or name the features with -x"
            )
        if x is None:
            x = [name for name in self.numeric if name not in (y, weight)]
            notes += [f"left out, not numbers: {_described(self.other)}"] if self.other else []
            likely = [name for name in x if name.lower() == "id" or name.lower().endswith("_id")]
            notes += [f"{listing(likely)} looks like an identifier: leave it out with -x if it is"] if likely else []
        if not x:
            rest = f" ({_described(self.other)})" if self.other else ""
            raise DataError(f"{self.label} has no numeric column besides {y!r}{rest}: a regression needs a feature")
        self.refuse([*x, *([weight] if weight else [])])
        if y in self.other:
            raise DataError(
                f"the target {y!r} of {self.label} holds {self.other[y]}: it must be numbers, so choose another, or "
                "turn it into numbers first"
            )
        self.refuse([*x, y, *([weight] if weight else [])])
        return Selection(replace(self, notes=tuple(notes)), tuple(x), y, weight)

    def coded(self, codes: Codes) -> Source:
        """This source with columns of texts as the numbers that stand for them."""

        def scan(names: Sequence[str], codes: Codes = codes) -> Iterator[Columns]:
            return self.scan(names, codes={**mine, **codes})

        mine, other = codes, {name: kind for name, kind in self.other.items() if name not in codes}
        return replace(self, numeric=(*self.numeric, *codes), other=other, scan=scan, plan=None, table=None)

    def named(self, values: Sequence[str] | None) -> list[str] | None:
        """Columns from values as -x takes them, None for none."""
        return None if values is None else split_names(values, (*self.numeric, *self.other))

    def refuse(self, chosen: Sequence[str]) -> None:
        """UsageError for a name twice, DataError for a column that is not there or not numbers."""
        times, numeric = Counter(chosen), set(self.numeric)
        for name in chosen:
            if times[name] > 1:
                raise UsageError(f"column {name!r} is named more than once among features, target and weight")
            if name not in numeric and name not in self.other:
                raise DataError(self.lacks(name))
            if name not in numeric:
                raise DataError(
                    f"column {name!r} of {self.label} holds {self.other[name]}, not numbers: "
                    "leave it out, or turn it into numbers first"
                )

    def lacks(self, name: str) -> str:
        """That there is no such column, which there are, and which may be meant."""
        there = [column for column in (*self.numeric, *self.other) if column not in self.origin]
        close = difflib.get_close_matches(name, there, 1)
        meant = f"did you mean {close[0]!r}? It has" if close else "it has"
        return f"{self.label} has no column {name!r}: {meant} {listing(there, 12)}"


@dataclass(frozen=True, slots=True)
class Design:
    """How columns became the numbers of a regression: their levels, and a formula with the columns its . means."""

    levels: Levels = field(default_factory=dict)
    formula: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns of one regression in a source: `features` (p), `target`, `weight` or None.

    `block` is all of them at once, where they lie in memory, `there` in torch tensors on another device; `design` tells
    how they were made; `intercept` is whether a formula has one.
    """

    source: Source
    features: tuple[str, ...]
    target: str
    weight: str | None = None
    drop_missing: bool = False
    block: Chunk | None = None
    there: Chunk | None = None
    design: Design = field(default_factory=Design)
    intercept: bool = True

    def dropping(self, missing: str) -> Selection:
        """The same columns; rows that lack a number are an "error", or are left out on "drop"."""
        if missing not in ("error", "drop"):
            raise UsageError(f"--missing must be error or drop: it is {missing!r}")
        return replace(self, drop_missing=missing == "drop")

    @property
    def names(self) -> tuple[str, ...]:
        """Features, target and weight, in the order they are read."""
        return (*self.features, self.target, *([self.weight] if self.weight else []))

    @property
    def in_any_order(self) -> bool:
        """Whether the parts can be read in any order."""
        return self.block is not None or bool(self.source.plan and self.source.plan(self.names) is not None)

    def whole(self) -> Chunk | None:
        """All rows at once, where they lie in memory and none is to be left out."""
        if self.block is None or self.drop_missing:
            return None
        self._weighs(self.block.weight)
        return self.block

    def parts(self, dropped: Callable[[int], None] = lambda rows: None) -> Generator[Part]:
        """The rows in parts that can be read side by side. Tells `dropped` how many incomplete rows were left out.

        Unless `drop_missing`, nobody looks for numbers that are not finite: who reads the rows finds them.
        """
        block = self.whole()
        if block is not None:
            yield from block.parts()
            return
        planned = self.source.plan(self.names) if self.source.plan else None
        for batches in planned or (partial(iter, [columns]) for columns in self.source.scan(self.names)):
            yield partial(self._part, batches, dropped)

    def chunks(self, dropped: Callable[[int], None] = lambda rows: None) -> Iterator[Chunk]:
        """One pass over the rows in order. Tells `dropped` how many incomplete rows it left out of a batch.

        Raises DataError with column and row where a value is missing, nan or infinite, unless `drop_missing`.
        """
        row = self.source.before
        for columns in self.source.scan(self.names):
            whole = _complete(columns)
            if not self.drop_missing and not whole.all():
                raise self._missing(columns, row)
            places, row = row + np.flatnonzero(whole), row + len(whole)
            if len(places) < len(whole):
                dropped(len(whole) - len(places))
                columns = [column[whole] for column in columns]
            if len(places):
                yield replace(chunk := self._chunk(columns), X=np.asarray(chunk.X), places=places)

    def _part(self, read: Callable[[], Iterator[Columns]], dropped: Callable[[int], None]) -> Iterator[Chunk]:
        for columns in read():
            if self.drop_missing and not (whole := _complete(columns)).all():
                dropped(int((~whole).sum()))
                columns = [column[whole] for column in columns]
            if len(columns[0]):
                yield self._chunk(columns)

    def _chunk(self, columns: Columns) -> Chunk:
        p = len(self.features)
        weight = columns[p + 1] if self.weight else None
        self._weighs(weight)
        apart: Any = ColumnsApart(columns[:p])
        return Chunk(apart, columns[p], weight)

    def _weighs(self, weight: Vector | None) -> None:
        if weight is not None and (weight < 0).any():
            raise DataError(f"weight column {self.weight!r} of {self.source.label} has a negative value")

    def _missing(self, columns: Sequence[Vector], before: int) -> DataError:
        first, name, value = min(
            (int(np.argmin(np.isfinite(column))), name, column)
            for name, column in zip(self.names, columns, strict=True)
            if not np.isfinite(column).all()
        )
        what = "missing" if np.isnan(value[first]) else "infinite"
        name = self.source.origin.get(name, name)
        return DataError(
            f"column {name!r} of {self.source.label} is {what} in row {before + first + 1:,} "
            "(a header not counted): mend it, or leave such rows out with --missing drop"
        )


def _complete(columns: Columns) -> Vector:
    return np.asarray(np.logical_and.reduce([np.isfinite(column) for column in columns]))


def split_names(values: Sequence[str], known: Sequence[str]) -> list[str]:
    """Names from values as -x takes them: each one name, or several with commas between them."""
    return [
        name if value in known else name.strip()
        for value in values
        for name in ([value] if value in known else value.split(","))
    ]


def _described(columns: dict[str, str]) -> str:
    if not columns:
        return count(0, "column")
    return listing([f"{name} ({kind})" for name, kind in columns.items()])
