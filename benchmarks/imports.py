"""What `import leastwise` and `leastwise --help` cost beside `import numpy`: whole processes, medians of 15."""

from __future__ import annotations

import statistics
import subprocess
import sys
from functools import partial

from leastwise.timing import clock

COMMANDS = {
    "python -c 'import numpy'": ["-c", "import numpy"],
    "python -c 'import leastwise'": ["-c", "import leastwise"],
    "python -m leastwise --help": ["-m", "leastwise", "--help"],
    "python -c 'import sklearn.linear_model'": ["-c", "import sklearn.linear_model"],
    "python -c 'import torch'": ["-c", "import torch"],
}
RUNS = 15


def main() -> None:
    """Print a Markdown table; the runs are taken in turn."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(RUNS + 1):
        for name, arguments in COMMANDS.items():
            start = partial(subprocess.run, [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            seconds = clock(start)
            if turn:
                times[name].append(seconds)
    base = statistics.median(times["python -c 'import numpy'"])
    print(f"## Starting up (python {sys.version.split()[0]}, median of {RUNS})\n")
    print("| process | ms | times `import numpy` |\n|---|---|---|")
    for name, seconds_taken in times.items():
        median = statistics.median(seconds_taken)
        print(f"| `{name}` | {median * 1e3:.0f} | {median / base:.2f} |")
    print()


if __name__ == "__main__":
    main()
