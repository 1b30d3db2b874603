"""Tables of a SQLite file, through Python's own sqlite3."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ..types import DataError, Vector
from .native import LONGEST, coded, too_long
from .source import Codes, Source
from .sql import sql_name

BATCH_ROWS = 65_536


Execute = Callable[[str], sqlite3.Cursor]


def open_sqlite(path: str, relation: str, label: str) -> Source:
    """`relation` (a quoted table, or a query in brackets) of a file as a source."""

    def execute(query: str) -> sqlite3.Cursor:
        return sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True).execute(query)

    return sqlite_source(execute, relation, label)


def sqlite_source(execute: Execute, relation: str, label: str) -> Source:
    """`relation` as a source, by whatever executes its queries.

    A column counts as numbers when its first 65,536 values are; a text further down is an error.
    """
    names, batches = _rows(execute, label, f"select * from {relation}")
    first = next(batches, [])
    numeric = tuple(name for j, name in enumerate(names) if all(_is_number(row[j]) for row in first))

    def scan(wanted: Sequence[str], codes: Codes = MappingProxyType({})) -> Iterator[list[Vector]]:
        _, batches = _rows(execute, label, f"select {', '.join(map(sql_name, wanted))} from {relation}")
        for rows in batches:
            yield [
                coded([row[j] for row in rows], codes[name])
                if name in codes
                else _column([row[j] for row in rows], name, label)
                for j, name in enumerate(wanted)
            ]

    def levels_of(column: str, most: int) -> list[str]:
        name = sql_name(column)
        query = f"select distinct {name} from {relation} where {name} is not null order by 1 limit {most}"
        return list(dict.fromkeys(str(value) for rows in _rows(execute, label, query)[1] for (value,) in rows))

    def tables() -> Iterator[Any]:
        import pyarrow

        for rows in _rows(execute, label, f"select * from {relation}")[1]:
            columns = zip(names, zip(*rows, strict=True), strict=True)
            yield pyarrow.table({n: _as_it_is(v) if n in numeric else _texts(v) for n, v in columns})

    other = {name: "text" for name in names if name not in numeric}
    return Source(label, numeric, other, scan, levels_of=levels_of, tables=tables)


def _as_it_is(values: Sequence[Any]) -> Any:
    import pyarrow

    if not all(_is_number(value) for value in values):
        return _texts(values)
    exact = any(isinstance(value, int) and abs(value) > LONGEST for value in values)
    return pyarrow.array(values, pyarrow.int64() if exact else pyarrow.float64())


def _texts(values: Sequence[Any]) -> Any:
    import pyarrow

    return pyarrow.array([None if value is None else str(value) for value in values], pyarrow.string())


def _rows(execute: Execute, label: str, query: str) -> tuple[list[str], Iterator[list[tuple[Any, ...]]]]:
    try:
        cursor = execute(query)
    except sqlite3.Error as error:
        raise DataError(f"{label} cannot be read as SQLite: {error}") from None
    return [column[0] for column in cursor.description], iter(lambda: cursor.fetchmany(BATCH_ROWS), [])


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, int | float)


def _column(values: Sequence[Any], name: str, label: str) -> Vector:
    wrong = next((value for value in values if not _is_number(value)), None)
    if wrong is not None:
        raise DataError(f"column {name!r} of {label} holds {wrong!r} among its numbers: mend that row")
    if any(isinstance(value, int) and abs(value) > LONGEST for value in values):
        raise DataError(too_long(f"column {name!r} of {label}"))
    return np.array(values, dtype=np.float64)
