"""The table of methods: the command line, the comparison, the docs and the tests all read it."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..problem import LeastSquares
from ..solution import Start, Step
from ..summary.triangle import Triangle

LARGEST_SPECTRUM = 1500
"""The largest rank whose eigenvectors are worth waiting for: about 3 s."""


@dataclass(frozen=True, slots=True)
class Method:
    """One way to fit: its name, one sentence, where its code is, and what it can do.

    `reads` is "rows", "compressed" (the p + 2 rows that stand for all) or "triangle"; `needs` a package that may be
    missing; `most_features` and `most_rank` the largest p and min(n, p) it takes.
    """

    name: str
    sentence: str
    module: str
    function: str = "steps"
    iterates: bool = True
    reads: str = "rows"
    needs: str | None = None
    most_features: int | None = None
    most_rank: int | None = None

    def refusal(self, rows: int, features: int) -> str | None:
        """Why it cannot run on data of this size on this machine, in a sentence, or None."""
        if self.needs and importlib.util.find_spec(self.needs) is None:
            return f'{self.name} needs {self.needs}, which is not installed: pip install "leastwise[{self.needs}]"'
        if self.most_features and features > self.most_features:
            return f"{self.name} takes one feature and this data has {features:,}: use qr"
        if self.most_rank and min(rows, features) > self.most_rank:
            return f"{self.name} takes rows or features up to {self.most_rank:,}, for its eigenvectors: use triangle"
        return None

    def code(self) -> Callable[..., Iterator[Step]]:
        """The function that yields the steps."""
        return getattr(importlib.import_module(f".{self.module}", __package__), self.function)

    def steps(
        self, problem: LeastSquares | Triangle, start: Start, learning_rate: float, device: str = "cpu"
    ) -> Iterator[Step]:
        """Begin a run; a closed form needs neither start nor rate, and only torch has devices."""
        if not self.iterates:
            return self.code()(problem)
        placed = {"device": device} if self.needs == "torch" else {}
        return self.code()(problem, start, learning_rate, **placed)


_ALL = (
    Method("numpy", "Loss and both gradients by hand, in NumPy.", "by_hand"),
    Method("torch-autograd", "PyTorch's backward(), the update by hand.", "torch_autograd", needs="torch"),
    Method("torch-optim", "PyTorch's optim.SGD on nn.MSELoss.", "torch_optim", needs="torch"),
    Method("torch-module", "PyTorch's nn.Linear, trained by optim.SGD.", "torch_module", needs="torch"),
    Method("triangle", "The loop by hand on the p + 2 rows that stand for all.", "by_hand", reads="compressed"),
    Method("spectral", "Any epoch in closed form, from the Hessian's eigenvectors.", "spectral", reads="triangle",
           most_rank=LARGEST_SPECTRUM),
    Method("covariance", "slope = cov(x, y) / var(x).", "closed_forms", "covariance", iterates=False, most_features=1),
    Method("normal", "The normal equations, A'A theta = A'y.", "closed_forms", "normal", iterates=False),
    Method("qr", "A = QR, then R theta = Q'y.", "closed_forms", "qr", iterates=False),
    Method("svd", "The pseudo-inverse, V S^-1 U'y.", "closed_forms", "svd", iterates=False),
)  # fmt: skip

METHODS = {method.name: method for method in _ALL}
