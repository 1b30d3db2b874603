"""Somebody's descent is called with 1, 2, 3, ... epochs from one start, and what it gives is kept as a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..types import Matrix, Vector
from .calling import RATE, Callee
from .trace import Losses, Seen, Trace, own_rate, seven, starts

EPOCHS = 6


def followed(callees: Sequence[Callee]) -> list[tuple[Callee, Seen]]:
    """Each way of calling it with what was seen of it; those that give the same numbers as one before are left out."""
    kept: list[tuple[Callee, Seen]] = []
    straight = any(not callee.box.column for callee in callees)
    for callee in sorted(callees, key=lambda callee: callee.box.column):
        column = callee.box.column and straight
        for seen in _seen(callee):
            if not any(_equal(seen, other) for _, other in kept):
                kept.append((callee, replace(seen, number=len(kept), column=column, flat=_flat(callee))))
    return kept


def _seen(callee: Callee) -> Iterator[Seen]:
    kind = callee.interface.kind
    if kind in ("step", "gradient"):
        for first in (False, True):
            traces = _traces(callee, partial(_stepped, kind, first))
            if traces:
                yield Seen(tuple(traces), (), _words(callee), ordered=True)
        return
    traces = _traces(callee, _called)
    if traces:
        known, predicted = callee.box.ones, callee.by == "predictions"
        yield Seen(tuple(traces), series(callee), _words(callee), ordered=known or predicted, predicted=predicted)
    elif kind == "descent" and (only := series(callee)):
        X, y = seven(1)
        start = starts(1) if callee.interface.takes_start else np.zeros(2)
        for one in (one for one in only if np.isfinite(one).all()):
            yield Seen((Losses(X, y, start, RATE, one),), only, _words(callee))


def _traces(callee: Callee, path: Callable[[Callee, Matrix, Vector], Trace | None]) -> list[Trace]:
    """On rows with one feature and, where it takes them, with two."""
    found = []
    for p in (1, 2) if not callee.box.flat else (1,):
        trace = path(callee, *seven(p))
        if trace is None:
            break
        found.append(trace)
    return found


def _called(callee: Callee, X: Matrix, y: Vector) -> Trace | None:
    """By a call for each number of epochs."""
    p = X.shape[1]
    answers = [callee.as_usual(X, y, epochs=k) for k in range(1, EPOCHS + 1)]
    thetas = [answer.theta for answer in answers if answer is not None and answer.fits(p)]
    if len(thetas) < EPOCHS:
        return None
    start = _start(callee, X, y)
    path = np.array([start, *thetas])
    return Trace(X, y, start, RATE if callee.interface.takes_rate else own_rate(X, y, path), path)


def _start(callee: Callee, X: Matrix, y: Vector) -> Vector:
    """Where it begins: a call that cannot move tells, else what was given, else 0."""
    still: dict[str, Any] = {"rate": 0.0, "epochs": 1} if callee.interface.takes_rate else {"epochs": 0}
    answer, usual = callee.as_usual(X, y, **still), callee.as_usual(X, y, epochs=1)
    if answer is not None and usual is not None and np.array_equal(answer.theta, usual.theta):
        more = callee.as_usual(X, y, epochs=2)
        if more is not None and not np.array_equal(more.theta, usual.theta):
            answer = callee.as_usual(X, y, epochs=0)
    if answer is not None and answer.fits(X.shape[1]) and np.isfinite(answer.theta).all():
        return answer.theta
    return starts(X.shape[1]) if callee.interface.takes_start else np.zeros(X.shape[1] + 1)


def _stepped(kind: str, intercept_first: bool, callee: Callee, X: Matrix, y: Vector) -> Trace | None:
    """By one step after the other, or by one gradient after the other; it may give the intercept first."""
    path = [starts(X.shape[1])]
    for _ in range(EPOCHS):
        answer = callee.quietly(X, y, path[-1], rate=RATE)
        if answer is None or not answer.fits(X.shape[1]):
            return None
        theta = answer.slopes_first(intercept_first)
        path.append(path[-1] - RATE * theta if kind == "gradient" else theta)
    return Trace(X, y, path[0], RATE, np.array(path))


def series(callee: Callee) -> tuple[Vector, ...]:
    """What else it gives for each of so many epochs: losses, histories of parameters."""
    answer = callee.as_usual(*seven(1), epochs=EPOCHS)
    return () if answer is None else tuple(one for one in answer.series if len(one) in (EPOCHS, EPOCHS + 1))


def with_rate(seen: Seen, rate: float) -> Seen:
    """The same, had the rate been another."""
    return replace(seen, traces=tuple(replace(trace, rate=rate) for trace in seen.traces))


def _flat(callee: Callee) -> bool:
    return callee.box.flat and not callee.interface.method


def _words(callee: Callee) -> tuple[str, ...]:
    return (callee.box.words,) if callee.box.words else ()


def _equal(one: Seen, two: Seen) -> bool:
    """Whether the second tells all that the first does."""
    first, second = one.traces[0], two.traces[0]
    if isinstance(first, Losses) or isinstance(second, Losses):
        return False
    same = np.array_equal(first.path, second.path) and np.array_equal(first.start, second.start)
    return same and len(one.traces) == len(two.traces) and len(one.series) <= len(two.series)
