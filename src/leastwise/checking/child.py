"""The process that runs somebody's code: python -m leastwise.checking.child WHERE REPORT.json, output thrown away."""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

from ..types import LeastwiseError
from .entry import check
from .loading import loaded

MEMORY = 8 << 30


def main(where: str, report: str) -> None:
    """Check, and write what was found, or the sentence of a refusal with its exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
            named = loaded(where)
            found = check(named.target)
        record = replace(found, notes=(*found.notes, *named.notes)).record()
    except LeastwiseError as error:
        record = {"error": str(error), "code": error.exit_code}
    Path(report).write_text(json.dumps(record), "utf-8")
    # Threads that somebody's code has left running are not waited for.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
