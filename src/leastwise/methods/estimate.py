"""What a direct method gives: the answer, and what inference needs to know about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..types import Matrix, Vector
from ..words import number


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A least-squares answer over q terms: the p slopes, then the intercept where there is one.

    - `coef` (p,), `intercept` (0 where there is none)
    - `root` (p, k): root root' is the slopes' block of ([X 1]' diag(weight) [X 1])^-1, zero beside a dropped slope
    - `centre` + `nudge` (p + 1,): means of features and target, in two doubles each (0 without an intercept)
    - `weight`: the total weight; `rss`, `tss`: weighted sums of squares of the residuals, and of the target about
      its mean (about 0 without an intercept)
    - `se` (q,): standard errors; nan where no rows are left to tell them
    - `rank` counts independent terms; `digits` is how many digits rounding leaves of the estimates, `se_digits` of `se`
    - `dependencies` maps a dependent slope (the first 20) to its mixture of the others (p,); `dropped` lists slopes
      set to 0
    """

    coef: Vector
    intercept: float
    root: Matrix
    centre: Vector
    nudge: Vector
    weight: float
    rss: float
    tss: float
    se: Vector
    rank: int
    digits: float
    se_digits: float
    dependencies: dict[int, Vector]
    dropped: tuple[int, ...] = ()

    @property
    def loss(self) -> float:
        """The mean squared error, rss / weight."""
        return self.rss / self.weight

    def sentences(self, names: Sequence[str]) -> list[str]:
        """Each dependency in words: `c = 2 a - b + a constant`."""
        constant = len(self.se) > len(self.coef)
        return [f"{names[j]} = {_combination(mix, names, constant)}" for j, mix in self.dependencies.items()]


def _combination(mix: Vector, names: Sequence[str], constant: bool) -> str:
    large = [j for j in range(len(mix)) if abs(mix[j]) > 1e-9 * np.abs(mix).max(initial=0)]
    if not large:
        return "a constant" if constant else "0"
    terms = [f"{'+' if mix[j] > 0 else '-'} {_factor(abs(mix[j]))}{names[j]}" for j in large[:8]]
    tail = " + a constant" if constant else ""
    return f"{' '.join(terms).removeprefix('+ ')}{' + ...' if len(large) > 8 else ''}{tail}"


def _factor(size: float) -> str:
    return "" if abs(size - 1) < 1e-9 else f"{number(size)} "
