"""Files, folders, standard input and queries as a source, read by DuckDB in Arrow record batches."""

from __future__ import annotations

import glob
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..types import DataError, UsageError
from ..words import listing
from .address import embedded, is_address
from .builtin import BUILT_IN, IN_WORDS
from .delimited import open_csv
from .parquet import pieces, plan, row_count
from .query import first_line, memory, source_of
from .source import Source
from .sql import sql_name, sql_paths
from .sqlite import open_sqlite

if TYPE_CHECKING:
    import duckdb

READERS = {
    "csv": "read_csv", "tsv": "read_csv", "txt": "read_csv",
    "parquet": "read_parquet", "pq": "read_parquet",
    "jsonl": "read_json", "ndjson": "read_json", "json": "read_json",
    "arrow": "arrow", "feather": "arrow", "ipc": "arrow",
}  # fmt: skip
NEWLINE = "\n"


@dataclass(frozen=True, slots=True)
class FilePiece:
    """A whole file of a kind that cannot be cut."""

    path: str
    rows: int = 0

    def open(self) -> Source:
        """The file as a source, on any machine that sees it."""
        return open_source(self.path)


def open_source(data: str | Path = "article", table: str | None = None, sql: str | None = None) -> Source:
    """DATA of the command line as a source.

    A built-in name, a CSV, TSV, Parquet, JSON-lines or Arrow file, a glob or folder of them, `-` for
    CSV on standard input, a DuckDB or SQLite file or the url of a database with `table` or `sql`, or `sql` alone.
    Raises DataError with the path and the mend where it cannot be read.
    """
    name = str(data)
    _unambiguous(name, table, sql)
    if is_address(name):
        from .database import open_database

        return open_database(name, table, sql)
    if name in BUILT_IN and not sql:
        return _built_in(name)
    if sql and name in BUILT_IN:
        return source_of(memory(), _relation(name, None, sql), "the query")
    if name == "-":
        return replace(open_csv([_spooled()], "standard input"), relation="")
    return _path(name, table, sql)


def _unambiguous(name: str, table: str | None, sql: str | None) -> None:
    if table and sql:
        raise UsageError("--table and --sql exclude each other: a query names its own tables")
    if "" in (name, table, sql):
        raise UsageError("DATA, --table and --sql must not be empty")
    if table and (name in BUILT_IN or name == "-"):
        raise UsageError("--table is for DuckDB and SQLite files: name the file as DATA")
    if sql and name == "-":
        raise UsageError("--sql cannot query standard input: save it to a file, and select from that")
    if sql and name in BUILT_IN and name != "article":
        raise UsageError(f"--sql names its own tables, and {name} is none: leave DATA out")


def _built_in(name: str) -> Source:
    source = BUILT_IN[name]()
    if not Path(name).exists():
        return source
    return replace(source, notes=(*source.notes, f"the built-in set: what lies here as {name} is read as ./{name}"))


def _path(name: str, table: str | None, sql: str | None) -> Source:
    paths = _files(name)
    kind = embedded(paths[0])
    if kind == "sqlite":
        return open_sqlite(paths[0], _relation(paths[0], table, sql), name)
    if kind == "duckdb":
        return source_of(_database(paths[0]), _relation(paths[0], table, sql), name, portable=False)
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
    hollow = [path for path in paths if not Path(path).stat().st_size]
    if hollow and len(hollow) < len(paths) and READERS[kind] == "read_parquet":
        raise DataError(f"{hollow[0]} is empty, as a write that was cut off leaves it: write it again, or remove it")
    paths = [path for path in paths if path not in hollow]
    if not paths:
        raise DataError(f"{label} is empty: it needs a header and at least two rows")
    if READERS[kind] == "read_parquet":
        source = source_of(memory(), f"read_parquet({sql_paths(paths)})", label)
        return replace(source, plan=partial(plan, paths), rows=row_count(paths), pieces=partial(pieces, paths))
    if READERS[kind] == "read_csv":
        source = open_csv(paths, label)
    elif READERS[kind] == "arrow":
        source = _arrow(paths, label)
    else:
        source = source_of(memory(), f"{READERS[kind]}({sql_paths(paths)})", label)
    return replace(source, pieces=lambda: [FilePiece(path) for path in paths])


def _files(name: str) -> list[str]:
    try:
        if Path(name).is_dir():
            return _folder(Path(name))
        if Path(name).exists():
            return [name]
    except OSError as error:
        raise DataError(f"{name[:60]}... cannot be opened: {error.strerror}") from None
    found = sorted(path for path in glob.glob(name, recursive=True) if Path(path).is_file())
    if not found:
        raise DataError(
            f"there is no file, folder or match for {name!r}: mend the path, or use a built-in set: {IN_WORDS}"
        )
    return found


def _folder(folder: Path) -> list[str]:
    inside = (file for file in folder.rglob("*") if file.is_file() and _suffix(str(file)) in READERS)
    shown = [file for file in inside if not any(part[0] in "._" for part in file.relative_to(folder).parts)]
    if not shown:
        raise DataError(f"folder {folder} holds no data file: it is searched for {listing(sorted(READERS), 20)}")
    return sorted(map(str, shown))


def _suffix(path: str) -> str:
    return path.removesuffix(".gz").removesuffix(".zst").rpartition(".")[2].lower()


def _kind(path: str) -> str:
    suffix = _suffix(path)
    if suffix not in READERS:
        raise DataError(
            f"{path} is not a kind of file that is read here: rename it to one of {listing(sorted(READERS), 20)}"
        )
    return suffix


def _spooled() -> str:
    if sys.stdin is None:
        raise DataError("standard input is closed: pipe in CSV with a header and at least two rows")
    with tempfile.NamedTemporaryFile("wb", suffix=".csv", prefix="leastwise-", delete=False) as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    _at_exit(file.name)
    if Path(file.name).stat().st_size == 0:
        raise DataError("standard input is empty: pipe in CSV with a header and at least two rows")
    return file.name


def _at_exit(path: str) -> None:
    import atexit

    atexit.register(Path(path).unlink, missing_ok=True)


def _arrow(paths: list[str], label: str) -> Source:
    import duckdb
    import pyarrow
    import pyarrow.dataset

    connection = memory()
    try:
        connection.register("arrow_rows", pyarrow.dataset.dataset(paths, format="ipc"))
    except (pyarrow.ArrowException, OSError, duckdb.Error) as error:
        raise DataError(f"{label} cannot be read as Arrow: {first_line(error)}") from None
    return source_of(connection, "arrow_rows", label, portable=False)


def _database(path: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        return duckdb.connect(path, read_only=True)
    except duckdb.Error as error:
        raise DataError(f"{path} cannot be opened as a DuckDB file: {first_line(error)}") from None


def _relation(path: str, table: str | None, sql: str | None) -> str:
    if not (table or sql):
        raise UsageError(f"{path} is a database: name a table with --table, or give a query with --sql")
    return f"({NEWLINE}{sql.strip().rstrip(';')}{NEWLINE})" if sql else sql_name(str(table))
