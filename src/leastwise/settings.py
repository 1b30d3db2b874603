"""What a user may set about a run, checked once."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

from .solution import Start
from .types import UsageError
from .words import listing

DTYPES = ("float64", "float32")
MOST_THREADS = 256
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Settings:
    """A run of `epochs` epochs at `learning_rate` from one start, the same for every method.

    `start` is (coef, intercept), or drawn from `seed`; `dtype` that of data, parameters and loss; `device`
    where torch keeps them; `threads` of NumPy and torch alike, None for all cores; `tolerance` in standard
    errors, within which an estimate counts as converged. Raises UsageError for a value out of range.
    """

    epochs: int = 15
    learning_rate: float = 0.001
    seed: int = 2
    start: tuple[object, object] | Start | None = None
    dtype: str = "float64"
    device: str = "cpu"
    threads: int | None = None
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        _whole("epochs", self.epochs, 1)
        _whole("seed", self.seed, 0, 2**32 - 1)
        if self.threads is not None:
            _whole("threads", self.threads, 1, MOST_THREADS)
        _positive("learning rate", self.learning_rate)
        _positive("tolerance", self.tolerance, 1000)
        for name, plain in (("epochs", int), ("seed", int), ("learning_rate", float), ("tolerance", float)):
            object.__setattr__(self, name, plain(getattr(self, name)))
        if self.dtype not in DTYPES:
            raise UsageError(f"dtype must be {' or '.join(DTYPES)}: it is {self.dtype!r}")

    @classmethod
    def of(cls, settings: dict[str, Any]) -> Settings:
        """Settings from keywords; UsageError for one that there is not."""
        return from_keywords(cls, "setting", settings)

    def begin(self, features: int) -> Start:
        """The start of a run on p features, in float64."""
        return Start.draw(features, self.seed) if self.start is None else Start.of(self.start, features)


def from_keywords(kind: type[Kind], what: str, given: dict[str, Any]) -> Kind:
    """A dataclass from keywords; UsageError for one that it has not, called a `what`."""
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise UsageError(f"there is no {what} {name!r}: there are {listing(known, 20)}")
    return kind(**given)


def _whole(what: str, value: object, least: int, most: int | None = None) -> None:
    try:
        whole = int(value) == value  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole or value < least or (most is not None and value > most):  # type: ignore[operator]
        allowed = f"a whole number of at least {least}" if most is None else f"a whole number from {least} to {most}"
        raise UsageError(f"{what} must be {allowed}: it is {value}")


def _positive(what: str, value: object, most: float = math.inf) -> None:
    if not isinstance(value, float | int | np.number) or not math.isfinite(value) or value <= 0 or value > most:
        top = "" if math.isinf(most) else f", at most {most:g}"
        raise UsageError(f"{what} must be a finite number above 0{top}: it is {value}")
