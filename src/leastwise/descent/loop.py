"""The one loop that drives every optimiser on every backend: when to stop, what to keep, whom to tell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..rows.chunk import Chunk
from ..types import UsageError, Vector
from ..words import number
from . import checkpoint
from .feed import Feed
from .history import Record
from .plan import Plan

Measure = Callable[[Vector], tuple[float, float, float]]


class Engine(Protocol):
    """What moves the parameters: by hand, or in torch."""

    @property
    def shown(self) -> Vector: ...

    def begin(self, epoch: int) -> None: ...

    def step(self, rows: Chunk, rate: float) -> None: ...

    def memory(self) -> dict[str, Any]: ...

    def recall(self, memory: dict[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Run:
    """The records of a descent, why it ended, as a sentence, and the `rate` that its schedule multiplies."""

    records: list[Record]
    stopped: str
    rate: float


def drive(
    engine: Engine,
    feed: Feed,
    plan: Plan,
    rate: float,
    measure: Measure,
    enough: float,
    identity: dict[str, Any],
) -> Run:
    """Run at most `plan.epochs` epochs of `engine` at `rate` times the schedule.

    `measure(theta)` gives the loss over all rows, the length of its gradient, and the validation loss; `enough` is the
    loss at which the descent counts as there; `identity` what a checkpoint must share with the run that goes on from
    it. A loss that is not finite ends it at the last state that has one.
    """
    begin, state, records, steps = time.perf_counter(), plan.schedule.init(), list[Record](), 0
    if plan.resume and Path(plan.resume).exists():
        memory = checkpoint.load(Path(plan.resume))
        _same(memory["identity"], identity, len(memory["records"]), plan)
        engine.recall(memory["engine"])
        state, records = memory["schedule"], [Record(**record) for record in memory["records"]]
        steps = memory["steps"]
        begin -= records[-1].seconds if records else 0.0
    while True:
        epoch, loss = len(records), None
        with np.errstate(over="ignore", invalid="ignore"):
            loss, norm, held = measure(engine.shown)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            return Run(records, "It diverged until the loss overflowed: the last finite state is shown.", rate)
        before = state
        factor, state = plan.schedule.factor(state, epoch, loss if epoch else None)
        theta, seconds = engine.shown.copy(), time.perf_counter() - begin
        records.append(Record(epoch, steps, loss, held, rate * factor, norm, seconds, theta))
        stopped = _stopped(records, plan, enough)
        if plan.checkpoint and epoch and (stopped or epoch % plan.every == 0):
            memory = {"engine": engine.memory(), "schedule": before, "identity": identity, "steps": steps}
            _keep(plan, memory, records[:-1])
        if stopped:
            return Run(records, stopped, rate)
        engine.begin(epoch)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for rows in feed.of(epoch):
                engine.step(rows, rate * factor)
                steps += 1


def _keep(plan: Plan, memory: dict[str, Any], records: Sequence[Record]) -> None:
    plain = [{**asdict(record), "theta": record.theta} for record in records]
    checkpoint.save(Path(plan.checkpoint or ""), {**memory, "records": plain})


def _same(kept: dict[str, Any], identity: dict[str, Any], records: int, plan: Plan) -> None:
    """UsageError where a checkpoint belongs to another run."""
    other = [name for name, value in identity.items() if kept.get(name) != value]
    if other:
        raise UsageError(f"{plan.resume} is of a run with another {other[0]}: resume with the same, or start afresh")
    if records > plan.epochs:
        raise UsageError(f"{plan.resume} has {records} epochs behind it: ask for more than those")


def _stopped(records: Sequence[Record], plan: Plan, enough: float) -> str:
    """Why to stop here, or nothing."""
    now, before = records[-1], records[-2] if len(records) > 1 else None
    if plan.callback is not None and plan.callback(replace(now)):
        return "The callback stopped it."
    if plan.gradient_norm is not None and now.grad_norm <= plan.gradient_norm:
        return f"The gradient is no longer than {number(plan.gradient_norm)}."
    if plan.excess is not None and now.loss <= enough:
        return f"The loss is within {number(plan.excess)} target variances of the least."
    fell = before is not None and 0 <= before.loss - now.loss <= (plan.relative_loss or 0.0) * before.loss
    if plan.relative_loss is not None and fell:
        return f"The loss fell by no more than {number(plan.relative_loss)} of itself."
    if plan.patience is not None:
        best = min(range(len(records)), key=lambda k: records[k].validation_loss)
        if now.epoch - best >= plan.patience:
            return f"The validation loss has not fallen for {plan.patience} epochs."
    if plan.seconds is not None and now.seconds >= plan.seconds:
        return f"The {number(plan.seconds)} seconds are over."
    return "It ran every epoch that was asked for." if now.epoch >= plan.epochs else ""
