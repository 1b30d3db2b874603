"""Least squares without any rounding: rational numbers until the answer, which is rounded once.

Use it where condition numbers, offsets or weights leave floating point no digits, or where the same bits are
wanted whatever the order of the rows. Costs about ten times a QR; for p in the hundreds use `qr`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..summary.exact import ExactGram
from ..types import DataError, Matrix, Vector
from .estimate import Estimate
from .rational import Rationals, Row, dot, eliminate, nearest, solve, square_root


def exact(
    gram: ExactGram, observations: float, intercept: bool = True, drop: bool = False, near: Estimate | None = None
) -> Estimate:
    """Minimise the weighted sum of squares of the float64 inputs; every number is the correctly rounded one.

    `observations` is the n of the residual degrees of freedom; `near` is a rounded estimate of the same, whose root
    serves for predictions and robust errors where its rank is right. Dependent columns share their effect by the
    shortest slopes, or with `drop` the later ones are set to 0. Raises DataError where float64 cannot hold the answer.
    Cost: p^3 products of integers of up to about 100 p bits. Source: Bareiss (1968); see `rational`.
    """
    system = _System.of(gram, intercept)
    q, p = len(system.unit) - 1, len(gram.integers) - 2
    order = [*([p] if intercept else []), *range(p)]
    rows, kept = eliminate([row + [int(i == j) for j in range(q)] for i, row in enumerate(system.rows[:q])], order)
    det = rows[kept[-1]][kept[-1]] if kept else 1
    theta = [Fraction(rows[j][q], det) if j in kept else Fraction(0) for j in range(q)]
    rss = system.rows[q][q] - dot(theta, map(Fraction, system.rows[q][:q]))
    theta = [t * system.unit[q] / system.unit[j] for j, t in enumerate(theta)]
    bread = [[_entry(rows[i][q + 1 + j], det, i, j, kept) / system.square(i, j) for j in range(q)] for i in range(q)]
    mixtures = {
        j: [_entry(rows[i][j], det, i, i, kept) * system.unit[j] / system.unit[i] for i in range(q)]
        for j in range(q)
        if j not in kept
    }
    if mixtures and not drop:
        theta, bread = _shortest(theta, bread, mixtures, p)
    rss *= system.square(q, q)
    free = Fraction(observations) - len(kept)
    se = [square_root(bread[j][j] * rss / free) if free > 0 else float("nan") for j in range(q)]
    if any(math.isinf(value) for value in (*map(nearest, theta), *se)):
        raise DataError("an estimate leaves the range of float64: rescale the features")
    tss = system.rows[q][q] - (Fraction(system.rows[p][q] ** 2, system.rows[p][p]) if intercept else 0)
    means = [_mean(gram, j + 1) if intercept else Fraction(0) for j in range(p + 1)]
    centre = _floats(means)
    return Estimate(
        coef=_floats(theta[:p]),
        intercept=nearest(theta[p]) if intercept else 0.0,
        weight=nearest(Fraction(int(gram.integers[0, 0])) * Fraction(2) ** gram.exponent),
        digits=-math.log10(np.finfo(np.float64).eps / 2),
        se_digits=-math.log10(np.finfo(np.float64).eps / 2),
        root=near.root if near and near.rank == len(kept) and not (mixtures and drop) else _root(bread, p),
        centre=centre,
        nudge=_floats([mean - Fraction(float(c)) for mean, c in zip(means, centre, strict=True)]),
        rss=nearest(rss),
        tss=nearest(tss * system.square(q, q)),
        se=np.array(se),
        rank=len(kept),
        dependencies={j: _floats(mixture[:p]) for j, mixture in mixtures.items()},
        dropped=tuple(mixtures) if drop else (),
    )


@dataclass(frozen=True, slots=True)
class _System:
    """[X 1 y]' [X 1 y] as the shortest integers: entry (i, j) stands for itself times square(i, j)."""

    rows: list[Row]
    unit: Rationals
    base: Fraction

    @classmethod
    def of(cls, gram: ExactGram, intercept: bool) -> _System:
        last = len(gram.integers) - 1
        order = [*range(1, last), *([0] if intercept else []), last]
        rows = [[int(gram.integers[i, j]) for j in order] for i in order]
        shift = _shifts(rows)
        shorter = [[value >> (shift[i] + shift[j]) for j, value in enumerate(row)] for i, row in enumerate(rows)]
        return cls(shorter, [Fraction(2) ** s for s in shift], Fraction(2) ** gram.exponent)

    def square(self, i: int, j: int) -> Fraction:
        return self.unit[i] * self.unit[j] * self.base


def _shifts(rows: list[Row]) -> list[int]:
    """Powers of two that can be taken out of each column, as many as leave every product an integer."""
    zeros = [[(value & -value).bit_length() - 1 if value else 1 << 30 for value in row] for row in rows]
    shift = [zeros[j][j] // 2 if rows[j][j] else 0 for j in range(len(rows))]
    for i in range(len(rows)):
        for j in range(i):
            excess = shift[i] + shift[j] - zeros[i][j]
            if excess > 0:
                shift[i] -= min(excess, shift[i])
                shift[j] -= max(0, shift[i] + shift[j] - zeros[i][j])
    return shift


def _entry(value: int, det: int, i: int, j: int, kept: list[int]) -> Fraction:
    return Fraction(value, det) if i in kept and j in kept else Fraction(0)


def _shortest(
    theta: Rationals, bread: list[Rationals], mixtures: dict[int, Rationals], p: int
) -> tuple[Rationals, list[Rationals]]:
    """Take off what lies in the null space: the shortest slopes, and the bread of those."""
    null = [[(1 if i == j else 0) - mixture[i] for i in range(len(theta))] for j, mixture in mixtures.items()]
    gram = [[dot(a[:p], b[:p]) for b in null] for a in null]

    def shortened(vector: Rationals) -> Rationals:
        parts = solve(gram, [dot(a[:p], vector[:p]) for a in null])
        return [value - sum(part * a[i] for part, a in zip(parts, null, strict=True)) for i, value in enumerate(vector)]

    columns = [shortened(list(column)) for column in zip(*bread, strict=True)]
    return shortened(theta), [shortened(list(row)) for row in zip(*columns, strict=True)]


def _mean(gram: ExactGram, j: int) -> Fraction:
    return Fraction(int(gram.integers[0, j]), int(gram.integers[0, 0]))


def _root(bread: list[Rationals], p: int) -> Matrix:
    """A root of the slopes' block, from the eigenvectors of its correlations."""
    size = np.array([square_root(bread[j][j]) for j in range(p)])
    scale = np.where(size > 0, size, 1)
    matrix = np.array([_floats(row[:p]) for row in bread[:p]]).reshape(p, p)
    values, vectors = np.linalg.eigh(matrix / scale[:, None] / scale)
    return scale[:, None] * vectors * np.sqrt(np.maximum(values, 0))


def _floats(values: Rationals) -> Vector:
    return np.array([nearest(value) for value in values])
