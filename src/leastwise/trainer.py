"""A descent made ready: the rows it reads, the engine that moves it, the best rate, the way back to user's units."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .convergence import Speed, accelerated, limit, searched
from .descent.batches import Batches
from .descent.by_hand import Engine as ByHand
from .descent.by_hand import gradient
from .descent.feed import Feed, InMemory, Scaling, Streamed
from .descent.loop import Engine, Run, drive
from .descent.plan import Plan
from .descent.pool import Alone, Pool, Shared
from .descent.rule import decayed
from .descent.rules import sgd
from .descent.table import twin
from .forecast import Forecast
from .gather import Data
from .methods.spectral import Modes, modes
from .problem import LeastSquares
from .rows.chunk import Chunk
from .solution import Start
from .summary.triangle import Triangle
from .types import Matrix, UsageError, Vector

MOST_TRIED = 500


@dataclass(frozen=True, slots=True, eq=False)
class Trainer:
    """Where a descent runs: the rows of its steps (`feed`), the p + 2 rows for all, scaled as the plan says.

    `triangle` is that of the rows to fit, `held` the rows set aside, `start` (q,) where it begins, `modes` the scaled
    problem along its eigenvectors, `pool` whom the rows of its steps are shared with.
    """

    plan: Plan
    triangle: Triangle
    feed: Feed
    compressed: LeastSquares
    held: LeastSquares | None
    scaling: Scaling
    start: Vector
    modes: Modes
    pool: Pool = field(default_factory=Alone)

    @classmethod
    def of(cls, data: Data, plan: Plan, pool: Pool | None = None) -> Trainer:
        """Read and scale what is gathered. Raises UsageError for a batch larger than the rows.

        In a `pool`, `data` hold the triangle of the rows of all, and the rows of this process.
        """
        pool = pool or Alone()
        rows, held, triangle = data.rows, None, data.triangle
        if rows is not None and plan.validation:
            rows, held = split(rows.weighty(), plan)
            triangle = Triangle.of(rows.X, rows.y, rows.weight)
        batches = Batches(triangle.n, plan.batch_size, plan.seed, bool(plan.shuffle), plan.drop_last)
        scaled, scaling = _scaled(triangle, plan)
        p = triangle.features
        start = Start.draw(p, plan.seed) if plan.start is None else Start.of(plan.start, p)
        return cls(
            plan=plan,
            triangle=triangle,
            feed=_feed(data, rows, scaled, scaling, batches, plan, pool),
            compressed=LeastSquares.of(scaled.rows(), plan.dtype),
            held=None if held is None else LeastSquares.of(scaling(held), plan.dtype),
            scaling=scaling,
            start=np.append(start.coef, start.intercept).astype(plan.dtype),
            modes=modes(scaled, start),
            pool=pool,
        )

    def run(self) -> Run:
        """The descent."""
        plan = self.plan
        chosen = plan.learning_rate == "auto" or plan.chosen.needs
        rate = self.rate() if chosen else float(plan.learning_rate)
        with np.errstate(over="ignore", invalid="ignore"):
            finite = np.isfinite(self.measure(self.start)[:2]).all()
        if not finite:
            raise UsageError("the loss at the start overflows: start nearer to the answer, or rescale the columns")
        enough = self.modes.floor + (plan.excess or 0.0) * float(self.triangle.spread[-1] ** 2)
        return drive(self.engine(), self.feed, plan, rate, self.measure, enough, self.identity())

    def engine(self) -> Engine:
        """By hand or in torch."""
        plan, (hyper, decay) = self.plan, self.plan.hyper
        if plan.backend == "torch":
            from .descent.by_torch import Engine as ByTorch

            return ByTorch(str(plan.chosen.torch), twin(hyper), self.start, decay, plan.device, self.pool)
        given: dict[str, Any] = {}
        if plan.chosen.needs == "curvature":
            given = {"along": self.along}
        if plan.chosen.needs == "spectrum":
            given = dict(zip(("smallest", "largest"), self.spectrum(decay), strict=True))
        rule = decayed(plan.chosen.make(**hyper, **given), decay)
        every = self.feed.rows if isinstance(self.feed, InMemory) else None
        return ByHand(rule, self.start, plan.chosen.reduction, self.whole, every, self.pool)

    @property
    def small(self) -> bool:
        """Whether a step reads some of the rows only."""
        return self.plan.batch_size not in (None, self.triangle.n)

    @property
    def whole(self) -> Chunk:
        """The p + 2 rows that stand for all."""
        return Chunk(self.compressed.X, self.compressed.y)

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
                "centre", "validation", "dtype")  # fmt: skip
        data = hashlib.sha256(np.ascontiguousarray(numbers).tobytes()).hexdigest()
        options = {name: float(value) for name, value in plan.options.items()}
        schedule = plan.schedule.words()
        return {**{name: getattr(plan, name) for name in kept}, "schedule": schedule, "options": options,
                "start": self.start.tolist(), "data": data}  # fmt: skip

    def along(self, d: Vector) -> float:
        """d'Hd."""
        moved = self.compressed.X @ d[:-1] + d[-1]
        decay = (self.plan.weight_decay or 0.0) * float(d[:-1] @ d[:-1])
        return float(2 * (self.compressed.share * moved) @ moved) + decay

    def measure(self, theta: Vector) -> tuple[float, float, float]:
        """The loss over all rows, the length of its gradient, and the validation loss."""
        norm = float(np.linalg.norm(gradient(self.whole, theta)))
        held = math.nan if self.held is None else self.held.loss(theta[:-1], theta[-1])
        return self.compressed.loss(theta[:-1], theta[-1]), norm, held

    def rate(self) -> float:
        """The best fixed rate: for plain descent from its formula, for other rules from runs of up to 500 steps on the
        p + 2 rows. For small batches of plain rules (1 - momentum) / (2 max weight (|x|^2 + 1)), stable for every row.
        """
        plan = self.plan
        if plan.chosen.needs:
            return math.nan
        if self.small and plan.chosen.make is sgd:
            slower = 1 - float(plan.hyper[0].get("momentum", 0.0))
            return slower / (2 * self.pool.most(max(_longest(rows) for rows in self.feed.blocks())))
        if plan.optimizer == "sgd" and not plan.weight_decay:
            top = max(limit(self.modes), 1 / float(self.modes.eigenvalues[-1]))
            return searched(lambda rate: self.modes.excess(rate, plan.epochs), top, self.modes.eigenvalues)
        steps = -(-self.triangle.n // (plan.batch_size or self.triangle.n))
        epochs, feed = min(plan.epochs * steps, MOST_TRIED), InMemory(self.whole, Batches(len(self.whole)))
        bare = replace(plan, epochs=epochs, callback=None, checkpoint=None, resume=None, seconds=None)
        by_hand = replace(self, plan=replace(plan, backend="numpy", device="cpu"), pool=Alone())
        way = float(np.abs(self.modes.directions @ self.modes.distance).max())

        def loss(rate: float) -> float:
            ran = drive(by_hand.engine(), feed, bare, rate, self.measure, -math.inf, {})
            return ran.records[-1].loss if ran.records and ran.records[-1].epoch == epochs else math.inf

        return searched(loss, max(1e3 * limit(self.modes), 10 * way), grid=91)

    def forecast(self, rate: float) -> Forecast | None:
        """What the eigenvalues foretell at a rate; None for rules, schedules and batches that they know nothing of."""
        plan, (hyper, _) = self.plan, self.plan.hyper
        if self.small or plan.weight_decay or plan.schedule.name != "constant" or hyper.get("dampening"):
            return None
        if plan.optimizer in ("sgd", "momentum", "nesterov"):
            return Forecast(self.modes, Speed(plan.optimizer, rate, hyper.get("momentum", 0.0), math.nan))
        best = {rule.name: rule for rule in accelerated(self.modes)}
        return Forecast(self.modes, best[plan.optimizer]) if plan.optimizer in best else None

    def back(self, thetas: Matrix) -> Matrix:
        """Parameters (k, q) in the user's units: w = w' / deviation, b = b' - means'w."""
        slopes = thetas[:, :-1] / self.scaling.scale
        return np.column_stack([slopes, thetas[:, -1] - slopes @ self.scaling.centre])


def split(rows: Chunk, plan: Plan) -> tuple[Chunk, Chunk]:
    """The rows to fit and those set aside, in order: which, `np.random.default_rng([seed, 2**31])` draws."""
    n = len(rows)
    aside = round(plan.validation * n)
    if not 1 <= aside <= n - 2:
        raise UsageError(f"validation of {plan.validation} leaves {n - aside} of {n} rows to fit: choose another share")
    order = np.random.default_rng([plan.seed, 2**31]).permutation(n)
    return rows.take(np.sort(order[aside:])), rows.take(np.sort(order[:aside]))


def _scaled(triangle: Triangle, plan: Plan) -> tuple[Triangle, Scaling]:
    """The triangle of the features that the descent is on, and how rows come to those."""
    centre, scale = np.zeros(triangle.features), np.ones(triangle.features)
    if plan.centre or plan.standardise:
        centre = triangle.means[:-1]
    if plan.standardise:
        scale = np.where(triangle.spread[:-1] > 0, triangle.spread[:-1], 1.0)
    scaled = triangle.standardised() if plan.standardise else triangle.centred() if plan.centre else triangle
    return scaled, Scaling(centre, scale, triangle.weight / triangle.n, plan.dtype)


def _feed(
    data: Data, rows: Chunk | None, scaled: Triangle, scaling: Scaling, batches: Batches, plan: Plan, pool: Pool
) -> Feed:
    """Full batches out of the p + 2 rows that stand for all, small ones out of memory or the source; a share of both
    in a pool.
    """
    if pool.first is not None and rows is not None:
        return Shared(scaling(rows), batches, pool.first)
    if batches.full or plan.batch_size is None:
        few = scaled.rows()
        return InMemory(Chunk(few.X.astype(plan.dtype), few.y.astype(plan.dtype)), Batches(len(few)))
    if rows is None:
        return Streamed(data.selection, scaling, plan.batch_size, plan.seed, plan.drop_last)
    return InMemory(scaling(rows), batches)


def _longest(rows: Chunk) -> float:
    squares = (np.asarray(rows.X, dtype=np.float64) ** 2).sum(axis=1) + 1
    return float((squares if rows.weight is None else squares * rows.weight).max(initial=0))
