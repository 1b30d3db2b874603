"""Arrays in memory as a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..types import DataError
from .chunk import PART_ROWS, Chunk, blocks
from .native import beside, elsewhere, flat, numbers
from .source import Columns, Selection, Source


def of_arrays(X: Any, y: Any, weight: Any = None, names: Sequence[str] | None = None) -> Selection:
    """X (n, p) or (n,), y (n,), weight (n,): lists, NumPy, torch or any frame that NumPy can read.

    Names come from `names`, a frame's columns, or are x1..xp. Tensors on another device stay there, and come in blocks
    when their rows are asked for. Raises DataError where shapes do not fit or something is not a number.
    """
    there = elsewhere(X, y, weight)
    matrix, target = (X.detach(), beside(y, X, "y")) if there else (numbers(X, "X"), flat(y, "y"))
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or matrix.shape[1] == 0 or target.ndim != 1:
        raise DataError(f"X must be (n, p) and y (n,): they are {_shape(X)} and {_shape(y)}")
    if len(matrix) != len(target):
        raise DataError(f"X has {len(matrix):,} rows and y has {len(target):,}: they must be the same rows")
    features = _names(X, names, matrix.shape[1])
    columns = dict(zip(features, matrix.T, strict=True))
    columns[name := free("y", features)] = target
    weights, heavy = None, None
    if weight is not None:
        weights = beside(weight, X, "weight") if there else numbers(weight, "weight")
        if weights.shape != target.shape:
            raise DataError(f"weight must be ({len(target)},), one number a row: it is {_shape(weights)}")
        columns[heavy := free("weight", (*features, name))] = weights
    rows = Chunk(matrix, target, weights)
    if there:
        return replace(_abroad(columns, len(target)).choose(name, features, heavy), there=rows)
    return replace(Source.of_columns("the arrays", columns).choose(name, features, heavy), block=rows)


def of_host_arrays(X: Any, y: Any, weight: Any = None, names: Sequence[str] | None = None) -> tuple[Selection, Chunk]:
    """The same with all numbers in this machine's memory, and those beside it."""
    given = names if names is not None else getattr(X, "columns", None)
    heavy = None if weight is None else numbers(weight, "weight")
    chosen = of_arrays(numbers(X, "X"), flat(y, "y"), heavy, given)
    assert chosen.block is not None
    return chosen, chosen.block


def _abroad(columns: dict[str, Any], n: int) -> Source:
    """A source over tensors (n,) on another device."""

    def scan(names: Sequence[str]) -> Iterator[Columns]:
        yield from ([numbers(columns[name][rows], name) for name in names] for rows in blocks(n, PART_ROWS))

    return Source("the tensors", tuple(columns), {}, scan, rows=n)


def _shape(values: Any) -> tuple[int, ...]:
    return tuple(np.shape(values))


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
