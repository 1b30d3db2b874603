"""The main job: every way to fit, side by side on one problem, from one start."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from .advice import Advice, foretell
from .agreement import answer_digits, trajectory_digits
from .gather import Data, gather
from .methods.centred import reference
from .methods.estimate import Estimate
from .methods.table import METHODS, Method
from .problem import LeastSquares
from .rows.select import select
from .rows.source import Selection
from .settings import Settings
from .solution import Solution, Start, Step, drive
from .summary.triangle import Triangle
from .timing import Timing, repeat, same_threads, versions
from .types import DataError, UsageError
from .words import listing

Watch = Callable[[str, int], None]
MOST_RECORD_BYTES = 4e9


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One method's run: where it went, how long it took, and to how many digits it agrees.

    `agreement_digits` with the hand-written loop over the whole path (closed forms: with the answer),
    `reference_digits` of the final parameters and loss with the least-squares answer.
    """

    method: Method
    solution: Solution
    timing: Timing
    agreement_digits: float
    reference_digits: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison:
    """All of it: the data read, the runs in the table's order, who could not run and why, and the verdict.

    `by_hand` is the trajectory that the others are held against; `reference` the least-squares answer.
    """

    data: Data
    settings: Settings
    start: Start
    runs: tuple[Run, ...]
    unavailable: dict[str, str]
    by_hand: Solution
    reference: Estimate
    advice: Advice
    threads: int
    versions: dict[str, str]

    @property
    def baseline(self) -> str:
        """Where the trajectory that the others are held against comes from, in words."""
        on_rows = any(run.method.name == "numpy" for run in self.runs)
        return "the loop by hand" if on_rows else "the loop by hand on the p + 2 rows"

    def __repr__(self) -> str:
        names = listing([run.method.name for run in self.runs], 20)
        return f"<Comparison of {names} on {self.data.selection.source.label}. {self.advice.verdict}>"


def compare(
    X: Any,
    y: Any = None,
    weight: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    methods: Sequence[str] | str | None = None,
    missing: str = "error",
    **settings: Any,
) -> Comparison:
    """Run every method on X (n, p) or (n,), y (n,), weight (n,) from one start, and hold them side by side.

    X may be a path, or the name of a built-in set; then y, weight and x name its columns. `missing` is "error", or
    "drop" for leaving out rows that lack a number.
    `settings` are the fields of `Settings`: epochs=15, learning_rate=0.001, seed=2, start=(coef, intercept),
    dtype="float64", device="cpu", threads=, tolerance=. Raises UsageError or DataError.
    Cost: 4 n p flops an epoch for each method that reads the rows.
    """
    chosen = Settings.of(settings)
    methods = [methods] if isinstance(methods, str) else methods
    return race(select(X, y, weight, x, names).dropping(missing), chosen, methods)


def race(
    selection: Selection, settings: Settings, methods: Sequence[str] | None = None, watch: Watch | None = None
) -> Comparison:
    """`compare` on columns of any source; `watch` is told each method's name and epoch as it goes."""
    asked = _asked(methods)
    _recordable(len(selection.features), settings.epochs, len(asked))
    keep = any(method.reads == "rows" for method in asked)
    data = gather(selection, keep, settings, partial(watch, "reading rows") if watch else None)
    able, unavailable = _able(asked, data, explicit=methods is not None)
    threads = settings.threads or os.cpu_count() or 1
    field = _Field.of(data, settings)
    field.finite_start()
    field.warm_up(able)
    with same_threads(threads):
        solutions, seconds = field.answers(able, unavailable, watch)
        if not solutions:
            raise DataError(f"no method could run: {'; '.join(unavailable.values())}")
        baseline = solutions.get("numpy") or solutions.get("triangle") or field.solve(METHODS["triangle"])
        answer = reference(data.triangle)
        digits = {name: field.digits(METHODS[name], run, baseline, answer) for name, run in solutions.items()}
        timings = repeat({name: partial(field.solve, METHODS[name]) for name in solutions}, seconds)
    final = Step(baseline.coef, baseline.intercept, baseline.loss)
    return Comparison(
        data=data,
        settings=settings,
        start=field.start,
        runs=tuple(Run(METHODS[name], run, timings[name], *digits[name]) for name, run in solutions.items()),
        unavailable=unavailable,
        by_hand=baseline,
        reference=answer,
        advice=foretell(data.triangle, selection.features, settings, final),
        threads=threads,
        versions=versions(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """What every method runs on: the rows and the p + 2 rows for them in the run's dtype, and one start."""

    rows: LeastSquares
    compressed: LeastSquares
    triangle: Triangle
    start: Start
    settings: Settings
    scale: float

    @classmethod
    def of(cls, data: Data, settings: Settings) -> _Field:
        compressed = LeastSquares.of(data.triangle.rows(), settings.dtype)
        rows = compressed if data.rows is None else LeastSquares.of(data.rows, settings.dtype)
        scale = float(data.triangle.means[-1] ** 2 + data.triangle.spread[-1] ** 2) or 1.0
        return cls(rows, compressed, data.triangle, settings.begin(data.triangle.features), settings, scale)

    def solve(self, method: Method, watch: Watch | None = None) -> Solution:
        read: dict[str, Any] = {"rows": self.rows, "compressed": self.compressed, "triangle": self.triangle}
        start, settings = self.start.cast(self.settings.dtype), self.settings
        steps = method.steps(read[method.reads], start, settings.learning_rate, settings.device)
        return drive(steps, settings.epochs, partial(watch, method.name) if watch else None)

    def finite_start(self) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            loss = self.compressed.loss(self.start.coef, self.start.intercept)
        if not np.isfinite(loss):
            raise UsageError("the loss at the start overflows: start nearer to the answer, or rescale the columns")

    def warm_up(self, able: Sequence[Method]) -> None:
        """One epoch of each descent, so that no clock counts an import or a first allocation."""
        once = replace(self, settings=replace(self.settings, epochs=1))
        for method in able:
            if method.iterates:
                once.solve(method)

    def answers(
        self, able: Sequence[Method], unavailable: dict[str, str], watch: Watch | None
    ) -> tuple[dict[str, Solution], dict[str, float]]:
        solutions: dict[str, Solution] = {}
        seconds: dict[str, float] = {}
        for method in able:
            begin = perf_counter()
            try:
                solutions[method.name] = self.solve(method, watch)
                seconds[method.name] = perf_counter() - begin
            except DataError as refusal:
                unavailable[method.name] = f"{method.name}: {refusal}"
        return solutions, seconds

    def digits(self, method: Method, run: Solution, baseline: Solution, reference: Estimate) -> tuple[float, float]:
        final = answer_digits(run, reference, self.settings.dtype, self.scale)
        if not method.iterates:
            return final, final
        return trajectory_digits(run, baseline, self.settings.dtype, self.scale), final


def _asked(names: Sequence[str] | None) -> list[Method]:
    for name in names or ():
        if name not in METHODS:
            raise UsageError(f"there is no method {name!r}: there are {listing(list(METHODS), 20)}")
    if names is not None and not names:
        raise UsageError(f"name at least one method: there are {listing(list(METHODS), 20)}")
    return [method for method in METHODS.values() if names is None or method.name in names]


def _able(asked: Sequence[Method], data: Data, explicit: bool) -> tuple[list[Method], dict[str, str]]:
    refusals = {method: method.refusal(data.triangle.n, data.triangle.features) for method in asked}
    able = [method for method, refusal in refusals.items() if not refusal]
    unavailable = {method.name: refusal for method, refusal in refusals.items() if refusal}
    impossible = [refusal for method, refusal in refusals.items() if refusal and not method.needs]
    if (explicit and impossible) or not able:
        raise UsageError((impossible or list(unavailable.values()))[0])
    return able, unavailable


def _recordable(features: int, epochs: int, methods: int) -> None:
    wanted = 8.0 * (epochs + 1) * (features + 2) * methods
    if wanted > MOST_RECORD_BYTES:
        raise UsageError(
            f"the record of every epoch of {methods} methods would take {wanted / 1e9:,.0f} GB: lower --epochs "
            "or name fewer --methods (the verdict tells how many epochs are needed without running them)"
        )
