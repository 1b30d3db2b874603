"""Mistakes whose numbers are not known beforehand but can be read off the steps: rates, penalties, rows, orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import permutations

import numpy as np

from ..types import Matrix, Vector
from ..words import number
from .mistakes import Mistake, mistakes
from .trace import EXACT, Losses, Seen, Trace
from .ways import Batches, Way, descend

UNMIXED = ("LW101", "LW102", "LW103", "LW104", "LW109", "LW110", "LW111", "LW112", "LW118", "LW119", "LW120", "LW130",
           "LW138", "LW139", "LW141", "LW143")  # fmt: skip
"""Those that are tried apart, or whose steps are not a gradient at the epoch's parameters."""
Found = tuple[tuple[Mistake, ...], Way]
FACTORS: tuple[tuple[tuple[str, ...], float, bool], ...] = (
    ((), 1.0, False), (("LW101",), 0.5, False), (("LW102",), 2.0, False), (("LW103",), 1.0, True),
    (("LW101", "LW103"), 0.5, True), (("LW104",), -1.0, False),
    ((), 1 / 7, True), (("LW101",), 0.5 / 7, True),
)  # fmt: skip


def measured(seen: Seen) -> Iterator[Found]:
    """Mistakes, and the way they make, that the steps of the first trace suggest."""
    trace = seen.traces[0]
    if isinstance(trace, Losses) or not np.isfinite(trace.path).all():
        return
    yield from _rates(trace)
    for codes, factor, summed in FACTORS:
        base = Way(factor=(factor, factor), summed=(summed, summed))
        first = tuple(Mistake.read_off(code) for code in codes)
        for more, way in (*_penalty(trace, base), *_subsets(trace, base), *_orders(trace, base)):
            yield (*first, more), way
    for mistake in mistakes(len(trace.y)):
        if mistake.code not in UNMIXED:
            for more, way in _penalty(trace, mistake.change(Way())):
                yield (mistake, more), way


def _gradients(trace: Trace, base: Way) -> Matrix:
    """Of the base way, at every epoch but the last (k, p + 1)."""
    with np.errstate(all="ignore"):
        return np.array([theta - descend(base, trace.X, trace.y, theta, 1.0, 1)[1] for theta in trace.path[:-1]])


def _rates(trace: Trace) -> Iterator[Found]:
    """Every step along the gradient, by a rate of its own."""
    gradients, steps = _gradients(trace, Way()), trace.path[:-1] - trace.path[1:]
    rates = (steps * gradients).sum(axis=1) / (gradients**2).sum(axis=1)
    if np.abs(steps - rates[:, None] * gradients).max() > 1e-9 * np.abs(steps).max() or not trace.rate:
        return
    parts = rates / trace.rate
    way = Way(rate=lambda rate, epoch: float(parts[min(epoch, len(parts) - 1)]) * rate)
    if np.ptp(parts) <= 1e-7 * abs(parts[0]):
        yield (Mistake.read_off("LW140", f"It is {number(parts[0], 6)} times that."),), way
        return
    with np.errstate(all="ignore"):
        ratios = parts[1:] / parts[:-1]
    if np.isfinite(ratios).all() and np.ptp(ratios) <= 1e-6:
        said = f"It is multiplied by {number(ratios[0], 6)} after each epoch."
    else:
        said = f"The rates are {', '.join(number(part, 4) for part in parts)} times the given one."
    code = {0.5: "LW101", 2.0: "LW102", -1.0: "LW104", 7.0: "LW103", 0.0: "LW111"}.get(round(float(parts[0]), 7))
    first = () if code is None else (Mistake.read_off(code),)
    yield (*first, Mistake.read_off("LW114", said)), way


def _penalty(trace: Trace, base: Way) -> Iterator[tuple[Mistake, Way]]:
    for both, strength, way in penalties(trace, base):
        said = f"It is {number(strength / 2, 6)} times the sum of their squares."
        yield Mistake.read_off("LW132" if both else "LW131", said), way


def penalties(trace: Trace, base: Way) -> Iterator[tuple[bool, float, Way]]:
    """What is left of the steps is a multiple of the slopes, or (True) of all parameters: which, how large, the way."""
    k = int(np.abs(trace.path[:-1, 0]).argmax())
    if not trace.rate or not trace.path[k, 0]:
        return
    rest = (trace.path[:-1] - trace.path[1:]) / trace.rate - _gradients(trace, base)
    strength = float(rest[k, 0] / trace.path[k, 0])
    if abs(strength) < 1e-10 or abs(rest[k, 0]) < 1e-8 * np.abs(rest).max():
        return
    yield False, strength, replace(base, decay=(strength, 0.0))
    yield True, strength, replace(base, decay=(strength, strength))


def _subsets(trace: Trace, base: Way) -> Iterator[tuple[Mistake, Way]]:
    """Each step's gradient is that of some of the rows."""
    n = len(trace.y)
    masks = np.array([[k >> j & 1 for j in range(n)] for k in range(1, 2**n - 1)], dtype=float)
    chosen = []
    for theta, after in zip(trace.path[:-1], trace.path[1:], strict=True):
        each = _by_row(trace, theta[None, :], np.arange(n)[None, :])[0]
        size = base.factor[0] / (1 if base.summed[0] else masks.sum(axis=1, keepdims=True))
        apart = np.abs(theta - trace.rate * size * (masks @ each) - after).max(axis=1)
        best = int(apart.argmin())
        if apart[best] > EXACT * max(np.abs(after).max(), 1e-300):
            return
        chosen.append(tuple(np.flatnonzero(masks[best]).tolist()))
    same = len(set(chosen)) == 1
    said = f"{'Always' if same else 'First'} {_rows(chosen[0])}{'' if same else f', then {_rows(chosen[1])}'}, of {n}."
    yield Mistake.read_off("LW119", said), replace(base, batches=tuple((some,) for some in chosen))


def _orders(trace: Trace, base: Way) -> Iterator[tuple[Mistake, Way]]:
    """An epoch is a pass over small batches, in an order of its own."""
    n = len(trace.y)
    for size in range(1, n):
        plans = _plans(n, size)
        orders = []
        for theta, after in zip(trace.path[:-1], trace.path[1:], strict=True):
            ends = _passed(trace, base, theta, plans)
            apart = np.abs(ends - after).max(axis=1)
            best = int(np.nan_to_num(apart, nan=np.inf).argmin())
            if not apart[best] <= EXACT * max(np.abs(after).max(), 1e-300):
                break
            orders.append(plans[best])
        else:
            code = "LW110" if size == 1 else "LW118"
            said = f"In the first epoch {', '.join(_rows(some) for some in orders[0])}."
            yield Mistake.read_off(code, said), replace(base, batches=tuple(orders))


@cache
def _plans(n: int, size: int) -> tuple[Batches, ...]:
    """Every way of taking n rows in batches of a size, the order within a batch aside."""
    cut = range(0, n, size)
    return tuple({tuple(tuple(sorted(order[k : k + size])) for k in cut) for order in permutations(range(n))})


@cache
def _by_step(plans: tuple[Batches, ...]) -> list[Matrix]:
    """The rows (plans, batch) of each step."""
    return [np.array([plan[step] for plan in plans]) for step in range(len(plans[0]))]


def _passed(trace: Trace, base: Way, theta: Vector, plans: tuple[Batches, ...]) -> Matrix:
    """The parameters (plans, p + 1) after one pass by each plan."""
    ends = np.repeat(theta[None, :], len(plans), axis=0)
    with np.errstate(all="ignore"):
        for rows in _by_step(plans):
            size = base.factor[0] / (1 if base.summed[0] else rows.shape[1])
            ends = ends - trace.rate * size * _by_row(trace, ends, rows).sum(axis=1)
    return ends


def _by_row(trace: Trace, thetas: Matrix, rows: Matrix) -> Matrix:
    """Gradients of the squared residuals (m, rows, p + 1) at thetas (m, p + 1), rows (m, b)."""
    X, y = trace.X[rows], trace.y[rows]
    residual = (X * thetas[:, None, :-1]).sum(axis=2) + thetas[:, None, -1] - y
    return 2 * residual[:, :, None] * np.concatenate([X, np.ones((*X.shape[:2], 1))], axis=2)


def _rows(some: tuple[int, ...]) -> str:
    return f"{'row' if len(some) == 1 else 'rows'} {' and '.join(str(k + 1) for k in some)}"
