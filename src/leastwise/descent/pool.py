"""Whose rows a step reads: this process's alone, or those of several that pool their gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..rows.chunk import Chunk
from .batches import Batches


class Pool(Protocol):
    """`first` is the number of this process's first row among all, None where it has all."""

    @property
    def first(self) -> int | None: ...

    def mean(self, parts: Sequence[Any], rows: int) -> Sequence[Any]:
        """Means over the `rows` that this process has of a step, to means over all rows of the step."""
        ...

    def most(self, value: float) -> float:
        """The largest such value."""
        ...


@dataclass(frozen=True, slots=True)
class Alone:
    """One process with all the rows."""

    first: int | None = None

    def mean(self, parts: Sequence[Any], rows: int) -> Sequence[Any]:
        """They are so already."""
        return parts

    def most(self, value: float) -> float:
        """It is so already."""
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """This process's `rows`, the `first` of which has that number among all, in batches that are drawn over all.

    So k processes take the steps that one would take with the rows of all, in the order of their ranks.
    """

    rows: Chunk
    batches: Batches
    first: int

    def of(self, epoch: int) -> Iterator[Chunk]:
        """This process's rows of each step of an epoch, which may be none."""
        for places in self.batches.of(epoch):
            yield self.rows if isinstance(places, slice) else self.rows.take(self._own(places))

    def blocks(self) -> Iterator[Chunk]:
        """This process's rows."""
        yield self.rows

    def _own(self, places: Any) -> Any:
        own = np.asarray(places) - self.first
        return own[(own >= 0) & (own < len(self.rows))]
