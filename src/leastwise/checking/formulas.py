"""The formulas that people take for the least-squares line by mistake, with the numbers that they give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..types import Vector
from .problems import Problem, easy
from .report import Fault
from .trace import shown, with_ones

ALIKE = 1e-8
Formula = tuple[str, str, tuple[float, float]]
RATES = (1.0, 0.5, 0.3, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001, 0.0005, 0.0003, 0.0002, 0.0001, 1e-5)


def by_formula(theta: Vector) -> Fault | None:
    """The wrong formula that gives these parameters (slope, intercept) on the easy rows, to 8 digits."""
    for code, more, wrong in (*_simple(easy()), *_scaled(easy()), *_sums(easy())):
        if np.isfinite(wrong).all() and _alike(theta, np.array(wrong)):
            return Fault.of(code, f"that gives {shown(np.array(wrong), 9)}, and so does it", more)
    return None


def _simple(problem: Problem) -> Iterator[Formula]:
    x, y, n = problem.X[:, 0], problem.y, len(problem.y)
    slope, intercept = problem.exact
    covariance, (mx, my) = float(np.cov(x, y)[0, 1]), (float(x.mean()), float(y.mean()))
    origin = float(x @ y / (x @ x))
    yield "LW401", "", (origin, 0.0)
    yield "LW401", "The intercept is from the means.", (origin, my - origin * mx)
    for cut_x, cut_y in ((np.trunc(x), y), (x, np.trunc(y)), (np.trunc(x), np.trunc(y))):
        wrong = float(np.cov(cut_x, cut_y)[0, 1] / cut_x.var(ddof=1))
        yield "LW410", "", (wrong, float(cut_y.mean() - wrong * cut_x.mean()))
    for code, factor in (("LW402", n / (n - 1)), ("LW403", (n - 1) / n)):
        yield code, "", (slope * factor, my - slope * factor * mx)
        yield code, "The intercept is right.", (slope * factor, intercept)
    swapped = covariance / float(y.var(ddof=1))
    yield "LW404", "", (swapped, my - swapped * mx)
    yield "LW404", "", (swapped, mx - swapped * my)
    yield "LW404", "The slope is right.", (slope, mx - slope * my)
    r = float(np.corrcoef(x, y)[0, 1])
    yield "LW405", "", (r, my - r * mx)
    yield "LW406", "", (slope, my + slope * mx)
    yield "LW406", "It is the negative of the right one.", (slope, -intercept)
    yield "LW407", "", (slope, 0.0)
    for deviation in (x.std(), x.std(ddof=1)):
        wrong = covariance * (1 if deviation == x.std(ddof=1) else (n - 1) / n) / deviation
        yield "LW419", "", (wrong, my - wrong * mx)


def _scaled(problem: Problem) -> Iterator[Formula]:
    x, y = problem.X[:, 0], problem.y
    slope, my = problem.exact[0], float(y.mean())
    yield "LW415", "x is centred.", (slope, my)
    for ddof in (0, 1):
        sx, sy = float(x.std(ddof=ddof)), float(y.std(ddof=ddof))
        yield "LW415", f"x is standardised, ddof {ddof}.", (slope * sx, my)
        yield "LW415", f"x and y are standardised, ddof {ddof}.", (slope * sx / sy, 0.0)
        yield "LW415", f"y is standardised, ddof {ddof}.", (slope / sy, -slope / sy * float(x.mean()))
    spread, high = float(np.ptp(x)), float(x.max())
    yield "LW415", "x is scaled to 0 to 1.", (slope * spread, float(problem.exact[1] + slope * x.min()))
    yield "LW415", "x is divided by its maximum.", (slope * high, float(problem.exact[1]))


def _sums(problem: Problem) -> Iterator[Formula]:
    x, y, n = problem.X[:, 0], problem.y, len(problem.y)
    sx, sy, sxy, sxx, mx, my = x.sum(), y.sum(), x @ y, x @ x, x.mean(), y.mean()
    slope = problem.exact[0]
    wrong = {
        "The slope is n times too large.": slope * n,
        "The slope is n times too small.": slope / n,
        "sum(x)^2 stands where n sum(x^2) - sum(x)^2 should, or the other way round.": (n * sxy - sx * sy) / sx**2,
        "sum(x^2) stands where sum(x)^2 should.": (n * sxy - sx * sy) / (n * sxx - sxx),
        "n is missing before the sums of products.": (sxy - sx * sy) / (sxx - sx**2),
        "n is missing before sum(x y).": (sxy - sx * sy) / (n * sxx - sx**2),
        "n is missing before sum(x^2).": (n * sxy - sx * sy) / (sxx - sx**2),
        "mean(x) mean(y) is subtracted from a sum.": (sxy - mx * my) / (sxx - mx**2),
        "It is divided by the square of the mean of x.": float((x - mx) @ (y - my)) / n / mx**2,
        "The squares of x are not centred.": float((x - mx) @ (y - my)) / sxx,
        "The products are not centred.": sxy / float((x - mx) @ (x - mx)),
        "The slope is that of the absolute deviations.": float((x - mx) @ (y - my) / np.abs(x - mx).sum()),
    }
    for more, value in wrong.items():
        yield "LW416", more, (float(value), float(my - value * mx))
        yield "LW416", more, (float(value), float(problem.exact[1]))
    yield "LW416", "The intercept is a sum.", (float(slope), float(sy - slope * sx))
    yield "LW416", "The intercept is n times too small.", (float(slope), float(problem.exact[1] / n))


def by_descent(theta: Vector) -> Fault | None:
    """A point on the way of a descent from 0, at a usual rate, after a whole number of epochs."""
    problem = easy()
    A = with_ones(problem.X)
    values, vectors = np.linalg.eigh(2 * A.T @ A / len(problem.y))
    left = vectors.T @ (theta - problem.exact) / (vectors.T @ -problem.exact)
    for name, factor in (("", 1.0), (" (of half the mean squared error)", 0.5), (" (of the sum of squares)", 7.0),
                         (" (of half the sum of squares)", 3.5)):  # fmt: skip
        for rate in RATES:
            shrink = np.abs(1 - rate * factor * values)
            with np.errstate(all="ignore"):
                epochs = np.log(np.abs(left)) / np.log(shrink)
            slow = epochs[int(np.argmax(shrink))]
            k = round(float(slow)) if np.isfinite(slow) and 1 <= slow < 1e7 else 0
            if not k or shrink.max() >= 1:
                continue
            there = problem.exact + vectors @ ((1 - rate * factor * values) ** k * (vectors.T @ -problem.exact))
            if _alike(theta, there):
                evidence = (
                    f"it is where a descent{name} from 0 at a rate of {rate:g} is after {k} epochs, {shown(theta, 9)}: "
                    f"least squares are {shown(problem.exact, 9)}"
                )
                return Fault.of("LW414", evidence)
    return None


def _alike(theta: Vector, other: Vector) -> bool:
    return bool(np.allclose(theta, other, rtol=ALIKE, atol=1e-10))
