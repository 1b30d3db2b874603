"""Arrow columns as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..types import Vector

BATCH_ROWS = 65_536


def doubles(column: Any) -> Vector:
    """A column of numbers as float64 (m,), nan where there is none; Arrow's own memory where it holds just that."""
    import pyarrow

    if column.type != pyarrow.float64():
        column = column.cast(pyarrow.float64(), safe=False)
    if column.null_count:
        return np.asarray(column.to_numpy(zero_copy_only=False))
    return np.from_dlpack(column)


def coded(column: Any, codes: dict[str, float]) -> Vector:
    """The number of each text of a column (m,), nan where there is none."""
    encoded = column.dictionary_encode()
    numbers = np.array([*(codes[text] for text in encoded.dictionary.to_pylist()), np.nan])
    return numbers[np.asarray(encoded.indices.fill_null(len(numbers) - 1))]
