"""Covariances that allow for unequal or dependent errors, from a second pass over the rows.

All take the rows as `Scores`: terms A (m, q), scores weight * residual (m,) and weights, chunk by chunk; and the
`bread` C (q, q), the inverse of A' diag(weight) A.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .types import DataError, Matrix, UsageError, Vector

KINDS = ("HC0", "HC1", "HC2", "HC3")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Terms A (m, q), weight * residual (m,), and the weights (m,) or 1, of some rows."""

    A: Matrix
    score: Vector
    weight: Vector | float


def white(rows: Iterable[Scores], bread: Matrix, n: int, rank: int, kind: str = "HC1") -> tuple[Matrix, str]:
    """C (sum w^2 e^2 x x') C, and its name with its factor.

    HC0 takes e as the residual; HC1 multiplies by n / (n - rank); HC2 divides e^2 by 1 - h and HC3 by (1 - h)^2, with
    the leverage h = w x'Cx. Raises UsageError for another kind. Cost: 4 n q^2 flops.
    Source: White (1980), Econometrica 48; MacKinnon & White (1985), J. Econometrics 29.
    """
    if kind not in KINDS:
        raise UsageError(f"robust must be one of {', '.join(KINDS)}: it is {kind!r}")
    power = {"HC2": 0.5, "HC3": 1.0}.get(kind, 0.0)
    meat = np.zeros_like(bread)
    for some in rows:
        left = 1 - ((some.A @ bread) * some.A).sum(axis=1) * some.weight if power else 1.0
        each = some.A * (some.score / left**power)[:, None]
        meat += each.T @ each
    if kind == "HC1":
        return n / (n - rank) * (bread @ meat @ bread), "HC1, factor n / (n - rank)"
    return bread @ meat @ bread, kind


def clustered(rows: Iterable[tuple[Scores, Any]], bread: Matrix, n: int, rank: int) -> tuple[Matrix, str]:
    """C (sum_g s_g s_g') C with s_g the sum of w e x over group g, and its name with its factor.

    With the scores of each chunk comes a label a row. Raises DataError for fewer than two groups. Memory: G q numbers.
    Source: Liang & Zeger (1986), Biometrika 73; Cameron & Miller (2015), J. Human Resources 50, eq. 11-12.
    """
    sums: dict[Any, Vector] = {}
    for some, labels in rows:
        found, where = np.unique(np.asarray(labels), return_inverse=True)
        part = np.zeros((len(found), some.A.shape[1]))
        np.add.at(part, where, some.A * some.score[:, None])
        for label, row in zip(found.tolist(), part, strict=True):
            sums[label] = sums[label] + row if label in sums else row
    count = len(sums)
    if count < 2:
        raise DataError(f"clustered errors need at least two groups: there is {count}")
    each = np.array(list(sums.values()))
    factor = count / (count - 1) * (n - 1) / (n - rank)
    words = f"clustered in {count:,} groups, factor G / (G - 1) * (n - 1) / (n - rank)"
    return factor * (bread @ (each.T @ each) @ bread), words


def newey_west(rows: Iterable[Scores], bread: Matrix, lags: int) -> tuple[Matrix, str]:
    """C (G_0 + sum_l (1 - l / (lags + 1)) (G_l + G_l')) C with G_l = sum_t s_t s_{t-l}', s = w e x; and its name.

    The rows must come in order of time. Raises UsageError for a negative number of lags.
    Source: Newey & West (1987), Econometrica 55, eq. 5.
    """
    if lags < 0:
        raise UsageError(f"lags must be at least 0: it is {lags}")
    meat, before = np.zeros_like(bread), np.zeros((0, len(bread)))
    for some in rows:
        each = np.vstack([before, some.A * some.score[:, None]])
        new = len(before)
        meat += each[new:].T @ each[new:]
        for lag in range(1, min(lags, len(each) - 1) + 1):
            first = max(new, lag)
            cross = each[first:].T @ each[first - lag : len(each) - lag]
            meat += (1 - lag / (lags + 1)) * (cross + cross.T)
        before = each[max(len(each) - lags, 0) :] if lags else before
    return bread @ meat @ bread, f"Newey-West with {lags} lags, no small-sample factor"
