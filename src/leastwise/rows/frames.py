"""Frames of pandas, polars, pyarrow and their kin, read through narwhals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ..types import DataError, Matrix, UsageError, Vector
from ..words import level
from .chunk import PART_ROWS, blocks
from .design import replay
from .native import coded, frame_of, numbers
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
        return coded(_texts(values), codes[name]) if name in codes else numbers(values, f"column {name!r} of {label}")

    def scan(names: Sequence[str], codes: Codes = MappingProxyType({})) -> Iterator[Columns]:
        columns = [column(name, codes) for name in names]
        yield from ([values[rows] for values in columns] for rows in blocks(len(table), PART_ROWS))

    def levels_of(name: str, most: int) -> list[str]:
        return sorted({text for text in _texts(table[native[name]]) if text is not None})[:most]

    other = {name: kind for name, kind in kinds.items() if kind != "numbers"}
    return Source(label, (*numeric, *beside), other, scan, levels_of=levels_of, rows=len(table))


def features(X: Any, names: Sequence[str], design: Design, unseen: str = "error") -> Matrix | None:
    """The design's columns `names` (m, p) of a frame; None for what is no frame, or one with none of the columns.

    A level that the fit has not seen is an "error", or with `unseen` "null" makes its row nan. Raises DataError.
    """
    if frame_of(X) is None:
        return None
    source = open_frame(X, "X")
    if not design.levels and not design.formula and not {*names} & {*source.numeric, *source.other}:
        return None
    try:
        made = replay(source, design, target=False)
        made.refuse(names)
    except DataError as error:
        raise UsageError(f"{error}; the fit has {', '.join(list(names)[:12])}") from None
    parts = [np.column_stack(columns) for columns in made.scan(names)]
    found: Matrix = np.concatenate(parts) if parts else np.empty((0, len(names)))
    levels = [j for j, name in enumerate(names) if name in made.origin]
    bad = np.isnan(found[:, levels]).any(axis=1)
    if bad.any() and unseen == "error":
        column = made.origin[names[levels[int(np.argmax(np.isnan(found[np.argmax(bad), levels])))]]]
        row = int(np.argmax(bad))
        value = frame_of(X)[column].to_list()[row]
        gone = value is None or value != value
        what = "is missing" if gone else f"has the level {level(value)}, which the fit has not seen"
        raise DataError(f'column {column!r} of X in row {row + 1:,} {what}: mend it, or use unseen="null"')
    return found


def _kind(column: Any) -> str:
    import narwhals as nw

    kind = column.dtype
    if kind.is_numeric() or kind == nw.Boolean:
        return "numbers"
    if kind in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    if kind == nw.Object and all(isinstance(value, str) or value is None for value in column.to_list()):
        return "text"
    return str(kind).lower()


def _texts(column: Any) -> list[str | None]:
    return [None if value is None or value != value else str(value) for value in column.to_list()]
