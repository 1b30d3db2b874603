"""A triangle as a file: one line of JSON that says what follows, then its numbers, under a checksum."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from ..atomic import write_bytes
from ..types import DataError
from .triangle import Triangle

MAGIC = b"leastwise triangle 1\n"


def save(triangle: Triangle, path: Path) -> None:
    """Write `triangle`: magic line, JSON line, then shift (q,), delta (q,), R (r, q) as little-endian float64."""
    numbers = np.concatenate([triangle.shift, triangle.delta, triangle.R.ravel()]).astype("<f8").tobytes()
    head = {
        "n": triangle.n,
        "weight": triangle.weight,
        "log_weight": triangle.log_weight,
        "lightest": triangle.lightest,
        "heaviest": triangle.heaviest,
        "names": list(triangle.names),
        "rows": len(triangle.R),
        "columns": len(triangle.shift),
    }
    body = json.dumps(head).encode() + b"\n" + numbers
    write_bytes(path, MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def load(path: Path) -> Triangle:
    """Read a triangle. Raises DataError where the file is not one, damaged, or of another version."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    if not content.startswith(MAGIC):
        kind = "of another version of leastwise" if content.startswith(MAGIC[:18]) else "not a triangle"
        raise DataError(f"{path} is {kind}: make it again with leastwise summarise")
    checksum, _, body = content[len(MAGIC) :].partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        raise DataError(f"{path} is damaged, its checksum does not match: make it again with leastwise summarise")
    try:
        return _parsed(body)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise DataError(f"{path} is damaged: make it again with leastwise summarise") from None


def _parsed(body: bytes) -> Triangle:
    line, _, raw = body.partition(b"\n")
    head, numbers = json.loads(line), np.frombuffer(raw, dtype="<f8").astype(np.float64)
    n, q, rows, names = head["n"], head["columns"], head["rows"], tuple(head["names"])
    floats = [float(head[key]) for key in ("weight", "log_weight", "lightest", "heaviest")]
    whole = all(isinstance(value, int) and value >= 0 for value in (n, q, rows)) and q >= 1
    fits = len(numbers) == q * (rows + 2) and len(names) in (0, q) and np.isfinite([*numbers, *floats]).all()
    if not (whole and fits and (floats[0] > 0 or n == 0)):
        raise ValueError
    weight, logs, lightest, heaviest = floats
    R = numbers[2 * q :].reshape(rows, q)
    return Triangle(n, weight, numbers[:q], numbers[q : 2 * q], R, logs, lightest, heaviest, names)


def is_triangle(path: Path) -> bool:
    """Whether a file begins as one."""
    try:
        with path.open("rb") as file:
            return file.read(18) == MAGIC[:18]
    except OSError:
        return False
