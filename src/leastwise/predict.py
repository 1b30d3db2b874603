"""Rows in, predictions out, a batch at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .atomic import replacing
from .fitted import Fit
from .rows.source import Source, level_names
from .types import DataError, UsageError


def stream(fit: Fit, source: Source, output: Path | None, interval: float | None = None, unseen: str = "error") -> int:
    """Write the features, the prediction and, with `interval` a level, its bounds; returns the number of rows.

    To a .parquet or .csv file, whole or not at all, or as CSV to stdout. Raises DataError where a column is not
    there or a number is missing, UsageError for another kind of file. A level that the fit has not seen is an
    "error", or with `unseen` "null" gets no prediction. Memory: one batch.
    """
    import pyarrow

    if output and output.suffix not in (".parquet", ".csv"):
        raise UsageError(f"--output {output} must end in .parquet or .csv")
    if unseen not in ("error", "null"):
        raise UsageError(f"--unseen must be error or null: it is {unseen!r}")
    source = source.replay(fit.levels)
    source.refuse(fit.names)
    names = [*fit.names, "prediction", *(["low", "high"] if interval is not None else [])]
    schema = pyarrow.schema([(name, pyarrow.float64()) for name in names])
    batches = _batches(fit, source, interval, schema, unseen == "null")
    if output is None:
        return _to_csv(batches, schema, sys.stdout.buffer)
    with replacing(output) as new:
        return _to_csv(batches, schema, new) if output.suffix == ".csv" else _to_parquet(batches, schema, new)


def _batches(fit: Fit, source: Source, interval: float | None, schema: Any, unseen: bool) -> Iterator[Any]:
    import pyarrow

    row, coded = 0, {term: column for column, known in fit.levels.items() for term in level_names(column, known)}
    for columns in source.scan(fit.names):
        for name, column in zip(fit.names, columns, strict=True):
            if not np.isfinite(column).all() and not (unseen and name in coded):
                bad = row + int(np.argmin(np.isfinite(column))) + 1
                raise DataError(_wrong(name, coded.get(name), source.label, bad))
        row += len(columns[0])
        found = fit.predict(np.column_stack(columns), interval)
        more = [found] if interval is None else [found.mean, *found.prediction.T]
        yield pyarrow.record_batch([pyarrow.array(c, from_pandas=True) for c in (*columns, *more)], schema=schema)


def _wrong(name: str, column: str | None, label: str, row: int) -> str:
    if column:
        return (
            f"column {column!r} of {label} has no level that the fit has seen in row {row:,} (a header not counted): "
            "mend it, or use --unseen null"
        )
    return f"column {name!r} of {label} is missing or infinite in row {row:,} (a header not counted): mend it"


def _to_csv(batches: Iterator[Any], schema: Any, target: Any) -> int:
    from pyarrow.csv import CSVWriter

    with CSVWriter(target, schema) as writer:
        return _written(batches, writer)


def _to_parquet(batches: Iterator[Any], schema: Any, target: Path) -> int:
    from pyarrow.parquet import ParquetWriter

    with ParquetWriter(target, schema, compression="zstd") as writer:
        return _written(batches, writer)


def _written(batches: Iterator[Any], writer: Any) -> int:
    rows = 0
    for batch in batches:
        writer.write_batch(batch)
        rows += batch.num_rows
    return rows
