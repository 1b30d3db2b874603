"""Will this descent get there, and if not, why, and what to change: in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .convergence import best, close_enough, condition, distance_left, epochs_to, growth, limit
from .methods.centred import Answer, least_squares
from .methods.power_iteration import largest_eigenvalue
from .methods.spectral import Modes, modes
from .methods.table import LARGEST_SPECTRUM
from .problem import LeastSquares
from .rows.arrays import of_arrays
from .settings import Settings
from .solution import Start, Step
from .summary.reduce import summarise
from .summary.triangle import Triangle
from .types import Vector
from .words import apart, count, number


@dataclass(frozen=True, slots=True)
class Scaled:
    """The same descent on standardised features: its condition number, best fixed rate, and epochs needed."""

    condition: float
    learning_rate_best: float
    epochs_needed: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """What the Hessian says of a run of `epochs` epochs at `learning_rate`.

    - `converged`: every estimate is within `tolerance` standard errors of the least-squares answer
    - `learning_rate_limit` = 2 / largest eigenvalue, `learning_rate_best` = 2 / (smallest + largest)
    - `eigenvalues` (rank + 1,) of the Hessian, largest first; `condition` = largest / smallest
    - `growth`: the factor on the slowest, or fastest growing, part of the error each epoch
    - `epochs_needed` at the given rate and `epochs_needed_best` at the best one; None for never
    - `loss_ratio`: the final loss over the least
    - `standardised`: the same once the features are standardised
    - `verdict`: all of it in words

    Where the rank is over 1,500 the limit is a safe bound and what needs eigenvectors is None.
    """

    settings: Settings
    converged: bool
    learning_rate_limit: float
    learning_rate_best: float | None
    condition: float | None
    eigenvalues: Vector
    growth: float | None
    epochs_needed: int | None
    epochs_needed_best: int | None
    loss_ratio: float
    standardised: Scaled | None
    verdict: str = ""


def advise(
    X: Any,
    y: Any,
    weight: Any = None,
    *,
    learning_rate: float = 0.001,
    epochs: int = 15,
    seed: int = 2,
    start: tuple[object, object] | None = None,
    tolerance: float = 1e-3,
    names: Sequence[str] | None = None,
) -> Advice:
    """Foretell gradient descent on X (n, p), y (n,), weight (n,), without running it.

    Raises UsageError or DataError. Cost: one pass, 2 n p^2 flops, and one SVD, of order p^3.
    Source: Polyak (1987), Introduction to Optimization, sec. 1.4.
    """
    settings = Settings(epochs, learning_rate, seed, start, tolerance=tolerance)
    selection = of_arrays(X, y, weight, names)
    return foretell(summarise(selection.chunks()), selection.features, settings)


def foretell(triangle: Triangle, names: Sequence[str], settings: Settings, final: Step | None = None) -> Advice:
    """Advice on a triangle; `final` is where a run really ended, by default where the spectrum says it would."""
    answer = least_squares(triangle)
    target = close_enough(triangle, answer, settings.tolerance)
    start = settings.begin(triangle.features)
    problem = LeastSquares.of(triangle.rows())
    if min(problem.X.shape) > LARGEST_SPECTRUM:
        advice, end = _bounded(problem, answer, settings, final, target)
    else:
        advice, end = _exact(triangle, modes(problem, start), settings, final, target)
    advice = replace(advice, loss_ratio=float(end.loss / answer.loss) if answer.loss > 0 else math.inf)
    return replace(advice, verdict=" ".join(_sentences(advice, answer, end, triangle, names)))


def _exact(
    triangle: Triangle, path: Modes, settings: Settings, final: Step | None, target: float
) -> tuple[Advice, Step]:
    rate = settings.learning_rate
    end = final or path.at(rate, settings.epochs)
    scaled = modes(LeastSquares.of(triangle.standardised().rows()), Start(path.start[:-1], path.start[-1]))
    return Advice(
        settings=settings,
        converged=distance_left(path, end) <= target,
        learning_rate_limit=limit(path),
        learning_rate_best=best(path),
        condition=condition(path),
        eigenvalues=path.eigenvalues,
        growth=growth(path, rate),
        epochs_needed=epochs_to(path, rate, target),
        epochs_needed_best=epochs_to(path, best(path), target),
        loss_ratio=math.nan,
        standardised=Scaled(condition(scaled), best(scaled), epochs_to(scaled, best(scaled), target)),
    ), end


def _bounded(
    problem: LeastSquares, answer: Answer, settings: Settings, final: Step | None, target: float
) -> tuple[Advice, Step]:
    _, upper = largest_eigenvalue(problem)
    end = final or Step(np.full_like(answer.coef, math.nan), math.nan, math.nan)
    return Advice(
        settings=settings,
        converged=end.loss - answer.loss <= target,
        learning_rate_limit=2 / upper,
        learning_rate_best=None,
        condition=None,
        eigenvalues=np.empty(0),
        growth=None,
        epochs_needed=None,
        epochs_needed_best=None,
        loss_ratio=math.nan,
        standardised=None,
    ), end


def _sentences(advice: Advice, answer: Answer, end: Step, triangle: Triangle, names: Sequence[str]) -> list[str]:
    said = [_state(advice, answer, end)]
    if not advice.converged and math.isfinite(end.loss) and not _diverges(advice):
        said.append(_how_far(answer, end, triangle, names))
    if advice.condition is None:
        said.append(
            f"{count(triangle.features, 'feature')} are too many for an eigendecomposition; power iteration says that "
            f"rates up to {number(advice.learning_rate_limit)} are stable. A closed form (qr) gives the answer at once."
        )
    elif not advice.converged:
        said += [_why(advice), _what_to_change(advice)]
    if answer.dependencies:
        depend = "; ".join(answer.sentences(names)[:3])
        said.append(f"Columns depend on each other ({depend}), so only mixtures of their slopes are determined.")
    return said


def _diverges(advice: Advice) -> bool:
    return advice.growth is not None and advice.growth >= 1


def _state(advice: Advice, answer: Answer, end: Step) -> str:
    settings = advice.settings
    run = f"after {count(settings.epochs, 'epoch')} at learning rate {number(settings.learning_rate)}"
    close = f"every estimate is within {number(settings.tolerance)} standard errors of the least-squares answer"
    if advice.growth is not None and _diverges(advice):
        times = settings.learning_rate / advice.learning_rate_limit
        return (
            f"Diverges: {number(settings.learning_rate)} is {number(times, 3)} times the limit "
            f"{number(advice.learning_rate_limit, 3)}; the error grows {number(advice.growth, 3)}-fold an epoch."
        )
    if advice.converged:
        return f"Converged: {run} {close}."
    if math.isnan(end.loss):
        return f"Not known: whether {close} {run} needs the run itself."
    if advice.epochs_needed is not None and advice.epochs_needed <= settings.epochs:
        return (
            f"Stalled: {count(advice.epochs_needed, 'epoch')} should do, but {run} the steps are smaller than the "
            f"rounding of {settings.dtype}{': use float64' if settings.dtype != 'float64' else ''}."
        )
    return f"Not converged: {run} the loss is {_against_the_least(end.loss, answer.loss)}."


def _against_the_least(loss: float, least: float) -> str:
    if least <= 0:
        return f"{number(loss)}, and it can be 0"
    if loss < 1.01 * least:
        return f"within {number(loss / least - 1, 2)} of the least possible, {number(least)}, relatively, but not there"
    return f"{number(loss)}, {number(loss / least, 3)} times the least possible ({number(least)})"


def _how_far(answer: Answer, end: Step, triangle: Triangle, names: Sequence[str]) -> str:
    j = int((np.abs(end.coef - answer.coef) * triangle.spread[:-1]).argmax())
    slope, its_best = apart(end.coef[j], answer.coef[j])
    intercept, best_intercept = apart(end.intercept, answer.intercept)
    who = "The slope is" if len(names) == 1 else f"Farthest off is {names[j]}: its slope is"
    return f"{who} {slope} and should be {its_best}; the intercept is {intercept} and should be {best_intercept}."


def _why(advice: Advice) -> str:
    shape = f"The loss is a valley {number(advice.condition, 3)} times as steep across as along (its condition number)"
    if advice.growth is None or _diverges(advice):
        return f"{shape}."
    return (
        f"{shape}: this rate takes {number(100 * (1 - advice.growth), 3)}% off the slowest part of the error an epoch."
    )


def _what_to_change(advice: Advice) -> str:
    ways = []
    if advice.epochs_needed is not None:
        ways.append(f"{count(advice.epochs_needed, 'epoch')} at this rate")
    if advice.epochs_needed_best is not None and advice.epochs_needed_best < (advice.epochs_needed or math.inf):
        best_rate, stable = number(advice.learning_rate_best, 3), number(advice.learning_rate_limit, 3)
        ways.append(
            f"{count(advice.epochs_needed_best, 'epoch')} at {best_rate}, the best fixed rate (the limit is {stable})"
        )
    scaled = advice.standardised
    if scaled and scaled.epochs_needed is not None:
        ways.append(
            f"{count(scaled.epochs_needed, 'epoch')} at {number(scaled.learning_rate_best, 3)} once the features are "
            f"standardised (condition {number(scaled.condition, 3)})"
        )
    return f"What gets there: {'; '.join(ways)}; or a closed form (qr), at once."
