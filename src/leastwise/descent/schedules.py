"""Learning-rate schedules: the factor of the rate at each epoch, as torch.optim.lr_scheduler has it.

A schedule is a pair of pure functions: `init()` is its state, `factor(state, epoch, loss)` gives the factor of that
epoch and the next state. `epoch` counts from 0; `loss` is the one that the epoch before ended with, None at first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..types import UsageError
from ..words import listing

Factor = Callable[[Any, int, float | None], tuple[float, Any]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A named schedule, made of `numbers`: `init()` and `factor(state, epoch, loss)`.

    `formula` is the factor of an `epoch` in Python, or empty.
    """

    name: str
    numbers: tuple[Any, ...]
    init: Callable[[], Any]
    factor: Factor
    formula: str = ""

    def words(self) -> list[Any]:
        """Its name and numbers, as a checkpoint keeps them."""
        return [self.name, *(n.words() if isinstance(n, Schedule) else n for n in self.numbers)]

    def __reduce__(self) -> tuple[Any, ...]:
        return SCHEDULES[self.name], self.numbers


def constant() -> Schedule:
    """1."""
    return _fixed("constant", (), lambda epoch: 1.0, "1.0")


def step(every: int, factor: float = 0.1) -> Schedule:
    """factor^floor(epoch / every). Source: torch StepLR."""
    _positive("every", every)
    _share("factor", factor)
    return _fixed("step", (every, factor), lambda epoch: factor ** (epoch // every), f"{factor} ** (epoch // {every})")


def exponential(factor: float) -> Schedule:
    """factor^epoch. Source: torch ExponentialLR."""
    _share("factor", factor)
    return _fixed("exponential", (factor,), lambda epoch: factor**epoch, f"{factor}**epoch")


def cosine(epochs: int, least: float = 0.0) -> Schedule:
    """least + (1 - least) (1 + cos(pi epoch / epochs)) / 2, `least` a share of the rate; beyond `epochs` it rises.

    Source: torch CosineAnnealingLR.
    """
    _positive("epochs", epochs)
    _share("least", least, zero=True)
    formula = f"{least} + {1 - least} * (1 + math.cos(math.pi * epoch / {epochs})) / 2"
    return _fixed(
        "cosine",
        (epochs, least),
        lambda epoch: least + (1 - least) * (1 + math.cos(math.pi * epoch / epochs)) / 2,
        formula,
    )


def inverse(decay: float, power: float = 1.0) -> Schedule:
    """1 / (1 + decay epoch)^power. Source: Robbins & Monro (1951); torch LambdaLR."""
    _positive("decay", decay)
    _positive("power", power)
    return _fixed(
        "inverse", (decay, power), lambda epoch: (1 + decay * epoch) ** -power, f"(1 + {decay} * epoch) ** -{power}"
    )


def warm_up(epochs: int, first: float = 1 / 3, then: Schedule | None = None) -> Schedule:
    """From `first` to 1 in a straight line over `epochs`, then the schedule `then`. Source: torch LinearLR."""
    _positive("epochs", epochs)
    _share("first", first)
    after = then or constant()

    def factor(state: Any, epoch: int, loss: float | None) -> tuple[float, Any]:
        if epoch < epochs:
            return first + (1 - first) * epoch / epochs, state
        return after.factor(state, epoch - epochs, loss)

    later = re.sub(r"\bepoch\b", f"(epoch - {epochs})", after.formula)
    formula = f"{first} + {1 - first} * epoch / {epochs} if epoch < {epochs} else {later}" if later else ""
    return Schedule("warm-up", (epochs, first, then), after.init, factor, formula)


def plateau(factor: float = 0.1, patience: int = 10, threshold: float = 1e-4, least: float = 0.0) -> Schedule:
    """Times `factor` once the loss has not fallen by `threshold` of itself for more than `patience` epochs.

    Source: torch ReduceLROnPlateau (mode "min", threshold_mode "rel").
    """
    _share("factor", factor)
    _share("least", least, zero=True)
    _share("threshold", threshold, zero=True)
    _positive("patience", patience + 1)

    def next_factor(state: Any, epoch: int, loss: float | None) -> tuple[float, Any]:
        best, bad, now = state
        if loss is None:
            return now, state
        best, bad = (loss, 0) if loss < best * (1 - threshold) else (best, bad + 1)
        now, bad = (max(now * factor, least), 0) if bad > patience else (now, bad)
        return now, (best, bad, now)

    numbers = (factor, patience, threshold, least)
    return Schedule("plateau", numbers, lambda: (math.inf, 0, 1.0), next_factor)


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": constant, "step": step, "exponential": exponential, "cosine": cosine, "inverse": inverse,
    "warm-up": warm_up, "plateau": plateau,
}  # fmt: skip


def read(text: str) -> Schedule:
    """A schedule as the command line has it, "cosine:100" or "step:30,0.5". Raises UsageError."""
    name, _, rest = text.partition(":")
    if name not in SCHEDULES:
        raise UsageError(f"there is no schedule {name!r}: there are {listing(list(SCHEDULES), 20)}")
    try:
        numbers = [float(part) for part in rest.split(",")] if rest else []
        return SCHEDULES[name](*(int(part) if part % 1 == 0 and part > 1 else part for part in numbers))
    except UsageError:
        raise
    except (TypeError, ValueError):
        raise UsageError(f"--schedule {text} is not understood: write a name and numbers, as in step:30,0.5") from None


def _fixed(name: str, numbers: tuple[Any, ...], rule: Callable[[int], float], formula: str) -> Schedule:
    return Schedule(name, numbers, lambda: None, lambda state, epoch, loss: (rule(epoch), state), formula)


def _positive(what: str, value: float) -> None:
    if not value > 0 or not math.isfinite(value):
        raise UsageError(f"{what} must be a finite number above 0: it is {value}")


def _share(what: str, value: float, zero: bool = False) -> None:
    if not (0 < value <= 1 or (zero and value == 0)):
        raise UsageError(f"{what} must be {'from 0 to 1' if zero else 'above 0 and at most 1'}: it is {value}")
