"""Files that are there whole or not at all, and what JSON can hold."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .types import DataError, UsageError


def write_text(path: Path, text: str) -> None:
    """Write a whole file of text."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file."""
    with replacing(path) as new:
        new.write_bytes(content)


def clean(value: Any) -> Any:
    """The value as JSON has it: arrays as lists, null for every float that is not finite."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return clean(value.tolist())
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, renamed over it when all went well; DataError where it cannot be written.

    A symbolic link is followed.
    """
    import tempfile

    path = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        new = Path(name)
        try:
            yield new
            new.chmod(0o666 & ~_umask())
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from None


def writable(option: str, path: Path | None, *inputs: str) -> None:
    """UsageError, before any work, where `path` cannot become an ordinary file or is one of the `inputs`."""
    if path is None:
        return
    try:
        path.resolve()
        folder, there, regular = path.is_dir(), path.exists(), path.is_file()
        same = there and any(Path(name).exists() and path.samefile(name) for name in inputs)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{option} {str(path)[:60]} cannot be written: {first_words(error)}") from None
    if same:
        raise UsageError(f"{option} {path} is the input itself: name another file")
    if folder:
        raise UsageError(f"{option} {path} is a folder: name a file in it")
    if str(path) == "-" or (there and not regular):
        raise UsageError(f"{option} {path} is not an ordinary file: name one")
    if not path.parent.is_dir():
        raise UsageError(f"{option} {path} cannot be written: there is no folder {path.parent}")


def first_words(error: Exception) -> str:
    """What an error of the file system says, without numbers and names."""
    return getattr(error, "strerror", None) or "its links lead in a circle"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
