"""Sums by a fixed tree, on one core: the bits depend on the parts and their order, and on nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from typing import Any, Generic, TypeVar

Part = TypeVar("Part", bound=Any)


class Counter(Generic[Part]):
    """A sum that adds like a binary counter: a fixed tree over the order of arrival, in O(log count) summands."""

    def __init__(self, empty: Part) -> None:
        self.places: list[Part | None] = []
        self.empty: Part = empty

    def add(self, part: Part) -> None:
        """Add the next one."""
        for k, place in enumerate(self.places):
            if place is None:
                self.places[k] = part
                return
            part, self.places[k] = place + part, None
        self.places.append(part)

    def total(self) -> Part:
        """The sum of all so far."""
        found: Part | None = None
        for place in self.places:
            if place is not None:
                found = place if found is None else place + found
        return self.empty if found is None else found


def total(parts: Iterable[Part]) -> Part:
    """The sum of one or more parts by that tree, so that a run repeats bit for bit."""
    counter: Counter[Any] = Counter(None)
    for part in parts:
        counter.add(part)
    return counter.total()


def added(one: Part, other: Part) -> Part:
    """one + other, on one core."""
    with one_thread():
        return one + other


def one_thread() -> Any:
    """A context in which BLAS and LAPACK work on the caller's core alone: small matrices gain nothing from more."""
    return _libraries("scipy.linalg" in sys.modules).limit(limits=1, user_api="blas")


@cache
def _libraries(scipy_too: bool) -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
