"""Checks in a process apart, with limits of time and memory: somebody's code cannot take this one down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..types import DataError, UsageError
from .report import CheckReport, Fault


def checked(where: str, seconds: float = 60.0) -> CheckReport:
    """`check` of FILE.py:NAME, FILE.ipynb:NAME or package:NAME.

    Raises UsageError or DataError, also where it takes too long or dies.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        code = _ran([sys.executable, "-m", "leastwise.checking.child", where, str(report)], where, seconds)
        try:
            record = json.loads(report.read_text("utf-8"))
        except (OSError, ValueError):
            raise DataError(f"{where} ended its process ({code}) before anything was found") from None
    if "error" in record:
        raise (UsageError if record["code"] == UsageError.exit_code else DataError)(record["error"])
    return _report(record)


def _ran(command: list[str], where: str, seconds: float) -> str:
    """How it ended, in words; it and all that it has started are stopped when its time is over."""
    quiet = subprocess.DEVNULL
    running = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        code = running.wait(seconds)
    except subprocess.TimeoutExpired:
        raise DataError(
            f"{where} did not finish within {seconds:g} seconds: give it fewer epochs by default, or --seconds more"
        ) from None
    finally:
        _stop(running)
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _stop(running: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def _report(record: dict[str, Any]) -> CheckReport:
    faults = tuple(Fault(**fault) for fault in record["faults"])
    return CheckReport(
        record["name"], record["kind"], faults, record["unknown"], record["digits"], tuple(record["notes"]),
        record["paths"],
    )  # fmt: skip
