"""Which rows each step reads: drawn once in NumPy, the same for every backend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import UsageError, Vector


@dataclass(frozen=True, slots=True)
class Batches:
    """Rows 0..n-1 in batches of `size` (None for all of them), shuffled anew each epoch unless `shuffle` is off.

    The permutation of an epoch is `np.random.default_rng([seed, epoch]).permutation(n)`: it depends on nothing that
    came before, so a resumed run draws what an unbroken one would. With `drop_last` a last, smaller batch is left
    out; without, it counts as a step like any other. A batch's loss is the mean over its rows of weight / (mean
    weight of all rows) * residual^2, whose expectation is the loss over all rows. `of(epoch)` is a sampler for torch:
    `DataLoader(TensorDataset(X, y), sampler=list(batches.of(epoch)), batch_size=None)`.
    """

    rows: int
    size: int | None = None
    seed: int = 2
    shuffle: bool = True
    drop_last: bool = False

    def __post_init__(self) -> None:
        if self.size is not None:
            refuse_size(self.size, self.rows)

    @property
    def full(self) -> bool:
        """Whether each step reads every row."""
        return self.size is None or self.size == self.rows

    @property
    def steps(self) -> int:
        """Steps an epoch."""
        if self.full or self.size is None:
            return 1
        return self.rows // self.size if self.drop_last else -(-self.rows // self.size)

    def of(self, epoch: int) -> Iterator[Vector | slice]:
        """The row numbers of each batch of an epoch; a slice of all where the batch is full."""
        if self.full or self.size is None:
            yield slice(None)
            return
        order = (
            np.random.default_rng([self.seed, epoch]).permutation(self.rows) if self.shuffle else np.arange(self.rows)
        )
        for k in range(self.steps):
            yield order[k * self.size : (k + 1) * self.size]


def refuse_size(size: Any, rows: int) -> None:
    """UsageError unless so many rows have batches of that size."""
    whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
    if not whole or not 1 <= size <= rows:
        raise UsageError(f"batch_size must be a whole number from 1 to the {rows:,} rows: it is {size}")
