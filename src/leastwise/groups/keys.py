"""Labels of rows to running numbers of groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..types import Matrix, Vector

ROOM = 1_000_000


def unique(values: Vector) -> Vector:
    """The different values (g,), in order: by counting where they are whole numbers close together."""
    if not len(values):
        return values
    low, high = values.min(), values.max()
    if high - low <= 4 * len(values) + ROOM and (values == np.rint(values)).all():
        return np.flatnonzero(np.bincount((values - low).astype(np.int64))) + low
    return np.asarray(np.unique(values))


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """The place of a value among `known` (g,), which are in order; by a table where that is not much larger."""

    known: Vector
    table: Vector | None

    @classmethod
    def of(cls, known: Vector) -> Lookup:
        """Prepare for values that are all known."""
        whole = len(known) and (known == np.rint(known)).all()
        if not whole or known[-1] - known[0] > 4 * len(known) + ROOM:
            return cls(known, None)
        table = np.zeros(int(known[-1] - known[0]) + 1, dtype=np.int32)
        table[(known - known[0]).astype(np.int64)] = np.arange(len(known), dtype=np.int32)
        return cls(known, table)

    def __call__(self, values: Vector) -> Vector:
        """Places (m,) of values (m,)."""
        if self.table is None:
            return np.searchsorted(self.known, values)
        return self.table[(values - self.known[0]).astype(np.int64)]


@dataclass(frozen=True, slots=True, eq=False)
class Numbering:
    """Groups by one or more columns of labels: `levels`, one lookup a column, and `groups`, of their mixtures."""

    levels: tuple[Lookup, ...]
    groups: Lookup

    @classmethod
    def of(cls, seen: Sequence[Matrix]) -> Numbering:
        """From all labels that there are, (m, k) a block, repeats left in or out."""
        levels = [unique(np.concatenate([unique(part[:, j]) for part in seen])) for j in range(seen[0].shape[1])]
        lookups = tuple(Lookup.of(level) for level in levels)
        if len(lookups) == 1:
            return cls(lookups, Lookup.of(np.arange(float(len(levels[0])))))
        return cls(lookups, Lookup.of(unique(np.concatenate([unique(_mixed(lookups, part)) for part in seen]))))

    def __len__(self) -> int:
        return len(self.groups.known)

    def __call__(self, labels: Matrix) -> Vector:
        """The number of the group of each row (m,), from labels (m, k)."""
        if len(self.levels) == 1:
            return self.levels[0](labels[:, 0])
        return self.groups(_mixed(self.levels, labels))

    def labels(self) -> Matrix:
        """The labels of each group (g, k)."""
        rest, columns = self.groups.known.astype(np.int64), []
        for level in reversed(self.levels):
            rest, place = np.divmod(rest, len(level.known))
            columns.append(level.known[place])
        return np.column_stack(columns[::-1])


def _mixed(levels: Sequence[Lookup], labels: Matrix) -> Vector:
    """One number for each mixture of levels (m,)."""
    found = np.zeros(len(labels), dtype=np.int64)
    for j, level in enumerate(levels):
        found = found * len(level.known) + level(labels[:, j])
    return found.astype(np.float64)
