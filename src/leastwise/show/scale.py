"""Axes: data to positions in 0..1, and round numbers to write beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`, linear or logarithmic."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def over(cls, values: Sequence[float], log: bool = False, margin: float = 0.0) -> Scale:
        """An axis that holds every finite value (above 0 on a log axis), widened by `margin` of its length."""
        held = [float(v) for v in values if math.isfinite(v) and (v > 0 or not log)] or [1.0]
        low, high = min(held), max(held)
        if log:
            low, high = math.log(low), math.log(high)
        if high - low <= 1e-12 * max(abs(low), abs(high)):
            low, high = low - (abs(low) / 2 or 1), high + (abs(high) / 2 or 1)
        low, high = low - margin * (high - low), high + margin * (high - low)
        return cls(math.exp(max(low, -709.0)), math.exp(min(high, 709.0)), True) if log else cls(low, high)

    def __call__(self, value: float) -> float:
        """Where `value` lies: 0 at `low`, 1 at `high`; nan where it cannot be drawn."""
        if not math.isfinite(value) or (self.log and value <= 0):
            return math.nan
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return (math.log(value) - low) / (high - low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int = 6) -> list[float]:
        """At most about `most` round numbers on the axis."""
        return self._log_ticks(most) if self.log else self._linear_ticks(most)

    def _linear_ticks(self, most: int) -> list[float]:
        raw = (self.high - self.low) / most
        power = 10 ** math.floor(math.log10(raw))
        gap = next(step * power for step in (1, 2, 5, 10) if step * power >= raw * (1 - 1e-12))
        first = math.ceil(self.low / gap - 1e-9)
        return [k * gap for k in range(first, math.floor(self.high / gap + 1e-9) + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        stride = max(1, math.ceil((last - first) / most))
        powers = [10.0**k for k in range(first, last + 1, stride)]
        if len(powers) >= 3:
            return powers
        fine = [m * 10.0**k for k in range(first - 1, last + 1) for m in (1, 2, 5)]
        within = [tick for tick in fine if self.low * (1 - 1e-9) <= tick <= self.high * (1 + 1e-9)]
        return within if len(within) >= 2 else [self.low, self.high]
