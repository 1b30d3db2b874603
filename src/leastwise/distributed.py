"""Fits and descents of the processes of a torch.distributed group, each with rows of its own that never travel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from .descent.plan import Plan
from .fitted import Fit
from .gather import Data, read, sound
from .rows.chunk import Chunk
from .rows.select import select
from .rows.source import Selection
from .settings import from_keywords
from .solve import Options, fit_read
from .summary.team import added, agreed, reached
from .summary.tensors import needed, on_device
from .summary.triangle import Triangle
from .training import planned, trained
from .types import UsageError

NOT_SHARED = ("callback", "checkpoint", "patience", "resume", "seconds", "validation")
"""What of a descent belongs to one process: clocks and files, which would part the ranks."""


def gathered(triangle: Triangle) -> Triangle:
    """The sum of the triangles of all ranks, added in rank order: the same bits on every rank.

    Call it on every rank of the default process group of torch.distributed, as in a script that torchrun starts.
    Raises UsageError without a group, DataError on every rank where one has other columns, EngineError where a rank
    has gone. Sent: (p + 1)^2 numbers from each of k ranks to each. Cost: 6 k p^3.
    """

    def work() -> Triangle:
        if not isinstance(triangle, Triangle):
            kind = type(triangle).__name__
            raise UsageError(f"gathered takes a triangle, such as lw.Triangle.of(X, y): it is of type {kind}")
        return triangle

    return added(agreed(work, lambda own: own)[1])


def fit_distributed(
    X: Any,
    y: Any = None,
    weight: Any = None,
    *,
    x: Sequence[str] | str | None = None,
    names: Sequence[str] | None = None,
    formula: str | None = None,
    missing: str = "error",
    device: str | None = None,
    **options: Any,
) -> Fit:
    """`lw.fit` of the rows of all ranks, the same bits on each of them; a rank has its own rows, or X (0, p) for none.

    Arguments as in `lw.fit`; tensors on an accelerator are summed up there. Only sums travel: triangles, and the Gram
    matrices of `exact`, whose bits are those of one process. An error on one rank is raised on all. Raises as
    `gathered` does. Cost: 2 n p^2 flops for the n rows of a rank, and that of `gathered`.
    """

    def work() -> tuple[Data, Options]:
        chosen = from_keywords(Options, "option", options)
        return read(select(X, y, weight, x, names, formula).dropping(missing), device=device), chosen

    (data, chosen), told = agreed(work, lambda own: (_named(own[0]), own[0].dropped, own[1]))
    _same([{"fit": options} for *_, options in told])
    triangle, dropped = added([triangle for triangle, *_ in told]), sum(dropped for _, dropped, _ in told)
    team: Any = Team(data.selection)
    source = replace(data.selection.source, spread=team)
    return fit_read(Data(replace(data.selection, source=source), triangle, None, dropped), chosen)


def descend_distributed(
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
    """`lw.descend` on the rows of all ranks, data-parallel: the steps of one process that had them in rank order.

    theta <- rule(theta, sum over ranks of their gradient sums / rows of the batch): `batch_size` rows of all ranks are
    drawn for a step, each rank has its own of them, perhaps none, and the sums and counts are all-reduced. A rank
    without rows hands X (0, p). `settings` as in `lw.descend`, but for what belongs to one process: callback,
    checkpoint, resume, seconds, validation, patience, saga and shuffle="blocks". With backend="torch" each rank may
    name a `device` of its own. Returns the same fit on every rank. Raises as `gathered` does.
    Cost: 4 n p flops an epoch for the n rows of a rank, p + 2 numbers all-reduced a step, 8 bytes a row of all ranks.
    """

    def work() -> tuple[Data, Plan]:
        plan = planned(settings)
        _refuse(plan)
        if plan.backend == "torch":
            on_device(np.zeros(1, plan.dtype), plan.device)
        selection = select(X, y, weight, x, names, formula).dropping(missing)
        return read(selection, keep_rows=True), plan

    (data, plan), told = agreed(work, lambda own: (_named(own[0]), own[0].dropped, _asked(own[1])))
    _same([asked for *_, asked in told])
    triangles = [triangle for triangle, *_ in told]
    whole = sound(replace(data, triangle=added(triangles), dropped=sum(one[1] for one in told)), plan.dtype)
    first = sum(triangle.n for triangle in triangles[: needed().distributed.get_rank()])
    return trained(replace(whole, rows=data.rows or _none(data.selection)), plan, Ranks(first)).fit


@dataclass(frozen=True, slots=True)
class Team:
    """The ranks as an engine that rows are spread over: each works on its `own`, and what they make is added up."""

    own: Selection

    def total(self, work: Callable[[Selection], Any], selection: Selection, watch: Any = None) -> Any:
        """The sum in rank order of what `work` makes of each rank's rows, on every rank."""
        found = agreed(lambda: work(self.own), lambda own: own)[1]
        return reduce(add, found)


@dataclass(frozen=True, slots=True)
class Ranks:
    """The processes of the default group, as a pool of gradients; the first row of this one is number `first`."""

    first: int

    def mean(self, parts: Sequence[Any], rows: int) -> Sequence[Any]:
        """Sums in float64, all-reduced with the count of rows, over that count, in the parts' own types and places."""
        torch = needed()
        own = [torch.as_tensor(part) for part in parts]
        count = torch.full((1,), float(rows), dtype=torch.float64, device=own[0].device)
        sums = self._reduced(torch.cat([*(part.detach().double().reshape(-1) * rows for part in own), count]))
        means = (sums[:-1] / sums[-1]).split([part.numel() for part in own])
        found = [mean.to(part.device, part.dtype).reshape(part.shape) for mean, part in zip(means, own, strict=True)]
        return [mean.numpy() if isinstance(part, np.ndarray) else mean for mean, part in zip(found, parts, strict=True)]

    def most(self, value: float) -> float:
        """The largest of all ranks."""
        torch = needed()
        return float(self._reduced(torch.tensor([value], dtype=torch.float64), torch.distributed.ReduceOp.MAX)[0])

    def _reduced(self, values: Any, by: Any = None) -> Any:
        distributed = needed().distributed
        values = values.to("cuda" if distributed.get_backend() == "nccl" else "cpu")
        with reached():
            distributed.all_reduce(values, distributed.ReduceOp.SUM if by is None else by)
        return values


def _named(data: Data) -> Triangle:
    return replace(data.triangle, names=(*data.selection.features, data.selection.target))


def _none(selection: Selection) -> Chunk:
    return Chunk(np.empty((0, len(selection.features))), np.empty(0), np.empty(0) if selection.weight else None)


def _refuse(plan: Plan) -> None:
    """UsageError for what would part the ranks."""
    plain = Plan()
    for name in NOT_SHARED:
        if getattr(plan, name) != getattr(plain, name):
            raise UsageError(f"{name} belongs to a descent of one process: leave it out where ranks share the rows")
    if plan.shuffle == "blocks" or plan.chosen.reduction == "saga":
        what = "shuffle='blocks'" if plan.shuffle == "blocks" else "saga"
        raise UsageError(f"{what} needs all rows in one process: choose another where ranks share them")


def _asked(plan: Plan) -> dict[str, Any]:
    """What every rank must have asked for alike."""
    asked = {field.name: getattr(plan, field.name) for field in fields(plan) if field.name != "device"}
    return {**asked, "schedule": plan.schedule.words(), "start": str(plan.start), "options": dict(plan.options)}


def _same(asked: Sequence[dict[str, Any]]) -> None:
    """UsageError unless all ranks ask for the same."""
    for rank, other in enumerate(asked):
        for name, value in other.items():
            if value != asked[0][name]:
                raise UsageError(
                    f"{name} is {value!r} on rank {rank} and {asked[0][name]!r} on rank 0: it must be the same on all"
                )
