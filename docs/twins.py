"""Fill the table of docs/descent.md: to how many digits each rule by hand and its twin in torch.optim agree."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

import leastwise as lw
from leastwise.descent.table import OPTIMIZERS

PAGE = Path(__file__).parent / "descent.md"
RATES = {"adagrad": 0.1, "adadelta": 1.0, "rmsprop": 0.002, "rmsprop-centered": 0.001, "nadam": 0.002}
STEPS = 1000


def digits(name: str, batch_size: int | None) -> str:
    """Of the parameter that is farthest off over 1,000 steps, against the largest parameter of its step."""
    rng = np.random.default_rng(4)
    X = rng.standard_normal((56, 3))
    y = X @ [1.0, -2.0, 0.5] + 3 + 0.1 * rng.standard_normal(56)
    epochs = STEPS if batch_size is None else STEPS // 8
    how = {"optimizer": name, "learning_rate": RATES.get(name, 0.01), "epochs": epochs, "batch_size": batch_size}
    runs = [lw.descend(X, y, backend=b, start=(np.full(3, 5.0), 5.0), **how).history for b in ("numpy", "torch")]
    mine, theirs = (np.column_stack([run.coef, run.intercept]) for run in runs if run is not None)
    worst = (np.abs(mine - theirs).max(axis=1) / np.abs(theirs).max(axis=1)).max()
    return f"{min(16.0, -np.log10(max(worst, 1e-17))):.1f}"


def main() -> None:
    """Rewrite the lines between the marks."""
    lines = ["| optimiser | what it is | torch.optim | full batches | batches of 7 |", "|---|---|---|---|---|"]
    for name, entry in OPTIMIZERS.items():
        both = [digits(name, None), "" if entry.full_batch else digits(name, 7)] if entry.torch else ["", ""]
        lines.append(f"| `{name}` | {entry.sentence} | {entry.torch or ''} | {' | '.join(both)} |")
    table = "\n".join(["<!-- twins -->", *lines, "<!-- end -->"])
    PAGE.write_text(re.sub(r"<!-- twins -->.*?<!-- end -->", lambda found: table, PAGE.read_text("utf-8"), flags=re.S))


if __name__ == "__main__":
    main()
