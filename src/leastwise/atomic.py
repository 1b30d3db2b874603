"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .types import DataError, UsageError


def write_text(path: Path, text: str) -> None:
    """Write a whole file of text."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file."""
    with replacing(path) as new:
        new.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, renamed over it when all went well; DataError where it cannot be written.

    A symbolic link is followed.
    """
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


def writable(option: str, path: Path | None) -> None:
    """UsageError, before any work, where `path` cannot become an ordinary file."""
    if path is None:
        return
    try:
        folder, there, regular = path.is_dir(), path.exists(), path.is_file()
    except OSError as error:
        raise UsageError(f"{option} {str(path)[:60]}... cannot be written: {error.strerror}") from None
    if folder:
        raise UsageError(f"{option} {path} is a folder: name a file in it")
    if str(path) == "-" or (there and not regular):
        raise UsageError(f"{option} {path} is not an ordinary file: name one")
    if not path.parent.is_dir():
        raise UsageError(f"{option} {path} cannot be written: there is no folder {path.parent}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
