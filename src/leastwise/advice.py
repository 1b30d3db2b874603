"""Will this descent get there, and if not, why, and what to change: in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .convergence import best, close_enough, condition, distance_left, epochs_to, limit, removed
from .gather import gather
from .methods.centred import reference
from .methods.estimate import Estimate
from .methods.power_iteration import largest_eigenvalue
from .methods.spectral import Modes, modes
from .methods.table import LARGEST_SPECTRUM
from .problem import LeastSquares
from .rows.arrays import of_arrays
from .settings import Settings
from .solution import Start, Step
from .summary.triangle import Triangle
from .types import Vector
from .words import apart, below, count, number

FEW_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Way:
    """A way to get there: a fixed rate, as short as it can be typed, the epochs it needs, the condition it meets."""

    learning_rate: float
    epochs_needed: int | None
    condition: float


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """What the Hessian says of a run of `epochs` epochs at `learning_rate`.

    - `converged`: every estimate is within `tolerance` standard errors of the least-squares answer
    - `learning_rate_limit` = 2 / largest eigenvalue, `learning_rate_best` = 2 / (smallest + largest)
    - `modes`: the problem along the eigenvectors of its Hessian; `condition` = largest / smallest eigenvalue
    - `removed`: the part of the slowest error that an epoch removes; below 0 where it grows instead
    - `epochs_needed` at the given rate and `epochs_needed_best` at the best one; None for never
    - `loss_ratio`: the final loss over the least
    - `suggested`: the best rate rounded down to 4 digits; `centred`, `standardised`: those of features made so
    - `sentences`: all of it in words; `verdict` is them in one

    Where the rank is over 1,500 the limit is a safe bound and what needs eigenvectors is None.
    """

    settings: Settings
    converged: bool
    learning_rate_limit: float
    learning_rate_best: float | None
    condition: float | None
    modes: Modes | None
    removed: float | None
    epochs_needed: int | None
    epochs_needed_best: int | None
    loss_ratio: float
    suggested: Way | None
    centred: Way | None
    standardised: Way | None
    sentences: tuple[str, ...] = ()

    @property
    def eigenvalues(self) -> Vector:
        """Eigenvalues of the Hessian (rank + 1,), largest first."""
        return np.empty(0) if self.modes is None else self.modes.eigenvalues

    @property
    def verdict(self) -> str:
        """The sentences as one text."""
        return " ".join(self.sentences)


def advise(
    X: Any, y: Any, weight: Any = None, *, names: Sequence[str] | None = None, missing: str = "error", **settings: Any
) -> Advice:
    """Foretell gradient descent on X (n, p), y (n,), weight (n,), without running it.

    `settings` are the fields of `Settings`: learning_rate=0.001, epochs=15, seed=2, start=(coef, intercept),
    tolerance=0.001. Raises UsageError or DataError. Cost: one pass, 2 n p^2 flops, and one SVD, of order p^3.
    Source: Polyak (1987), Introduction to Optimization, sec. 1.4.
    """
    chosen = Settings.of(settings)
    data = gather(of_arrays(X, y, weight, names).dropping(missing), keep_rows=False, settings=chosen)
    return foretell(data.triangle, data.selection.features, chosen)


def foretell(triangle: Triangle, names: Sequence[str], settings: Settings, final: Step | None = None) -> Advice:
    """Advice on a triangle; `final` is where a run really ended, by default where the spectrum says it would."""
    answer = reference(triangle)
    target = close_enough(triangle, answer, settings.tolerance)
    start = settings.begin(triangle.features)
    problem = LeastSquares.of(triangle.rows())
    if min(problem.X.shape) > LARGEST_SPECTRUM:
        advice, end = _bounded(problem, answer, settings, final, target)
    else:
        advice, end = _exact(triangle, modes(triangle, start), settings, final, target)
    advice = replace(advice, loss_ratio=float(end.loss / answer.loss) if answer.loss > 0 else math.inf)
    return replace(advice, sentences=tuple(_sentences(advice, answer, end, triangle, names)))


def _exact(
    triangle: Triangle, path: Modes, settings: Settings, final: Step | None, target: float
) -> tuple[Advice, Step]:
    rate = settings.learning_rate
    end = final or path.at(rate, settings.epochs)
    start = Start(path.start[:-1], path.start[-1])
    return Advice(
        settings=settings,
        converged=distance_left(path, end) <= target,
        learning_rate_limit=limit(path),
        learning_rate_best=best(path),
        condition=condition(path),
        modes=path,
        removed=removed(path, rate),
        epochs_needed=epochs_to(path, rate, target),
        epochs_needed_best=epochs_to(path, best(path), target),
        loss_ratio=math.nan,
        suggested=_way(path, target),
        centred=_way(modes(triangle.centred(), start), target),
        standardised=_way(modes(triangle.standardised(), start), target),
    ), end


def _way(path: Modes, target: float) -> Way:
    rate = below(best(path) * (1 + 1e-12))
    return Way(rate, epochs_to(path, rate, target), condition(path))


def _bounded(
    problem: LeastSquares, answer: Estimate, settings: Settings, final: Step | None, target: float
) -> tuple[Advice, Step]:
    _, upper = largest_eigenvalue(problem)
    end = final or Step(np.full_like(answer.coef, math.nan), math.nan, math.nan)
    return Advice(
        settings=settings,
        converged=end.loss - answer.loss <= target,
        learning_rate_limit=2 / upper,
        learning_rate_best=None,
        condition=None,
        modes=None,
        removed=None,
        epochs_needed=None,
        epochs_needed_best=None,
        loss_ratio=math.nan,
        suggested=None,
        centred=None,
        standardised=None,
    ), end


def _sentences(advice: Advice, answer: Estimate, end: Step, triangle: Triangle, names: Sequence[str]) -> list[str]:
    said = [_state(advice, answer, end)]
    if not advice.converged and math.isfinite(end.loss) and not _diverges(advice):
        said.append(_how_far(answer, end, triangle, names))
    if advice.condition is None:
        said.append(
            f"{count(triangle.features, 'feature')} are too many for an eigendecomposition; power iteration says "
            f"that rates up to {number(below(advice.learning_rate_limit))} are stable. "
            "A closed form such as qr gives the answer at once."
        )
    elif not advice.converged:
        said += [_why(advice), _what_to_change(advice, "svd" if answer.dependencies else "qr")]
    if answer.digits < FEW_DIGITS:
        said.append(
            "The columns nearly depend on each other, or the weights lie far apart: of the least-squares answer shown "
            f"about {count(max(int(answer.digits), 0), 'digit')} can be trusted."
        )
    if answer.dependencies:
        depend = "; ".join(answer.sentences(names)[:3])
        said.append(f"Columns depend on each other ({depend}), so only mixtures of their slopes are determined.")
    return said


def _diverges(advice: Advice) -> bool:
    return advice.condition is not None and advice.settings.learning_rate >= advice.learning_rate_limit


def _state(advice: Advice, answer: Estimate, end: Step) -> str:
    settings = advice.settings
    run = f"after {count(settings.epochs, 'epoch')} at learning rate {number(settings.learning_rate)}"
    close = f"every estimate is within {number(settings.tolerance)} standard errors of the least-squares answer"
    if advice.removed is not None and _diverges(advice):
        times, _ = apart(settings.learning_rate / advice.learning_rate_limit, 1, 3)
        growth, _ = apart(1 - advice.removed, 1, 3)
        return (
            f"Diverges: {number(settings.learning_rate)} is {times} times the limit "
            f"{number(advice.learning_rate_limit, 3)}; the error grows {growth}-fold an epoch."
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
        return (
            f"{number(least)}, within one part in {number(1 / max(loss / least - 1, 1e-16), 2)} of the least possible"
        )
    return f"{number(loss)}, {number(loss / least, 3)} times the least possible ({number(least)})"


def _how_far(answer: Estimate, end: Step, triangle: Triangle, names: Sequence[str]) -> str:
    j = int((np.abs(end.coef - answer.coef) * triangle.spread[:-1]).argmax())
    slope, its_best = apart(end.coef[j], answer.coef[j])
    intercept, best_intercept = apart(end.intercept, answer.intercept)
    who = (
        "The slope is"
        if len(names) == 1
        else f"In its effect on the prediction {names[j]} is farthest off: its slope is"
    )
    return f"{who} {slope} and should be {its_best}; the intercept is {intercept} and should be {best_intercept}."


def _why(advice: Advice) -> str:
    shape = (
        f"The loss curves {number(advice.condition, 3)} times more across its valley than along it (condition number)"
    )
    if advice.removed is None or _diverges(advice):
        return f"{shape}."
    return f"{shape}, so an epoch removes only {number(100 * advice.removed, 3)}% of the slowest part of the error."


def _what_to_change(advice: Advice, closed: str) -> str:
    stalled = advice.epochs_needed is not None and advice.epochs_needed <= advice.settings.epochs
    ways = [] if stalled or advice.epochs_needed is None else [f"{count(advice.epochs_needed, 'epoch')} at this rate"]
    soon, scaled = advice.suggested, advice.standardised
    if soon and soon.epochs_needed is not None and soon.epochs_needed < (advice.epochs_needed or math.inf):
        stable = below(advice.learning_rate_limit)
        ways.append(
            f"{count(soon.epochs_needed, 'epoch')} at {number(soon.learning_rate)}, the best fixed rate for any start"
            + (f" (the limit is {number(stable)})" if stable > soon.learning_rate else "")
        )
    if scaled and scaled.epochs_needed is not None:
        ways.append(
            f"{count(scaled.epochs_needed, 'epoch')} at {number(scaled.learning_rate)} on standardised features, "
            f"(x - mean) / deviation, whose condition is {number(scaled.condition, 3)}"
        )
    return f"What gets there: {'; '.join([*ways, f'or a closed form such as {closed}, at once'])}."
