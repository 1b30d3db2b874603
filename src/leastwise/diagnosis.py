"""A fit looked at with doubt: what its residuals and its columns say, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .collinearity import Collinearity
from .fitted import Fit
from .influence import Residuals
from .types import Vector
from .words import count, listing, number

HIGH_INFLATION, HIGH_INDEX, HIGH_SHARE = 10.0, 30.0, 0.5
RARE, SKEWED, HEAVY = 1e-3, 0.5, 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """Of a `fit`: its `residuals`, the variance `inflation` (p,) of its features, and its condition indices."""

    fit: Fit
    residuals: Residuals
    inflation: Vector
    collinearity: Collinearity

    @property
    def sentences(self) -> list[str]:
        """What to look at, and what to do about it; one sentence that all is well where there is nothing."""
        found = [*self._order(), *self._spread(), *self._shape(), *self._rows(), *self._columns()]
        return found or ["Nothing stands out in the residuals or among the columns."]

    def _order(self) -> list[str]:
        watson, n = self.residuals.durbin_watson, self.residuals.n
        # In independent rows it is 2, with a standard deviation of about 2 / sqrt(n).
        if not abs(watson - 2) > max(0.3, 6 / n**0.5):
            return []
        how = "follow" if watson < 2 else "alternate with"
        return [
            f"Residuals {how} those of the row before (Durbin-Watson {number(watson, 3)}; 2 where they do not): if the "
            "rows are in order of time, use Newey-West errors (--newey-west)."
        ]

    def _spread(self) -> list[str]:
        if not self.residuals.breusch_pagan < RARE or not self.fit.errors.startswith("classical"):
            return []
        return [
            f"The residuals spread differently as the prediction grows (Breusch-Pagan p "
            f"{number(self.residuals.breusch_pagan, 2)}): use robust errors (--robust HC3)."
        ]

    def _shape(self) -> list[str]:
        found = self.residuals
        far = abs(found.skewness) > SKEWED or abs(found.kurtosis - 3) > HEAVY
        if not (found.jarque_bera < RARE and far):
            return []
        return [
            f"Residuals are not normal (skewness {number(found.skewness, 3)}, kurtosis {number(found.kurtosis, 3)}; "
            "0 and 3 if they were): with many rows the standard errors hold all the same, prediction intervals do not."
        ]

    def _rows(self) -> list[str]:
        worst = self.residuals.worst
        far = [f"{row + 1:,}" for row, cook in zip(self.residuals.top, worst.cook, strict=True) if cook > 1]
        one = "row" if len(far) == 1 else "rows"
        moved = f"The answer hangs on {one} {listing(far)} (Cook's distance over 1): fit without, and compare."
        expected = 0.0027 * self.residuals.n
        many = self.residuals.outliers > 5 + 3 * expected
        away = (
            f"{count(self.residuals.outliers, 'row')} lie more than 3 deviations off, {number(expected, 2)} expected."
        )
        return [*([moved] if far else []), *([away] if many else [])]

    def _columns(self) -> list[str]:
        finite = np.where(np.isfinite(self.inflation), self.inflation, 0.0)
        names = [self.fit.names[j] for j in np.flatnonzero(finite > HIGH_INFLATION)]
        said = [
            f"{listing(names)}: the other columns explain over 90% of {'it' if len(names) == 1 else 'each'} (variance "
            f"inflation up to {number(float(finite.max(initial=0)), 3)}), so the slopes cannot be told apart well."
        ]
        terms = self.fit.terms
        for index, share in zip(self.collinearity.indices, self.collinearity.shares, strict=True):
            tied = [terms[j] for j in np.flatnonzero(share > HIGH_SHARE)]
            if index > HIGH_INDEX and len(tied) > 1 and np.isfinite(index):
                said.append(f"{listing(tied)} nearly depend on each other (condition index {number(float(index), 3)}).")
                break
        return said if names else said[1:]


def diagnose(fit: Fit, rows: Any) -> Diagnosis:
    """One more pass over the rows that were fitted. Raises DataError where the fit leaves no residuals."""
    return Diagnosis(fit, fit.residuals(rows), fit.vif, fit.condition_indices())
