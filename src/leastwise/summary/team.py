"""What the processes of a torch.distributed group tell each other: small things, in the order of their ranks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from ..types import DataError, EngineError, LeastwiseError, UsageError
from .tensors import needed
from .triangle import Triangle

Own = TypeVar("Own")


def agreed(work: Callable[[], Own], told: Callable[[Own], Any]) -> tuple[Own, list[Any]]:
    """What `work` made on this rank, and what every rank has `told` of its own, in rank order.

    A LeastwiseError on one rank is raised on all of them, so that none waits for the others; so is an EngineError where
    a rank has gone. Raises UsageError where there is no process group.
    """
    group()
    try:
        own = work()
        mine = told(own)
    except LeastwiseError as error:
        mine = error
    found: list[Any] = [None] * needed().distributed.get_world_size()
    with reached():
        needed().distributed.all_gather_object(found, mine)
    for rank, one in enumerate(found):
        if isinstance(one, LeastwiseError):
            raise type(one)(f"rank {rank}: {one}")
    return own, found


def added(triangles: Sequence[Triangle]) -> Triangle:
    """Their sum in rank order, the same bits on every rank. Raises DataError where their columns are not the same."""
    whole = triangles[0]
    for rank, triangle in enumerate(triangles[1:], 1):
        if triangle.features != whole.features or triangle.names != whole.names:
            raise DataError(
                f"rank {rank} has {_columns(triangle)} and rank 0 has {_columns(whole)}: every rank needs the same "
                "columns in the same order, a rank without rows too"
            )
        whole = whole + triangle
    return whole


def group() -> None:
    """UsageError unless torch.distributed has a process group."""
    distributed = needed().distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        raise UsageError(
            "torch.distributed has no process group here: call torch.distributed.init_process_group first, as in a "
            "script that torchrun starts"
        )


@contextmanager
def reached() -> Iterator[None]:
    """EngineError in the place of what torch.distributed raises when another rank does not answer."""
    try:
        yield
    except RuntimeError as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EngineError(f"another rank does not answer ({reason}): start all of them again") from None


def _columns(triangle: Triangle) -> str:
    *features, target = triangle.names or [str(triangle.features), "features"]
    return f"the columns {', '.join(features)} and {target}" if triangle.names else f"{features[0]} {target}"
