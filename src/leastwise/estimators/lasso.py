"""Lasso and elastic net."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from ..crossval import level, slopes
from ..penalised.rows import rows_path
from ..penalty import Penalty
from ..summary.triangle import Triangle
from ..types import Matrix, Vector
from .base import WIDEST, LinearEstimator, Rows, added

CERTIFIED = 1e-8


def scaled(alpha: float, l1_ratio: float, positive: bool) -> Penalty:
    """scikit-learn's alpha (l1_ratio |w|_1 + (1 - l1_ratio)/2 |w|^2) beside 1/(2n) |y - Xw|^2, in our terms."""
    return Penalty(2 * alpha * l1_ratio, alpha * (1 - l1_ratio), low=0.0 if positive else -np.inf)


Found = tuple[Matrix, Vector, Vector, Vector]


def path_of_rows(rows: Rows, penalties: Sequence[Penalty], intercept: bool) -> list[Found]:
    """Of each target the slopes (k, p), intercepts (k,), gaps (k,) and steps (k,) at penalties of one shape.

    From the p x p moments, or, where p is over 2,500 or over n, from the rows.
    """
    n, p = rows.X.shape
    if p <= WIDEST and (p <= n or p <= 500):
        return [_of_moments(moments, penalties, intercept) for moments in rows.moments()]
    found = []
    for j in range(rows.Y.shape[1]):
        factors, low, high = penalties[0].of(p)
        pairs = [(penalty.l1, penalty.l2) for penalty in penalties]
        X = sparse.csc_matrix(rows.X) if rows.sparse else rows.X
        path = rows_path(X, rows.Y[:, j], pairs, rows.weight, factors, low, high, intercept=intercept)
        weight = np.ones(n) if rows.weight is None else rows.weight
        at = weight @ rows.Y[:, j] / rows.total - path.coef @ (np.asarray(X.T @ weight) / rows.total)
        found.append((path.coef, at if intercept else np.zeros(len(at)), path.gaps, path.iterations))
    return found


def _of_moments(moments: Any, penalties: Sequence[Penalty], intercept: bool) -> Found:
    coef, gaps, steps = slopes(moments, penalties, intercept)
    return coef, level(moments, coef, intercept), gaps, steps


class ElasticNet(LinearEstimator):
    """Minimise 1/(2n) |y - X w - b|^2 + alpha (l1_ratio |w|_1 + (1 - l1_ratio)/2 |w|^2): scikit-learn's ElasticNet.

    Parameters are scikit-learn's; precompute, max_iter, copy_X, tol, warm_start, random_state and selection change
    nothing: the exact path, or for over 2,500 columns Newton's method on the rows, ends at a relative duality gap of
    1e-8 or less, or warns. Weights are relative, as scikit-learn has them. Attributes: coef_, intercept_, sparse_coef_,
    dual_gap_ (of scikit-learn's objective), n_iter_, n_features_in_, feature_names_in_; triangles_ after
    `partial_fit`, which adds rows exactly. Cost: n p^2 flops and p^2 a corner of the path.
    """

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
        rows = self._read(X, y, sample_weight)
        found = path_of_rows(rows, [self._penalty()], bool(self.fit_intercept))
        squares = [float(np.average((y - np.average(y, weights=rows.weight) * bool(self.fit_intercept)) ** 2,
                                    weights=rows.weight)) for y in rows.Y.T]  # fmt: skip
        return self._certified(found, squares)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Add rows to those that were fitted: the same answer as from all of them at once."""
        before = getattr(self, "triangles_", None)
        rows = self._read(X, y, sample_weight, reset=before is None)
        self.triangles_: list[Triangle] = added(before, rows.triangles())
        moments = [triangle.moments() for triangle in self.triangles_]
        intercept = bool(self.fit_intercept)
        found = [_of_moments(one, [self._penalty()], intercept) for one in moments]
        return self._certified(found, [one.gram(intercept)[2] for one in moments])

    @property
    def sparse_coef_(self) -> Any:
        """coef_ as a sparse matrix."""
        return sparse.csr_matrix(self.coef_)

    def _penalty(self) -> Penalty:
        for name, value, top in (("alpha", self.alpha, np.inf), ("l1_ratio", self.l1_ratio, 1.0)):
            if not 0 <= value <= top or not np.isfinite(value):
                raise ValueError(f"{name} must be a finite number from 0 to {top}: it is {value}")
        return scaled(float(self.alpha), float(self.l1_ratio), bool(self.positive))

    def _certified(self, found: list[Found], squares: list[float]) -> Self:
        """The answers as attributes; a ConvergenceWarning where a gap is over 1e-8."""
        coef, at = np.array([f[0][0] for f in found]), np.array([f[1][0] for f in found])
        gaps, steps = np.array([f[2][0] for f in found]), [int(max(f[3][0], 1)) for f in found]
        if (gaps > CERTIFIED).any():
            said = f"the duality gap is {gaps.max():.0e} of y's mean square: the columns are nearly dependent"
            warnings.warn(said, ConvergenceWarning, stacklevel=3)
        one = len(found) == 1
        dual = gaps * np.array(squares) / 2
        self.dual_gap_: Any = float(dual[0]) if one else dual
        self.n_iter_: Any = steps[0] if one else steps
        return self._set(coef, at, one)


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
