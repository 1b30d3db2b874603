"""Tables of a SQLite file, through Python's own sqlite3."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..types import DataError, Vector
from .source import Source
from .sql import sql_name

BATCH_ROWS = 65_536


def open_sqlite(path: str, relation: str, label: str) -> Source:
    """`relation` (a quoted table, or a query in brackets) as a source.

    A column counts as numbers when its first 65,536 values are; a text further down is an error.
    """
    names, batches = _rows(path, f"select * from {relation}")
    first = next(batches, [])
    numeric = tuple(name for j, name in enumerate(names) if all(_is_number(row[j]) for row in first))

    def scan(wanted: Sequence[str]) -> Iterator[list[Vector]]:
        _, batches = _rows(path, f"select {', '.join(map(sql_name, wanted))} from {relation}")
        for rows in batches:
            yield [_column([row[j] for row in rows], name, label) for j, name in enumerate(wanted)]

    return Source(label, numeric, {name: "text" for name in names if name not in numeric}, scan)


def _rows(path: str, query: str) -> tuple[list[str], Iterator[list[tuple[Any, ...]]]]:
    try:
        cursor = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True).execute(query)
    except sqlite3.Error as error:
        raise DataError(f"{path} cannot be read as SQLite: {error}") from None
    return [column[0] for column in cursor.description], iter(lambda: cursor.fetchmany(BATCH_ROWS), [])


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, int | float)


def _column(values: list[Any], name: str, label: str) -> Vector:
    wrong = next((value for value in values if not _is_number(value)), None)
    if wrong is not None:
        raise DataError(f"column {name!r} of {label} holds {wrong!r} among its numbers: mend that row")
    return np.array(values, dtype=np.float64)
