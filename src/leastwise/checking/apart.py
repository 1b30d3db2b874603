"""Checks in a process apart, with limits of time and memory: somebody's code cannot take this one down."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..types import DataError, UsageError
from .report import CheckReport, Fault

ADOPTS_ORPHANS = 36


def checked(where: str, seconds: float = 60.0) -> CheckReport:
    """`check` of FILE.py:NAME, FILE.ipynb:NAME or package:NAME.

    Raises UsageError or DataError, also where it takes too long or dies.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(ADOPTS_ORPHANS, 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        # -P: a file of somebody's called random.py or json.py does not stand before Python's own.
        command = [sys.executable, "-P", "-m", "leastwise.checking.child", where, str(folder)]
        code = _ran(command, where[:200], folder / "loaded", min(seconds, 1e6))
        try:
            record = json.loads((folder / "report.json").read_text("utf-8"))
        except (OSError, ValueError):
            raise DataError(f"{where[:200]} ended its process ({code}) before anything was found") from None
    if "error" in record:
        raise (UsageError if record["code"] == UsageError.exit_code else DataError)(record["error"])
    return _report(record)


def _ran(command: list[str], where: str, loaded: Path, seconds: float) -> str:
    """How it ended, in words; it and all that it has started are stopped when its time is over."""
    quiet = subprocess.DEVNULL
    running = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        code = running.wait(seconds)
    except subprocess.TimeoutExpired:
        said = "give it fewer epochs by default, or --seconds more"
        if not loaded.exists():
            said = "its file is still being run; put what trains below if __name__ == '__main__'"
        raise DataError(f"{where} did not finish within {seconds:g} seconds: {said}") from None
    finally:
        _stop(running)
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _stop(running: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    # What had left its session has come to this process, which adopts orphans.
    while orphans := list(_children()):
        for orphan in orphans:
            with suppress(OSError):
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)


def _children() -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state = path.read_text().rpartition(")")[2].split()
            if int(state[1]) == os.getpid():
                yield int(path.parent.name)


def _report(record: dict[str, Any]) -> CheckReport:
    faults = tuple(Fault(**fault) for fault in record["faults"])
    return CheckReport(
        record["name"], record["kind"], faults, record["unknown"], record["digits"], tuple(record["notes"]),
        record["paths"],
    )  # fmt: skip
