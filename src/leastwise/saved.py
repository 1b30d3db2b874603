"""Fits read back from JSON, without executing anything."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from .fit import SCHEMA, Fit
from .types import DataError

_ARRAYS = ("coef", "covariance", "bread", "se")
_TUPLES = ("names", "dependencies", "dropped")


def load(path: str | os.PathLike[str]) -> Fit:
    """Read a fit. Raises DataError where the file is missing, not a model, or of a newer version."""
    try:
        record: Any = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise DataError(f"{path} is not a model: make one with leastwise fit --save") from None
    schema = record.get("schema", "") if isinstance(record, dict) else ""
    if schema != SCHEMA:
        newer = str(schema).startswith("leastwise.model/")
        what = f"is of version {schema}, and this leastwise reads {SCHEMA}" if newer else "is not a model"
        raise DataError(f"{path} {what}: make it again with leastwise fit --save")
    try:
        values = {field.name: record[field.name] for field in fields(Fit)}
        values |= {name: np.array(values[name], dtype=np.float64) for name in _ARRAYS}
        values |= {name: tuple(values[name]) for name in _TUPLES}
        values["levels"] = {name: tuple(known) for name, known in values["levels"].items()}
        fit = Fit(**values)
        if fit.covariance.shape != (len(fit.se),) * 2 or len(fit.coef) != len(fit.names):
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError):
        raise DataError(f"{path} is damaged: make it again with leastwise fit --save") from None
    return fit
