"""The table of optimisers: the command line, the docs and the tests all read it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..types import UsageError
from ..words import listing
from . import quadratic, rules
from .rule import Rule

Range = tuple[float, float]
ABOVE_0, ABOVE_1 = math.nextafter(0, 1), math.nextafter(1, 2)
BELOW_1, SHARE, SMALL = (0.0, 1.0), (0.0, 1.0), (0.0, math.inf)
DECAYS = {"beta1": BELOW_1, "beta2": BELOW_1, "eps": SMALL}


@dataclass(frozen=True, slots=True)
class Optimizer:
    """One optimiser: its name, a sentence, and the maker of its rule.

    `options` maps its hyper-parameters to [least, most), `fixed` are those that its name fixes; `torch` is its twin in
    torch.optim, if it has one, and `twin` turns hyper-parameters into the twin's keywords. `needs` is "" for the
    gradient alone, "curvature" or "spectrum"; `reduction` is how it lowers the noise of small batches.
    """

    name: str
    sentence: str
    make: Callable[..., Rule]
    torch: str | None = None
    options: Mapping[str, Range] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    needs: str = ""
    reduction: str = ""
    full_batch: bool = False

    def hyper(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The hyper-parameters with those that are `given`. Raises UsageError with the allowed range."""
        for name, value in given.items():
            if name not in self.options:
                known = f": it has {listing(list(self.options))}" if self.options else ", and no other either"
                raise UsageError(f"{self.name} has no hyper-parameter {name!r}{known}")
            low, high = self.options[name]
            plain = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not plain or not low <= value < high or (name == "memory" and value % 1):
                bound = f"above {math.floor(low)}" if low in (ABOVE_0, ABOVE_1) else f"at least {low:g}"
                top = "" if math.isinf(high) else f" and below {high:g}"
                whole = "a whole number " if name == "memory" else ""
                raise UsageError(f"{name} of {self.name} must be {whole}{bound}{top}: it is {value}")
        if given.get("least", 0.0) > given.get("most", math.inf):
            raise UsageError(
                f"least of {self.name} must be at most most: they are {given['least']} and {given['most']}"
            )
        given = {name: int(value) if name == "memory" else float(value) for name, value in given.items()}
        return {**self.fixed, **given}


def twin(hyper: Mapping[str, Any]) -> dict[str, Any]:
    """Hyper-parameters as torch.optim takes them."""
    found = dict(hyper)
    for names, joint, default in (
        (("beta1", "beta2"), "betas", (0.9, 0.999)),
        (("shrink", "grow"), "etas", (0.5, 1.2)),
        (("least", "most"), "step_sizes", (1e-6, 50.0)),
    ):
        if set(names) & set(found):
            found[joint] = tuple(found.pop(name, value) for name, value in zip(names, default, strict=True))
    return found


_ALL = (
    Optimizer("sgd", "The gradient alone.", rules.sgd, "SGD"),
    Optimizer("momentum", "A ball that keeps its speed (Polyak 1964).", rules.sgd, "SGD",
              {"momentum": BELOW_1, "dampening": SHARE}, {"momentum": 0.9}),
    Optimizer("nesterov", "Momentum that looks ahead.", rules.sgd, "SGD", {"momentum": BELOW_1},
              {"momentum": 0.9, "nesterov": True}),
    Optimizer("adagrad", "Each parameter by the root of its squared gradients so far.", rules.adagrad, "Adagrad",
              {"lr_decay": SMALL, "eps": SMALL}),
    Optimizer("rmsprop", "Each parameter by the root of its recent squared gradients.", rules.rmsprop, "RMSprop",
              {"alpha": (ABOVE_0, 1.0), "eps": SMALL, "momentum": BELOW_1}),
    Optimizer("rmsprop-centered", "RMSprop by the variance of the gradients.", rules.rmsprop, "RMSprop",
              {"alpha": (ABOVE_0, 1.0), "eps": SMALL, "momentum": BELOW_1}, {"centered": True}),
    Optimizer("adam", "Momentum and RMSprop, both unbiased.", rules.adam, "Adam", DECAYS),
    Optimizer("amsgrad", "Adam whose steps never grow.", rules.adam, "Adam", DECAYS, {"amsgrad": True}),
    Optimizer("adamw", "Adam with weight decay apart from the gradient.", rules.adamw, "AdamW",
              DECAYS, {"weight_decay": 0.01}),
    Optimizer("adadelta", "Steps in the units of the parameters.", rules.adadelta, "Adadelta",
              {"rho": BELOW_1, "eps": SMALL}),
    Optimizer("adamax", "Adam by the largest recent gradient.", rules.adamax, "Adamax", DECAYS),
    Optimizer("nadam", "Adam with Nesterov's momentum.", rules.nadam, "NAdam", {**DECAYS, "momentum_decay": SMALL}),
    Optimizer("radam", "Adam that waits until its variance is known.", rules.radam, "RAdam", DECAYS),
    Optimizer("rprop", "The signs of the gradients only.", rules.rprop, "Rprop",
              {"shrink": (ABOVE_0, 1.0), "grow": (ABOVE_1, math.inf), "least": SMALL, "most": SMALL}, full_batch=True),
    Optimizer("exact-line-search", "The gradient, to where the line is lowest.", quadratic.exact_line_search,
              needs="curvature", full_batch=True),
    Optimizer("barzilai-borwein", "The gradient, by the last change of it.", quadratic.barzilai_borwein,
              needs="curvature", full_batch=True),
    Optimizer("cg", "Conjugate gradients: there after p + 1 steps.", quadratic.conjugate_gradient,
              needs="curvature", full_batch=True),
    Optimizer("lbfgs", "An inverse Hessian out of the last ten steps.", quadratic.lbfgs, None, {"memory": (1, 1000)},
              needs="curvature", full_batch=True),
    Optimizer("polyak", "The best fixed step and momentum.", quadratic.polyak, needs="spectrum", full_batch=True),
    Optimizer("chebyshev", "The best steps and momenta.", quadratic.chebyshev, needs="spectrum", full_batch=True),
    Optimizer("averaged-sgd", "The mean of where SGD has been (Polyak & Juditsky 1992).", rules.sgd,
              reduction="average"),
    Optimizer("svrg", "SGD less its own noise at a snapshot (Johnson & Zhang 2013).", rules.sgd, reduction="svrg"),
    Optimizer("saga", "SGD less each row's last gradient (Defazio, Bach & Lacoste-Julien 2014).", rules.sgd,
              reduction="saga"),
)  # fmt: skip

OPTIMIZERS = {optimizer.name: optimizer for optimizer in _ALL}
