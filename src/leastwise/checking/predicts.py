"""Whether predict says what the parameters say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..words import number
from .calling import RATE, Callee, predictions
from .metrics import scored
from .report import Fault
from .trace import seven

ALIKE = 1e-6


def said_otherwise(callee: Callee, turned: bool) -> Iterator[Fault]:
    """LW601, LW602: on new rows, predict against X w + b with the parameters that the object shows."""
    if not callee.interface.method or callee.by != "parameters" or callee.box.ones:
        return
    X, y = seven(1)
    new = X[:4] * 1.5 - 1
    try:
        result, own, given = callee.ran(X, y, rate=RATE, epochs=5, seed=2)
        theta = callee.read(result, own, given, 1, 5).slopes_first(turned)
        said = predictions(own, callee.box, new)
    except (Exception, SystemExit):
        return
    right = new[:, 0] * theta[0] + theta[-1]
    if len(said) != len(right) or np.allclose(said, right, rtol=ALIKE, atol=ALIKE):
        return
    evidence = (
        f"for x of {number(float(new[0, 0]), 6)} it predicts {number(float(said[0]), 7)}, and its parameters say "
        f"{number(float(right[0]), 7)}"
    )
    without = np.allclose(said, new[:, 0] * theta[0], rtol=ALIKE, atol=ALIKE)
    yield Fault.of("LW602" if without else "LW601", evidence)


def score(callees: Sequence[Callee]) -> list[Fault]:
    """LW611 to LW617: what the object's score is of rows that it was not fitted on, if that is a wrong R2."""
    callee = next((callee for callee in callees if callee.by == "predictions"), None)
    if callee is None:
        return []
    X, y = seven(1)
    try:
        _, own, _ = callee.ran(X, y, rate=RATE, epochs=50, seed=2)
        if not callable(getattr(own, "score", None)):
            return []
        new = X * 1.5 - 1, y[::-1] + X[:, 0]
        return scored(lambda X, y: own.score(*callee.box.rows(X, y)), lambda X: predictions(own, callee.box, X), *new)
    except (Exception, SystemExit):
        return []
