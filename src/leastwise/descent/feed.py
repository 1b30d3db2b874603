"""What a descent reads: the rows of each step, out of memory or out of a source of any size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ..rows.chunk import Chunk
from ..rows.source import Selection
from ..types import Vector
from .batches import Batches


class Feed(Protocol):
    """Rows of one dtype, whose weights have a mean of 1 over all of them, a step at a time."""

    def of(self, epoch: int) -> Iterator[Chunk]:
        """The rows of each step of an epoch."""
        ...

    def blocks(self) -> Iterator[Chunk]:
        """All rows once, in order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class InMemory:
    """Batches of `rows` that are at hand; each knows the places of its rows."""

    rows: Chunk
    batches: Batches

    def of(self, epoch: int) -> Iterator[Chunk]:
        """The rows of each step of an epoch."""
        for places in self.batches.of(epoch):
            yield self.rows if isinstance(places, slice) else replace(self.rows.take(places), places=places)

    def blocks(self) -> Iterator[Chunk]:
        """All rows once."""
        yield self.rows


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Rows to (x - centre) / scale in a dtype, with weights over their mean; those of no weight are left out."""

    centre: Vector
    scale: Vector
    mean_weight: float
    dtype: str

    def __call__(self, rows: Chunk) -> Chunk:
        """The same rows, scaled."""
        rows = replace(rows, X=np.asarray(rows.X)).weighty()
        X, y, weight = rows.X, rows.y, rows.weight
        scaled = ((X - self.centre) / self.scale).astype(self.dtype, copy=False)
        relative = None if weight is None else (weight / self.mean_weight).astype(self.dtype, copy=False)
        return Chunk(scaled, y.astype(self.dtype, copy=False), relative)


@dataclass(frozen=True, slots=True, eq=False)
class Streamed:
    """Batches of rows that are read afresh each epoch: memory of a block and a batch, whatever n.

    Where the blocks can be read in any order, as the row groups of Parquet files can, it is drawn anew each epoch; the
    rows of a block always are: both from `np.random.default_rng([seed, epoch])`. What is left of a block begins the
    next batch.
    """

    selection: Selection
    scaling: Scaling
    size: int
    seed: int
    drop_last: bool

    def of(self, epoch: int) -> Iterator[Chunk]:
        """The rows of each step of an epoch."""
        drawn = np.random.default_rng([self.seed, epoch])
        left: Chunk | None = None
        for block in self._read(drawn):
            block = block.take(drawn.permutation(len(block)))
            rows = block if left is None else Chunk.joined([left, block])
            whole = len(rows) - len(rows) % self.size
            yield from (rows.take(slice(first, first + self.size)) for first in range(0, whole, self.size))
            left = rows.take(slice(whole, None))
        if left is not None and len(left) and not self.drop_last:
            yield left

    def blocks(self) -> Iterator[Chunk]:
        """All rows once, in order."""
        return self._read(None)

    def _read(self, drawn: np.random.Generator | None) -> Iterator[Chunk]:
        parts = self.selection.parts()
        if drawn is not None and self.selection.in_any_order:
            apart = list(parts)
            parts = (apart[k] for k in drawn.permutation(len(apart)))
        return (self.scaling(rows) for part in parts for rows in part())
