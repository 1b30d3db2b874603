"""What a descent went through, as columns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import replacing
from ..types import DataError, Matrix, UsageError, Vector


@dataclass(frozen=True, slots=True)
class Record:
    """Where a descent is before an epoch: after `step` updates at `theta` (q,), with the loss over all rows there."""

    epoch: int
    step: int
    loss: float
    validation_loss: float
    learning_rate: float
    grad_norm: float
    seconds: float
    theta: Vector


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The records of a descent, epochs + 1 of them (k,), one more than epochs that were run.

    `loss` is over all rows, before the updates of that epoch; `learning_rate` is what the epoch then used (of the
    last: what it would use); `grad_norm` the length of the whole gradient; `coef` (k, p), `intercept` (k,) in the
    user's units; `validation_loss` nan without a validation split; `seconds` since the start. `least` is the least
    loss, `answer` (q,) the least-squares slopes and intercept, `foretold` (j, 2) epochs and the losses that the
    eigenvalues foretell there, none where there is no formula.
    """

    names: tuple[str, ...]
    epoch: Vector
    step: Vector
    loss: Vector
    validation_loss: Vector
    learning_rate: Vector
    grad_norm: Vector
    seconds: Vector
    coef: Matrix
    intercept: Vector
    least: float
    answer: Vector
    foretold: Matrix

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        records: Sequence[Record],
        thetas: Matrix,
        least: float,
        answer: Vector,
        foretold: Matrix,
    ) -> History:
        """The records as columns, with parameters (k, q) in the user's units."""
        keys = ("epoch", "step", "loss", "validation_loss", "learning_rate", "grad_norm", "seconds")
        columns = {key: np.array([getattr(record, key) for record in records]) for key in keys}
        return cls(
            names=tuple(names),
            **columns,
            coef=thetas[:, :-1],
            intercept=thetas[:, -1],
            least=least,
            answer=answer,
            foretold=foretold,
        )

    def columns(self) -> dict[str, Vector]:
        """All of it by name: epoch, step, loss, ..., a column for each coefficient, (intercept)."""
        keys = ("epoch", "step", "loss", "validation_loss", "learning_rate", "grad_norm", "seconds")
        slopes = dict(zip(self.names, self.coef.T, strict=True))
        return {**{key: getattr(self, key) for key in keys}, **slopes, "(intercept)": self.intercept}

    def to_frame(self) -> Any:
        """A pandas frame of `columns`. Raises UsageError without pandas."""
        try:
            import pandas
        except ImportError:
            raise UsageError("to_frame needs pandas: pip install pandas, or take columns()") from None
        return pandas.DataFrame(self.columns())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `columns` to a .csv or .parquet file, whole or not at all."""
        import pyarrow
        from pyarrow import csv, parquet

        target, table = table_path(path), pyarrow.table(self.columns())
        with replacing(target) as new:
            try:
                csv.write_csv(table, new) if target.suffix == ".csv" else parquet.write_table(table, new)
            except pyarrow.ArrowException as error:
                raise DataError(f"{path} cannot be written: {error}") from None


def table_path(path: str | os.PathLike[str]) -> Path:
    """The path of a table; UsageError unless it ends in .csv or .parquet."""
    target = Path(path)
    if target.suffix not in (".csv", ".parquet"):
        raise UsageError(f"{path} must end in .csv or .parquet")
    return target
