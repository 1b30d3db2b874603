"""Chunks to one triangle on the cores of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ..rows.chunk import Chunk
from .triangle import Triangle, blocks, total

ALONE_ROWS = 50_000


def summarise(chunks: Iterable[Chunk], threads: int | None = None, features: int = 0) -> Triangle:
    """Add up the triangles of `chunks`, n rows in all; of none, the empty triangle of `features`.

    The blocks and the tree depend on the chunks only, never on `threads`: the same bits each run.
    Cost: 2 n (p + 1)^2 flops, one chunk of rows in memory.
    """
    parts = [_of(chunk, threads or os.cpu_count() or 1) for chunk in chunks]
    return total(parts or [Triangle.empty(features)])


def _of(chunk: Chunk, threads: int) -> Triangle:
    if threads == 1 or len(chunk) < ALONE_ROWS:
        return Triangle.of(chunk.X, chunk.y, chunk.weight)
    from threadpoolctl import threadpool_limits

    def part(rows: slice) -> Triangle:
        return Triangle.of(chunk.X[rows], chunk.y[rows], None if chunk.weight is None else chunk.weight[rows])

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        return total(list(pool.map(part, blocks(len(chunk)))))
