"""Frames of pandas, polars, pyarrow and their kin, read through narwhals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from types import MappingProxyType
from typing import Any

import numpy as np

from ..types import DataError, Matrix, UsageError, Vector
from .chunk import PART_ROWS, blocks
from .design import coded, inputs, replay
from .native import coded as codes_of
from .native import frame_of, is_table, numbers
from .source import Codes, Columns, Design, Source


def open_frame(frame: Any, label: str = "the frame", beside: Mapping[str, Vector] = MappingProxyType({})) -> Source:
    """The columns of a frame, and arrays `beside` them, as a source. Columns of texts and categories have levels."""
    table: Any = frame_of(frame)
    native = {str(name): name for name in table.columns}
    if len(native) < len(table.columns):
        raise DataError(f"{label} has columns of the same name: rename one")
    kinds = {name: _kind(table[key]) for name, key in native.items() if name not in beside}
    numeric = tuple(name for name, kind in kinds.items() if kind == "numbers")
    for name, values in beside.items():
        if len(values) != len(table):
            raise DataError(
                f"{label} has {len(table):,} rows and {name} has {len(values):,}: they must be the same rows"
            )

    def column(name: str, codes: Codes) -> Vector:
        if name in beside:
            return np.asarray(beside[name], dtype=np.float64)
        values = table[native[name]]
        return (
            codes_of(_texts(values), codes[name]) if name in codes else numbers(values, f"column {name!r} of {label}")
        )

    def scan(names: Sequence[str], codes: Codes = MappingProxyType({})) -> Iterator[Columns]:
        columns = [column(name, codes) for name in names]
        yield from ([values[rows] for values in columns] for rows in blocks(len(table), PART_ROWS))

    def levels_of(name: str, most: int) -> list[str]:
        there = {text for text in _texts(table[native[name]]) if text is not None}
        return _ordered(table[native[name]], there)[:most]

    other = {name: kind for name, kind in kinds.items() if kind != "numbers"}
    return Source(label, (*numeric, *beside), other, scan, levels_of=levels_of, rows=len(table))


def ordered(frame: Any, column: str, there: set[str]) -> list[str]:
    """The levels that are there of a column of texts, in the order that such a frame has them."""
    return _ordered(frame_of(frame)[column], there)


def features(X: Any, names: Sequence[str], design: Design, unseen: str = "error") -> Matrix | None:
    """The design's columns `names` (m, p) of a frame; None for what is no frame, or one with none of the columns.

    A level that the fit has not seen is an "error", or with `unseen` "null" makes its row nan. Raises DataError.
    """
    if unseen not in ("error", "null"):
        raise UsageError(f'unseen must be "error" or "null": it is {unseen!r}')
    source = _named(X)
    if source is None:
        return None
    if not design.levels and not design.formula and not {*names} & {*source.numeric, *source.other}:
        return None
    try:
        made = replay(source, design, target=False)
        made.refuse(names)
    except DataError as error:
        raise UsageError(f"{error}; the fit has {', '.join(list(names)[:12])}") from None
    parts = [np.column_stack(columns) for columns in made.scan(names)]
    found: Matrix = np.concatenate(parts) if parts else np.empty((0, len(names)))
    if unseen == "error" and np.isnan(found).any():
        _refuse_unseen(source, design, names)
    return found


def _named(X: Any) -> Source | None:
    """What has columns with names, of Dask, Spark or a database too, whose rows come here; None for arrays."""
    from .far import far

    if frame_of(X) is not None:
        return open_frame(X, "X")
    if far(X) not in ("dask", "spark") and not is_table(X):
        return None
    from .select import opened

    return replace(opened(X), label="X")


def _refuse_unseen(source: Source, design: Design, names: Sequence[str]) -> None:
    """DataError for the first level that is missing or not known."""
    used = [name for name in inputs(source, design, names) if name in design.levels]
    known = coded(source, {name: design.levels[name] for name in used})
    for j, name in enumerate(used):
        values = np.concatenate([columns[j] for columns in known.scan(used)])
        if np.isnan(values).any():
            row = int(np.argmax(np.isnan(values)))
            raise DataError(
                f"column {name!r} of X in row {row + 1:,} is missing or has a level that the fit has not seen: "
                'mend it, or use unseen="null"'
            )


def _kind(column: Any) -> str:
    import narwhals as nw

    kind = column.dtype
    if kind.is_numeric() or kind == nw.Boolean:
        return "numbers"
    if kind in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    if kind == nw.Object:
        kinds = {type(value) for value in column.to_list() if value is not None}
        return "text" if kinds <= {str} else "dates" if kinds <= {date, time} else "object"
    return str(kind).lower()


def _ordered(column: Any, there: set[str]) -> list[str]:
    """The levels that are there: those of an enumeration, or of a category of pandas, in its own order."""
    import narwhals as nw

    native = column.to_native()
    fixed = column.dtype != nw.Categorical or hasattr(native, "iloc")
    categories = getattr(getattr(native, "dtype", None), "categories", None) if fixed else None
    return sorted(there) if categories is None else [text for text in map(str, categories) if text in there]


def _texts(column: Any) -> list[str | None]:
    missing = column.is_null().to_list()
    return [
        None if gone or value != value else str(value) for gone, value in zip(missing, column.to_list(), strict=True)
    ]
