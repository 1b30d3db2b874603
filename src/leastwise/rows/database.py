"""Tables of databases, through Ibis, as sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..types import DataError, UsageError, Vector
from ..words import listing
from .address import asked, connect, opening
from .arrow import BATCH_ROWS, numbers_of
from .postgres import NOTHING, copied
from .query import source_of
from .source import Codes, Source
from .sqlite import sqlite_source

KINDS = {"String": "text", "Date": "dates", "Time": "times", "Binary": "bytes"}


def open_database(address: str, table: str | None, sql: str | None) -> Source:
    """A `table`, which its schema may precede, or a query of the database at `address`, as a source.

    Raises UsageError, DataError, or EngineError where the server cannot be reached.
    """
    if "" in (address, table, sql):
        raise UsageError("the url, --table and --sql must not be empty")
    if bool(table) == bool(sql):
        raise UsageError("of a database, name a table with --table or give a query with --sql, and not both")
    connection, where = connect(address)
    with opening(where):
        if sql:
            try:
                return open_table(_queried(connection, sql.strip().rstrip("; \n\t")), f"the query on {where}")
            except AttributeError:
                raise DataError(f"the query on {where} is no single select: write select ... from ...") from None
        return open_table(_named(connection, str(table), where), f"{table} in {where}")


def open_table(table: Any, label: str = "the Ibis table") -> Source:
    """An Ibis table as a source: its rows as they are streamed, and `table` itself for who can ask it for sums.

    DuckDB and SQLite are read as their files are; PostgreSQL by COPY; any other backend by Ibis in Arrow batches.
    """
    import ibis

    with opening(label):
        backend = ibis.get_backend(table)
        table.limit(0).to_pyarrow()
        query = f"({ibis.to_sql(table)})"
        if backend.name == "duckdb":
            source = source_of(backend.con, query, label, portable=False)
        elif backend.name == "sqlite":
            source = sqlite_source(backend.con.execute, query, label)
        else:
            source = _streamed(table, backend, label)
        return replace(source, table=table)


def engine_of(table: Any) -> str:
    """What a table's database is called."""
    name = str(table.get_backend().name)
    return {"postgres": "PostgreSQL", "duckdb": "DuckDB", "sqlite": "SQLite"}.get(name, name)


def as_double(column: Any) -> Any:
    """A column of numbers or truth values as doubles."""
    return (column.cast("int32") if column.type().is_boolean() else column).cast("float64")


def _named(connection: Any, table: str, where: str) -> Any:
    from ibis.common.exceptions import TableNotFound

    schema, _, name = table.rpartition(".")
    for words in ((table, None), *([(name, schema)] if schema else [])):
        try:
            return connection.table(words[0], database=words[1])
        except TableNotFound:
            continue
    there = listing(sorted(_tables(connection)), 12) or "no table at all"
    raise DataError(f"{where} has no table {table!r}: it has {there}")


def _tables(connection: Any) -> list[str]:
    if connection.name == "duckdb":
        return [name for (name,) in connection.con.sql("show tables").fetchall()]
    return [str(name) for name in connection.list_tables()]


def _queried(connection: Any, query: str) -> Any:
    """A query, its types found without making anything, so that replicas and read-only files can be asked."""
    if connection.name == "sqlite":
        return connection.sql(query)
    described = _described_by_postgres if connection.name == "postgres" else _described_by_duckdb
    fields, mapper = described(connection, query), connection.compiler.type_mapper
    if len({name for name, _ in fields}) < len(fields):
        raise DataError("the query has columns of the same name: rename one with as")
    return connection.sql(query, schema={name: mapper.from_string(kind) for name, kind in fields})


def _described_by_duckdb(connection: Any, query: str) -> list[tuple[str, str]]:
    rows = connection.con.sql(f"describe {query}").fetchall()
    return [(name, kind) for name, kind, *_ in rows]


def _described_by_postgres(connection: Any, query: str) -> list[tuple[str, str]]:
    with connection.con.cursor() as cursor:
        columns = cursor.execute(f"select * from (\n{query}\n) as q limit 0").description
    types = connection.con.adapters.types
    return [(column.name, getattr(types.get(column.type_code), "name", "text")) for column in columns]


def _streamed(table: Any, backend: Any, label: str) -> Source:
    types = dict(table.schema().items())
    numeric = tuple(name for name, kind in types.items() if kind.is_numeric() or kind.is_boolean())
    other = {name: _in_words(kind) for name, kind in types.items() if name not in numeric}

    def scan(names: Sequence[str], codes: Codes = MappingProxyType({})) -> Iterator[list[Vector]]:
        if backend.name == "postgres" and not any(name in codes for name in names):
            whole = [types[name].is_int64() for name in names]
            chosen = [_present(table[name]).name(f"c{j}") for j, name in enumerate(names)]
            with asked(label):
                query = str(backend.compile(table.select(chosen)))
            yield from copied(backend.con, query, names, whole, label)
            return
        chosen = [_column(table[name], name in codes).name(f"c{j}") for j, name in enumerate(names)]
        for batch in _batches(table.select(chosen), label):
            yield numbers_of(batch, {name: codes.get(name) for name in names}, label)

    def levels_of(column: str, most: int) -> list[str]:
        texts = table.select(level=table[column].cast("string")).distinct().drop_null().limit(most)
        with asked(label):
            return sorted(texts.to_pyarrow()["level"].to_pylist())

    def tables() -> Iterator[Any]:
        import pyarrow

        yield from (pyarrow.table(batch) for batch in _batches(table, label))

    return Source(label, numeric, other, scan, levels_of=levels_of, tables=tables)


def _batches(table: Any, label: str) -> Iterator[Any]:
    with asked(label):
        yield from table.to_pyarrow_batches(chunk_size=BATCH_ROWS)


def _column(column: Any, text: bool) -> Any:
    """A column as texts or as doubles; integers of 64 bits as they are, since a double may not hold them."""
    return column.cast("string") if text else column if column.type().is_int64() else as_double(column)


def _present(column: Any) -> Any:
    """The same for COPY, in which nothing may be missing."""
    import ibis

    if column.type().is_int64():
        return column.fill_null(NOTHING)
    return as_double(column).fill_null(ibis.literal(float("nan"), "float64"))


def _in_words(kind: Any) -> str:
    return KINDS.get(type(kind).__name__, str(kind).lower())
