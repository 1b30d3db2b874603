"""Arrow columns as NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..types import DataError, Vector
from .native import exact, too_long

BATCH_ROWS = 65_536


def doubles(column: Any, name: str, label: str) -> Vector:
    """A column of numbers as float64 (m,), nan where there is none; Arrow's own memory where it holds just that.

    Raises DataError for integers that float64 would round.
    """
    import pyarrow

    kind = column.type
    rounds = kind == pyarrow.uint64() or (pyarrow.types.is_decimal(kind) and kind.scale <= 0 and kind.precision > 15)
    if column.type != pyarrow.float64():
        try:
            column = column.cast(pyarrow.float64(), safe=pyarrow.types.is_integer(column.type))
        except pyarrow.ArrowInvalid:
            raise DataError(too_long(f"column {name!r} of {label}")) from None
    found = np.asarray(column.to_numpy(zero_copy_only=False)) if column.null_count else np.from_dlpack(column)
    if rounds:
        exact(found, name, label)
    return found


def numbers_of(batch: Any, codes: Mapping[str, dict[str, float] | None], label: str) -> list[Vector]:
    """The columns of a record batch as numbers: those of texts by their codes, where `codes` has some under a name."""
    return [
        doubles(column, name, label) if known is None else coded(column, known)
        for column, (name, known) in zip(batch.columns, codes.items(), strict=True)
    ]


def coded(column: Any, codes: dict[str, float]) -> Vector:
    """The number of each text of a column (m,), nan where there is none."""
    encoded = column.dictionary_encode()
    numbers = np.array([*(codes[text] for text in encoded.dictionary.to_pylist()), np.nan])
    return numbers[np.asarray(encoded.indices.fill_null(len(numbers) - 1))]
