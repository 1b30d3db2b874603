"""What all estimators share: rows in, predictions out, the account of a fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from ..crossval import PIECES
from ..fitted import Fit
from ..rows.chunk import BLOCK_ROWS, PART_ROWS, Chunk, Part, blocks
from ..summary.moments import Moments
from ..summary.reduce import summarise, summarise_as
from ..summary.triangle import Triangle
from ..tree import total
from ..types import Matrix, UsageError, Vector
from .limits import flags


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Checked rows in float64: X (n, p), dense or CSR, Y (n, t), weight (n,) or None; `flat` where y was (n,)."""

    X: Any
    Y: Matrix
    weight: Vector | None
    flat: bool

    @property
    def sparse(self) -> bool:
        """Whether X is sparse."""
        return sparse.issparse(self.X)

    @property
    def total(self) -> float:
        """The total weight."""
        return float(len(self.Y) if self.weight is None else self.weight.sum())

    def chunk(self, target: int = 0) -> Chunk:
        """Dense X beside one target."""
        X = self.X.toarray() if self.sparse else self.X
        return Chunk(X, np.ascontiguousarray(self.Y[:, target]), self.weight)

    def take(self, places: Any) -> Rows:
        """Some of the rows."""
        weight = None if self.weight is None else self.weight[places]
        return replace(self, X=self.X[places], Y=self.Y[places], weight=weight)

    def triangles(self) -> list[Triangle]:
        """A triangle for each target, from one pass over [X Y]."""
        size = BLOCK_ROWS if self.sparse else PART_ROWS
        whole = summarise(self._parts(size), None, self.X.shape[1] + self.Y.shape[1] - 1)
        return targets(whole, self.X.shape[1])

    def moments(self) -> list[Moments]:
        """Moments for each target; of sparse X by a sparse product, without looking at its zeros."""
        if not self.sparse:
            return self._dense_moments()
        weight = np.ones(len(self.Y)) if self.weight is None else self.weight
        W, n = float(weight.sum()), int((weight > 0).sum())
        means = np.append(self.X.T @ weight, weight @ self.Y) / W
        heavy = sparse.diags_array(weight) @ self.X
        p, Yc = self.X.shape[1], self.Y - means[self.X.shape[1] :]
        scatter = np.zeros((p + Yc.shape[1],) * 2)
        scatter[:p, :p] = (self.X.T @ heavy).toarray() - W * np.outer(means[:p], means[:p])
        scatter[:p, p:] = heavy.T @ Yc
        scatter[p:, :p], scatter[p:, p:] = scatter[:p, p:].T, (Yc.T * weight) @ Yc
        whole = Moments(n, W, means, np.zeros_like(means), scatter)
        return [_one_target(whole, p, j) for j in range(Yc.shape[1])]

    def _dense_moments(self) -> list[Moments]:
        rows = self if self.weight is None or self.weight.all() else self.take(np.flatnonzero(self.weight))
        p, size = self.X.shape[1], max(1, min(PART_ROWS, -(-len(rows.Y) // PIECES)))
        whole = summarise_as(Moments, rows._parts(size), None, p + self.Y.shape[1] - 1)
        return [whole] if self.Y.shape[1] == 1 else [_one_target(whole, p, j) for j in range(self.Y.shape[1])]

    def _parts(self, size: int) -> Iterator[Part]:
        """The rows in parts, with every target but the last among the features."""
        for some in blocks(len(self.Y), size):
            yield partial(self._block, some)

    def _block(self, some: slice) -> Iterator[Chunk]:
        X, Y = self.X[some], self.Y[some]
        X = X.toarray() if self.sparse else X
        if Y.shape[1] > 1:
            X = np.column_stack([X, Y[:, :-1]])
        yield Chunk(X, np.ascontiguousarray(Y[:, -1]), None if self.weight is None else self.weight[some])


def targets(whole: Triangle, p: int) -> list[Triangle]:
    """A triangle of the first p columns and each of the others."""
    if whole.features == p:
        return [whole]
    return [whole.take([*range(p), j]) for j in range(p, whole.features + 1)]


def _one_target(whole: Moments, p: int, j: int) -> Moments:
    which = [*range(p), p + j]
    return replace(
        whole, shift=whole.shift[which], delta=whole.delta[which], scatter=whole.scatter[np.ix_(which, which)]
    )


def added(before: Sequence[Triangle] | None, now: Sequence[Triangle]) -> list[Triangle]:
    """The triangles of the rows before and now together."""
    if before is None:
        return list(now)
    as_many(before, now)
    return [total([a, b]) for a, b in zip(before, now, strict=True)]


def as_many(before: Sequence[Any], now: Sequence[Any]) -> None:
    """UsageError where rows have another number of targets than those before."""
    if len(before) != len(now):
        raise UsageError(f"y has {len(now)} targets and had {len(before)} before: give the same ones")


class LinearEstimator(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Reading rows and predicting; `coef_` (p,) or (t, p), `intercept_` a number or (t,).

    `_column_as_one`: whether y (n, 1) gives coef_ (p,), as it does in some of scikit-learn's estimators.
    """

    _column_as_one = False

    def predict(self, X: Any) -> Any:
        """X coef_ + intercept_ for X (m, p): (m,) or (m, t); a torch tensor for a torch tensor, where it lives."""
        check_is_fitted(self)
        rows = validate_data(self, plain(X), accept_sparse=["csr", "csc", "coo"], dtype=np.float64, reset=False)
        return like(X, np.asarray(rows @ np.asarray(self.coef_).T + self.intercept_))

    def _read(self, X: Any, y: Any, sample_weight: Any, reset: bool = True, whole: bool = False) -> Rows:
        """Rows that are checked as scikit-learn checks them; those of no weight are left out, unless `whole`."""
        flags(self, *(name for name in ("fit_intercept", "positive") if hasattr(self, name)))
        checked, target = validate_data(
            self,
            plain(X),
            plain(y),
            accept_sparse="csr",
            dtype=np.float64,
            multi_output=True,
            y_numeric=True,
            reset=reset,
        )
        target = np.asarray(target, dtype=np.float64)
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(plain(sample_weight), checked, dtype=np.float64, ensure_non_negative=True)
            if not (weight > 0).any():
                raise ValueError("every sample_weight is 0: no row is left to fit")
        if target.ndim == 2 and target.shape[1] == 1 and not get_tags(self).target_tags.multi_output:
            target = column_or_1d(target, warn=True)
        flat = target.ndim == 1
        rows = Rows(checked, target[:, None] if flat else target, weight, flat)
        return rows if whole or weight is None or weight.all() else rows.take(np.flatnonzero(weight))

    def _kept(self, name: str) -> list[Any] | None:
        """What the last fit kept of its rows as `name`; None where there was none, UsageError where it kept nothing."""
        if not hasattr(self, "coef_"):
            return None
        if not hasattr(self, name):
            raise UsageError("fit kept no p x p summary of its rows: begin with partial_fit instead")
        return list(getattr(self, name))

    def _names(self) -> tuple[str, ...]:
        found = getattr(self, "feature_names_in_", None)
        return tuple(map(str, found)) if found is not None else tuple(f"x{j}" for j in range(self.n_features_in_))

    def _set(self, coef: Matrix, intercept: Vector, flat: bool) -> Self:
        """coef (t, p) and intercept (t,) as attributes."""
        fit = bool(getattr(self, "fit_intercept", True))
        self.coef_ = coef[0] if flat or (self._column_as_one and len(coef) == 1) else coef
        self.intercept_ = (np.float64(intercept[0]) if flat else intercept) if fit else 0.0
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def forget(owner: Any, *names: str) -> None:
    """Attributes of an earlier fit that this one has not."""
    for name in names:
        if hasattr(owner, name):
            delattr(owner, name)


def account_of(fits: Sequence[Fit]) -> str:
    """The accounts of the fits, one a target."""
    return "\n\n".join(fit.summary() for fit in fits)


def plain(values: Any) -> Any:
    """Torch tensors as arrays on the CPU, pyarrow tables as frames; anything else as it is."""
    if values is not None and type(values).__module__.split(".")[0] == "torch":
        return values.detach().cpu().numpy()
    return (
        values.to_pandas()
        if hasattr(values, "to_pandas") and hasattr(values, "schema") and hasattr(values, "column")
        else values
    )


def like(X: Any, found: Matrix) -> Any:
    """`found` as a tensor where X is one, on its device and in its dtype."""
    if type(X).__module__.split(".")[0] != "torch":
        return found
    import torch

    return torch.from_numpy(np.ascontiguousarray(found)).to(X.device, X.dtype if X.is_floating_point() else None)
