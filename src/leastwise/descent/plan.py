"""What may be asked of a descent, checked once."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..solution import Start
from ..types import UsageError
from ..words import listing
from .history import Record
from .schedules import Schedule, constant
from .table import OPTIMIZERS, Optimizer

BACKENDS, DTYPES = ("numpy", "torch"), ("float64", "float32")


@dataclass(frozen=True, slots=True)
class Plan:
    """A descent by `optimizer` on a `backend` for at most `epochs` epochs.

    - `learning_rate`: a number above 0, or "auto": the best fixed one for this start and so many epochs; rules that
      know the curvature or the spectrum have none
    - `batch_size` rows a step, None for all; `shuffle`, `drop_last`, `seed` as in `Batches`; shuffle="blocks" reads
      the rows afresh each epoch, as `Streamed` does, and keeps none
    - `schedule`: one of `leastwise.descent.schedules`; `weight_decay`: adds half of it times the squared slopes
      (of adamw: shrinks the slopes by itself times the rate, 0.01 by default)
    - `standardise`: descend on (x - mean) / deviation, divisor n as NumPy has it (torch.std divides by n - 1), or
      `centre`: on x - mean; the answer and the history are in the user's units all the same, the start and the rate in
      the scaled ones
    - `validation`: the share of rows set aside; `patience`: epochs without a new lowest validation loss
    - it stops early when the length of the gradient is at most `gradient_norm`, when the loss falls by at most
      `relative_loss` of itself, when it is within `excess` target variances of the least loss, or after `seconds`
    - `checkpoint`: a file that is written `every` so many epochs; `resume`: one to go on from, if it is there
    - `callback(record)` is told of every epoch, and stops the descent by returning true
    - `options` are the optimiser's hyper-parameters

    Raises UsageError with the allowed range for anything else.
    """

    optimizer: str = "sgd"
    backend: str = "numpy"
    learning_rate: float | str = 0.001
    epochs: int = 15
    batch_size: int | None = None
    seed: int = 2
    shuffle: bool | str = True
    drop_last: bool = False
    start: tuple[object, object] | Start | None = None
    schedule: Schedule = field(default_factory=constant)
    weight_decay: float | None = None
    standardise: bool = False
    centre: bool = False
    validation: float = 0.0
    patience: int | None = None
    gradient_norm: float | None = None
    relative_loss: float | None = None
    excess: float | None = None
    seconds: float | None = None
    callback: Callable[[Record], object] | None = None
    checkpoint: str | os.PathLike[str] | None = None
    every: int = 1
    resume: str | os.PathLike[str] | None = None
    dtype: str = "float64"
    device: str = "cpu"
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, value, known in (
            ("optimizer", self.optimizer, tuple(OPTIMIZERS)), ("backend", self.backend, BACKENDS),
            ("dtype", self.dtype, DTYPES),
        ):  # fmt: skip
            if not isinstance(value, str) or value not in known:
                raise UsageError(f"{what} must be one of {listing(known, 30)}: it is {value!r}")
        self.chosen.hyper(self.options)
        for name in ("drop_last", "standardise", "centre"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise UsageError(f"{name} must be True or False: it is {getattr(self, name)!r}")
        if self.centre and self.standardise:
            raise UsageError("centre and standardise exclude each other: standardise centres already, leave centre out")
        if not isinstance(self.shuffle, bool | np.bool_) and self.shuffle != "blocks":
            raise UsageError(f"shuffle must be True, False or 'blocks': it is {self.shuffle!r}")
        for name in ("checkpoint", "resume"):
            if not isinstance(getattr(self, name), str | os.PathLike | None):
                raise UsageError(f"{name} must be a path: it is {getattr(self, name)!r}")
        if not isinstance(self.schedule, Schedule):
            raise UsageError("schedule must be one of leastwise.descent.schedules, such as schedules.cosine(100)")
        if self.backend == "numpy" and self.device != "cpu":
            raise UsageError(f"device {self.device!r} is for backend='torch': NumPy has the cpu alone")
        if not (isinstance(self.learning_rate, str) and self.learning_rate == "auto"):
            _number("learning_rate", self.learning_rate, above=0.0)
        _number("weight_decay", 0.0 if self.weight_decay is None else self.weight_decay, least=0.0)
        _number("validation", self.validation, least=0.0, below=1.0)
        _whole("epochs", self.epochs)
        _whole("seed", self.seed, 0)
        if self.seed >= 2**32:
            raise UsageError(f"seed must be below 2^32: it is {self.seed}")
        if self.callback is not None and not callable(self.callback):
            raise UsageError(f"callback must be a function of a record: it is {self.callback!r}")
        if self.chosen.needs and self.schedule.name != "constant":
            raise UsageError(f"{self.optimizer} has no learning rate to schedule: leave the schedule out")
        _whole("every", self.every)
        if self.patience is not None:
            _whole("patience", self.patience)
        if self.patience is not None and not self.validation:
            raise UsageError("patience counts epochs without a better validation loss: set validation, such as 0.2")
        for name in ("gradient_norm", "relative_loss", "excess", "seconds"):
            if getattr(self, name) is not None:
                _number(name, getattr(self, name), least=0.0)
        if self.backend == "torch" and self.chosen.torch is None:
            raise UsageError(f"{self.optimizer} has no twin in torch.optim: use backend='numpy'")
        if self.chosen.full_batch and self.batch_size is not None:
            raise UsageError(f"{self.optimizer} needs the whole gradient: leave batch_size out")
        if self.streams and (self.validation or self.chosen.reduction == "saga"):
            what = "validation" if self.validation else "saga"
            raise UsageError(f"{what} needs the rows in memory: use another shuffle than blocks")

    @property
    def streams(self) -> bool:
        """Whether rows are read afresh each epoch."""
        return self.shuffle == "blocks" and self.batch_size is not None

    @property
    def reads_rows(self) -> bool:
        """Whether it needs the rows in memory, and not only the p + 2 that stand for all."""
        return (self.batch_size is not None and not self.streams) or bool(self.validation)

    @property
    def draws(self) -> bool:
        """Whether the seed draws anything: the start, the batches or the rows set aside."""
        return self.start is None or bool(self.validation) or (self.batch_size is not None and bool(self.shuffle))

    @property
    def hyper(self) -> tuple[dict[str, Any], float]:
        """The hyper-parameters of the rule, and the weight decay that is added to its gradient: adamw's is its own."""
        found, decay = self.chosen.hyper(self.options), self.weight_decay or 0.0
        if "weight_decay" in found and self.weight_decay is not None:
            found["weight_decay"], decay = decay, 0.0
        return found, decay

    @property
    def chosen(self) -> Optimizer:
        """The entry in the table."""
        return OPTIMIZERS[self.optimizer]


def _number(what: str, value: Any, least: float = -math.inf, above: float = -math.inf, below: float = math.inf) -> None:
    good = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if (
        not good
        or abs(value) > 1e308
        or not math.isfinite(value)
        or not (value >= least and value > above and value < below)
    ):
        low = f"at least {least:g}" if math.isfinite(least) else f"above {above:g}"
        top = f" and below {below:g}" if math.isfinite(below) else ""
        raise UsageError(f"{what} must be a finite number {low}{top}: it is {value}")


def _whole(what: str, value: Any, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise UsageError(f"{what} must be a whole number of at least {least}: it is {value}")
