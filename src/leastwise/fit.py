"""The result of a fit: estimates in the user's units, inference, and where they come from."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from . import infer, robust
from .atomic import write_text
from .robust import Scores
from .rows.arrays import numbers
from .rows.chunk import Chunk
from .rows.files import open_source
from .rows.select import select
from .rows.source import Levels, Selection
from .types import DataError, Matrix, UsageError, Vector
from .words import count, number

SCHEMA = "leastwise.model/1"
INTERCEPT = "(intercept)"


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted `mean` (m,), its confidence interval, and the interval for a new observation, each (m, 2)."""

    mean: Vector
    confidence: Matrix
    prediction: Matrix


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fit:
    """A fitted linear regression, of a size that does not depend on the rows.

    Terms are the p features, then "(intercept)" where there is one: q in all.
    - `coef` (p,), `intercept` (0 without one), `covariance` (q, q), `se` (q,)
    - `bread` (q, q): the inverse of [X 1]' diag(weight) [X 1]
    - `n` rows; `observations` what the degrees of freedom count (the total weight, if weights are frequencies)
    - `rank` independent terms; `rss`, `tss` weighted sums of squares (`tss` about the mean, with an intercept)
    - `weights`: none, analytic, frequency or probability; `errors`: what kind of standard errors, with their factor
    - `method` and `reason`: how it was solved, and why so; `digits` that rounding leaves
    - `dependencies`: dependent columns with their combination; `dropped`: those of them that were set to 0
    - `dropped_rows`: incomplete rows that were left out; `levels`: those of columns that were coded as treatments
    """

    names: tuple[str, ...]
    target: str
    coef: Vector
    intercept: float
    covariance: Matrix
    bread: Matrix
    se: Vector
    n: int
    observations: float
    rank: int
    rss: float
    tss: float
    log_weight: float
    weights: str
    errors: str
    method: str
    reason: str
    digits: float
    dependencies: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    dropped_rows: int = 0
    levels: Levels = field(default_factory=dict)

    @property
    def has_intercept(self) -> bool:
        """Whether the last term is an intercept."""
        return len(self.se) > len(self.coef)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the q terms."""
        return (*self.names, INTERCEPT) if self.has_intercept else self.names

    @property
    def theta(self) -> Vector:
        """All q estimates."""
        return np.append(self.coef, self.intercept) if self.has_intercept else self.coef

    @property
    def df_resid(self) -> float:
        """Residual degrees of freedom, observations less rank."""
        return self.observations - self.rank

    @property
    def sigma(self) -> float:
        """Residual standard error, the square root of rss / df_resid."""
        return math.sqrt(self.rss / self.df_resid) if self.df_resid > 0 else math.nan

    @property
    def t(self) -> Vector:
        """t statistics (q,)."""
        return infer.t_values(self.theta, self.se)

    @property
    def p(self) -> Vector:
        """Two-sided p-values (q,)."""
        return infer.p_values(self.t, self.df_resid)

    @property
    def r2(self) -> float:
        """1 - rss / tss; nan where the target does not vary."""
        return 1 - self.rss / self.tss if self.tss > 0 else math.nan

    @property
    def adjusted_r2(self) -> float:
        """1 - (1 - r2) (observations - 1, or observations without an intercept) / df_resid."""
        if self.df_resid <= 0:
            return math.nan
        return 1 - (1 - self.r2) * (self.observations - self.has_intercept) / self.df_resid

    @property
    def f(self) -> infer.Test:
        """The F test that all slopes are 0."""
        return infer.overall(self.rss, self.tss, self.rank - self.has_intercept, self.df_resid)

    @property
    def log_likelihood(self) -> float:
        """Of normal errors, at its maximum."""
        return infer.log_likelihood(self.observations, self.rss, self.log_weight)

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 rank - 2 log-likelihood."""
        return 2 * self.rank - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, log(observations) rank - 2 log-likelihood."""
        return math.log(self.observations) * self.rank - 2 * self.log_likelihood

    @property
    def status(self) -> str:
        """What to know before using the numbers, as a sentence."""
        if self.dropped:
            return f"Dependent columns were set to 0: {'; '.join(self.dependencies)}."
        if self.dependencies:
            return f"Dependent columns share their effect by the shortest slopes: {'; '.join(self.dependencies)}."
        return f"The answer is unique; about {max(int(self.digits), 0)} digits of it can be trusted."

    def conf_int(self, level: float = 0.95) -> Matrix:
        """Confidence intervals of the q estimates (q, 2)."""
        return infer.intervals(self.theta, self.se, self.df_resid, level)

    def wald(self, R: Any, r: Any = 0.0) -> infer.Test:
        """F test of R theta = r, R (k, q) or (q,) over `terms`."""
        R = np.atleast_2d(np.asarray(R, dtype=np.float64))
        if R.shape[1] != len(self.terms):
            raise UsageError(f"R must have {len(self.terms)} columns, one a term: it has {R.shape[1]}")
        return infer.wald(self.theta, self.covariance, R, np.broadcast_to(r, len(R)), self.df_resid)

    def predict(self, X: Any, interval: float | None = None) -> Any:
        """Predictions for X (m, p) or (p,): (m,), or with `interval` a level, a `Prediction`."""
        A = self.terms_of(X)
        mean = A @ self.theta
        if interval is None:
            return mean
        variance = np.maximum(((A @ self.covariance) * A).sum(axis=1), 0)
        reach = infer.quantile(interval, self.df_resid)
        spread = [reach * np.sqrt(variance + extra) for extra in (0.0, self.sigma**2)]
        return Prediction(mean, *(np.column_stack([mean - s, mean + s]) for s in spread))

    def tidy(self, level: float = 0.95) -> list[dict[str, Any]]:
        """A row a term: term, estimate, se, t, p, low, high."""
        columns = (self.terms, self.theta, self.se, self.t, self.p, *self.conf_int(level).T)
        keys = ("term", "estimate", "se", "t", "p", "low", "high")
        return [
            dict(zip(keys, (term, *map(float, values)), strict=True)) for term, *values in zip(*columns, strict=True)
        ]

    def robust(self, rows: Any, kind: str = "HC1") -> Fit:
        """The same estimates with White's errors of `kind` HC0 to HC3; `rows` as in `rows_of`."""
        chosen = self.rows_of(rows)
        return self._with(robust.white(self._scores(chosen.chunks()), self.bread, self.n, self.rank, kind))

    def clustered(self, rows: Any, groups: Any) -> Fit:
        """The same estimates with errors that may depend on each other within a group.

        `groups` labels the rows (n,), or names a column of numbers where `rows` is a path.
        """
        chosen = self.rows_of(rows)
        return self._with(robust.clustered(self._labelled(chosen, groups), self.bread, self.n, self.rank))

    def newey_west(self, rows: Any, lags: int) -> Fit:
        """The same estimates with errors that may be correlated over `lags` rows in order of time."""
        return self._with(robust.newey_west(self._scores(self.rows_of(rows).chunks()), self.bread, lags))

    def rows_of(self, rows: Any) -> Selection:
        """The rows that were fitted, for a second pass: a path, or a tuple (X, y) or (X, y, weight)."""
        if isinstance(rows, Selection):
            return rows
        if isinstance(rows, str | os.PathLike):
            source = open_source(os.fspath(rows)).replay(self.levels)
            return source.choose(self.target, list(self.names), None)
        X, y, weight = (*rows, None)[:3]
        return select(X, y, weight, None, None)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to a JSON file, whole or not at all; `leastwise.load` reads it, executing nothing."""
        values = asdict(self)
        record = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in values.items()}
        write_text(Path(path), json.dumps({"schema": SCHEMA, **record}, indent=1) + "\n")

    def summary(self) -> str:
        """The estimates and what to know about them, as text of 80 columns."""
        rows = [("term", "estimate", "se", "t", "p", "95% from", "to"), *map(_cells, self.tidy())]
        wide = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
        table = [
            "  ".join([row[0].ljust(wide[0]), *(cell.rjust(w) for cell, w in zip(row[1:], wide[1:], strict=True))])
            for row in rows
        ]
        dropped = f", {self.dropped_rows:,} incomplete rows dropped" if self.dropped_rows else ""
        weights = "" if self.weights == "none" else f"; weights: {self.weights}"
        lines = [
            f"{self.target}: {count(self.n, 'row')}{dropped}, {count(self.rank, 'independent term')}",
            "",
            *table,
            "",
            f"r2 {number(self.r2, 5)}, adjusted {number(self.adjusted_r2, 5)}; sigma {number(self.sigma, 5)} on "
            f"{number(self.df_resid, 12)} degrees of freedom",
            f"F {number(self.f.statistic, 5)}, p {_p(self.f.p)}; AIC {number(self.aic, 7)}, BIC {number(self.bic, 7)}",
            f"errors: {self.errors}{weights}",
            f"method: {self.method}. {self.reason}",
            self.status,
        ]
        return "\n".join(lines)

    def _scores(self, chunks: Iterable[Chunk]) -> Iterator[Scores]:
        if self.df_resid <= 0 or self.sigma == 0:
            raise DataError("robust errors need residuals, and this fit leaves none")
        for chunk in chunks:
            A = self.terms_of(chunk.X)
            weight: Vector | float = 1.0 if chunk.weight is None else chunk.weight
            yield Scores(A, weight * (chunk.y - A @ self.theta), weight)

    def _labelled(self, chosen: Selection, groups: Any) -> Iterator[tuple[Scores, Any]]:
        if not isinstance(groups, str):
            yield from ((some, groups) for some in self._scores(chosen.chunks()))
            return
        beside = replace(chosen, features=(*chosen.features, groups), block=None)
        beside.source.refuse(beside.names)
        for chunk in beside.chunks():
            yield from ((some, chunk.X[:, -1]) for some in self._scores([replace(chunk, X=chunk.X[:, :-1])]))

    def _with(self, found: tuple[Matrix, str]) -> Fit:
        covariance, errors = found
        return replace(self, covariance=covariance, se=np.sqrt(np.maximum(np.diag(covariance), 0)), errors=errors)

    def __repr__(self) -> str:
        shown = ", ".join(f"{term} {value:.6g}" for term, value in list(zip(self.terms, self.theta, strict=True))[:6])
        return f"<Fit of {self.target} on {self.n:,} rows: {shown}; r2 {self.r2:.4g}. {self.status}>"

    def terms_of(self, X: Any) -> Matrix:
        """[X 1] (m, q) for X (m, p); UsageError where the columns are not those of the fit."""
        found = numbers(X, "X")
        found = found.reshape(-1, len(self.coef)) if found.ndim == 1 else found
        if found.ndim != 2 or found.shape[1] != len(self.coef):
            raise UsageError(f"X must have {len(self.coef)} columns ({', '.join(self.names[:6])}): it is {found.shape}")
        ones = np.ones((len(found), 1 if self.has_intercept else 0))
        return np.hstack([found, ones])


def term_names(names: Sequence[str], indices: Sequence[int]) -> tuple[str, ...]:
    """The names at `indices`."""
    return tuple(names[j] for j in indices)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    shown = (number(row["estimate"], 6), number(row["se"], 5), number(row["t"]), _p(row["p"]))
    return (row["term"], *shown, number(row["low"], 5), number(row["high"], 5))


def _p(value: float) -> str:
    return "<1e-300" if value == 0 else number(value, 3)
