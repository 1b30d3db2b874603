"""Symmetric systems of integers, solved exactly, and their solutions rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

Row = list[int]


def eliminate(matrix: Sequence[Sequence[int]], columns: int) -> tuple[list[Row], list[int]]:
    """Fraction-free Gauss-Jordan elimination of the first `columns` columns, top to bottom, without exchange.

    `matrix` (m, k) is symmetric and positive semi-definite in its first `columns` rows and columns, so a
    zero on the diagonal means that its column depends on those before it. Returns the rows and the
    independent columns; row i then reads d * x_i + ... with one common d on the diagonal.
    Cost: m columns^2 products of integers whose length grows with the column.
    Source: Bareiss (1968), Math. Comp. 22, eq. 7; Geddes, Czapor & Labahn (1992), sec. 9.3.
    """
    rows = [list(row) for row in matrix]
    kept: list[int] = []
    last = 1
    for j in range(columns):
        pivot = rows[j][j]
        if pivot == 0:
            continue
        for i, row in enumerate(rows):
            if i != j:
                factor = row[j]
                rows[i] = [(pivot * a - factor * b) // last for a, b in zip(row, rows[j], strict=True)]
        kept.append(j)
        last = pivot
    return rows, kept


def square_root(value: Fraction) -> float:
    """The float64 nearest to the square root of a rational, rounded once."""
    if value <= 0:
        return 0.0
    up, down = value.numerator, value.denominator
    shift = max(0, 2 * 70 - (up.bit_length() - down.bit_length()))
    shift += shift % 2
    scaled = (up << shift) // down
    root = isqrt(scaled)
    inexact = root * root != scaled or scaled * down != up << shift
    return float(Fraction(2 * root + inexact, 1 << (shift // 2 + 1)))
