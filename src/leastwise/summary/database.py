"""The triangle of rows that stay in their database: one query for a shift, one for sums about it.

Source: Chan, Golub & LeVeque (1983), Amer. Statistician 37, sec. 3, shifted data.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import combinations_with_replacement
from operator import and_
from typing import Any

import numpy as np

from ..rows.address import asked
from ..rows.database import as_double, engine_of
from ..rows.native import LONGEST, too_long
from ..rows.source import Selection
from ..types import DataError, Matrix, Vector
from ..words import count, number
from .moments import Moments
from .triangle import Triangle

MOST_FEATURES = 50
"""Their products are 1,326 columns of a result, and PostgreSQL returns at most 1,664."""
MOST_INFLATION = 500.0
"""How much the rounding of the sums may be amplified: 3 of 16 digits."""
OUT_OF_RANGE = ("NumericValueOutOfRange", "OutOfRangeException")


@dataclass(frozen=True, slots=True)
class Summed:
    """What a database found: the `triangle`, or None where its rows must be read; rows `dropped`; `how`, in words."""

    triangle: Triangle | None
    dropped: int
    how: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What one query tells of q columns: `n` rows, `complete` ones, the mean of each column (q,) and its range (q,).

    `clean` is whether every number of every row is there, and finite.
    """

    n: int
    complete: int
    means: Vector
    ranges: Vector
    clean: bool


def summed(selection: Selection) -> Summed:
    """The triangle of a selection whose source has a table, from two queries; three where the shift was far off.

    With d = x - shift, in doubles, they give n, sum w, sum w d and sum w d d' over the complete rows. The shift is the
    mean, rounded to a power of two about the spread, so that data of few digits are summed without rounding. Sums of
    squares carry the digits while no variance inflation factor, that of the target among them, is above 500; where they
    do not, or there are more than 50 features, the triangle is None.
    Raises DataError for numbers that are missing, nan or infinite, unless the selection drops them, with their count.
    Cost: n (p + 2)^2 operations of the database; it sends (p + 2)^2 numbers.
    """
    engine, p = engine_of(selection.source.table), len(selection.features)
    if p > MOST_FEATURES:
        return Summed(None, 0, f"The rows were read out of {engine}: it sums up to {MOST_FEATURES} features, not {p}.")
    try:
        survey = _survey(selection)
        with np.errstate(over="ignore", invalid="ignore"):
            triangle, condition = _triangle(selection, survey)
    except OverflowError:
        return Summed(None, 0, f"The rows were read out of {engine}: their squares leave the range of its doubles.")
    if triangle is None:
        why = f"sums of squares would keep fewer than 13 digits of them (condition {number(condition, 3)})"
        return Summed(None, 0, f"The rows were read out of {engine}: {why}.")
    how = f"{engine} summed the rows where they lie, in two queries (condition {number(condition, 3)})."
    return Summed(triangle, survey.n - survey.complete, how)


def _survey(selection: Selection) -> Survey:
    """The first query; and, where it meets anything but finite numbers, another that leaves that out, and counts."""
    whether_numbers = engine_of(selection.source.table) == "SQLite"
    found = _described(selection, _number if whether_numbers else _value)
    clean = _clean(found)
    if not clean and not whether_numbers:
        found = _described(selection, _number)
    _checked(selection, found)
    low, high, means = (
        np.array([found[f"{kind}_c{j}"] or 0.0 for j in range(len(selection.features) + 1)])
        for kind in ("low", "high", "mean")
    )
    return Survey(found["n"], found["complete"], means, high - low, clean)


def _clean(found: dict[str, Any]) -> bool:
    """Whether all columns have a number in every row, and a finite one: a nan is the largest of numbers."""
    counts = (value == found["n"] for name, value in found.items() if name.startswith("good"))
    ends = (value for name, value in found.items() if name.startswith(("low", "high")) and value is not None)
    return all(counts) and all(map(math.isfinite, ends))


def _described(selection: Selection, as_number: Callable[[Selection, str], Any]) -> dict[str, Any]:
    """Of rows: n and the complete ones. Of each column of numbers c0, c1, ...: good_c0, how many; mean, low, high."""
    numbers = {f"c{j}": as_number(selection, name) for j, name in enumerate(selection.names)}
    rows = selection.source.table.select(**numbers)
    whole = reduce(and_, [rows[column].notnull() for column in numbers])
    asks = {"n": rows.count(), "complete": rows.count(where=whole)}
    for name in numbers:
        column = rows[name]
        of_it = {"good": column.count(), "mean": column.mean(), "low": column.min(), "high": column.max()}
        asks.update({f"{what}_{name}": value for what, value in of_it.items()})
    if selection.weight:
        asks["lightest"] = rows[f"c{len(numbers) - 1}"].min(where=whole)
    return _answer(rows.aggregate(**asks), selection.source.label)


def _checked(selection: Selection, found: dict[str, Any]) -> None:
    """DataError where a number is missing though none may be, too long to be a double, or a weight is negative."""
    label, rows = selection.source.label, found["n"]
    for j, name in enumerate(selection.names):
        bad = rows - found[f"good_c{j}"]
        if bad and not selection.drop_missing:
            raise DataError(
                f"column {name!r} of {label} holds no finite number in {bad:,} of {count(rows, 'row')}: mend them, "
                "or leave such rows out with --missing drop"
            )
        ends = (found[f"low_c{j}"] or 0, found[f"high_c{j}"] or 0)
        kind = selection.source.table[name].type()
        if (kind.is_integer() or (kind.is_decimal() and kind.scale == 0)) and max(map(abs, ends)) > LONGEST:
            raise DataError(too_long(f"column {name!r} of {label}"))
    if selection.weight and (found["lightest"] or 0) < 0:
        raise DataError(f"weight column {selection.weight!r} of {label} has a negative value")


def _value(selection: Selection, name: str) -> Any:
    """A column as doubles, whatever they are."""
    return as_double(selection.source.table[name])


def _number(selection: Selection, name: str) -> Any:
    """A column as finite doubles, null for the rest: a nan is larger than any number, and SQLite calls a text 0."""
    column, value = selection.source.table[name], _value(selection, name)
    usable = value.abs() <= sys.float_info.max
    if engine_of(selection.source.table) == "SQLite":
        usable = usable & column.typeof().isin(["integer", "real"])
    return usable.ifelse(value, None)


def _triangle(selection: Selection, survey: Survey) -> tuple[Triangle | None, float]:
    """The triangle, where sums of squares carry it, and the condition of the features at unit length."""
    if not survey.complete:
        return Triangle.empty(len(selection.features)), 1.0
    shift = _rounded(survey.means, survey.ranges / 16)
    moments, logs = _sums(selection, shift, survey.clean)
    if not moments.n:
        return Triangle.empty(len(selection.features)), 1.0
    squares = np.diag(moments.scatter)
    if (moments.weight * moments.delta**2 > squares).any():
        spread = np.sqrt(np.maximum(squares, 0) / moments.weight)
        moments, logs = _sums(selection, _rounded(shift + moments.delta, spread), survey.clean)
    R = moments.root(MOST_INFLATION)
    condition = _condition(moments.scatter[:-1, :-1])
    if R is None:
        return None, condition
    return Triangle(moments.n, moments.weight, moments.shift, moments.delta, R, *logs), condition


def _rounded(means: Vector, spread: Vector) -> Vector:
    """Means (q,) to a multiple of the power of two that is at most the spread (q,); as they are where that is 0."""
    grain = np.exp2(np.floor(np.log2(np.where(spread > 0, spread, 1.0))))
    return np.where(spread > 0, np.round(means / grain) * grain, means)


def _sums(selection: Selection, shift: Vector, clean: bool) -> tuple[Moments, tuple[float, float, float]]:
    """The moments about a shift (q,); and the sum of the logarithms of the weights, the least, and the largest."""
    kept, q = selection.source.table, len(shift)
    if not clean:
        kept = kept.filter(reduce(and_, [_number(selection, name).notnull() for name in selection.names]))
    if selection.weight:
        kept = kept.filter(as_double(kept[selection.weight]) > 0)
    shifted = {f"d{j}": as_double(kept[name]) - float(shift[j]) for j, name in enumerate(selection.names[:q])}
    heavy = {"w": as_double(kept[selection.weight])} if selection.weight else {}
    rows = kept.select(**shifted, **heavy)
    asks = {"n": rows.count(), **dict(_asked(rows, q, bool(heavy)))}
    found = _answer(rows.aggregate(**asks), selection.source.label)
    n = int(found["n"])
    if not n:
        return Moments.empty(q - 1), (0.0, 1.0, 1.0)
    weight = float(found["weight"]) if heavy else float(n)
    sums = np.array([found[f"s{j}"] for j in range(q)])
    products = np.empty((q, q))
    for i, j in combinations_with_replacement(range(q), 2):
        products[i, j] = products[j, i] = found[f"p{i}_{j}"]
    logs = (found["logs"], found["lightest"], found["heaviest"]) if heavy else (0.0, 1.0, 1.0)
    return Moments(n, weight, shift, sums / weight, products - np.outer(sums, sums / weight)), logs


def _asked(rows: Any, q: int, weighted: bool) -> Iterator[tuple[str, Any]]:
    """Names and expressions of the sums over columns d0, d1, ... and the weight w."""
    for i in range(q):
        one = rows.w * rows[f"d{i}"] if weighted else rows[f"d{i}"]
        yield f"s{i}", one.sum()
        yield from ((f"p{i}_{j}", (one * rows[f"d{j}"]).sum()) for j in range(i, q))
    if weighted:
        w = rows.w
        yield from (("weight", w.sum()), ("logs", w.ln().sum()), ("lightest", w.min()), ("heaviest", w.max()))


def _answer(question: Any, label: str) -> dict[str, Any]:
    """The one row of an aggregate. Raises DataError; OverflowError where a double is not enough."""
    backend = question.get_backend()
    with asked(label):
        try:
            (row,) = backend.raw_sql(backend.compile(question)).fetchall()
            return dict(zip(question.columns, row, strict=True))
        except Exception as error:
            if type(error).__name__ in OUT_OF_RANGE:
                raise OverflowError from None
            raise


def _condition(scatter: Matrix) -> float:
    """The condition number of columns with this scatter, at unit length."""
    size = np.sqrt(np.diag(scatter))
    if not (np.isfinite(scatter).all() and (size > 0).all()):
        return math.inf
    values = np.linalg.eigvalsh(scatter / np.outer(size, size))
    return math.sqrt(values[-1] / values[0]) if values[0] > 0 else math.inf
