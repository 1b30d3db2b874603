"""What DuckDB can select from, as a source: types first, then Arrow record batches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..types import DataError, Vector
from .arrow import BATCH_ROWS, numbers_of
from .native import exact
from .source import Codes, Source
from .sql import sql_name

if TYPE_CHECKING:
    import duckdb

NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|REAL|DOUBLE|DECIMAL.*|BOOLEAN|BIGNUM)$")
HUGE = re.compile(r"U?HUGEINT|DECIMAL\((1[6-9]|[23]\d),0\)")
"""Whole numbers that a double may not hold, though not of 64 bits."""
KINDS = {"VARCHAR": "text", "ENUM": "text", "DATE": "dates", "TIME": "times", "BLOB": "bytes"}
MIXED_ROWS = 20_000
MISSING = ("", "NA", "N/A", "n/a", "null", "NULL", "None")


class MissingTextError(DataError):
    """A text that means a missing number stands where it was not expected."""


def memory() -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own, in memory, that reads a little ahead of who takes the rows."""
    import duckdb

    return duckdb.connect().execute("set streaming_buffer_size = '64MB'")


def source_of(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    label: str,
    notes: Sequence[str] = (),
    portable: bool = True,
    as_it_is: str = "",
    quick: str = "",
    whole: Collection[str] = (),
) -> Source:
    """What DuckDB can select from as a source; `portable` where any DuckDB can. Raises DataError.

    `as_it_is` is the same rows with the types that were found out, where `relation` has changed them; `quick` knows
    fewer texts that mean a missing number, and is read as far as the first of another kind; columns that are `whole`
    numbers, though `relation` has them as doubles, are refused where a double may have rounded them.
    """
    reads = [*([quick] if quick else []), relation]
    described = fetch(connection, f"describe select * from {relation}", label)
    types = {column: str(kind) for column, kind, *_ in described}
    numeric = tuple(column for column, kind in types.items() if NUMBER.match(kind))
    other = {column: _in_words(kind) for column, kind in types.items() if column not in numeric}
    rounded = {*whole, *(column for column, kind in types.items() if HUGE.match(kind))}

    def scan(names: Sequence[str], codes: Codes = MappingProxyType({})) -> Iterator[list[Vector]]:
        chosen = ", ".join(_expression(name, types[name], name in codes) for name in names)
        known, done = {name: codes.get(name) for name in names}, 0
        for read in list(reads):
            try:
                for columns in _beyond(done, _batches(connection, f"select {chosen} from {read}", label, known)):
                    done += len(columns[0])
                    for name, values in zip(names, columns, strict=True):
                        if name in rounded and name not in codes:
                            exact(values, name, label)
                    yield columns
                return
            except MissingTextError:
                if read == reads[-1]:
                    raise
                reads.remove(read)

    def levels_of(column: str, most: int) -> list[str]:
        name = f"cast({sql_name(column)} as varchar)"
        query = f"select distinct {name} from {relation} where {name} is not null order by 1 limit {most}"
        return [value for (value,) in fetch(connection, query, label)]

    def tables() -> Iterator[Any]:
        import pyarrow

        yield from (
            pyarrow.table(batch) for batch in _arrow(connection, f"select * from {as_it_is or relation}", label)
        )

    if not numeric and not fetch(connection, f"select 1 from {relation} limit 1", label):
        raise DataError(f"{label} has no rows: it needs at least two")
    mixed = _mixed(connection, relation, [name for name, kind in types.items() if kind == "VARCHAR"], label)
    more = (tuple(notes), relation if portable else "", mixed, levels_of, tables)
    return Source(label, numeric, other, scan, *more)


def _mixed(connection: duckdb.DuckDBPyConnection, relation: str, texts: list[str], label: str) -> dict[str, str]:
    """Columns of text most of whose first 20,000 values are numbers, each with the first that is not."""
    if not texts:
        return {}
    parts = ", ".join(
        f"count(try_cast({name} as double)), count({name}), first({name}) filter (try_cast({name} as double) is null)"
        for name in map(sql_name, texts)
    )
    (found,) = fetch(connection, f"select {parts} from (select * from {relation} limit {MIXED_ROWS})", label)
    triples = zip(texts, found[::3], found[1::3], found[2::3], strict=True)
    return {name: wrong for name, numbers, values, wrong in triples if wrong is not None and 2 * numbers > values}


def _batches(
    connection: duckdb.DuckDBPyConnection, query: str, label: str, codes: dict[str, dict[str, float] | None]
) -> Iterator[list[Vector]]:
    yield from (numbers_of(batch, codes, label) for batch in _arrow(connection, query, label))


def _expression(name: str, kind: str, text: bool) -> str:
    """A column as texts or as doubles; whole numbers of 64 bits as they are, since a double may not hold them."""
    if kind in ("BIGINT", "UBIGINT") and not text:
        return sql_name(name)
    return f"cast({sql_name(name)} as {'varchar' if text else 'double'})"


def _beyond(rows: int, batches: Iterator[list[Vector]]) -> Iterator[list[Vector]]:
    """The batches without so many rows at the beginning."""
    for columns in batches:
        if rows < len(columns[0]):
            yield [column[rows:] for column in columns] if rows else columns
        rows = max(rows - len(columns[0]), 0)


def _arrow(connection: duckdb.DuckDBPyConnection, query: str, label: str) -> Iterator[Any]:
    import duckdb
    import pyarrow

    try:
        yield from connection.sql(query).to_arrow_reader(BATCH_ROWS)
    except (duckdb.Error, pyarrow.ArrowException, OSError) as error:
        raise _unreadable(error, label) from None


def fetch(connection: duckdb.DuckDBPyConnection, query: str, label: str) -> list[Any]:
    """All rows of a small query. Raises DataError."""
    import duckdb

    try:
        return connection.sql(query).fetchall()
    except duckdb.Error as error:
        raise _unreadable(error, label) from None


def _unreadable(error: Exception, label: str) -> DataError:
    text = str(error)
    line = re.search(r"Line: (\d+)", text)
    value = re.search(r'converting column "(.*?)"\. Could not convert string "(.*?)"', text)
    if line and value:
        kind = MissingTextError if value[2] in MISSING else DataError
        return kind(
            f"line {int(line[1]):,} of {label} holds {value[2]!r} in column {value[1]!r}, where the lines before "
            "hold numbers: mend that line, or leave the column out with -x"
        )
    if line and "Original Line" in text:
        what = re.sub(r"^.*?Original Line:.*?\n", "", text, flags=re.DOTALL)
        return DataError(f"line {int(line[1]):,} of {label} cannot be read as CSV: {first_line(what)}: mend that line")
    many = "; every file must have the same columns of the same types" if "*" in label or Path(label).is_dir() else ""
    return DataError(f"{label} cannot be read: {first_line(text)}{many}")


def first_line(error: object) -> str:
    """The first line of a message, without its full stop."""
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "no reason was given"


def _in_words(kind: str) -> str:
    return next((word for start, word in KINDS.items() if kind.startswith(start)), kind.lower())
