"""Charts of characters: braille dots, eight to a cell, or plain ASCII where the terminal has no braille."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.text import Text

from ..words import number
from .scale import Scale

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
DOT = ord("\u2022") - 0x2800
LABEL = 9


@dataclass(frozen=True, slots=True)
class Series:
    """Points (x, y) to draw, joined to a line or apart; `mark` is the ASCII character, `style` rich's."""

    name: str
    points: Sequence[tuple[float, float]]
    style: str
    mark: str = "*"
    joined: bool = True


def chart(
    title: str, series: Sequence[Series], size: tuple[int, int], log: bool = False, ascii_only: bool = False
) -> list[Text]:
    """A chart `size` = (columns, rows) large, as lines of text: title, legend, drawing, axis."""
    columns, rows = max(1, size[0] - LABEL - 1), size[1]
    across = Scale.over([x for one in series for x, _ in one.points])
    up = Scale.over([y for one in series for _, y in one.points], log)
    cells: dict[tuple[int, int], tuple[int, str, str]] = {}
    for one in series:
        for x, y in _dots(one, across, up, 2 * columns, 4 * rows):
            _light(cells, one, x, y, rows)
    body = [_row(cells, row, columns, ascii_only) for row in range(rows)]
    high, low = (number(end) if len(number(end)) <= LABEL else number(end, 2) for end in (up.high, up.low))
    labels = [high, *[""] * (rows - 2), low]
    bar = "|" if ascii_only else "\u2502"
    lines = [Text.assemble(f"{label:>{LABEL}}", (bar, "dim"), line) for label, line in zip(labels, body, strict=True)]
    ends = f"{number(across.low)}{number(across.high):>{max(1, columns - len(number(across.low)))}}"
    return [Text(title, style="bold"), _legend(series, ascii_only), *lines, Text(" " * (LABEL + 1) + ends, style="dim")]


def _legend(series: Sequence[Series], ascii_only: bool) -> Text:
    line = Text()
    for one in series:
        mark = one.mark if ascii_only else ("\u2500" if one.joined else "\u2022")
        line.append(f"{mark} {one.name}  ", style=one.style)
    return line


def _dots(one: Series, across: Scale, up: Scale, width: int, height: int) -> list[tuple[int, int]]:
    places = [(across(x) * (width - 1), up(y) * (height - 1)) for x, y in one.points]
    places = [(x, y) for x, y in places if math.isfinite(x) and math.isfinite(y)]
    if one.joined:
        places = [dot for pair in pairwise(places) for dot in _between(*pair)] or places
    return [(round(x), round(y)) for x, y in places]


def _between(begin: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    parts = max(1, math.ceil(max(abs(end[0] - begin[0]), abs(end[1] - begin[1]))))
    return [
        (begin[0] + (end[0] - begin[0]) * k / parts, begin[1] + (end[1] - begin[1]) * k / parts)
        for k in range(parts + 1)
    ]


def _light(cells: dict[tuple[int, int], tuple[int, str, str]], one: Series, x: int, y: int, rows: int) -> None:
    row, line = divmod(4 * rows - 1 - y, 4)
    bits = cells.get((row, x // 2), (0, "", ""))[0] | DOTS[line][x % 2]
    cells[row, x // 2] = (bits if one.joined else DOT, one.style, one.mark)


def _row(cells: dict[tuple[int, int], tuple[int, str, str]], row: int, columns: int, ascii_only: bool) -> Text:
    line = Text()
    for column in range(columns):
        bits, style, mark = cells.get((row, column), (0, "", " "))
        line.append(mark if ascii_only else (chr(0x2800 + bits) if bits else " "), style=style or None)
    return line
