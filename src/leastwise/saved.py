"""Fits read back from JSON, without executing anything."""

from __future__ import annotations

import json
import math
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from .fitted import SCHEMA, Fit
from .penalty import Penalty
from .rows.source import Design
from .types import DataError, UsageError

_VECTORS, _MATRICES = ("coef", "centre", "nudge", "se"), ("root", "middle")
_TUPLES = ("names", "dependencies", "dropped")
_FLOATS = (
    "intercept", "observations", "rss", "tss", "log_weight", "df_error", "digits", "se_digits"
)  # fmt: skip
_ALWAYS = ("coef", "intercept", "centre", "nudge")


def load(path: str | os.PathLike[str]) -> Fit:
    """Read a fit. Raises DataError where the file is missing, not a model, or of a newer version."""
    try:
        record: Any = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise DataError(f"{path} is not a model: make one with leastwise fit --save") from None
    schema = record.get("schema", "") if isinstance(record, dict) else ""
    if schema != SCHEMA:
        newer = str(schema).startswith("leastwise.model/")
        what = f"is of version {schema}, and this leastwise reads {SCHEMA}" if newer else "is not a model"
        raise DataError(f"{path} {what}: make it again with leastwise fit --save")
    try:
        return _parsed(record)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, UsageError):
        raise DataError(f"{path} is damaged: make it again with leastwise fit --save") from None


def _parsed(record: dict[str, Any]) -> Fit:
    values = {field.name: record[field.name] for field in fields(Fit)}
    values |= {name: np.array(values[name], dtype=np.float64) for name in (*_VECTORS, *_MATRICES)}
    values |= {name: math.nan if values[name] is None else float(values[name]) for name in _FLOATS}
    values |= {name: tuple(map(str, values[name])) for name in _TUPLES}
    design = values["design"]
    levels = {str(name): tuple(map(str, known)) for name, known in design["levels"].items()}
    values |= {"stopped": str(values["stopped"]), "history": None, "penalty": _penalty(values["penalty"])}
    values["design"] = Design(levels, str(design["formula"]), tuple(map(str, design["columns"])))
    values |= {name: int(values[name]) for name in ("n", "rank", "dropped_rows")}
    if values["penalty"] is not None:
        values["penalty"].of(len(values["names"]))
    fit = Fit(**values)
    p, q = len(fit.names), len(fit.se)
    k = len(fit.middle)
    shapes = [array.shape for array in (fit.coef, fit.centre, fit.nudge, fit.root, fit.middle)]
    whole = shapes == [(p,), (p + 1,), (p + 1,), (q, k), (k, k)] and q - p in (0, 1)
    if not whole or not all(np.isfinite(values[name]).all() for name in _ALWAYS):
        raise ValueError
    return fit


def _penalty(record: dict[str, Any] | None) -> Penalty | None:
    if record is None:
        return None
    factors, l1, l2 = record["factors"], record["l1"], record["l2"]
    low, high = (_ends(record[name], end) for name, end in (("low", -math.inf), ("high", math.inf)))
    return Penalty(l1, l2, None if factors is None else tuple(factors), low, high, record["standardised"])


def _ends(value: Any, end: float) -> Any:
    if isinstance(value, list):
        return tuple(end if bound is None else float(bound) for bound in value)
    return end if value is None else float(value)
