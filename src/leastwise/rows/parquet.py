"""Parquet files in pieces: runs of row groups that threads, processes or machines can read side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from ..types import DataError
from .arrow import BATCH_ROWS, coded, doubles
from .source import Codes, Columns, Source

PIECE_ROWS = 2**17
MOST_PIECES = 4096


@dataclass(frozen=True, slots=True)
class ParquetPiece:
    """Row groups `first` to `last` of a file, `rows` in all, with `before` rows in front of them."""

    path: str
    first: int
    last: int
    rows: int
    before: int

    def open(self) -> Source:
        """The piece as a source, on any machine that sees the file. Raises DataError where the file has changed."""
        footer = _footer(self.path)
        counts = [footer.row_group(k).num_rows for k in range(footer.num_row_groups)]
        if (sum(counts[self.first : self.last + 1]), sum(counts[: self.first])) != (self.rows, self.before):
            raise DataError(f"{self.path} has changed since its rows were counted: run it again")

        def scan(names: Sequence[str], codes: Codes = MappingProxyType({})) -> Iterator[Columns]:
            return self.columns(footer, names, codes)

        def tables() -> Iterator[Any]:
            import pyarrow

            return (pyarrow.table(batch) for batch in self._batches(footer, None))

        other = _other(footer)
        numeric = tuple(name for name in footer.schema.to_arrow_schema().names if name not in other)
        return Source(self.path, numeric, other, scan, tables=tables, rows=self.rows, before=self.before)

    def columns(self, footer: Any, names: Sequence[str], codes: Codes = MappingProxyType({})) -> Iterator[Columns]:
        """One float64 array (m,) a name, batch after batch. Raises DataError."""
        for batch in self._batches(footer, list(names)):
            at = {name: batch.column(name) for name in names}
            yield [
                coded(at[name], codes[name]) if name in codes else doubles(at[name], name, self.path) for name in names
            ]

    def _batches(self, footer: Any, names: list[str] | None) -> Iterator[Any]:
        from pyarrow.parquet import ParquetFile

        groups = range(self.first, self.last + 1)
        with _read(self.path), ParquetFile(self.path, metadata=footer, memory_map=True) as file:
            yield from file.iter_batches(BATCH_ROWS, groups, names, use_threads=False)


def pieces(paths: Sequence[str]) -> list[ParquetPiece]:
    """Files as runs of row groups of about 131,072 rows, or of more where those would be over 4,096 pieces.

    The cut depends on the files alone, and so do the bits of what is added up over it. Raises DataError.
    """
    return _pieces({path: _footer(path) for path in paths})


def plan(paths: Sequence[str], names: Sequence[str]) -> list[Callable[[], Iterator[Columns]]] | None:
    """One part a piece, in order; None where a column is not a plain number in every file."""
    try:
        footers = {path: _footer(path) for path in paths}
    except DataError:
        return None
    if not all(_plain(footer, names) for footer in footers.values()):
        return None
    return [partial(piece.columns, footers[piece.path], tuple(names)) for piece in _pieces(footers)]


def row_count(paths: Sequence[str]) -> int:
    """How many rows the footers count."""
    from pyarrow.parquet import read_metadata

    return sum(read_metadata(path).num_rows for path in paths)


def _pieces(footers: dict[str, Any]) -> list[ParquetPiece]:
    size = max(PIECE_ROWS, -(-sum(footer.num_rows for footer in footers.values()) // MOST_PIECES))
    return [piece for path, footer in footers.items() for piece in _cut(path, footer, size)]


def _cut(path: str, footer: Any, size: int) -> Iterator[ParquetPiece]:
    first, before, rows = 0, 0, 0
    for group in range(footer.num_row_groups):
        more = footer.row_group(group).num_rows
        if rows and rows + more > size:
            yield ParquetPiece(path, first, group - 1, rows, before)
            first, before, rows = group, before + rows, 0
        rows += more
    if rows:
        yield ParquetPiece(path, first, footer.num_row_groups - 1, rows, before)


def _footer(path: str) -> Any:
    from pyarrow.parquet import read_metadata

    with _read(path):
        return read_metadata(path)


@contextmanager
def _read(path: str) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None


def _plain(footer: Any, names: Sequence[str]) -> bool:
    from pyarrow.types import is_boolean, is_float32, is_float64, is_integer

    schema = footer.schema.to_arrow_schema()
    kinds = [schema.field(name).type for name in names if len(schema.get_all_field_indices(name)) == 1]
    tests = (is_boolean, is_float32, is_float64, is_integer)
    return len(kinds) == len(names) and all(any(test(kind) for test in tests) for kind in kinds)


def _other(footer: Any) -> dict[str, str]:
    """The columns that are no numbers, with their kinds."""
    from pyarrow.types import is_boolean, is_decimal, is_dictionary, is_floating, is_integer, is_large_string, is_string

    numbers, texts = (is_boolean, is_decimal, is_floating, is_integer), (is_dictionary, is_large_string, is_string)
    schema = footer.schema.to_arrow_schema()
    return {
        field.name: "text" if any(test(field.type) for test in texts) else str(field.type)
        for field in schema
        if not any(test(field.type) for test in numbers)
    }
