"""Run every benchmark and write their tables to RESULTS.md; that of billion.py, which needs 24 GB of room, is kept."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ALL = (
    "imports",
    "digits",
    "kept",
    "fits",
    "groups",
    "windows",
    "targets",
    "cluster",
    "databases",
    "gpu",
    "ladder",
    "sweep",
    "optimizers",
    "penalised",
    "checks",
    "lab",
)


def main() -> None:
    """Each in a process of its own; the file is replaced only when all have finished."""
    tables = [_run(name) for name in ALL]
    kept = re.findall(r"^## A billion rows\n.*?(?=^## |\Z)", (HERE / "RESULTS.md").read_text("utf-8"), re.M | re.S)
    machine = _processor()
    text = f"# Results\n\nMade by `make bench` on {machine}. Ratios travel between machines, seconds do not.\n\n"
    new = HERE / "RESULTS.md.new"
    new.write_text(text + "".join([*tables, *kept]).rstrip() + "\n", encoding="utf-8")
    new.replace(HERE / "RESULTS.md")


def _run(name: str) -> str:
    print(f"running {name}", file=sys.stderr)
    command = [sys.executable, str(HERE / f"{name}.py")]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _processor() -> str:
    import os
    import platform

    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{os.cpu_count()} cores of {model}"


if __name__ == "__main__":
    main()
