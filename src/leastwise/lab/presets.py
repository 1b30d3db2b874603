"""The sets that the page offers to begin with."""

from __future__ import annotations

from functools import cache

from .sets import Set, named_set


@cache
def presets() -> dict[str, Set]:
    """By id: the article's rows, Anscombe's four, an outlier, an ill-conditioned set, steps that diverge."""
    anscombe = {"rate": 0.01, "epochs": 100}
    made = [
        named_set("article", "The article: 15 rows, 15 epochs", "article"),
        *(named_set(f"anscombe-{k}", f"Anscombe's {k} of 4", f"anscombe-{k}", **anscombe) for k in range(1, 5)),
        named_set("outlier", "One outlier: a typing error", "outlier", rate=0.0045, epochs=2000, squares=True),
        named_set("years", "Ill-conditioned: x are years", "years", rate=2e-7, epochs=100),
        named_set("diverging", "Steps that diverge", "article", rate=0.0055, epochs=30),
    ]
    return {one.id: one for one in made}
