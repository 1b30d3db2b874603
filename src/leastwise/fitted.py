"""The result of a fit: estimates in the user's units, inference, and where they come from."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from . import collinearity, infer, passes, robust
from .account import account
from .atomic import clean, write_text
from .descent.history import History
from .export import to_onnx, to_torch
from .influence import Influence, Residuals, joined, survey
from .penalty import Penalty
from .rows.source import Design
from .types import Matrix, UsageError, Vector

SCHEMA = "leastwise.model/1"
INTERCEPT = "(intercept)"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fit:
    """A fitted linear regression, of a size that does not depend on the rows.

    Terms are the p features, then "(intercept)" where there is one: q in all.
    - `coef` (p,), `intercept` (0 without one), `se` (q,)
    - `centre` + `nudge` (p + 1,): means of features and target, in two doubles each (0 without an intercept)
    - `root` (q, k) and `middle` (k, k): covariance = root middle root', root root' = ([X 1]' diag(weight) [X 1])^-1
    - `n` rows; `observations` what the degrees of freedom count (the total weight, if weights are frequencies)
    - `df_error`: degrees of freedom of t, p and intervals
    - `rank` independent terms; `rss`, `tss` weighted sums of squares (`tss` about the mean, with an intercept)
    - `weights`: none, analytic, frequency or probability; `errors`: what kind of standard errors, with their factor
    - `method` and `reason`: how it was solved, and why so
    - `digits` that rounding leaves of the estimates, `se_digits` of `se`
    - `dependencies`: dependent columns with their combination; `dropped`: those of them that were set to 0
    - `dropped_rows`: incomplete rows that were left out; `design`: how columns became the features
    - `stopped` why a descent or a penalised solver ended, and how far from the least; `history` the whole path of a
      descent, which is not saved; `penalty` what held the slopes, with which `se` is nan
    """

    names: tuple[str, ...]
    target: str
    coef: Vector
    intercept: float
    centre: Vector
    nudge: Vector
    root: Matrix
    middle: Matrix
    se: Vector
    n: int
    observations: float
    rank: int
    rss: float
    tss: float
    log_weight: float
    df_error: float
    weights: str
    errors: str
    method: str
    reason: str
    digits: float
    se_digits: float
    dependencies: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    dropped_rows: int = 0
    weight_column: str = ""
    design: Design = field(default_factory=Design)
    stopped: str = ""
    history: History | None = None
    penalty: Penalty | None = None

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
    def covariance(self) -> Matrix:
        """Covariance of the q estimates (q, q)."""
        half = self._half(self.root)
        return half @ half.T

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
        return infer.p_values(self.t, self.df_error)

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
        """The F test that all slopes are 0, with the errors that the fit has; nan where there are none that tell it."""
        few = self.errors.startswith("clustered") and self.df_error < len(self.coef)
        if few or self.penalty is not None:
            return infer.Test(math.nan, (len(self.coef), self.df_error), math.nan)
        if not self.errors.startswith("classical") and not self.dependencies:
            return self.wald(np.eye(len(self.coef), len(self.terms)))
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
        if self.stopped:
            return self.stopped
        if self.dropped:
            return f"Dependent columns were set to 0: {'; '.join(self.dependencies)}."
        if self.dependencies:
            return f"Dependent columns share their effect by the shortest slopes: {'; '.join(self.dependencies)}."
        left, of_se = (max(int(digits), 0) for digits in (self.digits, self.se_digits))
        also = "" if of_se >= left or not self.df_resid > 0 else f", and {of_se} of the standard errors,"
        return f"The answer is unique; about {left} digits of it{also} can be trusted."

    def moved(self, coef: Vector, intercept: float, rss: float) -> Fit:
        """The fit at other parameters, of a descent or of a penalty, with the sum of squares that they leave."""
        nudge = self.nudge.copy()
        if self.has_intercept:
            nudge[-1] = intercept - self.centre[-1] + (self.centre + nudge)[:-1] @ coef
        return replace(self, coef=coef, intercept=intercept, nudge=nudge, rss=rss)

    def conf_int(self, level: float = 0.95) -> Matrix:
        """Confidence intervals of the q estimates (q, 2)."""
        return infer.intervals(self.theta, self.se, self.df_error, level)

    def wald(self, R: Any, r: Any = 0.0) -> infer.Test:
        """F test of R theta = r, R (k, q) or (q,) over `terms`."""
        R = np.atleast_2d(np.asarray(R, dtype=np.float64))
        if R.shape[1] != len(self.terms):
            raise UsageError(f"R must have {len(self.terms)} columns, one a term: it has {R.shape[1]}")
        try:
            right = np.broadcast_to(np.asarray(r, dtype=np.float64), len(R))
        except ValueError:
            raise UsageError(f"r must hold {len(R)} numbers, one a row of R") from None
        if not (np.isfinite(R).all() and np.isfinite(right).all()):
            raise UsageError("R and r must be finite")
        return infer.wald(R @ self.theta - right, R @ self._half(self.root), self.df_error)

    def predict(self, X: Any, interval: float | None = None, unseen: str = "error") -> Any:
        """Predictions for X (m, p) or (p,), or a frame: (m,), or with `interval` a level, an `infer.Prediction`.

        A level that the fit has not seen is an "error", or with `unseen` "null" its row is nan.
        """
        found = passes.features_of(self, X, unseen)
        mean = self.centre[-1] + (self.nudge[-1] + passes.from_centre(self, found) @ self.coef)
        if interval is None:
            return mean
        variance = (self._half(passes.whitened(self, found)) ** 2).sum(axis=1)
        reach = infer.quantile(interval, self.df_error)
        spread = [reach * np.sqrt(variance + extra) for extra in (0.0, self.sigma**2)]
        return infer.Prediction(mean, *(np.column_stack([mean - s, mean + s]) for s in spread))

    def tidy(self, level: float = 0.95) -> list[dict[str, Any]]:
        """A row a term: term, estimate, se, t, p, low, high."""
        columns = (self.terms, self.theta, self.se, self.t, self.p, *self.conf_int(level).T)
        keys = ("term", "estimate", "se", "t", "p", "low", "high")
        return [
            dict(zip(keys, (term, *map(float, values)), strict=True)) for term, *values in zip(*columns, strict=True)
        ]

    def robust(self, rows: Any, kind: str = "HC1") -> Fit:
        """The same estimates with White's errors of `kind` HC0 to HC3.

        `rows` are those that were fitted: a path, a frame, or a tuple (X, y) or (X, y, weight).
        """
        if isinstance(rows, str) and rows in robust.KINDS:
            raise UsageError(f"robust takes the rows that were fitted first: robust(rows, {rows!r})")
        return self._with(passes.white(self, rows, kind))

    def clustered(self, rows: Any, groups: Any) -> Fit:
        """The same estimates with errors that may depend on each other within a group.

        `groups` labels the rows (n,), or names a column where `rows` is a path or a frame.
        """
        found, count = passes.clustered(self, rows, groups)
        return replace(self._with(found), df_error=count - 1)

    def newey_west(self, rows: Any, lags: int) -> Fit:
        """The same estimates with errors that may be correlated over `lags` rows in order of time."""
        return self._with(passes.newey_west(self, rows, lags))

    @property
    def vif(self) -> Vector:
        """Variance inflation factors of the features (p,); infinite for a dependent one."""
        return collinearity.inflation(self.root[:-1, :-1] if self.has_intercept else self.root)

    @property
    def deviations(self) -> Vector:
        """Root of each feature's sum of squares about its mean (p,); about 0 without an intercept."""
        return collinearity.deviations(self.root[:-1, :-1] if self.has_intercept else self.root)

    def condition_indices(self) -> collinearity.Collinearity:
        """Condition indices and variance shares of all terms."""
        if not self.has_intercept:
            return collinearity.condition_indices(self.root, None, 1.0)
        return collinearity.condition_indices(self.root[:-1, :-1], self.centre[:-1], self.root[-1, -1] ** -2)

    def influence(self, rows: Any) -> Influence:
        """Leverage, scaled residuals and Cook's distance of every row, in order, but those dropped or of weight 0.

        `rows` as in `robust`. Memory: n.
        """
        return joined(part for *_, part in passes.influences(self, passes.rows_of(self, rows).chunks()))

    def residuals(self, rows: Any) -> Residuals:
        """Durbin-Watson, tests of normal errors, the most influential rows and a sample, in one pass of any size."""
        return survey(passes.influences(self, passes.rows_of(self, rows).chunks()))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to a JSON file, whole or not at all; `leastwise.load` reads it, executing nothing."""
        record = clean(asdict(replace(self, history=None)))
        write_text(Path(path), json.dumps({"schema": SCHEMA, **record}, indent=1) + "\n")

    def to_torch(self) -> Any:
        """A `torch.nn.Linear` (p in, 1 out) in float64 that predicts as this fit does."""
        return to_torch(self.coef, self.intercept)

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Write an ONNX model in float64, features X (n, p) in, predictions y (n,) out, whole or not at all."""
        level = self.centre[-1] + (self.nudge[-1] - self.nudge[:-1] @ self.coef)
        to_onnx(path, self.coef, np.append(self.centre[:-1], level), (*self.names, self.target))

    def summary(self) -> str:
        """The estimates and what to know about them, as text of 80 columns."""
        return account(self)

    def _with(self, found: tuple[Matrix, str]) -> Fit:
        middle, errors = found
        other = replace(self, middle=middle, errors=errors)
        return replace(other, se=np.linalg.norm(other._half(other.root), axis=1))

    def _half(self, rows: Matrix) -> Matrix:
        """rows times a square root of `middle`: the outer product of the result with itself is a covariance."""
        if not np.isfinite(self.middle).all():
            return np.full((len(rows), len(self.middle)), math.nan)
        values, vectors = np.linalg.eigh(self.middle)
        return rows @ (vectors * np.sqrt(np.maximum(values, 0)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{term} {value:.6g}" for term, value in list(zip(self.terms, self.theta, strict=True))[:6])
        return f"<Fit of {self.target} on {self.n:,} rows: {shown}; r2 {self.r2:.4g}. {self.status}>"
