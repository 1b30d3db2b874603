"""What Python callers hand over, arrays, a frame or a path, as the columns of one regression."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..types import UsageError, Vector
from .arrays import free, of_arrays
from .design import designed
from .far import far, of_far_arrays, open_far
from .frames import open_frame
from .native import column, frame_of, is_table
from .source import Selection, Source


def select(
    X: Any, y: Any = None, weight: Any = None, x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None, formula: str | None = None,
) -> Selection:  # fmt: skip
    """A path, a frame or an Ibis table X whose columns y, weight and x, or a formula, name; or arrays X, y, weight.

    A frame X beside arrays y and weight has all its columns as features, or those in x.
    """
    chosen = [x] if isinstance(x, str) else x
    arrays = "dask array" in (far(X), far(y))
    if not arrays and (isinstance(X, str | os.PathLike | Source) or far(X)):
        if not all(name is None or isinstance(name, str) for name in (y, weight)):
            raise UsageError("with a path, or a frame on Dask or Spark, y and weight must be the names of columns")
        return designed(opened(X), y, chosen, weight, formula)
    if is_table(X):
        if names is not None or not all(name is None or isinstance(name, str) for name in (y, weight)):
            raise UsageError("with a table of Ibis, y, weight and x must be the names of columns")
        return designed(opened(X), y, chosen, weight, formula)
    if arrays or names is not None or frame_of(X) is None:
        if formula or chosen is not None:
            raise UsageError("x and formula name columns: hand over a frame or a path")
        return (of_far_arrays if arrays else of_arrays)(X, y, weight, names)
    return _of_frame(X, y, weight, chosen, formula)


def _of_frame(X: Any, y: Any, weight: Any, x: Sequence[str] | None, formula: str | None) -> Selection:
    there = [str(name) for name in frame_of(X).columns]
    beside: dict[str, Vector] = {}

    def named(values: Any, otherwise: str) -> str | None:
        """The name of a column, or of an array that is put beside the frame."""
        if values is None or isinstance(values, str):
            return values
        name = free(otherwise, [*there, *beside])
        beside[name] = column(values, otherwise)
        return name

    target, heavy = named(y, "y"), named(weight, "weight")
    if x is None and target in beside:
        x = [name for name in there if name != heavy]
    return designed(open_frame(X, "the frame", beside), target, x and [str(name) for name in x], heavy, formula)


def is_opened(rows: Any) -> bool:
    """Whether `opened` takes them: their columns have names."""
    there = isinstance(rows, str | os.PathLike | Source) or is_table(rows) or far(rows) in ("dask", "spark")
    return there or frame_of(rows) is not None


def opened(rows: Any) -> Source:
    """A path, a frame or a table of Ibis as a source."""
    if isinstance(rows, Source):
        return rows
    if is_table(rows):
        from .database import open_table

        return open_table(rows)
    if isinstance(rows, str | os.PathLike):
        from .files import open_source

        return open_source(os.fspath(rows))
    return open_far(rows) if far(rows) else open_frame(rows)
