"""Arrays in memory as a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..types import DataError
from .chunk import Chunk
from .native import flat, numbers
from .source import Selection, Source


def of_arrays(X: Any, y: Any, weight: Any = None, names: Sequence[str] | None = None) -> Selection:
    """X (n, p) or (n,), y (n,), weight (n,): lists, NumPy, torch or any frame that NumPy can read.

    Names come from `names`, a frame's columns, or are x1..xp. Raises DataError where shapes do not
    fit or something is not a number.
    """
    matrix, target = numbers(X, "X"), flat(y, "y")
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or matrix.shape[1] == 0 or target.ndim != 1:
        raise DataError(f"X must be (n, p) and y (n,): they are {np.shape(X)} and {np.shape(y)}")
    if len(matrix) != len(target):
        raise DataError(f"X has {len(matrix):,} rows and y has {len(target):,}: they must be the same rows")
    features = _names(X, names, matrix.shape[1])
    columns = dict(zip(features, matrix.T, strict=True))
    columns[name := free("y", features)] = target
    if weight is None:
        chosen = Source.of_columns("the arrays", columns).choose(name, features)
        return replace(chosen, block=Chunk(matrix, target))
    weights = numbers(weight, "weight")
    if weights.shape != target.shape:
        raise DataError(f"weight must be ({len(target)},), one number a row: it is {weights.shape}")
    columns[heavy := free("weight", (*features, name))] = weights
    chosen = Source.of_columns("the arrays", columns).choose(name, features, heavy)
    return replace(chosen, block=Chunk(matrix, target, weights))


def _names(X: Any, names: Sequence[str] | None, p: int) -> list[str]:
    given = names if names is not None else getattr(X, "columns", None)
    found = [str(name) for name in given] if given is not None else []
    if given is None:
        found = ["x"] if p == 1 else [f"x{j}" for j in range(1, p + 1)]
    if len(found) != p:
        raise DataError(f"names must hold {p} names, one a column of X: it holds {len(found)}")
    return found


def free(name: str, taken: Sequence[str]) -> str:
    """`name`, with as many _ as make it none of those taken."""
    while name in taken:
        name += "_"
    return name
