"""Checks in a process apart, with a time limit: somebody's code cannot take this one down."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..types import DataError, UsageError
from .report import CheckReport, Fault


def checked(where: str, seconds: float = 60.0) -> CheckReport:
    """`check` of FILE.py:NAME or package:NAME. Raises UsageError or DataError, also where it takes too long or dies."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "leastwise.checking.child", where, str(report)]
        try:
            done = subprocess.run(command, timeout=seconds, capture_output=True, check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise DataError(
                f"{where} did not finish within {seconds:g} seconds: give it fewer epochs by default"
            ) from None
        if not report.exists():
            raise DataError(f"{where} ended its process (exit code {done.returncode}) before anything was found")
        record = json.loads(report.read_text("utf-8"))
    if "error" in record:
        raise (UsageError if record["code"] == UsageError.exit_code else DataError)(record["error"])
    return _report(record)


def _report(record: dict[str, Any]) -> CheckReport:
    faults = tuple(Fault(**fault) for fault in record["faults"])
    return CheckReport(
        record["name"], record["kind"], faults, record["unknown"], record["digits"], tuple(record["notes"])
    )
