"""Parquet files in parts: row groups that threads, processes or machines can read side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from ..types import DataError
from .arrow import BATCH_ROWS, doubles
from .source import Columns


def plan(paths: Sequence[str], label: str, names: Sequence[str]) -> list[Callable[[], Iterator[Columns]]] | None:
    """One part a row group of each file, in order; None where a column is not a plain number in every file."""
    import pyarrow
    from pyarrow.parquet import read_metadata

    try:
        footers = [read_metadata(path) for path in paths]
    except (pyarrow.ArrowException, OSError):
        return None
    if not all(_plain(footer, names) for footer in footers):
        return None
    return [
        partial(_read, path, footer, group, tuple(names), label)
        for path, footer in zip(paths, footers, strict=True)
        for group in range(footer.num_row_groups)
    ]


def row_count(paths: Sequence[str]) -> int:
    """How many rows the footers count."""
    from pyarrow.parquet import read_metadata

    return sum(read_metadata(path).num_rows for path in paths)


def _plain(footer: Any, names: Sequence[str]) -> bool:
    from pyarrow.types import is_boolean, is_float32, is_float64, is_integer

    schema = footer.schema.to_arrow_schema()
    kinds = [schema.field(name).type for name in names if len(schema.get_all_field_indices(name)) == 1]
    tests = (is_boolean, is_float32, is_float64, is_integer)
    return len(kinds) == len(names) and all(any(test(kind) for test in tests) for kind in kinds)


def _read(path: str, footer: Any, group: int, names: tuple[str, ...], label: str) -> Iterator[Columns]:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path, metadata=footer, memory_map=True) as file:
            for batch in file.iter_batches(BATCH_ROWS, [group], list(names), use_threads=False):
                yield [doubles(batch.column(name), name, label) for name in names]
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path} of {label} cannot be read: {str(error).splitlines()[0]}") from None
