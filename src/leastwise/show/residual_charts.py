"""R's four pictures of the residuals, and one of the coefficients.

Source: the plot method of lm in R; Cook & Weisberg (1982), sec. 2.3.
"""

from __future__ import annotations

import math
from html import escape

import numpy as np

from ..diagnosis import Diagnosis
from ..types import Vector
from ..words import number
from .scale import Scale
from .svg import Board

BINS, NAMED, MOST_TERMS, WIDE, LINE = 25, 3, 30, 520, 24


def residuals_fitted(diagnosis: Diagnosis) -> str:
    """Residuals over fitted values: a bend is a missing curve, a funnel unequal spread."""
    found = diagnosis.residuals
    x, y = np.append(found.fitted, found.worst_fitted), np.append(found.sample.residual, found.worst.residual)
    board = _board(x, y, ("fitted", "residual"), "Residuals over fitted values")
    board.line([(board.across.low, 0), (board.across.high, 0)], "answer")
    _drawn(board, found.fitted, found.sample.residual, smooth=True)
    _named(board, diagnosis, found.worst.residual)
    return board.svg()


def normal_quantiles(diagnosis: Diagnosis) -> str:
    """Standardised residuals over the normal quantiles: on the line where errors are normal."""
    from scipy.special import ndtri

    found = np.sort(diagnosis.residuals.sample.standardised)
    found = found[np.isfinite(found)]
    quantiles = ndtri((np.arange(len(found)) + 0.5) / len(found))
    board = _board(quantiles, found, ("normal quantile", "standardised residual"), "Normal quantiles")
    ends = (max(board.across.low, board.up.low), min(board.across.high, board.up.high))
    board.line([(end, end) for end in ends], "answer")
    _drawn(board, quantiles, found)
    return board.svg()


def scale_location(diagnosis: Diagnosis) -> str:
    """The size of the residuals over fitted values: level where all errors have one variance."""
    found = diagnosis.residuals
    size = np.sqrt(np.abs(found.sample.standardised))
    most = np.sqrt(np.abs(found.worst.standardised))
    x, y = np.append(found.fitted, found.worst_fitted), np.append(size, most)
    board = _board(x, y, ("fitted", "root of |standardised residual|"), "Scale over location")
    _drawn(board, found.fitted, size, smooth=True)
    _named(board, diagnosis, most)
    return board.svg()


def residuals_leverage(diagnosis: Diagnosis) -> str:
    """Standardised residuals over leverage, with the lines of Cook's distance 0.5 and 1."""
    found, rank = diagnosis.residuals, diagnosis.fit.rank
    leverage = np.append(found.sample.leverage, found.worst.leverage)
    standardised = np.append(found.sample.standardised, found.worst.standardised)
    board = _board(leverage, standardised, ("leverage", "standardised residual"), "Residuals over leverage")
    board.line([(board.across.low, 0), (board.across.high, 0)], "answer")
    h = np.linspace(max(board.across.low, 1e-6), min(board.across.high, 1 - 1e-6), 60)
    for distance in (0.5, 1.0):
        reach = np.sqrt(distance * rank * (1 - h) / h)
        for side in (1, -1):
            inside = [(x, y) for x, y in zip(h, side * reach, strict=True) if 0 <= board.up(y) <= 1]
            if len(inside) > 1:
                board.line(inside, "bad-thin")
                board.text(inside[-1], f"Cook {distance:g}", anchor="end")
    _drawn(board, leverage, standardised)
    _named(board, diagnosis, found.worst.standardised, found.worst.leverage)
    return board.svg()


def coefficients(diagnosis: Diagnosis) -> str:
    """Slopes with their 95% intervals, in deviations of the target for one deviation of the feature."""
    fit = diagnosis.fit
    if not fit.tss > 0 or not np.isfinite(fit.se).all():
        return ""
    ratio = fit.deviations / math.sqrt(fit.tss)
    names = fit.names[:MOST_TERMS]
    ends = fit.conf_int()[: len(fit.names)] * ratio[:, None]
    scale = Scale.over([0.0, *ends[: len(names)].ravel()], margin=0.05)
    left = min(max(len(name) for name in names) * 7 + 12, 200)
    height = LINE * len(names) + 40

    def x(value: float) -> float:
        return left + scale(value) * (WIDE - left - 16)

    zero = f'<line class="answer" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="6" y2="{height - 30}"/>'
    parts = [zero]
    parts += [
        f'<line class="grid" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="6" y2="{height - 30}"/>'
        f'<text class="tick" x="{x(tick):.1f}" y="{height - 14}" text-anchor="middle">{number(tick)}</text>'
        for tick in scale.ticks()
    ]
    for k, name in enumerate(names):
        y, (low, high) = 6 + LINE * (k + 0.5), ends[k]
        shown = name if len(name) <= 26 else f"{name[:25]}\u2026"
        parts.append(
            f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{escape(shown)}</text>'
            f'<line class="path" x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="path-dot" cx="{x(fit.coef[k] * ratio[k]):.1f}" cy="{y}" r="2.5"/>'
        )
    return (
        f'<svg class="names" viewBox="0 0 {WIDE} {height}" role="img" aria-label="Coefficients">{"".join(parts)}</svg>'
    )


def _board(x: Vector, y: Vector, labels: tuple[str, str], title: str) -> Board:
    return Board(Scale.over(x.tolist(), margin=0.04), Scale.over(y.tolist(), margin=0.06), labels, title)


def _drawn(board: Board, x: Vector, y: Vector, smooth: bool = False) -> None:
    board.cloud(list(zip(x.tolist(), y.tolist(), strict=True)), "data-cloud")
    if not smooth or len(x) < 3:
        return
    order = np.argsort(x, kind="stable")
    bins = np.array_split(order, min(BINS, max(len(x) // 8, 2)))
    means = [(float(x[some].mean()), float(np.nanmean(y[some]))) for some in bins if np.isfinite(y[some]).any()]
    board.line(means, "path")


def _named(board: Board, diagnosis: Diagnosis, y: Vector, x: Vector | None = None) -> None:
    """The rows with the largest Cook's distance, by their numbers."""
    found = diagnosis.residuals
    places = found.worst_fitted if x is None else x
    taken: list[tuple[float, float]] = []
    for row, at, height in list(zip(found.top, places, y, strict=True))[:NAMED]:
        here = (board.x(at), board.y(height)) if math.isfinite(at) and math.isfinite(height) else None
        if here is None:
            continue
        board.dots([(at, height)], "start", 3)
        if all(abs(here[0] - a) > 110 or abs(here[1] - b) > 20 for a, b in taken):
            board.text((at, height), f"row {row + 1:,}", anchor="end" if board.across(at) > 0.6 else "start")
        taken.append(here)
