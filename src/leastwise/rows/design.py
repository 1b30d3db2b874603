"""Columns to the numbers of a regression: levels as treatments, formulas; learned once, replayed on other rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from ..types import DataError, UsageError, Vector
from ..words import count
from .source import Codes, Columns, Design, Levels, Selection, Source

if TYPE_CHECKING:
    from .formula import Specified

MOST_LEVELS = 500
READ_OUT = "levels and formulas are made here: the rows are read out of the database"


def designed(
    source: Source,
    y: str | None = None,
    x: Sequence[str] | None = None,
    weight: str | None = None,
    formula: str | None = None,
    aside: Sequence[str] = (),
) -> Selection:
    """The columns of one regression, in which features named in `x` may be texts; or those of a formula.

    Columns set `aside` are not meant by the . of a formula. Levels are learned in one pass.
    Raises DataError or UsageError.
    """
    y, formula = as_formula(source, y, formula)
    if not formula:
        texts = [name for name in x or () if source.other.get(name) == "text"]
        design = Design({name: learned(source, name) for name in texts})
        return replace(replay(source, design).choose(y, x and _terms(x, design.levels), weight), design=design)
    if y is not None or x is not None:
        raise UsageError("a formula names target and features itself: leave out y and x (-y and -x)")
    from .formula import Formula

    texts = [name for name, kind in source.other.items() if kind == "text"]
    everything = [name for name in (*source.numeric, *texts) if name != weight and name not in aside]
    read = Formula.read(formula, everything)
    _there(source, read.variables)
    both = [name for name in read.inside & read.outside if name in source.numeric]
    if both:
        raise UsageError(f"the formula {formula!r} has {both[0]!r} inside C() and outside of it: choose one")
    coded = [name for name in read.variables if name in read.inside or source.other.get(name) == "text"]
    design = Design({name: learned(source, name) for name in coded}, formula, tuple(everything))
    made = _specified(design)
    if not made.features:
        raise UsageError(f"the formula {formula!r} has no feature: a regression needs one")
    chosen = replay(source, design).choose(made.target, made.features, weight)
    return replace(chosen, design=design, intercept=read.intercept)


def as_formula(source: Source, y: str | None, formula: str | None) -> tuple[str | None, str | None]:
    """Target and formula, one of which is None: y may be a formula too. Raises UsageError for an empty one."""
    if formula is not None and not formula.strip():
        raise UsageError("the formula is empty: write target ~ features")
    if y and "~" in y and not formula and y not in (*source.numeric, *source.other):
        return None, y
    return y, formula


def replay(source: Source, design: Design, target: bool = True) -> Source:
    """`source` with the columns that a design makes, beside its own. Raises DataError where it cannot.

    Without `target`, the columns that only the target of a formula is made of may be missing.
    """
    if design.formula:
        return _formulated(source, design, target)
    return _treated(source, design.levels) if design.levels else source


def inputs(source: Source, design: Design, names: Sequence[str]) -> list[str]:
    """The columns of `source` that the design's columns `names` are made of."""
    if design.formula:
        return list(_specified(design).inputs)
    made = {name: column for column, known in design.levels.items() for name in level_names(column, known)}
    return list(dict.fromkeys(made.get(name, name) for name in names))


def learned(source: Source, column: str) -> tuple[str, ...]:
    """The levels of a column in order. Raises DataError for fewer than 2, or more than 500."""
    if source.other.get(column) == "text" and source.levels_of:
        found: Sequence[str] = source.levels_of(column, MOST_LEVELS + 1)
    else:
        values: set[float] = set()
        source.refuse([column])
        for (some,) in source.scan([column]):
            values |= set(np.unique(some[np.isfinite(some)]).tolist())
            if len(values) > MOST_LEVELS:
                break
        found = [_called(value) for value in sorted(values)]
    if not 2 <= len(found) <= MOST_LEVELS:
        many = f"over {MOST_LEVELS:,} levels" if len(found) > 2 else f"only {count(len(found), 'level')}"
        raise DataError(f"column {column!r} of {source.label} has {many}: leave it out of the features")
    return tuple(found)


def level_names(column: str, levels: Sequence[str]) -> list[str]:
    """The columns that stand for levels: one each, but for the first."""
    return [f"{column}[{level}]" for level in levels[1:]]


class Known(dict[str, float]):
    """The numbers of levels, 0, 1, ...; nan for any other."""

    def __init__(self, levels: Sequence[str]) -> None:
        super().__init__({level: float(k) for k, level in enumerate(levels)})

    def __missing__(self, level: str) -> float:
        return math.nan


class Running(dict[str, float]):
    """Numbers of texts in order of first sight, as many as there are."""

    def __missing__(self, text: str) -> float:
        self[text] = float(len(self))
        return self[text]


def coded(source: Source, levels: Levels) -> Source:
    """`source` with the numbers of levels, nan where a level is not known, in the place of their columns."""
    _there(source, levels)
    texts = {name: Known(known) for name, known in levels.items() if source.other.get(name) == "text"}
    if texts:
        source = source.coded(texts)
    steps = {name: _numbers(known, name, source.label) for name, known in levels.items() if name not in texts}
    if not steps:
        return source

    def make(at: Mapping[str, Vector], wanted: Sequence[str]) -> Mapping[str, Vector]:
        return {name: _places(at[name], known) for name, known in steps.items()}

    return derived(source, tuple(steps), tuple(steps), make, {})


def derived(
    source: Source,
    inputs: Sequence[str],
    outputs: Sequence[str],
    make: Callable[[Mapping[str, Vector], Sequence[str]], Mapping[str, Vector]],
    origin: Mapping[str, str],
) -> Source:
    """`source` with columns `outputs` that `make` makes, batch by batch, of the columns `inputs`."""

    def needed(names: Sequence[str]) -> list[str]:
        own = [name for name in names if name not in outputs]
        return list(dict.fromkeys([*inputs, *own] if len(own) < len(names) else own))

    def mapped(batches: Iterator[Columns], names: Sequence[str]) -> Iterator[Columns]:
        read = needed(names)
        for columns in batches:
            at = dict(zip(read, columns, strict=True))
            made = make(at, names) if not set(names).isdisjoint(outputs) else {}
            yield [made[name] if name in made else at[name] for name in names]

    def scan(names: Sequence[str], **codes: Codes) -> Iterator[Columns]:
        return mapped(source.scan(needed(names), **codes), names)

    def plan(names: Sequence[str]) -> Sequence[Callable[[], Iterator[Columns]]] | None:
        parts = source.plan(needed(names)) if source.plan else None
        return None if parts is None else [partial(lambda part: mapped(part(), names), part) for part in parts]

    numeric = tuple(dict.fromkeys([*outputs, *source.numeric]))
    other = {name: kind for name, kind in source.other.items() if name not in outputs}
    origins = {**source.origin, **origin}
    notes = source.notes if source.table is None else (*source.notes, READ_OUT)
    made = replace(source, numeric=numeric, other=other, scan=scan, plan=plan, origin=origins, notes=notes)
    return replace(made, mixed={}, relation="", table=None)


def _treated(source: Source, levels: Levels) -> Source:
    """`source` with a column of 0 and 1 for each level but the first, called column[level]."""
    places = {
        name: (column, k)
        for column, known in levels.items()
        for k, name in enumerate(level_names(column, known), start=1)
    }

    def make(at: Mapping[str, Vector], wanted: Sequence[str]) -> Mapping[str, Vector]:
        return {name: np.where(np.isnan(at[column]), np.nan, at[column] == k) for name, (column, k) in places.items()}

    origin = {name: column for name, (column, _) in places.items()}
    return derived(coded(source, levels), tuple(levels), tuple(places), make, origin)


def _formulated(source: Source, design: Design, target: bool) -> Source:
    made = _specified(design)
    inputs = made.formula.variables if target else made.inputs
    _there(source, inputs)
    known = coded(source, {name: levels for name, levels in design.levels.items() if name in inputs})
    known.refuse(inputs)
    outputs = (*made.features, *([made.target] if target else []))
    return derived(known, inputs, outputs, made.columns, made.origin)


def _specified(design: Design) -> Specified:
    return _once(design.formula, design.columns, tuple(design.levels.items()))


@lru_cache(maxsize=8)
def _once(formula: str, columns: tuple[str, ...], levels: tuple[tuple[str, tuple[str, ...]], ...]) -> Specified:
    """A formula is read and expanded once, and not for every batch that it is replayed on."""
    from .formula import Formula

    return Formula.read(formula, columns).specified(dict(levels))


def _terms(x: Sequence[str], levels: Levels) -> list[str]:
    return [term for name in x for term in (level_names(name, levels[name]) if name in levels else [name])]


def _there(source: Source, names: Sequence[str] | Levels) -> None:
    for name in names:
        if name not in source.other and name not in source.numeric:
            raise DataError(source.lacks(name))


def _called(value: float) -> str:
    """A number as a level: 2001, 0.2."""
    return repr(value).removesuffix(".0")


def _numbers(levels: Sequence[str], name: str, label: str) -> Vector:
    """Levels as numbers. Raises DataError unless each is called as a number is, so that 01 is not taken for 1."""
    try:
        values = [float(level) for level in levels]
        if [_called(value) for value in values] == list(levels):
            return np.array(values)
    except ValueError:
        pass
    raise DataError(
        f"column {name!r} of {label} holds numbers, and the levels of the fit are texts: hand over a file whose types "
        "are known, such as Parquet, where they are texts"
    )


def _places(values: Vector, known: Vector) -> Vector:
    """The place of each value among the levels, which need not be sorted; nan where it is none of them."""
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], values), len(known) - 1)
    return np.where(known[order][place] == values, order[place].astype(float), np.nan)
