"""Rows in the order of their labels that do not fit in memory: sorted by DuckDB, on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ..rows.arrow import BATCH_ROWS
from ..types import DataError, LeastwiseError, Vector

MEMORY = "1GiB"
"""What DuckDB may hold in memory while it sorts."""


def in_label_order(pieces: Iterator[Sequence[Vector]], by: int) -> Iterator[list[Vector]]:
    """Pieces of rows, columns (m,) each, in the order of the `by` columns before the last one.

    Raises DataError where there is no room on disk. Cost: n log n; the rows are on disk once, in a folder of their own
    that is removed at the end.
    """
    import duckdb
    import pyarrow

    failures = list[LeastwiseError]()
    first = next(pieces)
    names = [f"c{j}" for j in range(len(first))]

    def batches() -> Iterator[Any]:
        try:
            yield batch(first)
            yield from map(batch, pieces)
        except LeastwiseError as failure:
            failures.append(failure)
            raise

    def batch(piece: Sequence[Vector]) -> Any:
        return pyarrow.record_batch([np.ascontiguousarray(column) for column in piece], names)

    with TemporaryDirectory(prefix="leastwise-") as folder:
        config: Any = {"temp_directory": folder, "memory_limit": MEMORY, "preserve_insertion_order": "false"}
        with duckdb.connect(config=config) as connection:
            connection.register("pieces", pyarrow.RecordBatchReader.from_batches(batch(first).schema, batches()))
            query = f"select * from pieces order by {', '.join(names[-1 - by : -1])}"
            try:
                for found in connection.sql(query).to_arrow_reader(BATCH_ROWS):
                    yield [column.to_numpy(zero_copy_only=False) for column in found.columns]
            except (duckdb.Error, pyarrow.ArrowException) as error:
                if failures:
                    raise failures[0] from None
                raise DataError(f"the rows cannot be sorted by group in {folder}: {error}") from None
