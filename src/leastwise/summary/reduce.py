"""Chunks to one triangle on the cores of this machine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from ..rows.chunk import Chunk
from .triangle import Counter, Triangle, blocks

TASK_ROWS = 65_536
"""Rows that one task summarises: enough to keep Python out of the way, few enough to share."""


def summarise(chunks: Iterable[Chunk], threads: int | None = None, features: int = 0) -> Triangle:
    """Add up the triangles of `chunks`, n rows in all; of none, the empty triangle of `features`.

    Blocks of rows are summarised on `threads` cores while the next chunks are read. Blocks and tree depend on the
    chunks only, so the bits are the same for any number of threads.
    Cost: 2 n (p + 1)^2 flops; memory: a few chunks of rows.
    """
    counter = Counter(features)
    parts = _blocks(chunks)
    first = list(islice(parts, 2))
    workers = threads or os.cpu_count() or 1
    if len(first) < 2 or workers == 1:
        for part in chain(first, parts):
            counter.add(_of(part))
        return counter.total()
    from concurrent.futures import Future, ThreadPoolExecutor

    # Loaded first, since only the libraries that are there can be limited.
    import scipy.linalg.lapack  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Triangle]] = deque(pool.submit(_of, part) for part in first)
        for part in parts:
            if len(waiting) > 2 * workers:
                counter.add(waiting.popleft().result())
            waiting.append(pool.submit(_of, part))
        for done in waiting:
            counter.add(done.result())
    return counter.total()


def _of(chunk: Chunk) -> Triangle:
    return Triangle.of(chunk.X, chunk.y, chunk.weight)


def _blocks(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        for rows in blocks(len(chunk), TASK_ROWS):
            yield chunk.take(rows)
