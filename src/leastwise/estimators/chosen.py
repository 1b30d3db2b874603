"""Lasso and elastic net at the penalty that cross-validation chooses."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn import get_config
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from ..summary.moments import Moments
from ..types import UsageError, Vector
from .base import LinearEstimator, Rows
from .folds import Split, folded
from .lasso import mean_squares, scaled, solved_once, summarised
from .limits import counted, real, reals

RESOLUTION = float(np.finfo(np.float64).resolution)


class ElasticNetCV(LinearEstimator):
    """ElasticNet at the alpha and l1_ratio with the least squared error over the folds of `cv`: scikit-learn's.

    Where the folds part the rows, each is summarised once and its others' summaries are added: no row is read twice.
    Parameters are scikit-learn's; precompute, max_iter, tol, copy_X, verbose, n_jobs, random_state and selection change
    nothing. Attributes: alpha_, l1_ratio_, alphas_, mse_path_, coef_, intercept_, dual_gap_, n_iter_.
    Cost: n p^2 flops; then, for each fold, p^2 a corner of its path.
    """

    def __init__(
        self, *, l1_ratio: Any = 0.5, eps: float = 1e-3, alphas: Any = 100, fit_intercept: bool = True,
        precompute: Any = "auto", max_iter: int = 1000, tol: float = 1e-4, cv: Any = None, copy_X: bool = True,
        verbose: int = 0, n_jobs: int | None = None, positive: bool = False, random_state: Any = None,
        selection: str = "cyclic",
    ) -> None:  # fmt: skip
        self.l1_ratio = l1_ratio
        self.eps = eps
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.precompute = precompute
        self.max_iter = max_iter
        self.tol = tol
        self.cv = cv
        self.copy_X = copy_X
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.positive = positive
        self.random_state = random_state
        self.selection = selection

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Fit X (n, p), y (n,), sample_weight (n,); `params` go to the splitter of `cv`."""
        ratios = reals("l1_ratio", self.l1_ratio, 0.0, 1.0)
        rows = self._read(X, y, sample_weight, whole=True)
        if rows.Y.shape[1] > 1:
            raise UsageError("For multi-task outputs, fit one estimator a target, as MultiOutputRegressor does")
        intercept, positive = bool(self.fit_intercept), bool(self.positive)
        folds, whole = folded(rows, self._splits(rows, sample_weight, params))
        moments = summarised(rows) if whole is None else [whole]
        grids = self._grids(rows, moments, ratios)
        tried = [[scaled(a, r, positive) for a in grid] for r, grid in zip(ratios, grids, strict=True)]
        errors = np.array([np.column_stack([fold.errors(some, intercept) for fold in folds]) for some in tried])
        r, k = divmod(int(errors.mean(axis=2).argmin()), errors.shape[1])
        self.alpha_, self.mse_path_ = grids[r][k], np.squeeze(errors)
        self.alphas_ = np.array(grids) if self._made() and len(grids) > 1 else grids[0]
        if "l1_ratio" in self.get_params():
            self.l1_ratio_ = ratios[r]
        found = solved_once(rows, moments, scaled(float(self.alpha_), float(ratios[r]), positive), intercept)
        (coef, at, gaps, steps), *_ = found
        self.dual_gap_, self.n_iter_ = gaps[0] * mean_squares(rows, intercept)[0] / 2, int(max(steps[0], 1))
        return self._set(coef, at, True)

    def get_metadata_routing(self) -> MetadataRouter:
        """What goes to the splitter."""
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(splitter=check_cv(self.cv), method_mapping=MethodMapping().add(caller="fit", callee="split"))

    def _splits(self, rows: Rows, sample_weight: Any, params: dict[str, Any]) -> list[Split]:
        splitter, routed = check_cv(self.cv), params
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", sample_weight=sample_weight, **params).splitter.split
        return list(splitter.split(rows.X, rows.Y[:, 0], **routed))

    def _made(self) -> bool:
        return self.alphas is None or counted(self.alphas)

    def _grids(self, rows: Rows, moments: list[Moments] | None, ratios: Vector) -> list[Vector]:
        """The alphas of each l1_ratio, largest first."""
        if not self._made():
            return [np.sort(reals("alphas", self.alphas))[::-1]] * len(ratios)
        count = 100 if self.alphas is None else int(self.alphas)
        if count < 1:
            raise UsageError(f"alphas must be a list, or how many to make, 1 or more: it is {self.alphas}")
        eps = real("eps", self.eps, 0.0, 1.0, above=True)
        if not ratios.all():
            raise UsageError("l1_ratio must be above 0 to choose alphas: give alphas of your own")
        pull = _pull(rows, moments, bool(self.fit_intercept))
        top = max(0.0, float(pull.max() if self.positive else np.abs(pull).max()))
        return [_geometric(top / ratio, eps, count) for ratio in ratios]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags


class LassoCV(ElasticNetCV):
    """Lasso at the alpha with the least squared error over the folds of `cv`: scikit-learn's. See ElasticNetCV."""

    def __init__(
        self, *, eps: float = 1e-3, alphas: Any = 100, fit_intercept: bool = True, precompute: Any = "auto",
        max_iter: int = 1000, tol: float = 1e-4, copy_X: bool = True, cv: Any = None, verbose: int = 0,
        n_jobs: int | None = None, positive: bool = False, random_state: Any = None, selection: str = "cyclic",
    ) -> None:  # fmt: skip
        self.eps = eps
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.precompute = precompute
        self.max_iter = max_iter
        self.tol = tol
        self.copy_X = copy_X
        self.cv = cv
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.positive = positive
        self.random_state = random_state
        self.selection = selection

    l1_ratio = 1.0


def _pull(rows: Rows, moments: list[Moments] | None, intercept: bool) -> Vector:
    """X'Sy of the centred rows (p,)."""
    if moments is not None:
        return moments[0].gram(intercept)[1]
    weight = np.ones(len(rows.Y)) if rows.weight is None else rows.weight
    y = rows.Y[:, 0] - (np.average(rows.Y[:, 0], weights=weight) if intercept else 0.0)
    return np.asarray(rows.X.T @ (weight * y)) / rows.total


def _geometric(top: float, eps: float, count: int) -> Vector:
    if top <= RESOLUTION:
        return np.full(count, RESOLUTION)
    return np.asarray(np.geomspace(top, top * eps, count))
