"""Dask and Spark frames, and Dask arrays, as sources whose rows stay where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from .arrays import of_arrays
from .frames import open_frame, ordered
from .source import Codes, Columns, Selection, Source
from .spread import Spread


def far(values: Any) -> str:
    """Whose frame or array this is, "dask", "dask array" or "spark"; "" where it is none of those."""
    package, _, rest = type(values).__module__.partition(".")
    kind = type(values).__name__
    if package == "dask" and rest.startswith("array"):
        return "dask array"
    if package == "dask" and kind == "DataFrame":
        return "dask"
    return "spark" if package == "pyspark" and kind == "DataFrame" and not rest.startswith("pandas") else ""


def open_far(frame: Any) -> Source:
    """A Dask or Spark frame as a source. Raises EngineError where there is no Dask client."""
    if far(frame) == "spark":
        from ..engines.spark import frame_schema, of_frame

        return _source(frame_schema(frame).empty_table(), Spread(of_frame(frame), _opened))
    from ..engines.dask import of_parts

    return _source(frame._meta, Spread(of_parts(enumerate(frame.to_delayed())), _opened))


def of_far_arrays(X: Any, y: Any, weight: Any, names: Sequence[str] | None) -> Selection:
    """Dask arrays X (n, p), y (n,), weight (n,), some of which may be in memory. Raises DataError, EngineError."""
    from ..engines.dask import blocks_of, of_parts

    empty = of_arrays(np.zeros((0, *np.shape(X)[1:])), [], None if weight is None else [], names)
    blocks = blocks_of([array for array in (X, y, weight) if array is not None])
    spread = Spread(of_parts(blocks), partial(_opened_arrays, tuple(empty.features)))
    scan = partial(_scan, spread)
    return replace(empty, block=None, source=replace(empty.source, scan=scan, tables=None, rows=None, spread=spread))


def _opened(number: int, table: Any) -> Source:
    return open_frame(table, f"partition {number:,} of the frame")


def _opened_arrays(names: tuple[str, ...], number: int, X: Any, y: Any, weight: Any = None) -> Source:
    return replace(of_arrays(X, y, weight, names).source, label=f"block {number:,} of the arrays")


def _source(empty: Any, spread: Spread) -> Source:
    """The columns that an empty frame of the same kind has."""

    def levels_of(column: str, most: int) -> list[str]:
        found = spread.each(partial(_levels, column=column, most=most))
        return ordered(empty, column, {level for some in found for level in some})[:most]

    source = open_frame(empty)
    return replace(source, scan=partial(_scan, spread), levels_of=levels_of, rows=None, spread=spread)


def _levels(source: Source, column: str, most: int) -> Iterator[Sequence[str]]:
    assert source.levels_of is not None
    yield source.levels_of(column, most)


def _scan(spread: Spread, names: Sequence[str], codes: Codes = MappingProxyType({})) -> Iterator[Columns]:
    """The rows come here, piece by piece, for what has to see them in order."""
    return spread.each(partial(_columns, names=tuple(names), codes=dict(codes)))


def _columns(source: Source, names: Sequence[str], codes: Codes) -> Iterator[Columns]:
    return source.scan(names, **({"codes": codes} if codes else {}))
