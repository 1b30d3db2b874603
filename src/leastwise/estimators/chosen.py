"""Lasso and elastic net at the penalty that cross-validation chooses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn import get_config
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from ..crossval import level, slopes
from ..summary.moments import Moments
from ..types import Matrix, Vector
from .base import WIDEST, LinearEstimator, Rows
from .lasso import path_of_rows, scaled

Split = tuple[Vector, Vector]
EPS = 1e-300


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
        rows = self._read(X, y, sample_weight)
        if rows.Y.shape[1] > 1:
            raise ValueError("For multi-task outputs, fit one estimator a target, as MultiOutputRegressor does")
        splits = self._splits(X, rows, sample_weight, params)
        ratios = np.atleast_1d(np.asarray(self.l1_ratio, dtype=np.float64))
        moments = rows.moments()[0] if rows.X.shape[1] <= WIDEST else None
        grids = [self._grid(rows, moments, ratio) for ratio in ratios]
        intercept, positive = bool(self.fit_intercept), bool(self.positive)
        tried = [[scaled(a, r, positive) for a in grid] for r, grid in zip(ratios, grids, strict=True)]
        errors = np.array([_errors(rows, splits, penalties, intercept) for penalties in tried])
        share = np.array([1.0 if rows.weight is None else rows.weight[test].sum() for _, test in splits])
        scores = np.average(errors, axis=2, weights=share)
        r, k = np.unravel_index(scores.argmin(), scores.shape)
        self.l1_ratio_, self.alpha_ = float(ratios[r]), float(grids[r][k])
        single = np.ndim(self.l1_ratio) == 0
        self.alphas_ = grids[0] if single or not self._made() else np.array(grids)
        self.mse_path_ = errors[0] if single else errors
        chosen = scaled(self.alpha_, self.l1_ratio_, positive)
        (coef, at, gaps, steps), *_ = path_of_rows(rows, [chosen], intercept)
        y_square = float(np.average(rows.Y[:, 0] ** 2, weights=rows.weight))
        self.dual_gap_, self.n_iter_ = float(gaps[0]) * y_square / 2, int(max(steps[0], 1))
        return self._set(coef, at, True)

    def get_metadata_routing(self) -> MetadataRouter:
        """What goes to the splitter."""
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(splitter=check_cv(self.cv), method_mapping=MethodMapping().add(caller="fit", callee="split"))

    def _splits(self, X: Any, rows: Rows, sample_weight: Any, params: dict[str, Any]) -> list[Split]:
        folds = check_cv(self.cv)
        routed: dict[str, Any] = {}
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", sample_weight=sample_weight, **params).splitter.split
        elif params:
            routed = params
        return [(np.asarray(train), np.asarray(test)) for train, test in folds.split(rows.X, rows.Y[:, 0], **routed)]

    def _made(self) -> bool:
        return self.alphas is None or isinstance(self.alphas, int | np.integer)

    def _grid(self, rows: Rows, moments: Moments | None, ratio: float) -> Vector:
        if not self._made():
            return np.sort(np.asarray(self.alphas, dtype=np.float64))[::-1]
        if not 0 < ratio <= 1:
            raise ValueError("l1_ratio must be above 0 and at most 1 to choose alphas: give alphas of your own")
        count = 100 if self.alphas is None else int(self.alphas)
        top = float(np.abs(_pull(rows, moments, bool(self.fit_intercept))).max()) / ratio
        if top <= EPS:
            return np.full(count, np.finfo(np.float64).resolution)
        return np.asarray(np.geomspace(top, top * self.eps, count))


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


def _pull(rows: Rows, moments: Moments | None, intercept: bool) -> Vector:
    """X'Sy of the centred rows (p,)."""
    if moments is not None:
        return moments.gram(intercept)[1]
    weight = np.ones(len(rows.Y)) if rows.weight is None else rows.weight
    y = rows.Y[:, 0] - (np.average(rows.Y[:, 0], weights=weight) if intercept else 0.0)
    return np.asarray(rows.X.T @ (weight * y)) / rows.total


def _errors(rows: Rows, splits: Sequence[Split], penalties: list[Any], intercept: bool) -> Matrix:
    """The squared errors (k, f) on the test rows of each split, by fits to its training rows."""
    if rows.X.shape[1] > WIDEST or rows.X.shape[1] > len(rows.Y):
        return np.column_stack([_error_of_rows(rows.take(train), rows.take(test), penalties, intercept)
                                for train, test in splits])  # fmt: skip
    held = [rows.take(_run(test)).moments()[0] for _, test in splits]
    parted = _parted(splits, len(rows.Y))
    found = []
    for k, (train, _) in enumerate(splits):
        others = [one for j, one in enumerate(held) if j != k]
        fitted = _sum(others) if parted else rows.take(train).moments()[0]
        coef, _, _ = slopes(fitted, penalties, intercept)
        found.append(held[k].losses(coef, level(fitted, coef, intercept)))
    return np.column_stack(found)


def _error_of_rows(train: Rows, test: Rows, penalties: list[Any], intercept: bool) -> Vector:
    (coef, at, _, _), *_ = path_of_rows(train, penalties, intercept)
    left = test.Y - (np.asarray(test.X @ coef.T) + at)
    return np.asarray(np.average(left**2, axis=0, weights=test.weight))


def _run(places: Vector) -> Any:
    """Places that follow each other as a slice, which copies nothing."""
    if len(places) and places[-1] - places[0] == len(places) - 1 and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places


def _parted(splits: Sequence[Split], n: int) -> bool:
    """Whether the test rows part all rows, and each training set is the rest."""
    tests = np.concatenate([test for _, test in splits])
    whole = len(tests) == n and len(np.unique(tests)) == n and len(splits) > 1
    return whole and all(len(train) + len(test) == n for train, test in splits)


def _sum(moments: Sequence[Moments]) -> Moments:
    found = moments[0]
    for other in moments[1:]:
        found = found + other
    return found
