"""Ridge regression."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import GridSearchCV, check_cv
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from ..penalised.ridge import Ridge as Decomposed
from ..shrink import WIDEST, level
from ..summary.triangle import Triangle
from ..types import Matrix, UsageError, Vector
from .base import LinearEstimator, Rows, added, forget
from .limits import flags, reals
from .linear import least_squares_by_lsqr, not_negative


class Ridge(LinearEstimator):
    """Minimise sum(sample_weight * (y - X w - b)^2) + alpha |w|^2: scikit-learn's Ridge.

    Parameters are scikit-learn's; copy_X, max_iter, tol, solver and random_state change nothing: singular values of the
    triangle give the answer, LSQR that of sparse X with over 2,500 columns. `alpha` is a number, or one a target.
    Attributes: coef_, intercept_, n_iter_ (None), solver_, n_features_in_, feature_names_in_; triangles_.
    `partial_fit` adds rows exactly. Cost: n p^2 flops, one pass.
    """

    _column_as_one = True

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
            forget(self, "triangles_")
            parts = [Rows(rows.X, rows.Y[:, j : j + 1], rows.weight, True) for j in range(rows.Y.shape[1])]
            found = [least_squares_by_lsqr(part, a, self.fit_intercept) for part, a in zip(parts, alphas, strict=True)]
            return self._set(np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found]), rows.flat)
        return self._solved(rows.triangles(), alphas, rows.flat)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Add rows to those that were fitted: the same answer as from all of them at once."""
        before = self._kept("triangles_")
        rows = self._read(X, y, sample_weight, reset=before is None)
        self.n_iter_ = None
        return self._solved(added(before, rows.triangles()), _alphas(self.alpha, rows.Y.shape[1]), rows.flat)

    def _solved(self, triangles: list[Triangle], alphas: Vector, flat: bool) -> Self:
        self.triangles_, self.solver_ = triangles, "nnls" if self.positive else "svd"
        found = [_slopes(t, a, self.fit_intercept, self.positive) for t, a in zip(triangles, alphas, strict=True)]
        at = [level(t.moments(), c[None], self.fit_intercept)[0] for t, c in zip(triangles, found, strict=True)]
        return self._set(np.array(found), np.array(at), flat)


class RidgeCV(LinearEstimator):
    """Ridge at the best of several alphas, by the error of leaving out one row at a time, or by `cv`: scikit-learn's.

    Parameters are scikit-learn's; gcv_mode changes nothing. With cv=None one decomposition and one more pass give the
    errors at all alphas. Attributes: alpha_, best_score_, coef_, intercept_, cv_results_ (n, k) with store_cv_results.
    Cost: n p^2 + n p k flops. Source: see `penalised.ridge`.
    """

    _column_as_one = True

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
        flags(self, "store_cv_results", "alpha_per_target")
        alphas = reals("alphas", self.alphas, above=self.cv is None)
        for name in ("store_cv_results", "alpha_per_target"):
            if self.cv is not None and getattr(self, name):
                raise UsageError(f"cv!=None and {name}=True are incompatible: leave one of them out")
        if params and not get_config()["enable_metadata_routing"] and self.cv is None:
            raise UsageError(f"fit takes no {', '.join(params)} without a splitter to hand it to: set cv")
        rows = self._read(X, y, sample_weight, whole=True)
        return self._left_out(rows, alphas, params) if self.cv is None else self._searched(rows, alphas, params)

    def get_metadata_routing(self) -> MetadataRouter:
        """What goes to the scorer and to the splitter."""
        scored = MethodMapping().add(caller="fit", callee="score")
        router = MetadataRouter(owner=self).add_self_request(self).add(scorer=self._scorer(), method_mapping=scored)
        if self.cv is None:
            return router
        return router.add(splitter=check_cv(self.cv), method_mapping=MethodMapping().add(caller="fit", callee="split"))

    def _scorer(self) -> Any:
        if self.scoring is None and get_config()["enable_metadata_routing"]:
            return get_scorer("r2").set_score_request(sample_weight=True)
        return check_scoring(self, scoring=self.scoring, allow_none=True)

    def _searched(self, rows: Rows, alphas: Vector, params: dict[str, Any]) -> Self:
        model = Ridge(fit_intercept=self.fit_intercept)
        if get_config()["enable_metadata_routing"]:
            model.set_fit_request(sample_weight=True)
        search = GridSearchCV(model, {"alpha": alphas}, scoring=self._scorer(), cv=check_cv(self.cv))
        more = {} if rows.weight is None else {"sample_weight": rows.weight}
        search.fit(rows.X, rows.Y[:, 0] if rows.flat else rows.Y, **more, **params)
        best = search.best_estimator_
        self.alpha_, self.best_score_ = best.alpha, search.best_score_
        self.coef_, self.intercept_ = best.coef_, best.intercept_
        return self

    def _left_out(self, rows: Rows, alphas: Vector, params: dict[str, Any]) -> Self:
        triangles = rows.triangles()
        l2, apart = alphas / rows.total, bool(self.alpha_per_target) and rows.Y.shape[1] > 1
        found = [Decomposed.of(triangle, self.fit_intercept) for triangle in triangles]
        predicted = np.stack([d.left_out(rows.chunk(j), l2) for j, d in enumerate(found)], axis=1)
        kept, scores = self._scored(rows, predicted, apart, params)
        which = scores.argmax(axis=1)
        best = scores.max(axis=1)
        self.alpha_ = alphas[which] if apart else float(alphas[which[0]])
        self.best_score_ = best if self.alpha_per_target and not rows.flat else best[0]
        if self.store_cv_results:
            self.cv_results_ = kept[:, 0] if rows.flat else kept
        which = which if apart else np.repeat(which, len(triangles))
        coef = np.array([d.coef(l2[k : k + 1])[0] for d, k in zip(found, which, strict=True)])
        at = [level(t.moments(), c[None], self.fit_intercept)[0] for t, c in zip(triangles, coef, strict=True)]
        return self._set(coef, np.array(at), rows.flat)

    def _scored(self, rows: Rows, predicted: Matrix, apart: bool, params: dict[str, Any]) -> tuple[Matrix, Matrix]:
        """What cv_results_ keeps (n, t, k), and the scores of each target (t, k), or of all together (1, k)."""
        more = {} if rows.weight is None else {"sample_weight": rows.weight}
        routing = get_config()["enable_metadata_routing"]
        routed = process_routing(self, "fit", **more, **params).scorer.score if routing else more
        if self.scoring is None:
            weight = np.ones(len(rows.Y)) if rows.weight is None else rows.weight
            squares = weight[:, None, None] * (rows.Y[:, :, None] - predicted) ** 2
            scores = -squares.mean(axis=0)
            return squares, scores if apart else scores.mean(axis=0, keepdims=True)
        scorer, groups = self._scorer(), [[j] for j in range(rows.Y.shape[1])] if apart else [slice(None)]

        def score(some: Any, k: int) -> float:
            return float(scorer(_Given(), _plain(predicted[:, some, k], rows), _plain(rows.Y[:, some], rows), **routed))

        return predicted, np.array([[score(some, k) for k in range(predicted.shape[2])] for some in groups])


class _Given(RegressorMixin, BaseEstimator):
    """Predicts what it is given: scorers want an estimator."""

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, predicted: Matrix) -> Matrix:
        """The predictions themselves."""
        return predicted


def _plain(values: Matrix, rows: Rows) -> Matrix:
    """(n,) where y was, or where there is one target at a time."""
    return values[:, 0] if rows.flat or values.shape[1] == 1 else values


def _alphas(alpha: Any, count: int) -> Vector:
    found = reals("alpha", alpha)
    if len(found) not in (1, count):
        raise UsageError(f"Number of targets and number of penalties do not correspond: {count} and {len(found)}")
    return np.broadcast_to(found, (count,))


def _slopes(triangle: Triangle, alpha: float, intercept: bool, positive: bool) -> Vector:
    if positive:
        return not_negative(triangle, intercept, alpha)
    return Decomposed.of(triangle, intercept).coef(np.array([alpha / triangle.weight]))[0]
