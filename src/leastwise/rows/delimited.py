"""CSV and its kin: the dialect is sniffed, said, and then held to."""

from __future__ import annotations

import glob
import re
from typing import TYPE_CHECKING, Any

from ..types import DataError
from .query import MISSING, NUMBER, fetch, memory, source_of
from .source import Source
from .sql import sql_name, sql_paths, sql_text, sql_texts

if TYPE_CHECKING:
    import duckdb

FEW = ("", "NA")
"""What a missing number mostly is: every text that is looked for in every cell costs 2% of the time."""
OTHER_FORMATS = {
    b"\x1f\x8b": "gzip", b"PAR1": "Parquet", b"ARROW1": "Arrow", b"PK\x03\x04": "a zip or a spreadsheet",
    b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16",
}  # fmt: skip


def open_csv(paths: list[str], label: str) -> Source:
    """Files of one dialect, which is sniffed: delimiter, quotes, header, decimal comma, types. Raises DataError."""
    for path in paths:
        _is_text(path, label)
    connection, all_of_them = memory(), f"nullstr={sql_texts(MISSING)}"
    options = f"{all_of_them}, skip=0"
    delimiter, quote, escape, header, columns = _sniff(connection, paths, options, label)
    if len(columns) == 1 and (inside := re.search(r"[,;\t|]", columns[0]["name"])):
        _name_the_ragged_line(connection, paths, columns[0]["name"].split(inside[0]), inside[0], label)
    if delimiter != "," and _texts(columns):
        with_comma = f"{options}, decimal_separator=','"
        found = _sniff(connection, paths, with_comma, label)[-1]
        options, columns = (with_comma, found) if _texts(found) < _texts(columns) else (options, columns)
    notes = [f"delimiter: {'tab' if delimiter == chr(9) else repr(delimiter)}"] if delimiter != "," else []
    notes += ["decimal comma"] if "decimal_separator" in options else []
    notes += [] if header else ["no header: columns are called column0, column1, ..."]
    dialect = {"delim": delimiter, "quote": _given(quote, '"'), "escape": _given(escape, '"')}
    as_it_is = f"read_csv({sql_paths(paths)}, {options})"
    read = f"read_csv({sql_paths(paths)}, {options}{_typed(columns, dialect, header, len(paths) == 1)})"
    quick = read.replace(all_of_them, f"nullstr={sql_texts(FEW)}", 1)
    typed, soon = (_truths(text, columns) for text in (read, quick))
    whole = {column["name"] for column in columns if "INT" in column["type"]}
    return source_of(connection, typed, label, notes, as_it_is=as_it_is, quick=soon, whole=whole)


def _typed(columns: list[dict[str, str]], dialect: dict[str, str], header: bool, alone: bool) -> str:
    """Options by which numbers are read as doubles, since whole ones may turn to decimals further down.

    A file alone whose columns need no format is read by what was found out, and not sniffed again.
    """
    types = {column["name"]: column["type"] for column in columns}
    doubles = {name: "DOUBLE" for name, kind in types.items() if NUMBER.match(kind) and kind != "BOOLEAN"}
    if not alone or not all(kind in ("BOOLEAN", "VARCHAR") or name in doubles for name, kind in types.items()):
        return f", types={_struct(doubles)}" if doubles else ""
    found = ", ".join(f"{option}={sql_text(value)}" for option, value in dialect.items())
    return f", auto_detect=false, {found}, header={str(header).lower()}, columns={_struct(types | doubles)}"


def _struct(types: dict[str, str]) -> str:
    return f"{{{', '.join(f'{sql_text(name)}: {sql_text(kind)}' for name, kind in types.items())}}}"


def _truths(read: str, columns: list[dict[str, str]]) -> str:
    """The read with truths as 1 and 0."""
    names = [sql_name(column["name"]) for column in columns if column["type"] == "BOOLEAN"]
    replaced = ", ".join(f"case when {name} then 1 when not {name} then 0 end as {name}" for name in names)
    return f"(select * replace ({replaced}) from {read})" if names else read


def _given(found: str, otherwise: str) -> str:
    return otherwise if found == "(empty)" else found


def _is_text(path: str, label: str) -> None:
    """CSV is UTF-8 text, or that in gzip or zstd by its suffix; anything else is named."""
    if path.endswith((".gz", ".zst")):
        return
    with open(path, "rb") as file:
        start = file.read(1 << 16)
    found = next((what for magic, what in OTHER_FORMATS.items() if start.startswith(magic)), None)
    if found:
        raise DataError(f"{label} is {found}, not CSV in UTF-8: convert it, or give it its own suffix")
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:
            line = start[: error.start].count(b"\n") + 1
            raise DataError(f"line {line} of {label} is not UTF-8: save the file as UTF-8") from None


def _sniff(connection: duckdb.DuckDBPyConnection, paths: list[str], options: str, label: str) -> Any:
    found = "Delimiter, Quote, Escape, HasHeader, Columns"
    query = f"select {found} from sniff_csv({sql_text(glob.escape(paths[0]))}, {options})"
    return fetch(connection, query, label)[0]


def _name_the_ragged_line(
    connection: duckdb.DuckDBPyConnection, paths: list[str], header: list[str], delimiter: str, label: str
) -> None:
    """A header that was not split means that some line has other columns: read strictly, so that the error names it."""
    columns = ", ".join(f"{sql_text(name)}: 'VARCHAR'" for name in dict.fromkeys(header))
    strict = f"delim={sql_text(delimiter)}, header=true, auto_detect=false, columns={{{columns}}}"
    fetch(connection, f"select * from read_csv({sql_paths(paths)}, {strict})", label)


def _texts(columns: list[dict[str, str]]) -> int:
    return sum(column["type"] == "VARCHAR" for column in columns)
