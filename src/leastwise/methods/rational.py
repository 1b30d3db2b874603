"""Symmetric systems of integers, solved exactly, and numbers that are rounded once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import isqrt

Row = list[int]
Rationals = list[Fraction]


def eliminate(matrix: Sequence[Sequence[int]], order: Iterable[int]) -> tuple[list[Row], list[int]]:
    """Fraction-free Gauss-Jordan elimination on the diagonal, in the given `order` of its places.

    The first rows and columns of `matrix` are a symmetric positive semi-definite block, so a zero on its diagonal
    means that this column depends on those taken before it. Returns the rows and the columns that do not; every
    kept row then has the same number on its diagonal.
    Cost: rows * columns * len(order) products of integers that grow by one entry's length a step.
    Source: Bareiss (1968), Math. Comp. 22, eq. 7; Geddes, Czapor & Labahn (1992), sec. 9.3.
    """
    rows = [list(row) for row in matrix]
    kept: list[int] = []
    last = 1
    for j in order:
        pivot, chosen = rows[j][j], rows[j]
        if pivot == 0:
            continue
        for i, row in enumerate(rows):
            if i != j:
                factor = row[j]
                rows[i] = [(pivot * a - factor * b) // last for a, b in zip(row, chosen, strict=True)]
        kept.append(j)
        last = pivot
    return rows, kept


def solve(matrix: Sequence[Rationals], target: Rationals) -> Rationals:
    """Solve a small symmetric positive definite system of rationals exactly."""
    rows = [[*row, value] for row, value in zip(matrix, target, strict=True)]
    for j in range(len(rows)):
        rows[j] = [value / rows[j][j] for value in rows[j]]
        for i in range(len(rows)):
            if i != j and rows[i][j]:
                rows[i] = [a - rows[i][j] * b for a, b in zip(rows[i], rows[j], strict=True)]
    return [row[-1] for row in rows]


def dot(a: Iterable[Fraction], b: Iterable[Fraction]) -> Fraction:
    """The sum of products."""
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def nearest(value: Fraction) -> float:
    """The nearest float64, infinite beyond its range."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


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
    return nearest(Fraction(2 * root + inexact, 1 << (shift // 2 + 1)))
