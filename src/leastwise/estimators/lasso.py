"""Lasso and elastic net."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from ..penalised.gram import gram_path
from ..penalised.rows import rows_path
from ..penalty import Penalty
from ..shrink import WIDEST, level
from ..summary.moments import Moments
from ..types import DataError, Matrix, UsageError, Vector
from .base import LinearEstimator, Rows, as_many, forget
from .limits import real

CERTIFIED = 1e-8
EXACT = 1e-14
"""The relative duality gap that a fit is solved to: what is left of it is rounding."""
SMALL = 25_000_000
"""Numbers of X up to which a sparse one is made dense: a fifth of a gigabyte."""


def scaled(alpha: float, l1_ratio: float, positive: bool) -> Penalty:
    """scikit-learn's alpha (l1_ratio |w|_1 + (1 - l1_ratio)/2 |w|^2) beside 1/(2n) |y - Xw|^2, in our terms."""
    return Penalty(2 * alpha * l1_ratio, alpha * (1 - l1_ratio), low=0.0 if positive else -np.inf)


Found = tuple[Matrix, Vector, Vector, Vector]


def summarised(rows: Rows) -> list[Moments] | None:
    """The p x p moments of each target; None where p is over 2,500, or over both n and 500."""
    n, p = rows.X.shape
    return rows.moments() if p <= WIDEST and (p <= n or p <= 500) else None


def path_of_moments(moments: Moments, penalties: Sequence[Penalty], intercept: bool, tolerance: float) -> Found:
    """Slopes (k, p), intercepts (k,), gaps (k,) and steps (k,) at penalties of one shape, largest first."""
    G, c, yy = moments.gram(intercept)
    factors, low, high = penalties[0].of(len(c))
    path = gram_path(G, c, yy, [(one.l1, one.l2) for one in penalties], factors, low, high, tolerance)
    return path.coef, level(moments, path.coef, intercept), path.gaps, path.iterations


def path_of_rows(rows: Rows, target: int, penalties: Sequence[Penalty], intercept: bool, tolerance: float) -> Found:
    """The same from the rows, without a p x p matrix."""
    n, p = rows.X.shape
    factors, low, high = penalties[0].of(p)
    pairs = [(one.l1, one.l2) for one in penalties]
    X, y = rows.X, rows.Y[:, target]
    if rows.sparse:
        X = X.toarray(order="F") if n * p <= SMALL else sparse.csc_matrix(X)
    path = rows_path(X, y, pairs, rows.weight, factors, low, high, tolerance, intercept)
    if not np.isfinite(path.coef).all():
        raise DataError("the conjugate gradients of sparse X broke down: make X dense, or alpha larger")
    weight = np.ones(n) if rows.weight is None else rows.weight
    at = weight @ y / rows.total - path.coef @ (np.asarray(X.T @ weight) / rows.total)
    return path.coef, at if intercept else np.zeros(len(at)), path.gaps, path.iterations


def solved_once(rows: Rows, moments: list[Moments] | None, penalty: Penalty, intercept: bool) -> list[Found]:
    """Each target's answer at one penalty, as exactly as float64 allows."""
    if moments is not None:
        return [path_of_moments(one, [penalty], intercept, EXACT) for one in moments]
    return [path_of_rows(rows, j, [penalty], intercept, EXACT) for j in range(rows.Y.shape[1])]


def mean_squares(rows: Rows, intercept: bool) -> Vector:
    """The mean square of each target (t,), about its mean where there is an intercept."""
    about = np.average(rows.Y, axis=0, weights=rows.weight) if intercept else 0.0
    return np.asarray(np.average((rows.Y - about) ** 2, axis=0, weights=rows.weight))


class ElasticNet(LinearEstimator):
    """Minimise 1/(2n) |y - X w - b|^2 + alpha (l1_ratio |w|_1 + (1 - l1_ratio)/2 |w|^2): scikit-learn's ElasticNet.

    Parameters are scikit-learn's; precompute, max_iter, copy_X, tol, warm_start, random_state and selection change
    nothing: the exact path, or for over 2,500 columns Newton's method on the rows, aims at a relative duality gap of
    1e-14, and warns where it ends above 1e-8. Weights are relative, as scikit-learn has them. Attributes: coef_,
    intercept_, sparse_coef_, dual_gap_ (of scikit-learn's objective), n_iter_, n_features_in_, feature_names_in_;
    moments_, to which `partial_fit` adds rows exactly. Cost: n p^2 flops and p^2 a corner of the path.
    """

    _column_as_one = True

    def __init__(
        self, alpha: float = 1.0, *, l1_ratio: float = 0.5, fit_intercept: bool = True, precompute: Any = False,
        max_iter: int = 1000, copy_X: bool = True, tol: float = 1e-4, warm_start: bool = False, positive: bool = False,
        random_state: Any = None, selection: str = "cyclic",
    ) -> None:  # fmt: skip
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.precompute = precompute
        self.max_iter = max_iter
        self.copy_X = copy_X
        self.tol = tol
        self.warm_start = warm_start
        self.positive = positive
        self.random_state = random_state
        self.selection = selection

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit X (n, p), y (n,) or (n, t), sample_weight (n,)."""
        penalty, intercept = self._penalty(), bool(self.fit_intercept)
        rows = self._read(X, y, sample_weight)
        moments = summarised(rows)
        forget(self, "moments_")
        if moments is not None:
            self.moments_ = moments
        found = solved_once(rows, moments, penalty, intercept)
        return self._certified(found, mean_squares(rows, intercept), rows.flat)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Add rows to those that were fitted: the same answer as from all of them at once, of up to 2,500 columns."""
        penalty, intercept = self._penalty(), bool(self.fit_intercept)
        before: list[Moments] | None = self._kept("moments_")
        rows = self._read(X, y, sample_weight, reset=before is None)
        if rows.X.shape[1] > WIDEST:
            raise UsageError(f"partial_fit keeps a p x p matrix, and so takes up to {WIDEST:,} columns: use fit")
        now = rows.moments()
        if before is not None:
            as_many(before, now)
            now = [one + other for one, other in zip(before, now, strict=True)]
        self.moments_ = now
        found = [path_of_moments(one, [penalty], intercept, EXACT) for one in now]
        return self._certified(found, np.array([one.gram(intercept)[2] for one in now]), rows.flat)

    @property
    def sparse_coef_(self) -> Any:
        """coef_ as a sparse matrix."""
        return sparse.csr_matrix(self.coef_)

    def _penalty(self) -> Penalty:
        alpha, l1_ratio = real("alpha", self.alpha), real("l1_ratio", self.l1_ratio, 0.0, 1.0)
        return scaled(alpha, l1_ratio, bool(self.positive))

    def _certified(self, found: list[Found], squares: Vector, flat: bool) -> Self:
        """The answers as attributes; a ConvergenceWarning where a gap is over 1e-8."""
        coef, at = np.array([f[0][0] for f in found]), np.array([f[1][0] for f in found])
        gaps, steps = np.array([f[2][0] for f in found]), [int(max(f[3][0], 1)) for f in found]
        if (gaps > CERTIFIED).any():
            said = f"the duality gap is {gaps.max():.0e} of y's mean square: the columns are nearly dependent"
            warnings.warn(said, ConvergenceWarning, stacklevel=3)
        dual = gaps * squares / 2
        self.dual_gap_: Any = dual[0] if len(found) == 1 else dual
        self.n_iter_: Any = steps[0] if len(found) == 1 else steps
        return self._set(coef, at, flat)


class Lasso(ElasticNet):
    """Minimise 1/(2n) |y - X w - b|^2 + alpha |w|_1: scikit-learn's Lasso. See ElasticNet, with l1_ratio = 1."""

    def __init__(
        self, alpha: float = 1.0, *, fit_intercept: bool = True, precompute: Any = False, copy_X: bool = True,
        max_iter: int = 1000, tol: float = 1e-4, warm_start: bool = False, positive: bool = False,
        random_state: Any = None, selection: str = "cyclic",
    ) -> None:  # fmt: skip
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.precompute = precompute
        self.copy_X = copy_X
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.positive = positive
        self.random_state = random_state
        self.selection = selection

    l1_ratio = 1.0
