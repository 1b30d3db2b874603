"""Data sets that come with the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from .source import Source

ARTICLE_X = (1, 2, 4, 6, 8, 10, 12, 13, 14, 16, 16, 18, 20, 22, 24)
ARTICLE_Y = (39, 42, 43, 46, 47, 56, 60, 59, 64, 66, 68, 72, 71, 75, 80)
ANSCOMBE_X = (10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5)
ANSCOMBE = (
    ("a line and noise", ANSCOMBE_X, (8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68)),
    ("a curve", ANSCOMBE_X, (9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74)),
    ("a line and one outlier", ANSCOMBE_X, (7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73)),
    ("one row alone makes the slope", (8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8),
     (6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89)),
)  # fmt: skip
YEARS_Y = (20.5, 21.1, 21.3, 20.9, 22.5, 22.7, 22.6, 23.6, 23.9, 24.3, 24.6, 25.3, 25.1, 25.8, 26.1)


def article() -> Source:
    """The 15 rows of the tutorial "linear regression from scratch, NumPy against PyTorch"."""
    return _pairs("article", ARTICLE_X, ARTICLE_Y, "the 15 rows of the tutorial")


def anscombe(which: int) -> Source:
    """Set 1 to 4 of Anscombe (1973), Graphs in Statistical Analysis: one least-squares line, four pictures."""
    what, x, y = ANSCOMBE[which - 1]
    return _pairs(f"anscombe-{which}", x, y, f"Anscombe's set {which} of 4 (1973): {what}")


def outlier() -> Source:
    """The article's rows with a typing error in the last of them."""
    note = "the 15 rows of the tutorial, but the last y, 80, was typed as 8"
    return _pairs("outlier", ARTICLE_X, (*ARTICLE_Y[:-1], 8), note)


def years() -> Source:
    """A made-up series of 15 years: ill-conditioned, since x lies far from 0 and the intercept at the year 0."""
    return _pairs("years", range(2001, 2016), YEARS_Y, "a made-up series of 15 years, whose x lies far from 0")


def _pairs(label: str, x: Sequence[float], y: Sequence[float], note: str) -> Source:
    columns = {"x": np.array(x, dtype=np.float64), "y": np.array(y, dtype=np.float64)}
    return Source.of_columns(label, columns, note)


BUILT_IN: dict[str, Callable[[], Source]] = {
    "article": article,
    **{f"anscombe-{which}": partial(anscombe, which) for which in (1, 2, 3, 4)},
    "outlier": outlier,
    "years": years,
}
IN_WORDS = "article, anscombe-1 to -4, outlier or years"
