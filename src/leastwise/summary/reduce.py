"""Parts of the rows to one triangle on the cores of this machine."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, islice
from typing import Any

from ..rows.chunk import Part
from .triangle import Counter, Triangle, total


def summarise(
    parts: Iterable[Part],
    threads: int | None = None,
    features: int = 0,
    watch: Callable[[int], None] = lambda rows: None,
) -> Triangle:
    """Add up the triangles of `parts`, n rows in all; of none, the empty triangle of `features`.

    Parts are read and summarised on `threads` cores, and `watch` is told how many rows there are so far. Blocks and
    tree depend on the parts only, so the bits are the same for any number of threads.
    Cost: n (p + 1)^2 to 2 n (p + 1)^2 flops; memory: a few parts.
    """
    counter, rows, parts = Counter(features), 0, iter(parts)
    # The first part loads the libraries that the others need, and only what is loaded can be limited to one thread.
    for some in (islice(parts, 1), parts):
        with one_thread():
            for triangle in _mapped(some, threads or os.cpu_count() or 1, features):
                counter.add(triangle)
                watch(rows := rows + triangle.n)
    return counter.total()


def _mapped(parts: Iterator[Part], workers: int, features: int) -> Iterator[Triangle]:
    """The triangle of each part in order, a few of them in the making."""
    first = list(islice(parts, 2))
    if len(first) < 2 or workers == 1:
        yield from (_of(part, features) for part in chain(first, parts))
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Triangle]] = deque(pool.submit(_of, part, features) for part in first)
        for part in parts:
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
            waiting.append(pool.submit(_of, part, features))
        yield from (done.result() for done in waiting)


def _of(part: Part, features: int) -> Triangle:
    found = [Triangle.of(chunk.X, chunk.y, chunk.weight) for chunk in part()]
    return total(found) if found else Triangle.empty(features)


def one_thread() -> Any:
    """A context in which BLAS and LAPACK work on the caller's core alone: small matrices gain nothing from more."""
    return _libraries("scipy.linalg" in sys.modules).limit(limits=1, user_api="blas")


@cache
def _libraries(scipy_too: bool) -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
