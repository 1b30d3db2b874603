"""Inference belongs to the problem at its solution: these functions ask nothing of the method that found it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .types import Matrix, UsageError, Vector


@dataclass(frozen=True, slots=True)
class Test:
    """A test of hypotheses: its `statistic`, degrees of freedom `df` (numerator, denominator), and `p`."""

    statistic: float
    df: tuple[float, float]
    p: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted `mean` (m,), its confidence interval, and the interval for a new observation, each (m, 2)."""

    mean: Vector
    confidence: Matrix
    prediction: Matrix


def t_values(theta: Vector, se: Vector) -> Vector:
    """theta / se (q,); nan where nothing is left to tell a standard error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(theta / se)


def p_values(t: Vector, df: float) -> Vector:
    """Two-sided p of Student's t with `df` degrees of freedom (q,)."""
    from scipy.special import stdtr

    return np.asarray(2 * stdtr(df, -np.abs(t))) if df > 0 else np.full(len(t), math.nan)


def quantile(level: float, df: float) -> float:
    """The t that a two-sided interval of `level` reaches out to; UsageError unless 0 < level < 1."""
    from scipy.special import stdtrit

    if not 0 < level < 1:
        meant = f", so try {level / 100:g}" if 1 < level < 100 else ""
        raise UsageError(f"the level of an interval must lie between 0 and 1: it is {level:g}{meant}")
    return float(stdtrit(df, (1 + level) / 2)) if df > 0 else math.nan


def intervals(theta: Vector, se: Vector, df: float, level: float) -> Matrix:
    """Confidence intervals (q, 2): theta -+ t * se."""
    reach = quantile(level, df) * se
    return np.column_stack([theta - reach, theta + reach])


def wald(gap: Vector, half: Matrix, df: float) -> Test:
    """F test of R theta = r: gap = R theta - r (k,), and half (k, m) with half half' = R C R'.

    The statistic is gap' (half half')^-1 gap / k. Raises UsageError where the restrictions repeat each other.
    Source: Greene (2018), Econometric Analysis, eq. 5-16.
    """
    from scipy.special import fdtrc

    size = np.linalg.norm(half, axis=1)
    if not size.all() or np.linalg.matrix_rank(half / size[:, None]) < len(half):
        raise UsageError("the restrictions repeat each other, or ask about terms that the data does not determine")
    corner: Matrix = np.linalg.qr((half / size[:, None]).T)[1]
    solved = np.linalg.solve(corner.T, gap / size)
    statistic = float(solved @ solved) / len(gap)
    return Test(statistic, (len(gap), df), float(fdtrc(len(gap), df, statistic)))


def overall(rss: float, tss: float, df_model: float, df_resid: float) -> Test:
    """F test that all slopes are 0. Source: Weisberg (2014), Applied Linear Regression, eq. 6.3."""
    from scipy.special import fdtrc

    if df_model <= 0 or df_resid <= 0:
        return Test(math.nan, (df_model, df_resid), math.nan)
    if rss == 0:
        return Test(math.inf if tss > 0 else math.nan, (df_model, df_resid), 0.0 if tss > 0 else math.nan)
    statistic = ((tss - rss) / df_model) / (rss / df_resid)
    return Test(statistic, (df_model, df_resid), float(fdtrc(df_model, df_resid, statistic)))


def log_likelihood(n: float, rss: float, log_weight: float) -> float:
    """Of normal errors at its maximum: -n/2 (log(2 pi rss / n) + 1) + sum(log weight) / 2.

    Source: Greene (2018), eq. 14-31; with weights as statsmodels' WLS has it.
    """
    return math.inf if rss == 0 else -n / 2 * (math.log(2 * math.pi * rss / n) + 1) + log_weight / 2
