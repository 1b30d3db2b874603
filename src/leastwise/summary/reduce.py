"""Parts of the rows to one triangle on the cores of this machine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import TypeVar

from ..rows.chunk import Part
from ..tree import Counter, one_thread, total
from .triangle import Sum, Triangle

_LOADED: set[type] = set()
Item = TypeVar("Item")
Done = TypeVar("Done")


def summarise(
    parts: Iterable[Part],
    threads: int | None = None,
    features: int = 0,
    watch: Callable[[int], None] = lambda rows: None,
) -> Triangle:
    """Add up the triangles of `parts`, n rows in all; of none, the empty triangle of `features`.

    `summarise_as(Moments, ...)` does the same with moments, which cost less and keep fewer digits.

    Parts are read and summarised on `threads` cores, and `watch` is told how many rows there are so far. Blocks and
    tree depend on the parts only, so the bits are the same for any number of threads.
    Cost: n (p + 1)^2 to 2 n (p + 1)^2 flops; memory: a few parts.
    """
    return summarise_as(Triangle, parts, threads, features, watch)


def summarise_as(
    kind: type[Sum],
    parts: Iterable[Part],
    threads: int | None = None,
    features: int = 0,
    watch: Callable[[int], None] = lambda rows: None,
) -> Sum:
    """`summarise` to triangles or to moments; rows of no weight must be left out of the parts of moments."""
    counter, rows, parts = Counter(kind.empty(features)), 0, iter(parts)
    # The first part loads the libraries that the others need, and only what is loaded can be limited to one thread.
    for some in (islice(parts, kind not in _LOADED), parts):
        with one_thread():
            for summary in in_order(partial(_of, kind, features=features), some, threads or os.cpu_count() or 1):
                counter.add(summary)
                watch(rows := rows + summary.n)
    _LOADED.add(kind)
    with one_thread():
        return counter.total()


def in_order(work: Callable[[Item], Done], items: Iterator[Item], workers: int) -> Generator[Done]:
    """What `work` makes of each item, in order, a few of them in the making on `workers` threads."""
    first = list(islice(items, 2))
    if len(first) < 2 or workers == 1:
        yield from map(work, chain(first, items))
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Done]] = deque(pool.submit(work, item) for item in first)
        for item in items:
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
            waiting.append(pool.submit(work, item))
        yield from (done.result() for done in waiting)


def _of(kind: type[Sum], part: Part, features: int) -> Sum:
    found = [kind.of(chunk.X, chunk.y, chunk.weight) for chunk in part()]
    return total(found) if found else kind.empty(features)
