"""A run that the page has made, as it tells it: settings, and the path at some epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..descent.table import OPTIMIZERS
from ..types import Matrix, UsageError, Vector
from ..words import listing
from .sets import MOST_NUMBERS, MOST_ROWS

SCALES = ("raw", "centred", "standardised")
MOST_SEEN = 2_000
LARGEST = 1e100


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A run at `rate` from `start` (q,) on scaled rows, and its `losses` (k,) and `path` (k, q) at `epochs` (k,).

    `rows` (n, q) are its own, or None where those of a set are meant.
    """

    rows: Matrix | None
    names: tuple[str, ...]
    scale: str
    optimizer: str
    mistake: str
    rate: float
    start: Vector
    epochs: Vector
    losses: Vector
    path: Matrix

    @property
    def last(self) -> int:
        """The last epoch that was seen."""
        return int(self.epochs[-1])

    @classmethod
    def of(cls, told: Any) -> Asked:
        """From JSON. Raises UsageError that names the field."""
        if not isinstance(told, Mapping):
            raise UsageError("the request must be one JSON object")
        start = _array(told, "start", 1)
        q = len(start)
        path = told.get("path")
        if not isinstance(path, Mapping):
            raise UsageError("path must be an object of epochs, losses and parameters")
        rows = None if told.get("rows") is None else _array(told, "rows", 2)
        epochs, losses, parameters = _array(path, "epochs", 1), _array(path, "losses", 1), _array(path, "parameters", 2)
        _fits(rows, q, epochs, losses, parameters)
        names = told.get("names")
        known = isinstance(names, Sequence) and len(names) == q - 1 and all(isinstance(name, str) for name in names)
        return cls(
            rows=rows,
            names=tuple(names) if known and names else tuple(f"x{j + 1}" for j in range(q - 1)),
            scale=_one_of(told, "scale", SCALES),
            optimizer=_one_of(told, "optimizer", tuple(OPTIMIZERS)),
            mistake=_text(told, "mistake"),
            rate=_above_0(told, "rate"),
            start=start,
            epochs=epochs.astype(int),
            losses=losses,
            path=parameters,
        )


def _fits(rows: Matrix | None, q: int, epochs: Vector, losses: Vector, path: Matrix) -> None:
    if rows is not None and (rows.shape[1] != q or not 2 <= len(rows) <= MOST_ROWS or rows.size > MOST_NUMBERS):
        raise UsageError(f"rows must be 2 to {MOST_ROWS:,} of {q} numbers each, at most {MOST_NUMBERS:,} in all")
    if not 1 <= len(epochs) <= MOST_SEEN or path.shape != (len(epochs), q) or losses.shape != epochs.shape:
        raise UsageError(f"path must have 1 to {MOST_SEEN:,} epochs, a loss and {q} parameters for each")
    if (epochs < 0).any() or (epochs > 10**6).any() or (epochs % 1).any() or (np.diff(epochs) <= 0).any():
        raise UsageError("epochs must be whole numbers that grow, from 0 to 1,000,000")


def _array(told: Mapping[str, Any], name: str, axes: int) -> Any:
    try:
        found = np.array(told.get(name), dtype=np.float64)
    except (TypeError, ValueError):
        found = np.empty(())
    if found.ndim != axes or not found.size or not np.isfinite(found).all():
        raise UsageError(f"{name} must be {'a list' if axes == 1 else 'a list of lists'} of finite numbers")
    if name == "rows" and not (np.abs(found) < LARGEST).all():
        raise UsageError(f"the numbers of the rows are too large to be squared: keep them below {LARGEST:g}")
    return found


def _one_of(told: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = told.get(name)
    if not isinstance(value, str) or value not in known:
        raise UsageError(f"{name} must be one of {listing(known, 30)}: it is {str(value)[:40]!r}")
    return value


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a text: it is {str(value)[:40]!r}")
    return value


def _above_0(told: Mapping[str, Any], name: str) -> float:
    value = told.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e300:
        raise UsageError(f"{name} must be a number above 0: it is {str(value)[:40]!r}")
    return float(value)
