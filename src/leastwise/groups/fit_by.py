"""`lw.fit_by`: one regression for each group of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..regressions import Regressions
from ..rows.arrays import free, of_arrays
from ..rows.chunk import Chunk
from ..rows.design import Running
from ..rows.native import frame_of
from ..rows.select import opened, select
from ..rows.source import Selection
from ..summary.triangle import Triangle
from ..types import DataError, Matrix, UsageError, Vector
from ..words import listing
from .batched import HARD, put, solve, table
from .keys import Numbering
from .sums import Block, moments

BLOCK = 4_000_000
"""Rows that are added up at a time: many, since each time costs as much as there are groups."""
MOST_KEPT = 4 * 2**30
"""Bytes of rows that are kept between the passes: more are read again."""
MOST_HARD = 20_000
TOO_MANY = "columns that nearly depend on each other, or an exact fit: too many such groups to fit again"


def fit_by(
    X: Any,
    y: Any = None,
    by: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    missing: str = "error",
) -> Regressions:
    """Least squares with standard errors in every group of the rows.

    X (n, p), y (n,) and labels by (n,); or X a path or a frame, and y, x and by (one or a list) the names of columns.
    Labels are numbers or texts. Minimises sum((y - X w - b)^2) in each group. Groups whose columns nearly depend on
    each other are fitted again from their rows. Rows may come in any order; files are read three times.
    Raises UsageError or DataError. Cost: n p^2 / 2 additions and g p^3 / 3 flops; memory: g p^2 numbers.
    """
    selection, named, texts = _columns(X, y, by, [x] if isinstance(x, str) else x, names)
    return fit_groups(selection.dropping(missing), named, texts)


def fit_groups(selection: Selection, by: Sequence[str], texts: dict[str, Running]) -> Regressions:
    """`fit_by` on a selection whose last features are the labels; `texts` are the numbers of those that are texts."""
    p, dropped = len(selection.features) - len(by), list[int]()
    if p < 1:
        raise UsageError("a regression needs a feature besides the columns of --by")
    seen, kept, held = list[Matrix](), list[tuple[Matrix, Matrix]](), 0
    for labels, rows in _labelled(selection, p, dropped.append):
        seen.append(labels)
        held += rows.nbytes + 2 * labels.nbytes
        kept = [*kept, (labels, rows)] if held < MOST_KEPT else []
    if not seen:
        raise DataError(f"{selection.source.label} has no rows left to fit")
    numbering = Numbering.of(seen)
    coded = [(numbering(labels), rows) for labels, rows in kept]

    def blocks() -> Iterator[Block]:
        return iter(coded) if coded else ((numbering(labels), rows) for labels, rows in _labelled(selection, p))

    del seen, kept
    found = moments(blocks, len(numbering), p + 1)
    solved = solve(found)
    columns = selection.features[:p], selection.target
    fitted = table(solved, found.n, _labels(numbering, by, texts), columns, sum(dropped))
    return _mended(fitted, np.flatnonzero(solved.status == HARD), blocks)


def _mended(found: Regressions, hard: Vector, blocks: Callable[[], Iterator[Block]]) -> Regressions:
    """The table with the groups `hard` fitted again from their rows, where they are not too many."""
    if len(hard) > MOST_HARD:
        found.status[hard] = TOO_MANY
    elif len(hard):
        _again(found, hard, blocks)
    return replace(found, status=found.status.astype(str))


def _again(found: Regressions, hard: Vector, blocks: Callable[[], Iterator[Block]]) -> None:
    """Fit some groups from their rows, through the triangle."""
    place = {int(code): k for k, code in enumerate(hard)}
    wanted = np.zeros(len(found), dtype=bool)
    wanted[hard] = True
    kept: list[list[Matrix]] = [[] for _ in hard]
    for code, rows in blocks():
        inside = wanted[code]
        code, rows = code[inside], rows[inside]
        order = np.argsort(code, kind="stable")
        code, rows = code[order], rows[order]
        for part in np.split(np.arange(len(code)), np.flatnonzero(np.diff(code)) + 1) if len(code) else ():
            kept[place[int(code[part[0]])]].append(rows[part])
    for k, parts in zip(hard, kept, strict=True):
        rows = np.concatenate(parts)
        put(found, int(k), Triangle.of(rows[:, :-1], rows[:, -1]))


def _labels(numbering: Numbering, by: Sequence[str], texts: dict[str, Running]) -> dict[str, Vector]:
    found: dict[str, Vector] = {}
    for name, values in zip(by, numbering.labels().T, strict=True):
        if name in texts:
            found[name] = np.array(list(texts[name]))[values.astype(int)]
        else:
            found[name] = values.astype(np.int64) if (values == np.rint(values)).all() else values
    return found


def _labelled(
    selection: Selection, p: int, dropped: Callable[[int], None] = lambda rows: None
) -> Iterator[tuple[Matrix, Matrix]]:
    """Labels (m, k) and rows (m, p + 1), target last, of about two million rows at a time."""
    kept, size = list[Chunk](), 0
    for chunk in selection.chunks(dropped):
        kept.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            yield _block(kept, p)
            kept, size = [], 0
    if kept:
        yield _block(kept, p)


def _block(chunks: Sequence[Chunk], p: int) -> tuple[Matrix, Matrix]:
    rows = np.empty((sum(map(len, chunks)), p + 1), order="F")
    labels = np.empty((len(rows), chunks[0].X.shape[1] - p), order="F")
    first = 0
    for chunk in chunks:
        X, at = np.asarray(chunk.X), slice(first, first := first + len(chunk))
        rows[at, :-1], rows[at, -1], labels[at] = X[:, :p], chunk.y, X[:, p:]
    return labels, rows


def _columns(
    X: Any, y: Any, by: Any, x: Sequence[str] | None, names: Sequence[str] | None
) -> tuple[Selection, list[str], dict[str, Running]]:
    if by is None:
        raise UsageError("fit_by needs by: labels (n,), or the names of columns")
    if isinstance(X, str) or hasattr(X, "__fspath__") or (frame_of(X) is not None and isinstance(y, str)):
        return columns_by(opened(X), y, x, [by] if isinstance(by, str) else list(by))
    return _beside(select(X, y, None, x, names), by)


def _beside(rows: Selection, by: Any) -> tuple[Selection, list[str], dict[str, Running]]:
    """Arrays with their labels as one more feature."""
    labels, texts = np.asarray(by), dict[str, Running]()
    if rows.block is None or labels.shape != rows.block.y.shape:
        raise UsageError(f"by must be (n,), a label for each row: its shape is {labels.shape}")
    if labels.dtype.kind in "OSU":
        if any(label is None or label != label for label in labels.tolist()):
            raise UsageError("by must label every row: a label is missing")
        texts["by"] = running = Running()
        labels = np.array([running[str(label)] for label in labels.tolist()])
    X = np.column_stack([rows.block.X, labels])
    return of_arrays(X, rows.block.y, None, [*rows.features, free("by", rows.features)]), ["by"], texts


def columns_by(
    source: Any, y: str | None, x: Sequence[str] | None, by: Sequence[str]
) -> tuple[Selection, list[str], dict[str, Running]]:
    """The features and the labels of a source; by default the last numeric column that is no label on the others."""
    texts = {name: Running() for name in by if source.other.get(name) == "text"}
    rest = [name for name in source.numeric if name not in by]
    y = y or (rest[-1] if rest else None)
    features = list(x) if x is not None else [name for name in rest if name != y]
    clash = [name for name in by if name == y or name in features]
    if clash:
        raise UsageError(f"{listing(clash)} labels the groups: leave it out of -x and -y")
    source = source.coded(texts) if texts else source
    return source.choose(y, [*features, *by]), list(by), texts
