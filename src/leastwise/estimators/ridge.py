"""Ridge regression."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.model_selection import GridSearchCV

from ..crossval import level, slopes
from ..penalised.ridge import Ridge as Decomposed
from ..penalty import Penalty
from ..summary.triangle import Triangle
from ..types import Matrix, Vector
from .base import WIDEST, LinearEstimator, Rows, added
from .linear import least_squares_by_lsqr


class Ridge(LinearEstimator):
    """Minimise sum(sample_weight * (y - X w - b)^2) + alpha |w|^2: scikit-learn's Ridge.

    Parameters are scikit-learn's; copy_X, max_iter, tol, solver and random_state change nothing: singular values of the
    triangle give the answer, LSQR that of sparse X with over 2,500 columns. `alpha` is a number, or one a target.
    Attributes: coef_, intercept_, n_iter_ (None), solver_, n_features_in_, feature_names_in_; triangles_.
    `partial_fit` adds rows exactly. Cost: n p^2 flops, one pass.
    """

    def __init__(
        self, alpha: Any = 1.0, *, fit_intercept: bool = True, copy_X: bool = True, max_iter: int | None = None,
        tol: float = 1e-4, solver: str = "auto", positive: bool = False, random_state: Any = None,
    ) -> None:  # fmt: skip
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.max_iter = max_iter
        self.tol = tol
        self.solver = solver
        self.positive = positive
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit X (n, p), y (n,) or (n, t), sample_weight (n,)."""
        rows = self._read(X, y, sample_weight)
        alphas = _alphas(self.alpha, rows.Y.shape[1])
        self.n_iter_ = None
        if rows.sparse and rows.X.shape[1] > WIDEST and not self.positive:
            self.solver_ = "lsqr"
            parts = [Rows(rows.X, rows.Y[:, j : j + 1], rows.weight, True) for j in range(rows.Y.shape[1])]
            found = [least_squares_by_lsqr(part, a, self.fit_intercept) for part, a in zip(parts, alphas, strict=True)]
            return self._set(np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found]), rows.flat)
        return self._solved(rows.triangles(), alphas, rows.flat)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Add rows to those that were fitted: the same answer as from all of them at once."""
        before = getattr(self, "triangles_", None)
        rows = self._read(X, y, sample_weight, reset=before is None)
        self.n_iter_ = None
        return self._solved(added(before, rows.triangles()), _alphas(self.alpha, rows.Y.shape[1]), rows.flat)

    def _solved(self, triangles: list[Triangle], alphas: Vector, flat: bool) -> Self:
        self.triangles_, self.solver_ = triangles, "svd"
        found = [_slopes(t, a, self.fit_intercept, self.positive) for t, a in zip(triangles, alphas, strict=True)]
        at = [level(t.moments(), c[None], self.fit_intercept)[0] for t, c in zip(triangles, found, strict=True)]
        return self._set(np.array(found), np.array(at), flat)


class RidgeCV(LinearEstimator):
    """Ridge at the best of several alphas, by the error of leaving out one row at a time, or by `cv`: scikit-learn's.

    Parameters are scikit-learn's; gcv_mode changes nothing. With cv=None one decomposition and one more pass give the
    errors at all alphas. Attributes: alpha_, best_score_, coef_, intercept_, cv_results_ (n, k) with store_cv_results.
    Cost: n p^2 + n p k flops. Source: see `penalised.ridge`.
    """

    def __init__(
        self, alphas: Any = (0.1, 1.0, 10.0), *, fit_intercept: bool = True, scoring: Any = None, cv: Any = None,
        gcv_mode: str | None = None, store_cv_results: bool = False, alpha_per_target: bool = False,
    ) -> None:  # fmt: skip
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.scoring = scoring
        self.cv = cv
        self.gcv_mode = gcv_mode
        self.store_cv_results = store_cv_results
        self.alpha_per_target = alpha_per_target

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Fit X (n, p), y (n,) or (n, t), sample_weight (n,); `params` go to the splitter of `cv`."""
        rows = self._read(X, y, sample_weight)
        alphas = np.atleast_1d(np.asarray(self.alphas, dtype=np.float64))
        if not len(alphas) or not (np.isfinite(alphas) & (alphas >= 0)).all() or (self.cv is None and not alphas.all()):
            raise ValueError("alphas must be finite and above 0 (or 0, with cv): leave the others out")
        if self.cv is not None:
            return self._searched(rows, alphas, params)
        return self._left_out(rows, alphas)

    def _searched(self, rows: Rows, alphas: Vector, params: dict[str, Any]) -> Self:
        if self.store_cv_results or self.alpha_per_target:
            raise ValueError("cv!=None and store_cv_results=True are incompatible, and so is alpha_per_target=True")
        search = GridSearchCV(
            Ridge(fit_intercept=self.fit_intercept), {"alpha": alphas}, scoring=self.scoring, cv=self.cv
        )
        more = {} if rows.weight is None else {"sample_weight": rows.weight}
        search.fit(rows.X, rows.Y[:, 0] if rows.flat else rows.Y, **more, **params)
        best = search.best_estimator_
        self.alpha_, self.best_score_ = best.alpha, search.best_score_
        self.coef_, self.intercept_ = best.coef_, best.intercept_
        return self

    def _left_out(self, rows: Rows, alphas: Vector) -> Self:
        triangles = rows.triangles()
        l2, Y = alphas / rows.total, rows.Y
        found = [Decomposed.of(triangle, self.fit_intercept) for triangle in triangles]
        predicted = np.stack([d.left_out(rows.chunk(j), l2) for j, d in enumerate(found)], axis=1)
        weight = np.ones(len(Y)) if rows.weight is None else rows.weight
        squares = weight[:, None, None] * (Y[:, :, None] - predicted) ** 2
        scores = self._scores(squares, predicted, rows)
        which = scores.argmax(axis=1) if self.alpha_per_target else np.full(Y.shape[1], scores.mean(axis=0).argmax())
        self.alpha_ = alphas[which] if self.alpha_per_target and not rows.flat else float(alphas[which[0]])
        best = scores.max(axis=1) if self.alpha_per_target else scores.mean(axis=0).max()
        self.best_score_ = best if np.ndim(best) and not rows.flat else float(np.mean(best))
        if self.store_cv_results:
            kept = squares if self.scoring is None else predicted
            self.cv_results_ = kept[:, 0] if rows.flat else kept
        coef = np.array([d.coef(l2[k : k + 1])[0] for d, k in zip(found, which, strict=True)])
        at = [level(t.moments(), c[None], self.fit_intercept)[0] for t, c in zip(triangles, coef, strict=True)]
        return self._set(coef, np.array(at), rows.flat)

    def _scores(self, squares: Matrix, predicted: Matrix, rows: Rows) -> Matrix:
        """The score (t, k) of each target and alpha."""
        if self.scoring is None:
            return np.asarray(-squares.mean(axis=0))
        scorer = check_scoring(self, scoring=self.scoring, allow_none=True)
        scores = [[_score(scorer, rows.Y[:, j], predicted[:, j, k]) for k in range(predicted.shape[2])]
                  for j in range(predicted.shape[1])]  # fmt: skip
        return np.array(scores)


def _score(scorer: Any, y: Vector, predicted: Vector) -> float:
    return float(scorer._score_func(y, predicted, **scorer._kwargs) * scorer._sign)


def _alphas(alpha: Any, count: int) -> Vector:
    found = np.asarray(alpha, dtype=np.float64)
    if found.ndim > 1 or (found.ndim == 1 and len(found) not in (1, count)):
        raise ValueError(f"Number of targets and number of penalties do not correspond: {found.shape} != {count}")
    if not (np.isfinite(found) & (found >= 0)).all():
        raise ValueError(f"alpha must be a finite number of at least 0: it is {alpha}")
    return np.broadcast_to(found.ravel(), (count,))


def _slopes(triangle: Triangle, alpha: float, intercept: bool, positive: bool) -> Vector:
    l2 = alpha / triangle.weight
    if positive:
        return slopes(triangle.moments(), [Penalty(0.0, l2, low=0.0)], intercept)[0][0]
    return Decomposed.of(triangle, intercept).coef(np.array([l2]))[0]
