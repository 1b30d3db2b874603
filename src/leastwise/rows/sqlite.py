"""Tables of a SQLite file, through Python's own sqlite3, handed to DuckDB as an Arrow stream."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..types import DataError

if TYPE_CHECKING:
    import duckdb

BATCH_ROWS = 65_536


def open_sqlite(path: str, relation: str) -> Callable[[], tuple[duckdb.DuckDBPyConnection, str]]:
    """A function that starts a fresh pass over `relation` (a quoted table or a query in brackets).

    A column counts as numbers when its first 65,536 values are; a later text in it is an error.
    """

    def attach() -> tuple[duckdb.DuckDBPyConnection, str]:
        import duckdb
        import pyarrow

        names, batches = _rows(path, relation)
        first = next(batches, [])
        schema = pyarrow.schema([(name, _kind([row[j] for row in first])) for j, name in enumerate(names)])
        reader = pyarrow.RecordBatchReader.from_batches(schema, _arrow(schema, first, batches, path))
        connection = duckdb.connect()
        connection.register("sqlite_rows", reader)
        return connection, "sqlite_rows"

    return attach


def _rows(path: str, relation: str) -> tuple[list[str], Iterator[list[tuple[Any, ...]]]]:
    try:
        cursor = sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute(f"select * from {relation}")
    except sqlite3.Error as error:
        raise DataError(f"{path} cannot be read as SQLite: {error}") from None
    return [column[0] for column in cursor.description], iter(lambda: cursor.fetchmany(BATCH_ROWS), [])


def _kind(values: list[Any]) -> Any:
    import pyarrow

    numbers = all(value is None or isinstance(value, int | float) for value in values)
    return pyarrow.float64() if numbers else pyarrow.string()


def _arrow(schema: Any, first: list[Any], rest: Iterator[list[Any]], path: str) -> Iterator[Any]:
    import pyarrow

    for rows in (batch for batches in ([first], rest) for batch in batches if batch):
        columns = [
            pyarrow.array([_cell(row[j], field, path) for row in rows], type=field.type)
            for j, field in enumerate(schema)
        ]
        yield pyarrow.record_batch(columns, schema=schema)


def _cell(value: Any, field: Any, path: str) -> Any:
    if field.type == "string":
        return None if value is None else str(value)
    if isinstance(value, str | bytes):
        raise DataError(f"column {field.name!r} of {path} holds {value!r} among its numbers: mend that row")
    return None if value is None else float(value)
