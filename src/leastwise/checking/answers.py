"""Parameters and losses out of what somebody's code gives back: tuples, dicts, attributes, modules, predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import Matrix, Vector
from .names import INTERCEPTS, LOSSES, SLOPES, plain


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave: slopes (p,) and intercept, or None where there is none; series with one number an epoch.

    `scalar`: a single number that is neither, or all there is.
    """

    coef: Vector | None = None
    intercept: float | None = None
    series: tuple[Vector, ...] = ()
    scalar: float | None = None

    @property
    def theta(self) -> Vector:
        """Slopes, then the intercept; 0 where it gives none."""
        coef = np.empty(0) if self.coef is None else self.coef
        return np.append(coef, 0.0 if self.intercept is None else self.intercept)

    def slopes_first(self, turned: bool) -> Vector:
        """Theta, where the answer was read with the intercept first (`turned`) put right."""
        return np.roll(self.theta, -1) if turned else self.theta

    def fits(self, p: int) -> bool:
        """Whether there are p slopes."""
        return self.coef is not None and len(self.coef) == p


MOST = 100_000
Layout = tuple[str, ...]
"""What each part of a result is: w, b, theta, series, path or other, as a first call with many epochs shows."""


def understood(result: Any, p: int, epochs: int | None = None, layout: Layout | None = None) -> Answer:
    """Parameters and losses out of what a call returned, in any usual order."""
    for whole in (_mapped, _of_module, _of_object):
        answer = whole(result, p)
        if answer is not None:
            return answer
    parts = list(_parts(result))
    inner = [answer for part in parts for whole in (_mapped, _of_module, _of_object) if (answer := whole(part, p))]
    numbers = [values for part in parts if (values := numbers_of(part)) is not None]
    kinds = layout if layout is not None and len(layout) == len(numbers) else laid_out(result, p, epochs)
    answer = _assembled(numbers, kinds, p)
    if inner:
        return Answer(inner[0].coef, inner[0].intercept, (*inner[0].series, *answer.series))
    return answer


def laid_out(result: Any, p: int, epochs: int | None) -> Layout:
    """What each part of a result that is a tuple of numbers is."""
    kinds: list[str] = []
    for part in _parts(result):
        values = numbers_of(part)
        if values is not None:
            kinds.append(_kind(values, p, epochs, kinds))
    return tuple(kinds)


def _kind(values: Matrix, p: int, epochs: int | None, before: list[str]) -> str:
    whole = "theta" in before
    steps = () if epochs is None else (epochs - 1, epochs, epochs + 1, epochs + 2)
    if values.ndim == 2 and values.shape[0] in steps and values.shape[1] == p + 1 and not whole and "w" not in before:
        return "path"
    if values.size == 1 and float(values.ravel()[0]) == epochs:
        return "other"
    if values.size == p and "w" not in before and not whole:
        return "w"
    if values.size == p + 1 and "w" not in before and not whole and values.size > 1:
        return "theta"
    if values.size == 1 and "b" not in before and not whole:
        return "b"
    if values.ndim <= 2 and values.size in steps and values.size > 1:
        return "series"
    if epochs is None and values.size > 1:
        return "series"
    return "scalar" if values.size == 1 else "other"


def _assembled(numbers: list[Matrix], kinds: Layout, p: int) -> Answer:
    there: dict[str, list[Vector]] = {}
    for values, kind in zip(numbers, kinds, strict=True):
        there.setdefault(kind, []).append(values)
    series = tuple(values.ravel() for values in there.get("series", []))
    theta = there.get("theta", [None])[0]
    if theta is None and "w" not in there and "path" in there and len(there["path"][0]):
        theta = there["path"][0][-1]
    if theta is not None:
        values = theta.ravel()
        return Answer(values[:-1], float(values[-1]), series) if values.size == p + 1 else Answer(series=series)
    w, b = ((there[kind][0].ravel() if kind in there else None) for kind in "wb")
    if w is not None and b is not None and len(w) == 1 and len(b) == p > 1:
        w, b = b, w
    scalar = next((float(values.ravel()[0]) for values in there.get("scalar", [])), None)
    if w is None or len(w) != p:
        return Answer(series=series, scalar=float(b[0]) if b is not None and len(b) == 1 else scalar)
    return Answer(w, float(b[0]) if b is not None and len(b) == 1 else None, series, scalar)


def of_attributes(made: Any, p: int) -> Answer:
    """The same out of a fitted object's attributes."""
    there = {}
    for name in (*SLOPES, *INTERCEPTS, *LOSSES):
        for spelt in (name, f"{name}_", f"_{name}"):
            if name not in there and has(made, spelt):
                there[name] = getattr(made, spelt)
    for name in vars(made) if hasattr(made, "__dict__") else ():
        if has(made, name):
            there.setdefault(plain(name), getattr(made, name))
    answer = _by_name(there, p)
    if answer.coef is None:
        inner = (value for value in there.values() if hasattr(value, "state_dict"))
        inside = next((found for value in inner if (found := _of_module(value, p)) is not None), None)
        return inside or (_of_module(made, p) or answer)
    return answer


def _by_name(there: Mapping[str, Any], p: int) -> Answer:
    pair = _pair(there, p)
    coef, intercept = pair if pair else (_first(there, SLOPES, (p, p + 1)), _first(there, INTERCEPTS, (1,)))
    series = tuple(
        values.ravel() for name in LOSSES if (values := numbers_of(there.get(name))) is not None and values.size > 1
    )
    if coef is not None and len(coef) == p + 1:
        # A whole theta: the intercept first, as most have it who put a column of ones before the others.
        coef, intercept = coef[1:], coef[:1]
    return Answer(coef, None if intercept is None else float(intercept[0]), series)


def _pair(there: Mapping[str, Any], p: int) -> tuple[Vector, Vector] | None:
    """b0 and b1, w0 and w1, ...: the slope is the one with the 1."""
    for letter in ("b", "beta", "theta", "w"):
        found = [_first(there, (f"{letter}{k}", f"{letter}_{k}"), (1,)) for k in (0, 1)]
        if p == 1 and found[0] is not None and found[1] is not None:
            return found[1], found[0]
    return None


def _mapped(result: Any, p: int) -> Answer | None:
    if not isinstance(result, Mapping):
        return None
    return _by_name({**{plain(str(name)): value for name, value in result.items()}, **result}, p)


def _of_module(module: Any, p: int) -> Answer | None:
    if not hasattr(module, "state_dict"):
        return None
    values = [numbers_of(part) for part in module.parameters()]
    flat = [part.ravel() for part in values if part is not None]
    coef = next((part for part in flat if len(part) == p), None)
    rest = [part for part in flat if part is not coef and len(part) == 1]
    return None if coef is None else Answer(coef, float(rest[0][0]) if rest else None)


def _of_object(result: Any, p: int) -> Answer | None:
    """Attributes of an object that is not an array, nor one of Python's own."""
    plain_kind = isinstance(result, list | int | float | str | bytes | bool | type(None)) or type(result) is tuple
    if plain_kind or hasattr(result, "__array__") or hasattr(result, "detach"):
        return None
    answer = of_attributes(result, p)
    return answer if answer.coef is not None else None


def _parts(result: Any) -> Iterator[Any]:
    """The leaves of nested tuples, and of lists whose items are not all single numbers."""
    mixed = isinstance(result, list) and any(_size(item) != 1 for item in result) and not _table(result)
    if isinstance(result, tuple) or mixed:
        for part in result:
            yield from _parts(part)
    else:
        yield result


def _table(result: list[Any]) -> bool:
    """Whether all items are pairs, or all triples, ... of numbers: a history of parameters."""
    sizes = {_size(item) for item in result}
    return len(sizes) == 1 and min(sizes) > 1 and all(isinstance(item, list | tuple | np.ndarray) for item in result)


def _size(item: Any) -> int:
    values = numbers_of(item)
    return -1 if values is None else values.size


def _first(there: Mapping[str, Any], names: tuple[str, ...], lengths: tuple[int, ...]) -> Vector | None:
    for name in names:
        values = numbers_of(there.get(name))
        if values is not None and values.size in lengths:
            return values.ravel()
    return None


def numbers_of(part: Any) -> Matrix | None:
    """An array of float64 where it is numbers."""
    if part is None or isinstance(part, str | bytes | bool):
        return None
    if hasattr(part, "detach"):
        part = part.detach().cpu().numpy()
    if isinstance(part, list | tuple):
        part = [_bare(item) for item in part]
    if isinstance(part, np.ndarray) and part.size > MOST:
        return None
    try:
        values = np.asarray(part)
        return values.astype(np.float64) if values.dtype.kind in "iuf" or values.dtype == object else None
    except (TypeError, ValueError):
        return None


def _bare(item: Any) -> Any:
    if hasattr(item, "detach"):
        item = item.detach().cpu().numpy()
    if isinstance(item, np.ndarray) and item.size == 1:
        return item.ravel()[0]
    return [_bare(part) for part in item] if isinstance(item, list | tuple) else item


def has(made: Any, name: str) -> bool:
    """Whether it has a value (not a method) of this name; properties that raise are none."""
    try:
        return hasattr(made, name) and (not callable(getattr(made, name)) or hasattr(getattr(made, name), "state_dict"))
    except (Exception, SystemExit):
        return False
