"""Files, folders, standard input and queries as a source, read by DuckDB in Arrow record batches."""

from __future__ import annotations

import glob
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..types import DataError, UsageError, Vector
from ..words import listing
from .builtin import BUILT_IN
from .source import Source
from .sql import sql_doubles, sql_name, sql_text, sql_texts
from .sqlite import open_sqlite

if TYPE_CHECKING:
    import duckdb

READERS = {
    "csv": "read_csv", "tsv": "read_csv", "txt": "read_csv",
    "parquet": "read_parquet", "pq": "read_parquet",
    "jsonl": "read_json", "ndjson": "read_json", "json": "read_json",
    "arrow": "arrow", "feather": "arrow", "ipc": "arrow",
}  # fmt: skip
MISSING = ["", "NA", "N/A", "n/a", "null", "NULL", "None"]
BATCH_ROWS = 65_536
NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|REAL|DOUBLE|DECIMAL.*|BOOLEAN|BIGNUM)$")
KINDS = {"VARCHAR": "text", "DATE": "dates", "TIME": "times", "BLOB": "bytes"}


def open_source(data: str | Path = "article", table: str | None = None, sql: str | None = None) -> Source:
    """DATA of the command line as a source.

    A built-in name, a CSV, TSV, Parquet, JSON-lines or Arrow file, a glob or folder of them, `-` for
    CSV on standard input, a DuckDB or SQLite file with `table` or `sql`, or `sql` alone.
    Raises DataError with the path and the mend where it cannot be read.
    """
    name = str(data)
    if table and sql:
        raise UsageError("--table and --sql exclude each other: a query names its own tables")
    if name in BUILT_IN and not (table or sql):
        return BUILT_IN[name]()
    if sql and name in BUILT_IN:
        return _query(_memory(), f"({sql})", "the query")
    if name == "-":
        return replace(_csv([_spooled()], "standard input"), relation="")
    return _path(name, table, sql)


def _path(name: str, table: str | None, sql: str | None) -> Source:
    paths = _files(name)
    magic = _magic(paths[0])
    if magic[:15] == b"SQLite format 3":
        return open_sqlite(paths[0], _relation(paths[0], table, sql), name)
    if magic[8:12] == b"DUCK":
        return _query(_database(paths[0]), _relation(paths[0], table, sql), name, portable=False)
    if table:
        raise UsageError(f"--table is for DuckDB and SQLite files: {name} is neither")
    if sql:
        raise UsageError(f"--sql names its own files (select ... from '{name}'): leave DATA out")
    return _read(paths, name)


def _read(paths: list[str], label: str) -> Source:
    kinds = {_kind(path) for path in paths}
    if len(kinds) > 1:
        raise DataError(f"{label} mixes {listing(sorted(kinds))} files: name one kind with a glob, such as '*.parquet'")
    kind = kinds.pop()
    if all(Path(path).stat().st_size == 0 for path in paths):
        raise DataError(f"{label} is empty: it needs a header and at least two rows")
    if READERS[kind] == "read_csv":
        return _csv(paths, label)
    if READERS[kind] == "arrow":
        return _arrow(paths, label)
    return _query(_memory(), f"{READERS[kind]}({sql_texts(paths)})", label)


def _files(name: str) -> list[str]:
    path = Path(name)
    if path.is_dir():
        found = sorted(str(file) for file in path.rglob("*") if file.is_file() and _suffix(str(file)) in READERS)
        if not found:
            raise DataError(f"folder {name} holds no data file: it is searched for {listing(sorted(READERS), 20)}")
        return found
    if path.exists():
        return [name]
    found = sorted(glob.glob(name, recursive=True))
    if not found:
        sets = listing(sorted(BUILT_IN))
        raise DataError(
            f"there is no file, folder or match for {name!r}: mend the path, or use the built-in set {sets}"
        )
    return found


def _suffix(path: str) -> str:
    return path.removesuffix(".gz").removesuffix(".zst").rpartition(".")[2].lower()


def _kind(path: str) -> str:
    suffix = _suffix(path)
    if suffix not in READERS:
        raise DataError(
            f"{path} is not a kind of file that is read here: rename it to one of {listing(sorted(READERS), 20)}"
        )
    return suffix


def _magic(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(16)
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}") from None


def _spooled() -> str:
    with tempfile.NamedTemporaryFile("wb", suffix=".csv", prefix="leastwise-", delete=False) as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    _at_exit(file.name)
    if Path(file.name).stat().st_size == 0:
        raise DataError("standard input is empty: pipe in CSV with a header and at least two rows")
    return file.name


def _at_exit(path: str) -> None:
    import atexit

    atexit.register(Path(path).unlink, missing_ok=True)


def _csv(paths: list[str], label: str) -> Source:
    connection, options = _memory(), f"nullstr={sql_texts(MISSING)}"
    delimiter, header, columns = _sniff(connection, paths, options, label)
    if len(columns) == 1 and (inside := re.search(r"[,;\t|]", columns[0]["name"])):
        _name_the_ragged_line(connection, paths, columns[0]["name"].split(inside[0]), inside[0], label)
    if delimiter != "," and _texts(columns):
        with_comma = f"{options}, decimal_separator=','"
        found = _sniff(connection, paths, with_comma, label)[2]
        options, columns = (with_comma, found) if _texts(found) < _texts(columns) else (options, columns)
    whole = ", ".join(f"{sql_text(column['name'])}: 'DOUBLE'" for column in columns if NUMBER.match(column["type"]))
    types = f", types={{{whole}}}" if whole else ""
    notes = [f"delimiter: {'tab' if delimiter == chr(9) else repr(delimiter)}"] if delimiter != "," else []
    notes += ["decimal comma"] if "decimal_separator" in options else []
    notes += [] if header else ["no header: columns are called column0, column1, ..."]
    return _query(connection, f"read_csv({sql_texts(paths)}, {options}{types})", label, notes)


def _sniff(connection: duckdb.DuckDBPyConnection, paths: list[str], options: str, label: str) -> Any:
    query = f"select Delimiter, HasHeader, Columns from sniff_csv({sql_text(paths[0])}, {options})"
    return _fetch(connection, query, label)[0]


def _name_the_ragged_line(
    connection: duckdb.DuckDBPyConnection, paths: list[str], header: list[str], delimiter: str, label: str
) -> None:
    """A header that was not split means that some line has other columns: read strictly, so that the error names it."""
    columns = ", ".join(f"{sql_text(name)}: 'VARCHAR'" for name in dict.fromkeys(header))
    strict = f"delim={sql_text(delimiter)}, header=true, auto_detect=false, columns={{{columns}}}"
    _fetch(connection, f"select * from read_csv({sql_texts(paths)}, {strict})", label)


def _texts(columns: list[dict[str, str]]) -> int:
    return sum(column["type"] == "VARCHAR" for column in columns)


def _arrow(paths: list[str], label: str) -> Source:
    import pyarrow
    import pyarrow.dataset

    connection = _memory()
    try:
        connection.register("arrow_rows", pyarrow.dataset.dataset(paths, format="ipc"))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{label} cannot be read as Arrow: {_first_line(error)}") from None
    return _query(connection, "arrow_rows", label, portable=False)


def _memory() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect()


def _database(path: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        return duckdb.connect(path, read_only=True)
    except duckdb.Error as error:
        raise DataError(f"{path} cannot be opened as a DuckDB file: {_first_line(error)}") from None


def _relation(path: str, table: str | None, sql: str | None) -> str:
    if not (table or sql):
        raise UsageError(f"{path} is a database: name a table with --table, or give a query with --sql")
    return f"({sql})" if sql else sql_name(str(table))


def _query(
    connection: duckdb.DuckDBPyConnection, relation: str, label: str, notes: Sequence[str] = (), portable: bool = True
) -> Source:
    described = _fetch(connection, f"describe select * from {relation}", label)
    types = {column: str(kind) for column, kind, *_ in described}
    numeric = tuple(column for column, kind in types.items() if NUMBER.match(kind))
    other = {column: _in_words(kind) for column, kind in types.items() if column not in numeric}

    def scan(names: Sequence[str]) -> Iterator[list[Vector]]:
        return _batches(connection, f"select {sql_doubles(names)} from {relation}", label)

    return Source(label, numeric, other, scan, tuple(notes), relation if portable else "")


def _batches(connection: duckdb.DuckDBPyConnection, query: str, label: str) -> Iterator[list[Vector]]:
    import duckdb
    import pyarrow

    try:
        for batch in connection.sql(query).to_arrow_reader(BATCH_ROWS):
            yield [np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64) for column in batch.columns]
    except (duckdb.Error, pyarrow.ArrowException, OSError) as error:
        raise _unreadable(error, label) from None


def _fetch(connection: duckdb.DuckDBPyConnection, query: str, label: str) -> list[Any]:
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
        return DataError(
            f"line {int(line[1]):,} of {label} holds {value[2]!r} in column {value[1]!r}, where the lines before "
            "hold numbers: mend that line, or leave the column out with -x"
        )
    if line:
        what = re.sub(r"^.*?Original Line:.*?\n", "", text, flags=re.DOTALL)
        return DataError(f"line {int(line[1]):,} of {label} cannot be read as CSV: {_first_line(what)}: mend that line")
    return DataError(f"{label} cannot be read: {_first_line(text)}")


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "no reason was given"


def _in_words(kind: str) -> str:
    return next((word for start, word in KINDS.items() if kind.startswith(start)), kind.lower())
