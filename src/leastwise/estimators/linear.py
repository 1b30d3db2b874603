"""Ordinary least squares."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, Self

import numpy as np
from scipy.optimize import nnls
from scipy.sparse.linalg import LinearOperator, lsqr
from sklearn.utils.validation import check_is_fitted

from ..fitted import Fit
from ..methods.centred import system
from ..penalty import Penalty
from ..shrink import WIDEST
from ..solve import Options, fit_triangle
from ..summary.triangle import Triangle
from ..types import Matrix, Vector
from .base import LinearEstimator, Rows, account_of, added, forget

PRECISE = 1e-14


class RankDeficiencyWarning(UserWarning):
    """Columns depend on each other: which, and how."""


class LinearRegression(LinearEstimator):
    """Minimise sum(sample_weight * (y - X w - b)^2): scikit-learn's LinearRegression, with standard errors.

    Parameters are scikit-learn's: fit_intercept, copy_X, tol, n_jobs, positive; copy_X, tol and n_jobs change nothing
    here but where sparse X has over 2,500 columns, which LSQR solves. Sums are in float64 whatever the rows are in.
    Attributes: coef_ (p,) or (t, p), intercept_, rank_, singular_, n_features_in_, feature_names_in_; beyond
    scikit-learn std_errors_, pvalues_ and tvalues_, each with the intercept last, fits_ (a `Fit` a target), triangles_;
    `summary()`. `partial_fit` adds rows exactly. Dependent columns share their effect by the shortest slopes, and are
    named in a RankDeficiencyWarning. Cost: n p^2 flops, one pass.
    """

    def __init__(
        self, *, fit_intercept: bool = True, copy_X: bool = True, tol: float = 1e-6, n_jobs: int | None = None,
        positive: bool = False,
    ) -> None:  # fmt: skip
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.tol = tol
        self.n_jobs = n_jobs
        self.positive = positive

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit X (n, p), y (n,) or (n, t), sample_weight (n,)."""
        rows = self._read(X, y, sample_weight)
        if rows.sparse and rows.X.shape[1] > WIDEST and not self.positive:
            forget(self, "triangles_", "fits_", "rank_", "singular_", "std_errors_", "tvalues_", "pvalues_")
            return self._set(*least_squares_by_lsqr(rows, 0.0, self.fit_intercept), rows.flat)
        return self._solved(rows.triangles(), rows.flat)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Add rows to those that were fitted: the same answer as from all of them at once."""
        before = self._kept("triangles_")
        rows = self._read(X, y, sample_weight, reset=before is None)
        return self._solved(added(before, rows.triangles()), rows.flat)

    def summary(self) -> str:
        """Coefficients, standard errors, t, p, intervals and what to know about them, as text."""
        check_is_fitted(self, "fits_")
        return account_of(self.fits_)

    def _solved(self, triangles: list[Triangle], flat: bool) -> Self:
        self.triangles_ = triangles
        options = Options(intercept=bool(self.fit_intercept))
        names = self._names()
        found = [fit_triangle(replace(t, names=()), options, names) for t in triangles]
        if self.positive:
            found = [
                _held(fit, triangle, bool(self.fit_intercept)) for fit, triangle in zip(found, triangles, strict=True)
            ]
        self.fits_, first = found, found[0]
        if first.dependencies:
            warnings.warn(
                f"columns depend on each other: {'; '.join(first.dependencies)}", RankDeficiencyWarning, stacklevel=3
            )
        self.rank_ = first.rank - first.has_intercept
        R, _ = system(triangles[0], bool(self.fit_intercept))
        self.singular_ = np.linalg.svd(R, compute_uv=False)[: triangles[0].n]
        for name, value in (("std_errors_", "se"), ("tvalues_", "t"), ("pvalues_", "p")):
            values = np.array([getattr(fit, value) for fit in found])
            setattr(self, name, values[0] if flat else values)
        return self._set(np.array([fit.coef for fit in found]), np.array([fit.intercept for fit in found]), flat)


def _held(fit: Fit, triangle: Triangle, intercept: bool) -> Fit:
    """Non-negative least squares; it has no classical standard errors."""
    coef = not_negative(triangle, intercept)
    means = triangle.means
    at = float(means[-1] - means[:-1] @ coef) if intercept else 0.0
    R, target = system(triangle, intercept)
    held = fit.moved(coef, at, float(np.sum((target - R @ coef) ** 2)))
    return replace(held, se=np.full_like(fit.se, np.nan), dependencies=(), penalty=Penalty(low=0.0))


def not_negative(triangle: Triangle, intercept: bool, alpha: float = 0.0) -> Vector:
    """Slopes (p,) of at least 0 of least sum(weight * (y - X w - b)^2) + alpha |w|^2, from the triangle.

    Source: Lawson & Hanson (1974), Solving Least Squares Problems, ch. 23 (scipy's nnls).
    """
    R, target = system(triangle, intercept)
    p = triangle.features
    if alpha:
        R, target = np.vstack([R, np.sqrt(alpha) * np.eye(p)]), np.append(target, np.zeros(p))
    return np.asarray(nnls(R, target, maxiter=30 * p)[0])


def least_squares_by_lsqr(rows: Rows, alpha: float, intercept: bool) -> tuple[Matrix, Vector]:
    """coef (t, p), intercept (t,) of sum(weight * (y - X w - b)^2) + alpha |w|^2 from the rows, never p x p.

    Source: Paige & Saunders (1982), ACM Trans. Math. Software 8 (scipy's lsqr).
    """
    n, p = rows.X.shape
    weight = np.ones(n) if rows.weight is None else rows.weight
    root, W = np.sqrt(weight), rows.total
    means = np.asarray(rows.X.T @ weight) / W if intercept else np.zeros(p)
    levels = weight @ rows.Y / W if intercept else np.zeros(rows.Y.shape[1])

    def down(w: Vector) -> Vector:
        return np.asarray(root * (rows.X @ w.ravel() - means @ w.ravel()))

    def up(r: Vector) -> Vector:
        pull = root * r.ravel()
        return np.asarray(rows.X.T @ pull - means * pull.sum())

    operator = LinearOperator((n, p), matvec=down, rmatvec=up, dtype=np.float64)
    right = root[:, None] * (rows.Y - levels)
    found = [lsqr(operator, column, damp=np.sqrt(alpha), atol=PRECISE, btol=PRECISE, iter_lim=20 * (n + p))[0]
             for column in right.T]  # fmt: skip
    coef = np.array(found)
    return coef, levels - coef @ means
