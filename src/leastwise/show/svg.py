"""A small drawing board: axes, lines, dots and ellipses as SVG. Colours are CSS classes of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import count

from ..words import number
from .scale import Scale

WIDTH, HEIGHT = 520, 340
LEFT, RIGHT, TOP, BOTTOM = 74, 26, 14, 46
_boards = count(1)


@dataclass(slots=True)
class Board:
    """A chart with an `across` and an `up` scale; draw on it, then `svg()`."""

    across: Scale
    up: Scale
    labels: tuple[str, str]
    title: str
    drawn: list[str] = field(default_factory=list)
    number: int = field(default_factory=lambda: next(_boards))

    def x(self, value: float) -> float:
        """Horizontal place of a value, in user units."""
        return LEFT + self.across(value) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Vertical place of a value, in user units."""
        return HEIGHT - BOTTOM - self.up(value) * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A line through the points, of CSS class `kind`."""
        places = [(self.x(x), self.y(y)) for x, y in points]
        path = " ".join(f"{x:.2f},{y:.2f}" for x, y in places if math.isfinite(x) and math.isfinite(y))
        self.drawn.append(f'<polyline class="{kind}" points="{path}"/>')

    def dots(self, points: Sequence[tuple[float, float]], kind: str, radius: float = 3) -> None:
        """A dot at every point."""
        for x, y in points:
            self.drawn.append(f'<circle class="{kind}" cx="{self.x(x):.2f}" cy="{self.y(y):.2f}" r="{radius}"/>')

    def cloud(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """Many dots, as one path."""
        places = ((self.x(x), self.y(y)) for x, y in points)
        path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places if math.isfinite(x) and math.isfinite(y))
        self.drawn.append(f'<path class="{kind}" d="{path}"/>')

    def ellipse(self, centre: tuple[float, float], axes: Sequence[tuple[float, float]], kind: str) -> None:
        """The exact ellipse with these two half-axes, each a vector in data units, on linear scales."""
        right = (WIDTH - LEFT - RIGHT) / (self.across.high - self.across.low)
        up = -(HEIGHT - TOP - BOTTOM) / (self.up.high - self.up.low)
        (a, b), (c, d) = ((dx * right, dy * up) for dx, dy in axes)
        matrix = " ".join(f"{value:.6g}" for value in (a, b, c, d, self.x(centre[0]), self.y(centre[1])))
        self.drawn.append(
            f'<circle class="{kind}" r="1" transform="matrix({matrix})" vector-effect="non-scaling-stroke"/>'
        )

    def text(self, at: tuple[float, float], words: str, kind: str = "note", anchor: str = "start") -> None:
        """Words beside a point."""
        place = f'x="{self.x(at[0]):.2f}" y="{max(self.y(at[1]) - 8, TOP + 12):.2f}"'
        self.drawn.append(f'<text class="{kind}" {place} text-anchor="{anchor}">{escape(words)}</text>')

    def svg(self) -> str:
        """The whole chart."""
        inside = f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
        clip = f"clip{self.number}"
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.title, quote=True)}">'
            f'<clipPath id="{clip}">{inside}/></clipPath>{inside} class="frame"/>'
            f'{self._ticks()}<g clip-path="url(#{clip})">{"".join(self.drawn)}</g></svg>'
        )

    def _ticks(self) -> str:
        low, left = HEIGHT - BOTTOM, LEFT
        parts = [
            f'<line class="grid" x1="{self.x(t):.2f}" x2="{self.x(t):.2f}" y1="{TOP}" y2="{low}"/>'
            f'<text class="tick" x="{self.x(t):.2f}" y="{low + 16}" text-anchor="middle">{number(t)}</text>'
            for t in self.across.ticks()
        ]
        parts += [
            f'<line class="grid" x1="{left}" x2="{WIDTH - RIGHT}" y1="{self.y(t):.2f}" y2="{self.y(t):.2f}"/>'
            f'<text class="tick" x="{left - 6}" y="{self.y(t) + 4:.2f}" text-anchor="end">{number(t, 3)}</text>'
            for t in self.up.ticks()
        ]
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(
            f'<text class="label" x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(self.labels[0])}</text>'
        )
        turn = f'transform="translate(14 {(TOP + low) / 2}) rotate(-90)"'
        parts.append(f'<text class="label" {turn} text-anchor="middle">{escape(self.labels[1])}</text>')
        return "".join(parts)
