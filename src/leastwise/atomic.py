"""Files that are there whole or not at all, and what JSON can hold."""

from __future__ import annotations

import math
import os
import re
import shutil
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
    """A place to write to that becomes `path` when all went well; DataError where it cannot be written.

    Where the system has files without a name, a killed process leaves nothing behind; elsewhere it leaves a hidden
    file. A symbolic link is followed.
    """
    path = path.resolve()
    try:
        nameless = _nameless(path.parent)
        with _hidden(path) if nameless is None else _named_at_last(nameless, path) as new:
            yield new
    except OSError as error:
        raise DataError(f"{path} cannot be written: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    """What the system said, out of what a library made of it."""
    number = re.search(r"\[errno (\d+)\]", str(error))
    return os.strerror(int(number[1])) if number else error.strerror or str(error)


def _nameless(folder: Path) -> int | None:
    """A new file in `folder` without a name, or None where there is no such thing."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(folder, flag | os.O_RDWR, 0o666)
    except OSError:
        return None


@contextmanager
def _named_at_last(handle: int, path: Path) -> Iterator[Path]:
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield Path(f"/proc/self/fd/{handle}")
        _link(handle, hidden)
        hidden.replace(path)
    finally:
        os.close(handle)
        hidden.unlink(missing_ok=True)


def _link(handle: int, name: Path) -> None:
    """Give a nameless file a name; a copy of it where the system does not link such files."""
    source = f"/proc/self/fd/{handle}"
    try:
        # With a handle for its folder the link is followed: it is the file itself that gets the name.
        os.link(source, name, src_dir_fd=handle, follow_symlinks=True)
    except OSError:
        shutil.copyfile(source, name)
        name.chmod(0o666 & ~_umask())


@contextmanager
def _hidden(path: Path) -> Iterator[Path]:
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    new = Path(name)
    try:
        yield new
        new.chmod(0o666 & ~_umask())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


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
