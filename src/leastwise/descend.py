"""Any optimiser, by hand or in torch, on any rows, with its whole path and honest standard errors."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from .convergence import limit
from .descent.batches import Batches
from .descent.by_hand import Engine as ByHand
from .descent.by_hand import gradient
from .descent.history import History
from .descent.loop import Engine, Run, drive
from .descent.plan import Plan
from .descent.rule import decayed
from .descent.table import OPTIMIZERS, twin
from .fitted import Fit
from .gather import Data, gather
from .methods.spectral import Modes, modes
from .problem import LeastSquares
from .rows.chunk import Chunk
from .rows.select import select
from .rows.source import Selection
from .settings import Settings
from .solution import Start
from .solve import Options, fit_triangle
from .summary.triangle import Triangle
from .types import Matrix, UsageError, Vector
from .words import count, listing, number

GRID, MOST_TRIED, SMALL_BATCH = 512, 500, 32


def descend(
    X: Any,
    y: Any = None,
    weight: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    formula: str | None = None,
    missing: str = "error",
    **settings: Any,
) -> Fit:
    """Descend on X (n, p), y (n,), weight (n,), or the columns of a path or a frame, and tell how it went.

    `settings` are the fields of `Plan`: optimizer="sgd", backend="numpy", learning_rate=0.001, epochs=15,
    batch_size=None, seed=2, start=None, ...; anything else is a hyper-parameter of the optimiser, such as momentum=0.9.
    Returns a `Fit` at the last parameters with `history`: its standard errors belong to the least-squares problem, so
    its status says how far from the least loss it ended. Full batches run on the p + 2 rows that stand for all.
    Raises UsageError or DataError. Cost: 4 n p flops an epoch, 4 p^2 for full batches.
    """
    plan = _planned(settings)
    selection = select(X, y, weight, x, names, formula).dropping(missing)
    data = gather(selection, plan.reads_rows, Settings(dtype=plan.dtype, device=plan.device))
    return _descended(selection, data, plan)


def race(selection: Selection, names: Sequence[str], settings: dict[str, Any]) -> dict[str, Fit]:
    """A descent by each of the optimisers `names` on rows that are read once, each at the best fixed rate.

    Those that lower the noise of small batches read up to 32 rows a step. `settings` as in `descend`, with `excess`.
    """
    small = [name for name in names if _known(name) and OPTIMIZERS[name].reduction]
    data = gather(selection, bool(small), Settings())
    batch = min(SMALL_BATCH, max(1, data.triangle.n // 3))
    plans = [
        _planned({
            **settings, "optimizer": name, "learning_rate": "auto", "batch_size": batch if name in small else None,
        })
        for name in names
    ]  # fmt: skip
    return {plan.optimizer: _descended(selection, data, plan) for plan in plans}


def _known(name: str) -> bool:
    if name not in OPTIMIZERS:
        raise UsageError(f"there is no optimizer {name!r}: there are {listing(list(OPTIMIZERS), 30)}")
    return True


def _descended(selection: Selection, data: Data, plan: Plan) -> Fit:
    field = _Field.of(data.rows if plan.reads_rows else None, data.triangle, plan)
    run = field.run()
    found = fit_triangle(replace(field.triangle, names=(*selection.features, selection.target)), Options())
    return _fitted(found, field, run)


def _planned(settings: dict[str, Any]) -> Plan:
    known = {f.name for f in fields(Plan)} - {"options"}
    options = {name: value for name, value in settings.items() if name not in known}
    return Plan(**{name: value for name, value in settings.items() if name in known}, options=options)


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """Where a descent runs: rows and the p + 2 rows for them, scaled as the plan says, and how to scale back."""

    plan: Plan
    triangle: Triangle
    rows: LeastSquares
    compressed: LeastSquares
    held: LeastSquares | None
    centre: Vector
    scale: Vector
    start: Vector
    modes: Modes

    @classmethod
    def of(cls, rows: Chunk | None, triangle: Triangle, plan: Plan) -> _Field:
        held = None
        if rows is not None and rows.weight is not None:
            rows = rows.take(rows.weight > 0)
        if rows is not None and plan.validation:
            rows, held = _split(rows, plan)
            triangle = Triangle.of(rows.X, rows.y, rows.weight)
        p = triangle.features
        centre, scale = (triangle.means[:-1], triangle.spread[:-1]) if plan.standardise else (np.zeros(p), np.ones(p))
        scale = np.where(scale > 0, scale, 1.0)
        scaled = triangle.standardised() if plan.standardise else triangle
        compressed = LeastSquares.of(scaled.rows(), plan.dtype)
        posed, aside = (
            None if some is None else LeastSquares.of(replace(some, X=(some.X - centre) / scale), plan.dtype)
            for some in (rows, held)
        )
        start = Start.draw(p, plan.seed) if plan.start is None else Start.of(plan.start, p)
        theta = np.append(start.coef, start.intercept).astype(plan.dtype)
        return cls(plan, triangle, posed or compressed, compressed, aside, centre, scale, theta, modes(scaled, start))

    def run(self) -> Run:
        """The descent."""
        plan = self.plan
        batches = Batches(len(self.rows.y), plan.batch_size, plan.seed, plan.shuffle, plan.drop_last)
        on = self.compressed if batches.full else self.rows
        chosen = plan.learning_rate == "auto" or plan.chosen.needs
        rate = self.rate(batches) if chosen else float(plan.learning_rate)
        with np.errstate(over="ignore", invalid="ignore"):
            finite = np.isfinite(self.measure(self.start)[:2]).all()
        if not finite:
            raise UsageError("the loss at the start overflows: start nearer to the answer, or rescale the columns")
        enough = self.modes.floor + (plan.excess or 0.0) * float(self.triangle.spread[-1] ** 2)
        return drive(self.engine(on), batches, plan, rate, self.measure, enough, self.identity())

    def engine(self, problem: LeastSquares) -> Engine:
        """By hand or in torch."""
        plan, hyper = self.plan, self.plan.chosen.hyper(self.plan.options)
        decay = plan.weight_decay or 0.0
        if "weight_decay" in hyper and plan.weight_decay is not None:
            hyper["weight_decay"], decay = decay, 0.0
        if plan.backend == "torch":
            from .descent.by_torch import Engine as ByTorch

            return ByTorch(problem, str(plan.chosen.torch), twin(hyper), self.start, decay, plan.device)
        given: dict[str, Any] = {}
        if plan.chosen.needs == "curvature":
            given = {"along": self.along}
        if plan.chosen.needs == "spectrum":
            given = dict(zip(("smallest", "largest"), self.spectrum(decay), strict=True))
        rule = plan.chosen.make(**hyper, **given)
        return ByHand(problem, decayed(rule, decay), self.start, plan.chosen.reduction)

    def spectrum(self, decay: float) -> tuple[float, float]:
        """The smallest and largest eigenvalue of the Hessian, with the decay of the slopes in it."""
        if not decay:
            return float(self.modes.eigenvalues[-1]), float(self.modes.eigenvalues[0])
        A = self.compressed.design()
        penalty = np.diag([*np.full(A.shape[1] - 1, decay), 0.0])
        values = np.linalg.eigvalsh(2 * (A.T * self.compressed.share) @ A + penalty)
        return float(values[0]), float(values[-1])

    def identity(self) -> dict[str, Any]:
        """What a checkpoint must share with the run that goes on from it: all but rate and epochs."""
        plan, numbers = self.plan, np.concatenate([self.triangle.means, self.triangle.R.ravel()])
        kept = ("optimizer", "backend", "batch_size", "seed", "shuffle", "drop_last", "weight_decay", "standardise",
                "validation", "dtype")  # fmt: skip
        data = hashlib.sha256(np.ascontiguousarray(numbers).tobytes()).hexdigest()
        options = {name: float(value) for name, value in plan.options.items()}
        return {**{name: getattr(plan, name) for name in kept}, "schedule": plan.schedule.name, "options": options,
                "start": self.start.tolist(), "data": data}  # fmt: skip

    def along(self, d: Vector) -> float:
        """d'Hd."""
        moved = self.compressed.X @ d[:-1] + d[-1]
        return float(2 * (self.compressed.share * moved) @ moved) + (self.plan.weight_decay or 0.0) * float(
            d[:-1] @ d[:-1]
        )

    def measure(self, theta: Vector) -> tuple[float, float, float]:
        """The loss over all rows, the length of its gradient, and the validation loss."""
        norm = float(np.linalg.norm(gradient(self.compressed, theta)))
        held = math.nan if self.held is None else self.held.loss(theta[:-1], theta[-1])
        return self.compressed.loss(theta[:-1], theta[-1]), norm, held

    def rate(self, batches: Batches) -> float:
        """The best fixed rate: for plain descent from its formula, for other rules from runs of up to 500 epochs on the
        p + 2 rows. For small batches 1 / (2 max |x|^2), which is stable for every row.
        """
        plan = self.plan
        if plan.chosen.needs:
            return math.nan
        if not batches.full:
            squares = (self.rows.X**2).sum(axis=1) + 1
            return 1 / (2 * float(squares.max()))
        if plan.optimizer == "sgd" and not plan.weight_decay:
            top = max(limit(self.modes), 1 / float(self.modes.eigenvalues[-1]))
            return _best(lambda rate: self.modes.excess(rate, plan.epochs), top, self.modes.eigenvalues)
        epochs = min(plan.epochs, MOST_TRIED)
        bare = replace(plan, epochs=epochs, callback=None, checkpoint=None, resume=None, seconds=None)

        def loss(rate: float) -> float:
            ran = drive(self.engine(self.compressed), batches, bare, rate, self.measure, -math.inf, {})
            return ran.records[-1].loss if ran.records and ran.records[-1].epoch == epochs else math.inf

        return _best(loss, 1e3 * limit(self.modes), grid=61)

    def back(self, thetas: Matrix) -> Matrix:
        """Parameters (k, q) in the user's units: w = w' / deviation, b = b' - means'w."""
        slopes = thetas[:, :-1] / self.scale
        return np.column_stack([slopes, thetas[:, -1] - slopes @ self.centre])


def _best(loss: Any, top: float, eigenvalues: Vector | None = None, grid: int = GRID) -> float:
    """The rate of the least loss up to `top`: of a grid by logarithm and of those that remove one eigen-direction at a
    time, the best, and golden section around it.
    """
    rates = top * np.geomspace(1e-7, 1, grid)
    if eigenvalues is not None:
        rates = np.unique(np.concatenate([rates, np.geomspace(1e-6, 2, grid) / eigenvalues[0], 1 / eigenvalues]))
    with np.errstate(over="ignore", invalid="ignore"):
        losses = np.nan_to_num(np.array([loss(rate) for rate in rates]), nan=np.inf, posinf=np.inf)
    k = int(np.argmin(losses))
    low, high = np.log(rates[max(k - 1, 0)]), np.log(rates[min(k + 1, len(rates) - 1)])
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(40):
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if loss(math.exp(a)) < loss(math.exp(b)) else (a, high)
    refined = math.exp((low + high) / 2)
    return refined if loss(refined) <= losses[k] else float(rates[k])


def _split(rows: Chunk, plan: Plan) -> tuple[Chunk, Chunk]:
    n = len(rows)
    aside = round(plan.validation * n)
    if not 1 <= aside <= n - 2:
        raise UsageError(f"validation of {plan.validation} leaves {n - aside} of {n} rows to fit: choose another share")
    order = np.random.default_rng([plan.seed, 2**31]).permutation(n)
    return rows.take(np.sort(order[aside:])), rows.take(np.sort(order[:aside]))


def _fitted(found: Fit, field: _Field, run: Run) -> Fit:
    plan = field.plan
    thetas = field.back(np.array([record.theta for record in run.records], dtype=np.float64))
    history = History.of(found.names, run.records, thetas)
    coef, intercept = thetas[-1, :-1], float(thetas[-1, -1])
    loss, least = run.records[-1].loss, found.rss / field.triangle.weight
    stopped = f"{run.stopped} {_against(loss, least)}"
    return replace(
        found,
        coef=coef,
        intercept=intercept,
        rss=field.triangle.weight * max(loss, least),
        method=f"{plan.optimizer} ({plan.backend})",
        reason=f"{count(len(run.records) - 1, 'epoch')}{_at(run.records[0].learning_rate)}.",
        stopped=stopped,
        history=history,
    )


def _at(rate: float) -> str:
    return "" if math.isnan(rate) else f" at learning rate {number(rate, 6)}"


def _against(loss: float, least: float) -> str:
    if least <= 0:
        return f"The loss is {number(loss)}, and it can be 0."
    over = loss / least - 1
    if over < 1e-4:
        return f"The loss is the least to one part in {number(1 / max(over, 1e-16), 1)}."
    return f"The loss is {number(loss / least, 6)} times the least."
