"""How rows and starts are handed over: flat or as matrices, as arrays, lists, tensors or frames."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import Matrix, Vector


@dataclass(frozen=True, slots=True)
class Box:
    """X flat or (n, p), with a column of ones or not; y (n,) or (n, 1); a start of slopes alone or with the intercept.

    `kind`: numpy, list, torch, torch32 or pandas. `ones`: X has a column of ones before the others. `whole`: a start
    that is one parameter holds the intercept too.
    """

    kind: str = "numpy"
    flat: bool = False
    column: bool = False
    ones: bool = False
    whole: bool = True

    def rows(self, X: Matrix, y: Vector) -> tuple[Any, Any]:
        """Copies of X and y as it is to take them."""
        X = np.column_stack([np.ones(len(X)), X]) if self.ones else X
        return self.of(X[:, 0] if self.flat else X, True), self.of(y[:, None] if self.column else y, True)

    def points(self, X: Matrix, y: Vector) -> Any:
        """X and y side by side."""
        return self.of(np.column_stack([X, y]), True)

    def theta(self, start: Vector) -> Any:
        """Slopes and intercept as one parameter."""
        values = np.roll(start, 1) if self.ones else start
        return self.of(values[:, None] if self.column else values)

    def slopes(self, coef: Vector) -> Any:
        """The slopes alone."""
        if self.flat:
            return float(coef[0]) if not self.kind.startswith("torch") else self.of(coef[0])
        return self.of(coef[:, None] if self.column else coef)

    def intercept(self, value: float) -> Any:
        """The intercept alone."""
        return self.of(np.float64(value)) if self.kind.startswith("torch") else value

    def of(self, values: Any, rows: bool = False) -> Any:
        """An array in this kind."""
        if self.kind == "list":
            return values.tolist()
        if self.kind.startswith("torch"):
            import torch

            return torch.tensor(values, dtype=torch.float32 if self.kind == "torch32" else torch.float64)
        if self.kind == "pandas" and rows:
            import pandas

            if values.ndim == 1:
                return pandas.Series(values.copy())
            return pandas.DataFrame(values.copy(), columns=[f"x{j}" for j in range(values.shape[1])])
        return np.array(values)

    @property
    def words(self) -> str:
        """What is special about it."""
        if self.ones:
            return "it was handed X with a column of ones before the others, since it has no intercept of its own"
        return "it was handed y as a column (n, 1)" if self.column else ""


def boxes(of_torch: bool) -> Iterator[list[Box]]:
    """In groups: the next is tried where none of a group can be run. `of_torch`: a torch model is needed."""
    shapes = [(True, False), (False, False), (False, True)]
    if of_torch:
        yield [Box("torch", flat, column) for flat, column in reversed(shapes)]
        yield [Box("torch32", flat, column) for flat, column in reversed(shapes)]
        return
    yield [Box("numpy", flat, column) for flat, column in shapes]
    yield [Box("numpy", False, column, True) for column in (False, True)]
    yield [Box("list", flat) for flat in (True, False)]
    if "torch" in sys.modules:
        for kind in ("torch", "torch32"):
            yield [Box(kind, flat, column) for flat, column in reversed(shapes)]
            yield [Box(kind, False, column, True) for column in (True, False)]
    if "pandas" in sys.modules:
        yield [Box("pandas", flat) for flat in (False, True)]
