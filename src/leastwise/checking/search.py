"""Which way of descending gives the numbers that were seen: the right one, one mistake, two, or none known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from .measured import measured
from .mistakes import Mistake, mistakes, variants
from .trace import EXACT, SINGLE, Seen
from .ways import Way


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What explains it: the mistakes (none where it is right), the way they make, how near, and what to note.

    `single`: to float32 only. `known` is false where nothing explains it.
    """

    seen: Seen
    found: tuple[Mistake, ...]
    way: Way
    error: float
    notes: tuple[str, ...] = ()
    single: bool = False
    known: bool = True


Stage = Callable[[Sequence[Seen]], Reading | None]


def explained(all_seen: Sequence[Seen], deep: bool = True) -> Reading:
    """The simplest reading of any of the ways in which it was called: right before wrong, one mistake before two.

    Not `deep`: one mistake at most.
    """
    seen = [one for some in all_seen for one in some.both()]
    stages: tuple[Stage, ...] = (_right, _one, _two, _measured, _scaled) if deep else (_right, _one)
    shown = [one for one in seen if not one.predicted]
    for stage in stages:
        for group in (shown, [one for one in seen if one.predicted]):
            reading = stage(group) if group else None
            if reading is not None:
                return reading
    return Reading(seen[0], (), Way(), min(seen[0].error(Way()), 1.0), known=False)


def _right(seen: Sequence[Seen]) -> Reading | None:
    for way, notes in variants():
        for one in seen:
            error = one.error(way)
            if error <= EXACT or (error <= SINGLE and one.single):
                return Reading(one, (), way, error, notes, error > EXACT)
    return None


def _one(seen: Sequence[Seen]) -> Reading | None:
    return _nearest(seen, ((one,) for one in _all(seen)))


def _two(seen: Sequence[Seen]) -> Reading | None:
    return _nearest(seen, (pair for pair in combinations(_all(seen), 2) if pair[0].code != pair[1].code))


def _all(seen: Sequence[Seen]) -> tuple[Mistake, ...]:
    return mistakes(len(seen[0].traces[0].y))


def _nearest(seen: Sequence[Seen], groups: Iterable[tuple[Mistake, ...]], base: Way | None = None) -> Reading | None:
    best: Reading | None = None
    for some in groups:
        way = base or Way()
        for mistake in some:
            way = mistake.change(way)
        for one in seen:
            # Slopes that stay at 0 do not show what they are multiplied by.
            # What y as a column brings about, where (n,) runs too, is not theirs.
            if (way.through and not one.slopes_move) or (way.against and one.column) or not one.may_be(way):
                continue
            error = one.error(way)
            near = error <= EXACT or (error <= SINGLE and one.single)
            if near and (best is None or error < best.error / 10):
                best = Reading(one, some, way, error, (), error > EXACT)
    return best


def _measured(seen: Sequence[Seen]) -> Reading | None:
    for one in seen:
        for found, way in measured(one):
            error = one.error(way)
            if error <= EXACT:
                return Reading(one, found, way, error)
    return None


def _scaled(seen: Sequence[Seen]) -> Reading | None:
    """A mistake on top of a scaling that is undone."""
    for way, notes in variants():
        if way.undone:
            reading = _nearest(seen, ((one,) for one in _all(seen)), way)
            if reading is not None:
                return Reading(reading.seen, reading.found, reading.way, reading.error, notes, reading.single)
    return None
