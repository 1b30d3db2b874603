"""Settings that are out of range, refused in one sentence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..types import UsageError, Vector


def real(name: str, value: Any, low: float = 0.0, high: float = math.inf, above: bool = False) -> float:
    """A finite number from `low`, or `above` it, to `high`; UsageError for anything else."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not low <= value <= high or (above and value == low):
        least = f"above {low:g}" if above else f"of at least {low:g}"
        most = "" if math.isinf(high) else f" and at most {high:g}"
        raise UsageError(f"{name} must be a finite number {least}{most}: it is {value!r}")
    return float(value)


def reals(name: str, values: Any, low: float = 0.0, high: float = math.inf, above: bool = False) -> Vector:
    """One such number or a list of them (k,); UsageError where there is none, or one is out of range."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"{name} must be a number or a list of numbers: it is {values!r}") from None
    if found.ndim > 1 or not found.size:
        raise UsageError(f"{name} must be a number or a list of at least one: its shape is {found.shape}")
    return np.array([real(name, value, low, high, above) for value in np.atleast_1d(found)])


def counted(value: Any) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def flags(owner: Any, *names: str) -> None:
    """UsageError for an attribute that is neither true nor false."""
    for name in names:
        value = getattr(owner, name)
        if not isinstance(value, bool | np.bool_) and value not in (0, 1):
            raise UsageError(f"{name} must be True or False: it is {value!r}")
