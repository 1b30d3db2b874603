"""Rows out of PostgreSQL by its binary COPY: no cursor, no Python object a number."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from ..types import DataError, Vector
from .address import asked
from .arrow import BATCH_ROWS
from .native import LONGEST, too_long

HEADER = 19
"""Bytes before the first row: the signature, the flags, and the length of an extension that there is not."""
NOTHING = -(2**63)
"""Stands for a missing integer of 64 bits."""


def copied(
    connection: Any, query: str, names: Sequence[str], whole: Sequence[bool], label: str
) -> Iterator[list[Vector]]:
    """The rows of `query` in batches, a float64 array (m,) a column, nan where there is no number.

    Every column must come as a double without nulls, nan in their place; or, where `whole`, as an integer of 64
    bits, NOTHING in its place. Raises DataError for integers that float64 would round. Memory: a batch.
    Source: PostgreSQL's manual, COPY, Binary Format.
    """
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for j, long in enumerate(whole):
        fields += [(f"length{j}", ">i4"), (f"c{j}", ">i8" if long else ">f8")]
    layout = np.dtype(fields)
    for packed in _packed(connection, query, label, layout.itemsize):
        rows = np.frombuffer(packed, layout)
        columns = [rows[f"c{j}"] for j in range(len(names))]
        yield [_column(*column, label) for column in zip(columns, whole, names, strict=True)]


def _packed(connection: Any, query: str, label: str, width: int) -> Iterator[bytes]:
    """The bytes of up to 65,536 rows at a time."""
    with asked(label), _copying(connection, query) as rows:
        held, skip = [], HEADER
        for row in rows:
            held.append(row[skip:])
            skip = 0
            if len(held) == BATCH_ROWS:
                yield b"".join(held)
                held.clear()
    rest = b"".join(held)
    yield rest[: len(rest) // width * width]


@contextmanager
def _copying(connection: Any, query: str) -> Iterator[Iterator[Any]]:
    """The messages of a COPY, read by libpq itself; one that is left early is cancelled."""
    from psycopg import Error, pq
    from psycopg.errors import error_from_result

    driver, more = connection.pgconn, True

    def messages() -> Iterator[Any]:
        nonlocal more
        while (message := driver.get_copy_data(0))[0] > 0:
            yield message[1]
        more = False

    begun = driver.exec_(f"copy ({query}) to stdout (format binary)".encode())
    if begun.status != pq.ExecStatus.COPY_OUT:
        raise error_from_result(begun)
    try:
        yield messages()
    finally:
        if more:
            with suppress(Error):
                driver.get_cancel().cancel()
                deque(messages(), maxlen=0)
        results = list(iter(driver.get_result, None))
    if results and results[-1].status == pq.ExecStatus.FATAL_ERROR:
        raise error_from_result(results[-1])


def _column(values: Any, whole: bool, name: str, label: str) -> Vector:
    if not whole:
        return values.astype(np.float64)
    there = values != NOTHING
    if (np.abs(values[there]) > LONGEST).any():
        raise DataError(too_long(f"column {name!r} of {label}"))
    return np.where(there, values, np.nan).astype(np.float64)
