"""Labels of rows to rows in the order of their groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..rows.chunk import blocks
from ..types import NotFiniteError, Vector

WIDEST = 2**62
"""More labels than this times the rows would leave an integer of 64 bits no room for both."""


def order(labels: Sequence[Vector]) -> tuple[Vector | None, Vector]:
    """Rows in the order of their labels, columns (n,) of numbers: their places (n,), None if they lie in order already,

    and where each group begins (g,). Rows of a group keep their order. Code and place of a row are one integer, so
    sorting moves no row. Cost: n log n comparisons, eight at a time; 16 n bytes.
    """
    codes, size = numbered(labels[0])
    for column in labels[1:]:
        inner, many = numbered(column)
        if size * many > WIDEST:
            codes, size = _ranked(codes)
        if size * many > WIDEST:
            inner, many = _ranked(inner)
        codes, size = codes * many + inner, size * many
    if (codes[1:] >= codes[:-1]).all():
        return None, _starts(codes, 0)
    bits = len(codes).bit_length()
    if size << bits > WIDEST:
        codes, size = _ranked(codes)
    for rows in blocks(len(codes)):
        own = codes[rows]
        own <<= bits
        own |= np.arange(rows.start, rows.start + len(own))
    codes.sort()
    places = (1 << bits) - 1
    starts = _starts(codes, places)
    codes &= places
    return codes, starts


def numbered(values: Vector) -> tuple[Vector, int]:
    """Integers (n,) from 0 in the order of values (n,), and how many there may be: the distance from the least one

    where they are whole numbers, their rank among those that there are elsewhere.
    """
    low, high = values.min(), values.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise NotFiniteError("a label is missing or infinite")
    whole = values.dtype.kind != "f" or (values == np.rint(values)).all()
    if not whole or max(-int(low), int(high)) >= WIDEST:
        return _ranked(values)
    codes = values.astype(np.int64)
    codes -= int(low)
    return codes, int(high) - int(low) + 1


def _ranked(values: Vector) -> tuple[Vector, int]:
    known, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.int64), len(known)


def _starts(codes: Vector, ignored: int) -> Vector:
    """Where runs of equal codes begin, whatever their bits in `ignored`, all of which are low ones."""
    changes = [
        np.flatnonzero((codes[1:][rows] ^ codes[:-1][rows]) > ignored) + rows.start for rows in blocks(len(codes))
    ]
    return np.append(0, np.concatenate(changes) + 1)
