"""Dask: a task for each piece, and a binary tree of sums, all laid out beforehand.

The tree does not depend on which worker is done first, and a task whose worker died is done again by another: the
bits are the same for any cluster, and after any accident that it survives.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Any

from distributed import Client, LocalCluster
from distributed.comm import CommClosedError, normalize_address, parse_address
from distributed.comm.registry import get_backend
from distributed.scheduler import KilledWorker, NoValidWorkerError

from ..tree import Counter, added
from ..types import DataError, EngineError, LeastwiseError

PATIENCE = 10
"""Seconds in which a scheduler must answer, and have a worker."""


@dataclass(frozen=True, slots=True)
class DaskPieces:
    """Arguments of a task for each piece, which may be Delayed, with the rows of each or 0."""

    client: Any
    pieces: Sequence[tuple[Any, ...]]
    rows: Sequence[int]

    def total(self, task: Callable[..., Any], watch: Callable[[int], None]) -> Any:
        """What `task` makes of each piece, added up by the fixed tree. Raises EngineError."""
        with _in_words(self.client):
            futures = self._sent(task, self.pieces)
            _watched(futures, self.rows, watch)
            counter: Counter[Any] = Counter(None)
            for future in futures:
                counter.add(_Later(self.client, future))
            del futures
            return counter.total().future.result()

    def each(self, task: Callable[..., Any]) -> Iterator[Any]:
        """What `task` makes of each piece, in order, two for each core in the making. Raises EngineError."""
        with _in_words(self.client):
            ahead = 2 * sum(self.client.ncores().values())
            waiting = self._sent(task, self.pieces[:ahead])
            for next_ in range(ahead, len(self.pieces) + ahead):
                found = waiting.pop(0).result()
                waiting += self._sent(task, self.pieces[next_ : next_ + 1])
                yield found

    def _sent(self, task: Callable[..., Any], pieces: Sequence[tuple[Any, ...]]) -> list[Any]:
        from dask import delayed

        later = delayed(task, pure=False, traverse=False)
        return list(self.client.compute([later(*piece) for piece in pieces])) if pieces else []


@dataclass(frozen=True, slots=True)
class _Later:
    """A sum that will be there."""

    client: Any
    future: Any

    def __add__(self, other: _Later) -> _Later:
        return _Later(self.client, self.client.submit(added, self.future, other.future, pure=False))


def _watched(futures: Sequence[Any], rows: Sequence[int], watch: Callable[[int], None]) -> None:
    done, lock = 0, Lock()

    def tell(more: int) -> None:
        nonlocal done
        with lock:
            done += more
            watch(done)

    for future, more in zip(futures, rows, strict=True):
        future.add_done_callback(lambda _, more=more: tell(more))


@contextmanager
def on_dask(scheduler: str | None, workers: int | None) -> Iterator[Callable[[Sequence[Any]], DaskPieces]]:
    """What lays pieces on the scheduler, the client that there is, or a cluster of processes that ends with this."""
    with _client(scheduler, workers) as client:
        yield lambda pieces: DaskPieces(client, [(piece,) for piece in pieces], [piece.rows for piece in pieces])


def of_parts(parts: Iterable[tuple[Any, ...]]) -> DaskPieces:
    """Numbered parts, which may be Delayed, on the client that there is. Raises EngineError where there is none."""
    client = current()
    if client is None:
        raise EngineError("Dask frames and arrays need a client: start one first, distributed.Client()")
    pieces = list(parts)
    return DaskPieces(client, pieces, [0] * len(pieces))


def blocks_of(arrays: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """A number, and the same rows of each array (n,) or (n, p), with all their columns. Raises DataError."""
    from dask import array

    rows = next(some.chunks[0] for some in arrays if isinstance(some, array.Array))
    try:
        whole = [array.asarray(some) for some in arrays]
        cut = [some.rechunk({axis: rows if axis == 0 else -1 for axis in range(some.ndim)}) for some in whole]
    except ValueError:
        shapes = " and ".join(str(some.shape) for some in arrays)
        raise DataError(f"the arrays must have the same rows, in chunks of known sizes: they are {shapes}") from None
    return (
        (number, *blocks)
        for number, blocks in enumerate(zip(*(some.to_delayed().ravel() for some in cut), strict=True))
    )


def current() -> Any:
    """The client that there is, or None."""
    from distributed import get_client

    try:
        return get_client()
    except ValueError:
        return None


@contextmanager
def _client(scheduler: str | None, workers: int | None) -> Iterator[Any]:
    if scheduler is None and workers is None and (client := current()) is not None:
        yield client
        return
    with nullcontext() if scheduler else _cluster(workers or os.cpu_count() or 1) as cluster:
        try:
            if scheduler:
                get_backend(parse_address(normalize_address(scheduler))[0])
            client = Client(scheduler or cluster, timeout=PATIENCE, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise EngineError(
                f"no Dask scheduler answers at {scheduler}: {_first_line(error)}; start one with dask scheduler, and "
                "workers with dask worker"
            ) from None
        with client:
            _has_workers(client, scheduler)
            yield client


def _cluster(workers: int) -> Any:
    """Processes of one thread each, which is also all that BLAS takes in them."""
    return LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=logging.CRITICAL
    )


def _has_workers(client: Any, scheduler: str | None) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise EngineError(f"the Dask scheduler at {scheduler} has no workers: start some with dask worker") from None


@contextmanager
def _in_words(client: Any) -> Iterator[None]:
    """What goes wrong on the cluster as one sentence; what is wrong with the data as it is."""
    from concurrent.futures import CancelledError

    try:
        yield
    except LeastwiseError:
        raise
    except KilledWorker as error:
        raise EngineError(
            f"Dask gave up on a task whose workers died again and again: {_first_line(error)}; give each worker more "
            "memory"
        ) from None
    except (CancelledError, CommClosedError, NoValidWorkerError, OSError, TimeoutError) as error:
        raise EngineError(
            f"the Dask scheduler was lost while it worked ({type(error).__name__}): run it again"
        ) from None
    except (ImportError, RuntimeError) as error:
        raise EngineError(
            f"a Dask worker failed: {_first_line(error.__cause__ or error)}; it needs this version of leastwise and of "
            "its parts"
        ) from None


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
