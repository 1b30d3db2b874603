"""What single rows do to a fit: leverage, scaled residuals, Cook's distance; and what all residuals look like."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from .robust import Scores
from .summary.moments import Moments
from .types import Vector

SAMPLE, SEED, MOST_NAMED = 2000, 0, 10


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """Rows (n,) in order, each a number:

    - `residual` e = y - fitted; `leverage` h = v x'(X'VX)^-1 x, v the weight: how far the row sets its own prediction
    - `standardised` r = sqrt(v) e / (sigma sqrt(1 - h)); `studentised` r sqrt((df - 1) / (df - r^2)): without the row
    - `cook` r^2 h / ((1 - h) rank): how far the row moves all estimates; over 1 is a lot

    nan where a row sets its prediction alone (h = 1). Source: Cook & Weisberg (1982), ch. 2-3.
    """

    residual: Vector
    leverage: Vector
    standardised: Vector
    studentised: Vector
    cook: Vector

    def take(self, rows: Vector) -> Influence:
        """Some of the rows."""
        return Influence(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """All residuals in a few numbers, and a sample of the rows.

    - `durbin_watson`: sum of (e_t - e_{t-1})^2 / sum of e_t^2; near 2 where errors do not follow each other
    - `breusch_pagan`: p-value for a spread that does not change with the fitted values, in Koenker's form
    - `skewness`, `kurtosis` (3 for normal errors) and `jarque_bera`, the p-value for normal errors
    - `outliers`: rows whose studentised residual is beyond 3; `highest`: the largest leverage
    - `rows`: row numbers, from 0, of a `sample` of at most 2,000 rows, with their `fitted` values
    - `top`: row numbers of the 10 largest of Cook's distance, `worst` these rows, with `worst_fitted`
    """

    n: int
    durbin_watson: float
    breusch_pagan: float
    skewness: float
    kurtosis: float
    jarque_bera: float
    outliers: int
    highest: float
    rows: Vector
    fitted: Vector
    sample: Influence
    top: Vector
    worst: Influence
    worst_fitted: Vector


def influence(some: Scores, sigma: float, rank: int, df: float) -> Influence:
    """The influence of some rows. Cost: m q."""
    inner = 1.0 if some.repeats else some.weight
    leverage = np.clip((some.z**2).sum(axis=1) * inner, 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(leverage < 1 - 1e-12, 1 - leverage, np.nan)
        standardised = np.sqrt(inner) * some.residual / (sigma * np.sqrt(left))
        beyond = np.where((df > standardised**2) & (df > 1), df - standardised**2, np.nan)
        studentised = standardised * np.sqrt((df - 1) / beyond)
        cook = standardised**2 * leverage / (left * rank)
    return Influence(some.residual, leverage, standardised, studentised, cook)


def joined(parts: Iterable[Influence]) -> Influence:
    """All parts in order."""
    every = list(parts)
    return Influence(*(np.concatenate([getattr(part, field.name) for part in every]) for field in fields(Influence)))


def survey(parts: Iterable[tuple[Vector, Vector, Vector | float, Vector | None, Influence]]) -> Residuals:
    """One pass over row numbers, fitted values, sqrt(weight) / sigma, how often each row counts (None for once) and
    influence, in order; it keeps 2,000 rows.

    Source: Durbin & Watson (1950), Biometrika 37; Koenker (1981), J. Econometrics 17; Jarque & Bera (1987), Int.
    Statistical Review 55.
    """
    keys = np.random.default_rng(SEED)
    moments, jumps, before, n, outliers, highest = np.zeros(5), 0.0, None, 0, 0, 0.0
    spread = Moments.empty(1)
    sample: list[tuple[Vector, Vector, Vector, Influence]] = []
    worst: list[tuple[Vector, Vector, Influence]] = []
    for rows, fitted, scale, repeats, part in parts:
        e, times = scale * part.residual, np.ones(len(rows)) if repeats is None else repeats
        moments += [(times * e**k).sum() for k in range(5)]
        jumps += float((np.diff(e if before is None else np.append(before, e)) ** 2).sum())
        before, n = e[-1], n + int(times.sum())
        outliers += int(times[np.abs(part.studentised) > 3].sum())
        highest = max(highest, float(part.leverage.max()))
        sample.append((keys.random(len(e)), rows, fitted, part))
        sample = [_least(sample)]
        spread += Moments.of(fitted[:, None], e**2, repeats)
        worst.append((rows, fitted, part))
        worst = [_largest(worst)]
    _, rows, fitted, shown = sample[0]
    m2, m3, m4 = _central(moments)
    skewness, kurtosis = (m3 / m2**1.5, m4 / m2**2) if m2 > 0 else (math.nan, math.nan)
    normal = math.exp(-n / 12 * (skewness**2 + (kurtosis - 3) ** 2 / 4)) if m2 > 0 else math.nan
    watson = jumps / moments[2] if moments[2] > 0 else math.nan
    order, (top, top_fitted, most) = np.argsort(rows), worst[0]
    return Residuals(
        n, watson, _breusch_pagan(spread), skewness, kurtosis, normal, outliers, highest,
        rows[order], fitted[order], shown.take(order), top, most, top_fitted,
    )  # fmt: skip


def _breusch_pagan(spread: Moments) -> float:
    """n times the R2 of squared residuals on fitted values, against chi-squared with one degree of freedom."""
    (a, b), (_, c) = spread.scatter
    return math.erfc(math.sqrt(max(spread.weight * b * b / (a * c), 0) / 2)) if a * c > 0 else math.nan


def _least(parts: list[tuple[Vector, Vector, Vector, Influence]]) -> tuple[Vector, Vector, Vector, Influence]:
    """The rows with the least keys: a sample without replacement."""
    key, rows, fitted = (np.concatenate([part[k] for part in parts]) for k in range(3))
    kept = np.argsort(key, kind="stable")[:SAMPLE]
    return key[kept], rows[kept], fitted[kept], joined(part[3] for part in parts).take(kept)


def _largest(parts: list[tuple[Vector, Vector, Influence]]) -> tuple[Vector, Vector, Influence]:
    rows, fitted = (np.concatenate([part[k] for part in parts]) for k in range(2))
    every = joined(part for _, _, part in parts)
    kept = np.argsort(-np.nan_to_num(every.cook), kind="stable")[:MOST_NAMED]
    return rows[kept], fitted[kept], every.take(kept)


def _central(sums: Vector) -> Iterator[float]:
    n, s1, s2, s3, s4 = sums
    mean = s1 / n
    yield s2 / n - mean**2
    yield s3 / n - 3 * mean * s2 / n + 2 * mean**3
    yield s4 / n - 4 * mean * s3 / n + 6 * mean**2 * s2 / n - 3 * mean**4
