"""Rows in, predictions out, a batch at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from .atomic import replacing
from .fitted import Fit
from .rows.arrays import free
from .rows.design import coded, inputs, replay
from .rows.frames import open_frame
from .rows.source import Source
from .types import DataError, Matrix, UsageError
from .words import level


def stream(
    fit: Fit,
    source: Source,
    output: Path | None,
    interval: float | None = None,
    unseen: str = "error",
    missing: str = "error",
    watch: Callable[[int], None] = lambda rows: None,
) -> int:
    """Write all columns of the rows, the prediction and, with `interval` a level, its bounds; returns how many rows.

    To a .parquet or .csv file, whole or not at all, or as CSV to stdout; `watch` is told how many rows there are so
    far. Raises DataError where a column is not there, a number is missing or the file cannot be written, UsageError
    for another kind of file. A level that the fit has not seen is an "error", or with `unseen` "null" gets no
    prediction; so with `missing` has a row that lacks a number. Memory: one batch.
    """
    if output and output.suffix not in (".parquet", ".csv"):
        raise UsageError(f"--output {output} must end in .parquet or .csv")
    for what, value in (("--unseen", unseen), ("--missing", missing)):
        if value not in ("error", "null"):
            raise UsageError(f"{what} must be error or null: it is {value!r}")
    lenient = {True: unseen == "null", False: missing == "null"}
    replay(source, fit.design, target=False).refuse(fit.names)
    predicted = partial(_predicted, fit, interval, lenient)
    tables = predicted(source) if source.spread is None else source.spread.each(predicted)
    if output is None:
        return _written(tables, sys.stdout.buffer, ".csv", watch)
    with replacing(output) as new:
        return _written(tables, new, output.suffix, watch)


def _predicted(fit: Fit, interval: float | None, lenient: dict[bool, bool], source: Source) -> Iterator[Any]:
    import pyarrow

    assert source.tables is not None
    row = source.before
    for table in source.tables():
        X = _features(fit, open_frame(table, source.label), table, row, lenient)
        found = fit.predict(X, interval)
        columns = [found] if interval is None else [found.mean, *found.prediction.T]
        for name, column in zip(("prediction", "low", "high"), columns, strict=False):
            table = table.append_column(free(name, table.column_names), pyarrow.array(column, from_pandas=True))
        row += len(table)
        yield table


def _features(fit: Fit, source: Source, table: Any, before: int, lenient: dict[bool, bool]) -> Matrix:
    """X (m, p) of one batch, which comes after so many rows; `lenient` to unseen levels, and to missing numbers."""
    made = replay(source, fit.design, target=False)
    X = np.concatenate([np.column_stack(columns) for columns in made.scan(fit.names)])
    if np.isfinite(X).all():
        return X
    used = inputs(source, fit.design, fit.names)
    known = coded(source, {name: levels for name, levels in fit.design.levels.items() if name in used})
    bad = np.zeros(len(X), dtype=bool)
    for j, column in enumerate(used):
        values = np.concatenate([columns[j] for columns in known.scan(used)])
        for row in np.flatnonzero(~np.isfinite(values)):
            value = table[column][int(row)].as_py()
            if not lenient[column in fit.design.levels and value is not None]:
                raise DataError(_wrong(column, value, source.label, before + int(row) + 1))
        bad |= ~np.isfinite(values)
    rest = np.flatnonzero(~np.isfinite(X).all(axis=1) & ~bad)
    if len(rest) and not lenient[False]:
        name = fit.names[int(np.argmin(np.isfinite(X[rest[0]])))]
        raise DataError(_wrong(name, float("nan"), source.label, before + int(rest[0]) + 1))
    return X


def _wrong(column: str, value: Any, label: str, row: int) -> str:
    where = f"column {column!r} of {label} in row {row:,} (a header not counted)"
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        what = "is missing" if value is None else f"is {value}"
        return f"{where} {what}: mend it, or leave its prediction empty with --missing null"
    return f"{where} has the level {level(value)}, which the fit has not seen: mend it, or use --unseen null"


def _written(tables: Iterator[Any], target: Any, suffix: str, watch: Callable[[int], None]) -> int:
    import pyarrow
    from pyarrow.csv import CSVWriter
    from pyarrow.parquet import ParquetWriter

    first = next(tables, None)
    if first is None:
        raise DataError("there are no rows to predict for")
    try:
        opened = (
            CSVWriter(target, first.schema)
            if suffix == ".csv"
            else ParquetWriter(target, first.schema, compression="zstd")
        )
        rows = 0
        with opened as writer:
            for table in chain([first], tables):
                writer.write_table(table)
                watch(rows := rows + len(table))
        return rows
    except pyarrow.ArrowException as error:
        raise DataError(f"the rows cannot be written as {suffix}: {str(error).splitlines()[0]}") from None
