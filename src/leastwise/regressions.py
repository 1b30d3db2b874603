"""What many regressions on the same features give: a table, a row for each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .atomic import replacing
from .descent.history import table_path
from .infer import t_values
from .rows.arrays import free
from .types import DataError, Matrix, UsageError, Vector
from .words import count, listing


@dataclass(frozen=True, eq=False)
class Regressions:
    """Regressions of `target` on `names`, one for each group of rows, window or target: g in all.

    `by`: the columns of labels that tell them apart, name to (g,); `unit`: what each is for, in a word; `target` is
    empty where the labels name it; `n` rows; `coef` (g, p); `intercept` (g,); `se` (g, p + 1), the intercept's last,
    (g, p) where there is none; `sigma`, `r2` (g,); `df_resid` = n - rank; `rank` counts the intercept; `status` (g,)
    says "ok", or what is wrong: nan where there is no answer. `dropped_rows`: how many incomplete rows were left out;
    `notes`: what is true of all of them, such as columns that depend on each other.
    """

    by: Mapping[str, Vector]
    names: tuple[str, ...]
    target: str
    n: Vector
    coef: Matrix
    intercept: Vector
    se: Matrix
    sigma: Vector
    r2: Vector
    df_resid: Vector
    rank: Vector
    status: Vector
    dropped_rows: int = 0
    unit: str = "group"
    notes: tuple[str, ...] = ()

    @classmethod
    def joined(cls, parts: Sequence[Regressions]) -> Regressions:
        """The table of one or more on the same features, one after the other."""
        if len(parts) == 1:
            return parts[0]
        by = {name: np.concatenate([part.by[name] for part in parts]) for name in parts[0].by}
        keys = ("n", "coef", "intercept", "se", "sigma", "r2", "df_resid", "rank", "status")
        rest: dict[str, Any] = {key: np.concatenate([getattr(part, key) for part in parts]) for key in keys}
        return replace(parts[0], by=by, **rest)

    def __len__(self) -> int:
        return len(self.n)

    @property
    def terms(self) -> tuple[str, ...]:
        """The features and, where there is one, (intercept), in the order of `se`."""
        return (*self.names, "(intercept)")[: self.se.shape[1]]

    @property
    def theta(self) -> Matrix:
        """Slopes and intercept (g, p + 1)."""
        return np.column_stack([self.coef, self.intercept])[:, : self.se.shape[1]]

    @cached_property
    def t(self) -> Matrix:
        """theta / se (g, p + 1)."""
        return t_values(self.theta, self.se)

    @cached_property
    def p(self) -> Matrix:
        """Two-sided p of Student's t (g, p + 1)."""
        from scipy.special import stdtr

        df = np.where(self.df_resid > 0, self.df_resid, np.nan)[:, None]
        return np.asarray(2 * stdtr(df, -np.abs(self.t)))

    def conf_int(self, level: float = 0.95) -> Matrix:
        """Intervals (g, p + 1, 2). Raises UsageError unless 0 < level < 1."""
        from scipy.special import stdtrit

        if not 0 < level < 1:
            raise UsageError(f"the level of an interval must lie between 0 and 1: it is {level:g}")
        df = np.where(self.df_resid > 0, self.df_resid, np.nan)[:, None]
        reach = stdtrit(df, (1 + level) / 2) * self.se
        return np.stack([self.theta - reach, self.theta + reach], axis=-1)

    def columns(self) -> dict[str, Vector]:
        """All of it by name: labels, n, then for each term its estimate, se, t and p, then sigma, r2, ..., status.

        Names of labels and terms are the user's: another that is the same gets an _.
        """
        found, theirs = dict(self.by), [*self.by, *self.terms]
        found[free("n", theirs)] = self.n
        for j, term in enumerate(self.terms):
            name = free(term, list(found))
            found[name] = self.theta[:, j]
            for kind, values in (("se", self.se), ("t", self.t), ("p", self.p)):
                found[free(f"{kind} {name}", [*theirs, *found])] = values[:, j]
        for name in ("sigma", "r2", "df_resid", "rank", "status"):
            found[free(name, [*theirs, *found])] = getattr(self, name)
        return found

    def __getitem__(self, label: Any) -> dict[str, Any]:
        """One of them by its label, or by a tuple of one label a column. Raises UsageError where there is none."""
        labels = label if isinstance(label, tuple) else (label,)
        if len(labels) != len(self.by):
            raise UsageError(f"a {self.unit} has a label for each of {listing(list(self.by))}")
        same = np.logical_and.reduce([column == one for column, one in zip(self.by.values(), labels, strict=True)])
        places = np.flatnonzero(same)
        if not len(places):
            raise UsageError(f"there is no {self.unit} {label!r}")
        return {name: values[places[0]] for name, values in self.columns().items()}

    def to_arrow(self) -> Any:
        """A pyarrow table of `columns`."""
        import pyarrow

        return pyarrow.table(self.columns())

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

        target, table = table_path(path), self.to_arrow()
        with replacing(target) as new:
            try:
                csv.write_csv(table, new) if target.suffix == ".csv" else parquet.write_table(table, new)
            except pyarrow.ArrowException as error:
                raise DataError(f"{path} cannot be written: {error}") from None

    def summary(self) -> str:
        """What was fitted and what could not be, in words."""
        of, labels = f" of {self.target}" if self.target else "", listing(list(self.by))
        lines = [f"{count(len(self), 'regression')}{of} on {listing(self.names)}, by {labels}."]
        wrong = Counter(self.status[self.status != "ok"].tolist())
        lines += [f"{count(k, self.unit)}: {status}." for status, k in sorted(wrong.items())]
        lines += [f"{count(self.dropped_rows, 'incomplete row')} left out."] if self.dropped_rows else []
        return " ".join([*lines, *(f"{note}." for note in self.notes)])

    def __repr__(self) -> str:
        return f"<Regressions: {self.summary()}>"
