"""Run the examples between `<!-- example: ... -->` and `<!-- end -->` in the README and put in what they print.

`python docs/fill.py` rewrites the README; tests/test_readme.py holds it against a fresh run, times left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
EXAMPLE = re.compile(r"<!-- example: (?P<what>.*?) -->\n.*?<!-- end -->", re.DOTALL)


def filled(text: str) -> str:
    """The text with every example run again."""
    return EXAMPLE.sub(lambda found: f"<!-- example: {found['what']} -->\n{_block(found['what'])}<!-- end -->", text)


def _block(what: str) -> str:
    if what.endswith(".py"):
        code = (ROOT / what).read_text("utf-8").split("\n\n", 1)[1].strip()
        return f"```python\n{code}\n```\n\nprints\n\n```console\n{_run([sys.executable, what])}```\n"
    return f"```console\n$ {what}\n{_run([sys.executable, '-m', *what.split()])}```\n"


def _run(command: list[str]) -> str:
    environment = {**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    lines = [line.rstrip() for line in ran.stdout.decode().splitlines()]
    return "\n".join(lines).strip() + "\n"


if __name__ == "__main__":
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
