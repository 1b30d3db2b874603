"""Rows of any number to a triangle on an accelerator: part by part over pinned memory, copies beside sums."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import numpy as np

from ..rows.chunk import Chunk, ColumnsApart, Part
from ..tree import Counter, one_thread, total
from ..types import Vector
from .reduce import in_order
from .tensors import on_device, triangle_of
from .triangle import Triangle

if TYPE_CHECKING:
    import torch


def streamed(
    parts: Iterable[Part],
    device: str,
    features: int = 0,
    watch: Callable[[int], None] = lambda rows: None,
    threads: int | None = None,
) -> Triangle:
    """`summarise` on a torch `device` such as "cuda": what is there at any time is a part and a block for each thread.

    Each thread reads, fills a pinned buffer of its own, and copies and sums up on a CUDA stream of its own, so that
    the copies of one go beside the sums of another. The tree of sums is fixed: a run repeats bit for bit.
    Raises UsageError where torch has no such device here, or it has no float64. Cost: 8 n (p + 1) bytes over the bus.
    """
    place = on_device(np.zeros(1), device).device
    counter, rows, lanes = Counter(Triangle.empty(features)), 0, threading.local()

    def summed(part: Part) -> Triangle:
        if not hasattr(lanes, "own"):
            lanes.own = Lane(place)
        found = [lanes.own(chunk) for chunk in part() if len(chunk)]
        return total(found) if found else Triangle.empty(features)

    workers = max(1 if place.type == "cpu" else 2, threads or os.cpu_count() or 1)
    with one_thread(), _one_thread_of_torch():
        for triangle in in_order(summed, iter(parts), workers):
            counter.add(triangle)
            watch(rows := rows + triangle.n)
        return counter.total()


@contextmanager
def _one_thread_of_torch() -> Iterator[None]:
    """For each of ours, which share the cores already."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Lane:
    """A thread's way to a device; on CUDA with a pinned buffer and a stream, both used again for every chunk."""

    def __init__(self, device: torch.device) -> None:
        import torch

        self.device, self.stream = device, None
        if device.type == "cuda":
            self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self.pinned = torch.empty(0, dtype=torch.uint8)

    def __call__(self, chunk: Chunk) -> Triangle:
        """The triangle of a chunk. That its numbers have come back says that the buffer is free again."""
        import torch

        p, X = chunk.X.shape[1], chunk.X
        beside = [chunk.y] if chunk.weight is None else [chunk.y, chunk.weight]
        columns = [*(X.columns if isinstance(X, ColumnsApart) else X.T), *beside]
        with nullcontext() if self.stream is None else torch.cuda.stream(self.stream):
            there = self._staged(columns).to(self.device, non_blocking=True)
            return triangle_of(there[:p].T, there[p], there[p + 1] if len(beside) > 1 else None)

    def _staged(self, columns: Sequence[Vector]) -> torch.Tensor:
        """The columns (q, m) side by side on the host, in the widest of their types."""
        import torch

        kind, m = max((column.dtype for column in columns), key=lambda dtype: dtype.itemsize), len(columns[0])
        size = len(columns) * m * kind.itemsize
        if len(self.pinned) < size:
            self.pinned = torch.empty(size, dtype=torch.uint8, pin_memory=self.stream is not None)
        staged = self.pinned[:size].view(getattr(torch, kind.name)).reshape(len(columns), m)
        for place, column in zip(staged.numpy(), columns, strict=True):
            np.copyto(place, column)
        return staged
