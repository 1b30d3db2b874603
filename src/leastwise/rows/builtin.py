"""Data sets that come with the package."""

from __future__ import annotations

import numpy as np

from .source import Source

ARTICLE_X = (1, 2, 4, 6, 8, 10, 12, 13, 14, 16, 16, 18, 20, 22, 24)
ARTICLE_Y = (39, 42, 43, 46, 47, 56, 60, 59, 64, 66, 68, 72, 71, 75, 80)


def article() -> Source:
    """The 15 rows of the tutorial "linear regression from scratch, NumPy against PyTorch"."""
    columns = {"x": np.array(ARTICLE_X, dtype=np.float64), "y": np.array(ARTICLE_Y, dtype=np.float64)}
    return Source.of_columns("article", columns, note="the 15 rows of the tutorial")


BUILT_IN = {"article": article}
