"""Numbers and lists as people write them. Nothing here computes a result."""

from __future__ import annotations

import math
from collections.abc import Sequence


def number(value: float | None, digits: int = 4) -> str:
    """`value` to at most `digits` significant digits: 0.001, 36.65, 22,041, 1.2e+09."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 10 ** max(digits, 7):
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{_trimmed(mantissa)}e{exponent}"
    places = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return _trimmed(f"{value:,.{places}f}")


def apart(one: float, other: float, least: int = 4) -> tuple[str, str]:
    """Both numbers, to as many digits as it takes to tell them apart (`least` to 17)."""
    pairs = ((number(one, digits), number(other, digits)) for digits in range(least, 18))
    return next((pair for pair in pairs if pair[0] != pair[1]), (number(one), number(other)))


def below(value: float, digits: int = 4) -> float:
    """The largest number of `digits` significant digits that is not above `value` > 0."""
    power = 10.0 ** (digits - 1 - math.floor(math.log10(value)))
    return float(f"{math.floor(value * power) / power:.{digits - 1}e}")


def count(value: int, noun: str) -> str:
    """`1 row`, `1,000 rows`."""
    shown = f"{value:,}" if value < 10**15 else number(float(value), 3)
    return f"{shown} {noun}{'' if value == 1 else 's'}"


def level(value: object) -> str:
    """A level as it is called: 'Oslo', 2001."""
    return f"{value:g}" if isinstance(value, float) else repr(value)


def listing(names: Sequence[str], most: int = 6) -> str:
    """`a, b and c`, cut after `most` names."""
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def duration(seconds: float) -> str:
    """`12 us`, `3.4 ms`, `1.25 s`."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} us"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:,.3g} s" if seconds < 1000 else f"{seconds:,.0f} s"


def p_value(value: float) -> str:
    """A p-value, which is never 0."""
    return "<1e-300" if value == 0 else number(value, 3)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of a table as lines: the first column to the left, the others to the right."""
    wide = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(wide[0]), *(cell.rjust(w) for cell, w in zip(row[1:], wide[1:], strict=True))])
        for row in rows
    ]


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
