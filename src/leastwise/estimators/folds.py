"""The squared errors of a path of penalties on the rows that a splitter leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..penalty import Penalty
from ..shrink import WIDEST
from ..summary.moments import Moments
from ..tree import one_thread, total
from ..types import DataError, Matrix, Vector
from .base import Rows
from .lasso import EXACT, path_of_moments, path_of_rows

Split = tuple[Vector, Vector]


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Rows to fit and rows that are left out: their moments, or where p is over n or 2,500 the rows themselves."""

    train: Moments | Rows
    test: Moments | Rows

    def errors(self, penalties: Sequence[Penalty], intercept: bool) -> Vector:
        """The mean squared errors (k,) on the rows left out, at penalties of one shape, largest first."""
        with one_thread():
            return self._errors(penalties, intercept)

    def _errors(self, penalties: Sequence[Penalty], intercept: bool) -> Vector:
        if isinstance(self.train, Moments) and isinstance(self.test, Moments):
            coef, at, _, _ = path_of_moments(self.train, penalties, intercept, EXACT)
            return self.test.losses(coef, at)
        assert isinstance(self.train, Rows)
        assert isinstance(self.test, Rows)
        coef, at, _, _ = path_of_rows(self.train, 0, penalties, intercept, EXACT)
        left = self.test.Y - (np.asarray(self.test.X @ coef.T) + at)
        return np.asarray(np.average(left**2, axis=0, weights=self.test.weight))


def folded(rows: Rows, splits: Sequence[Split]) -> tuple[list[Fold], Moments | None]:
    """A fold for each split; where the test rows part all rows, each row is summarised once and moments are added.

    Then their sum comes with them, that of all rows.
    """
    splits = [(_places(train), _places(test)) for train, test in splits]
    for k, split in enumerate(splits):
        _weighty(rows, split, k)
    if rows.X.shape[1] > WIDEST or rows.X.shape[1] > len(rows.Y):
        return [Fold(rows.take(train), rows.take(test)) for train, test in splits], None
    held = [rows.take(_run(test)).moments()[0] for _, test in splits]
    if not _parted(splits, len(rows.Y)):
        fitted = [rows.take(train).moments()[0] for train, _ in splits]
        return [Fold(train, test) for train, test in zip(fitted, held, strict=True)], None
    return [Fold(total([*held[:k], *held[k + 1 :]]), test) for k, test in enumerate(held)], total(held)


def _places(chosen: Any) -> Vector:
    """Row numbers, of a mask too."""
    found = np.asarray(chosen)
    return np.flatnonzero(found) if found.dtype == bool else found


def _weighty(rows: Rows, split: Split, number: int) -> None:
    for places, what in zip(split, ("training", "test"), strict=True):
        if not len(places) or (rows.weight is not None and not rows.weight[places].any()):
            raise DataError(f"the {what} rows of fold {number} have no weight: choose another cv")


def _run(places: Vector) -> Any:
    """Places that follow each other as a slice, which copies nothing."""
    if places[-1] - places[0] == len(places) - 1 and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places


def _parted(splits: Sequence[Split], n: int) -> bool:
    """Whether the test rows part all rows, and each training set is the rest."""
    tests: Matrix = np.concatenate([test for _, test in splits])
    if len(splits) < 2 or not _each_once(tests, n):
        return False
    return all(_each_once(np.concatenate([train, test]), n) for train, test in splits)


def _each_once(places: Vector, n: int) -> bool:
    return len(places) == n and bool((np.bincount(places, minlength=n) == 1).all())
