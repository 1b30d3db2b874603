"""Covariances that allow for unequal or dependent errors, from a second pass over the rows.

All take the rows as `Scores` and give the middle M (k, k) of a covariance G M G', with G G' = (X'VX)^-1: in the
coordinates z = G'x the rows are orthonormal, so neither offsets nor collinear columns cost digits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .types import DataError, Matrix, UsageError, Vector

ALONE = 1e-10
KINDS = ("HC0", "HC1", "HC2", "HC3")
Middle = tuple[Matrix, str]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Some rows: z (m, k), `residual` (m,), `weight` (m,) or 1, and whether weights count repeated rows."""

    z: Matrix
    residual: Vector
    weight: Vector | float
    repeats: bool = False


def white(rows: Iterable[Scores], kind: str = "HC1") -> Matrix:
    """sum w^2 e^2 z z' (k, k), which adds over parts of the rows.

    HC0 and HC1 take e as the residual; HC2 divides e^2 by 1 - h and HC3 by (1 - h)^2, with the leverage
    h = w |z|^2. Raises UsageError for another kind. Cost: 4 n q^2 flops.
    Source: White (1980), Econometrica 48; MacKinnon & White (1985), J. Econometrics 29.
    """
    if kind not in KINDS:
        raise UsageError(f"robust must be one of {', '.join(KINDS)}: it is {kind!r}")
    power = {"HC2": 0.5, "HC3": 1.0}.get(kind, 0.0)
    middle: Any = 0.0
    for some in rows:
        inner = 1.0 if some.repeats else some.weight
        left = 1 - (some.z**2).sum(axis=1) * inner if power else np.ones(1)
        if (left < ALONE).any():
            raise DataError(f"{kind} is not defined where a row sets its own prediction (leverage 1): use HC1")
        outer = np.sqrt(some.weight) if some.repeats else some.weight
        each = some.z * (outer * some.residual / left**power)[:, None]
        middle = middle + each.T @ each
    return np.asarray(middle)


def white_middle(found: Matrix, n: float, rank: int, kind: str) -> Middle:
    """M of White's errors, multiplied by n / (n - rank) for HC1, and its name with its factor."""
    if kind == "HC1":
        return n / (n - rank) * found, "HC1, factor n / (n - rank)"
    return found, kind


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """s_g = the sum of w e z over each group g, by its label; of two sets of rows it adds. Memory: G q numbers."""

    sums: dict[Any, Vector]

    @classmethod
    def of(cls, rows: Iterable[tuple[Scores, Any]]) -> Clusters:
        """The sums of rows that come with a label each."""
        sums: dict[Any, Vector] = {}
        for some, labels in rows:
            found = np.asarray(labels)
            counted = np.broadcast_to(some.weight, found.shape) > 0
            names, where = np.unique(found[counted], return_inverse=True)
            part = np.zeros((len(names), some.z.shape[1]))
            np.add.at(part, where, (some.z * (some.weight * some.residual)[:, None])[counted])
            _add(sums, zip(names.tolist(), part, strict=True))
        return cls(sums)

    def __add__(self, other: Clusters) -> Clusters:
        sums = dict(self.sums)
        _add(sums, other.sums.items())
        return Clusters(sums)

    def middle(self, n: float, rank: int) -> Middle:
        """M = sum_g s_g s_g', and its name with its factor. Raises DataError for fewer than two groups.

        Source: Liang & Zeger (1986), Biometrika 73; Cameron & Miller (2015), J. Human Resources 50, eq. 11-12.
        """
        count = len(self.sums)
        if count < 2:
            raise DataError(f"clustered errors need at least two groups: there is {count}")
        each = np.array(list(self.sums.values()))
        factor = count / (count - 1) * (n - 1) / (n - rank)
        words = f"clustered in {count:,} groups, factor G / (G - 1) * (n - 1) / (n - rank)"
        return factor * (each.T @ each), words


def _add(sums: dict[Any, Vector], more: Iterable[tuple[Any, Vector]]) -> None:
    for label, row in more:
        sums[label] = sums[label] + row if label in sums else row


@dataclass(frozen=True, slots=True, eq=False)
class Lagged:
    """G_0 + sum_l (1 - l / (lags + 1)) (G_l + G_l') with G_l = sum_t s_t s_{t-l}', s = w e z, of rows in order of time.

    `first` and `last` are the s of the outer rows, at most `lags` of them, so that two stretches of time add.
    Source: Newey & West (1987), Econometrica 55, eq. 5.
    """

    lags: int
    middle: Matrix
    first: Matrix
    last: Matrix

    @classmethod
    def of(cls, now: Matrix, lags: int) -> Lagged:
        """One stretch (m, k) of s. Cost: 2 m k^2 (lags + 1) flops."""
        middle = now.T @ now
        for lag in range(1, min(lags, len(now) - 1) + 1):
            middle += _crossed(now[lag:], now[:-lag], lag, lags)
        return cls(lags, middle, now[:lags], now[max(len(now) - lags, 0) :])

    def __add__(self, other: Lagged) -> Lagged:
        middle, before, after = self.middle + other.middle, self.last, other.first
        for lag in range(1, self.lags + 1):
            rows = range(max(lag - len(before), 0), min(lag, len(after)))
            if rows:
                earlier = before[len(before) - lag + rows.start : len(before) - lag + rows.stop]
                middle = middle + _crossed(after[rows.start : rows.stop], earlier, lag, self.lags)
        last = np.vstack([before, other.last])
        first = np.vstack([self.first, after])[: self.lags]
        return Lagged(self.lags, middle, first, last[max(len(last) - self.lags, 0) :])


def _crossed(now: Matrix, earlier: Matrix, lag: int, lags: int) -> Matrix:
    cross = now.T @ earlier
    return np.asarray((1 - lag / (lags + 1)) * (cross + cross.T))


def newey_west(rows: Iterable[Scores], lags: int) -> Lagged | None:
    """`Lagged` of all rows, which must come in order of time; None of none.

    Raises UsageError unless lags is a whole number of at least 0, and where a row stands for several.
    """
    if not isinstance(lags, int | np.integer) or lags < 0:
        raise UsageError(f"lags must be a whole number of at least 0: it is {lags}")
    found: Lagged | None = None
    for some in rows:
        if some.repeats:
            raise UsageError("rows that stand for several have no order in time: use analytic weights")
        part = Lagged.of(some.z * (some.weight * some.residual)[:, None], lags)
        found = part if found is None else found + part
    return found
