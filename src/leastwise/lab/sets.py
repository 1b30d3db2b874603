"""Sets of data as the page takes them: the rows where they are few, else the triangle and some rows to draw."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..gather import Data, gather
from ..rows.chunk import Chunk
from ..rows.files import open_source
from ..rows.source import Selection
from ..settings import Settings
from ..solution import Start
from ..summary.triangle import Triangle
from ..types import DataError, Matrix
from ..words import count

MOST_ROWS, MOST_NUMBERS, MOST_DRAWN, MOST_FEATURES = 2_000, 20_000, 1_000, 30
SEED = 2


@dataclass(frozen=True, slots=True, eq=False)
class Set:
    """Columns of one regression for the page.

    `rows` (n, p + 1), the target last, where they can be edited, else None; `sample` the first rows, to draw;
    `source` is what the command line calls the data, "" where it has no name; `settings` are those to begin with.
    """

    id: str
    title: str
    selection: Selection
    triangle: Triangle
    rows: Matrix | None
    sample: Matrix
    source: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """It as plain values, for JSON. R goes column by column."""
        triangle, selection = self.triangle, self.selection
        start = Start.draw(triangle.features, SEED)
        few = {"rows": self.rows} if self.rows is not None else {"sample": self.sample, "triangle": _triangle(triangle)}
        return {
            "id": self.id, "title": self.title, "source": self.source, "n": triangle.n, "names": selection.features,
            "target": selection.target, "columns": selection.source.numeric, "notes": self.notes,
            "start": [*start.coef, start.intercept], "settings": self.settings, **few,
        }  # fmt: skip


def set_of(name: str, title: str, selection: Selection, source: str = "", **settings: Any) -> Set:
    """Read `selection`: once for the triangle, and its first rows again. Raises DataError where it cannot be fitted."""
    p = len(selection.features)
    if p > MOST_FEATURES:
        raise DataError(
            f"{selection.source.label} has {p} features and the lab draws and fits at most {MOST_FEATURES}: "
            "choose some of them (-x)"
        )
    return set_of_data(name, title, gather(selection, False, Settings()), source, **settings)


def set_of_data(name: str, title: str, data: Data, source: str = "", **settings: Any) -> Set:
    """The same of what is gathered, without weights."""
    triangle, selection = data.triangle, data.selection
    few = triangle.n <= MOST_ROWS and triangle.n * (triangle.features + 1) <= MOST_NUMBERS
    first = _first(selection, MOST_ROWS if few else MOST_DRAWN)
    dropped = (f"{count(data.dropped, 'incomplete row')} left out",) if data.dropped else ()
    notes = (*selection.source.notes, *dropped)
    return Set(name, title, selection, triangle, first if few else None, first, source, settings, notes)


def named_set(name: str, title: str, source: str, **settings: Any) -> Set:
    """A built-in set by the name that `open_source` knows."""
    selection = open_source(source).choose()
    return replace(set_of(name, title, selection, source, **settings), notes=())


def _first(selection: Selection, most: int) -> Matrix:
    kept: list[Matrix] = []
    for chunk in selection.chunks():
        kept.append(np.column_stack([np.asarray(chunk.X), chunk.y])[: most - sum(map(len, kept))])
        if sum(map(len, kept)) >= most:
            break
    return np.concatenate(kept)


def _triangle(triangle: Triangle) -> dict[str, Any]:
    q = triangle.features + 1
    square = np.zeros((q, q))
    square[: len(triangle.R)] = triangle.R
    return {"n": triangle.n, "p": q - 1, "means": triangle.means, "R": square.T}


def chunk_of(rows: Matrix) -> Chunk:
    """Rows (n, p + 1) as features and target."""
    return Chunk(np.ascontiguousarray(rows[:, :-1]), np.ascontiguousarray(rows[:, -1]))
