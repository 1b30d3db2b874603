"""The code cells of a notebook as one text of Python."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from ..types import DataError

PYTHON_AFTER = ("%%time", "%%timeit", "%%capture", "%%prun")
LINE = re.compile(r"^(\s*)([%!?].*|[\w.]+\?+\s*)$")
TAKEN = re.compile(r"^(\s*[\w., ]+=\s*)[%!].*$")


def text_of(path: Path) -> str:
    """Its cells in order; what is no Python in them (%matplotlib, !pip, x = !ls, np?) put aside.

    A cell that is no Python even so is put aside as a whole. Raises DataError where it is no notebook.
    """
    try:
        cells = json.loads(path.read_text("utf-8-sig"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{path} is no notebook of the present format (nbformat 4): save it anew") from None
    return "\n\n".join(_python(cell) for cell in code)


def _python(cell: str) -> str:
    return next((text for text in (cell, _without_magics(cell)) if _parses(text)), _aside(cell))


def _without_magics(cell: str) -> str:
    lines = cell.splitlines()
    first = next((k for k, line in enumerate(lines) if line.strip()), 0)
    if lines and lines[first].startswith("%%"):
        if lines[first].split()[0] not in PYTHON_AFTER:
            return _aside(cell)
        lines[first] = f"# {lines[first]}"
    lines = [TAKEN.sub(r"\1None", line) for line in lines]
    return "\n".join(LINE.sub(r"\1pass  # \2", line) for line in lines)


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _aside(cell: str) -> str:
    return "\n".join(f"# {line}" for line in cell.splitlines())
