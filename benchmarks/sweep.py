"""Time an epoch takes against the number of rows, one feature, as `leastwise compare --sweep` measures it."""

from __future__ import annotations

import leastwise as lw
from leastwise.sweep import sweep
from leastwise.words import duration


def main() -> None:
    """Print a Markdown table and the crossings; the trajectories are checked on the article first."""
    comparison = lw.compare("article")
    assert all(run.agreement_digits >= 13 for run in comparison.runs if run.method.iterates)
    names = [run.method.name for run in comparison.runs if run.method.iterates]
    swept = sweep(comparison.data, comparison.settings, names, comparison.threads)
    print(f"## Time an epoch takes, one feature ({comparison.threads} threads)\n")
    print(f"| rows | {' | '.join(swept.epoch)} |\n|{'---|' * (len(names) + 1)}")
    for k, rows in enumerate(swept.rows):
        print(f"| {rows:,} | {' | '.join(duration(timings[k].median) for timings in swept.epoch.values())} |")
    print("\n" + "\n".join(f"- {line}" for line in swept.crossings) + "\n")


if __name__ == "__main__":
    main()
