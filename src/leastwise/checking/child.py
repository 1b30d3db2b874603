"""The process that runs somebody's code: python -m leastwise.checking.child WHERE FOLDER, output thrown away."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from json import dumps
from pathlib import Path
from typing import Any

from ..types import DataError, LeastwiseError
from .entry import check
from .loading import loaded
from .names import raised

MEMORY = 8 << 30
DIES_WITH_PARENT = 1


def main(where: str, folder: str) -> None:
    """Check, and write what was found, or the sentence of a refusal with its exit code, as FOLDER/report.json.

    FOLDER/loaded is there once the file has been run, so that it can be said what took too long.
    """
    # What is needed at the end is taken at the beginning: somebody's code may change the rest.
    encode, write, leave = dumps, os.write, os._exit
    report = os.open(Path(folder) / "report.json", os.O_CREAT | os.O_WRONLY)
    _limited()
    record = _record(where, Path(folder) / "loaded")
    write(report, encode(record).encode())
    # Threads that somebody's code has left running are not waited for.
    leave(0)


def _record(where: str, mark: Path) -> dict[str, Any]:
    try:
        with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
            named = loaded(where)
            mark.touch()
            found = check(named.target)
        return replace(found, notes=(*found.notes, *named.notes)).record()
    except LeastwiseError as error:
        return {"error": str(error), "code": error.exit_code}
    except BaseException as error:
        return {"error": f"{where[:200]} could not be checked: {raised(error)}", "code": DataError.exit_code}


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ.setdefault("MPLBACKEND", "Agg")
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
