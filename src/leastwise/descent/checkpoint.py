"""The state of a descent as JSON, every float to its last bit, so that a resumed run is an unbroken one."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import write_text
from ..types import DataError

SCHEMA = "leastwise.checkpoint/1"


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state`, made of numbers, texts, None, lists, tuples, dicts, arrays and tensors; whole or not at all."""
    text = json.dumps(_encoded(state))
    write_text(path, json.dumps({"schema": SCHEMA, "sha256": _digest(text), "state": text}))


def load(path: Path) -> dict[str, Any]:
    """Read it back. Raises DataError where the file is not a checkpoint, or of another version."""
    try:
        record = json.loads(path.read_text("utf-8"))
        if record["schema"] != SCHEMA or record["sha256"] != _digest(record["state"]):
            raise KeyError
        return dict(_decoded(json.loads(record["state"])))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise DataError(f"{path} is damaged, or no checkpoint of this version: start afresh") from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _encoded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"kind": "array", "dtype": str(value.dtype), "values": _encoded(value.tolist())}
    if hasattr(value, "detach"):
        return {"kind": "tensor", **_encoded(value.detach().cpu().numpy())} | {"kind": "tensor"}
    if isinstance(value, tuple):
        return {"kind": "tuple", "values": [_encoded(item) for item in value]}
    if isinstance(value, dict):
        return {"kind": "dict", "items": [[_encoded(key), _encoded(item)] for key, item in value.items()]}
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    if isinstance(value, float | np.floating) and not math.isfinite(value):
        return {"kind": "float", "value": str(float(value))}
    return value.item() if isinstance(value, np.generic) else value


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value["kind"]
    if kind == "tuple":
        return tuple(_decoded(item) for item in value["values"])
    if kind == "dict":
        return {_decoded(key): _decoded(item) for key, item in value["items"]}
    if kind == "float":
        return float(value["value"])
    array = np.array(_decoded(value["values"]), dtype=value["dtype"])
    if kind == "array":
        return array
    import torch

    return torch.from_numpy(array)
