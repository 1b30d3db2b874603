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


def white(rows: Iterable[Scores], n: float, rank: int, kind: str = "HC1") -> Middle:
    """M = sum w^2 e^2 z z', and its name with its factor.

    HC0 takes e as the residual; HC1 multiplies by n / (n - rank); HC2 divides e^2 by 1 - h and HC3 by (1 - h)^2, with
    the leverage h = w |z|^2. Raises UsageError for another kind. Cost: 4 n q^2 flops.
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
    if kind == "HC1":
        return n / (n - rank) * middle, "HC1, factor n / (n - rank)"
    return middle, kind


def clustered(rows: Iterable[tuple[Scores, Any]], n: float, rank: int) -> tuple[Matrix, str, int]:
    """M = sum_g s_g s_g' with s_g the sum of w e z over group g, its name with its factor, and the number of groups.

    With the scores of each chunk comes a label a row. Raises DataError for fewer than two groups. Memory: G q numbers.
    Source: Liang & Zeger (1986), Biometrika 73; Cameron & Miller (2015), J. Human Resources 50, eq. 11-12.
    """
    sums: dict[Any, Vector] = {}
    for some, labels in rows:
        found = np.asarray(labels)
        counted = np.broadcast_to(some.weight, found.shape) > 0
        names, where = np.unique(found[counted], return_inverse=True)
        part = np.zeros((len(names), some.z.shape[1]))
        np.add.at(part, where, (some.z * (some.weight * some.residual)[:, None])[counted])
        for label, row in zip(names.tolist(), part, strict=True):
            sums[label] = sums[label] + row if label in sums else row
    count = len(sums)
    if count < 2:
        raise DataError(f"clustered errors need at least two groups: there is {count}")
    each = np.array(list(sums.values()))
    factor = count / (count - 1) * (n - 1) / (n - rank)
    words = f"clustered in {count:,} groups, factor G / (G - 1) * (n - 1) / (n - rank)"
    return factor * (each.T @ each), words, count


def newey_west(rows: Iterable[Scores], lags: int) -> Middle:
    """M = G_0 + sum_l (1 - l / (lags + 1)) (G_l + G_l') with G_l = sum_t s_t s_{t-l}', s = w e z; and its name.

    The rows must come in order of time. Raises UsageError unless lags is a whole number of at least 0.
    Source: Newey & West (1987), Econometrica 55, eq. 5.
    """
    if not isinstance(lags, int | np.integer) or lags < 0:
        raise UsageError(f"lags must be a whole number of at least 0: it is {lags}")
    middle: Any = 0.0
    before: Any = None
    for some in rows:
        if some.repeats:
            raise UsageError("rows that stand for several have no order in time: use analytic weights")
        now = some.z * (some.weight * some.residual)[:, None]
        each = now if before is None else np.vstack([before, now])
        new = len(each) - len(now)
        middle = middle + now.T @ now
        for lag in range(1, min(lags, len(each) - 1) + 1):
            first = max(new, lag)
            cross = each[first:].T @ each[first - lag : len(each) - lag]
            middle = middle + (1 - lag / (lags + 1)) * (cross + cross.T)
        before = each[max(len(each) - lags, 0) :] if lags else None
    return middle, f"Newey-West with {lags} lags, no small-sample factor"
