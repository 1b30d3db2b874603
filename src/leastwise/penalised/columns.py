"""Rows seen through weights, centring and unpenalised columns, none of them ever applied to the whole of X.

x~ = (I - QQ') sqrt(S) (x - mean): Q (n, u) an orthonormal basis of the unpenalised columns. X may be dense in either
order or sparse; a residual r that is centred and orthogonal to Q has x~'r = x' (sqrt(S) r), so X itself is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.linalg import qr

from ..types import Matrix, Vector

FULL = 0.3
EPOCHS = 40
BLOCK = 1 << 21
BAND = 64
DEPENDENT = 1e-20


@dataclass(frozen=True, slots=True)
class Design:
    """X (n, p), its weighted means and spreads (p,), root = sqrt(weight / sum(weight)) (n,), Q (n, u), y~ (n,).

    Without an intercept the means are 0 and nothing is `centred`.
    """

    X: Any
    transposed: Any
    mean: Vector
    spread: Vector
    root: Vector
    Q: Matrix
    y: Vector
    yy: float
    centred: bool = True


def design(
    X: Matrix | sp.spmatrix, y: Vector, weight: Vector | None, unpenalised: Vector, intercept: bool = True
) -> Design:
    """Means and spreads in two passes over X; dense X is neither copied nor changed."""
    n = X.shape[0]
    share = np.full(n, 1 / n) if weight is None else np.asarray(weight, float) / np.sum(weight)
    root = np.sqrt(share)
    X = sp.csc_matrix(X) if sp.issparse(X) else np.asarray(X, float)
    mean = X.T @ share * intercept
    spread = np.sqrt(np.maximum(_squares(X, weight, share, mean), 0))
    whole = Design(X, X.T, mean, spread, root, np.zeros((n, 0)), root * (y - share @ y * intercept), 0.0)
    yy = float(whole.y @ whole.y)
    Q = _basis(columns(whole, unpenalised)) if unpenalised.size else whole.Q
    left = whole.y - Q @ (Q.T @ whole.y)
    return Design(X, X.T, mean, spread, root, Q, left, yy, intercept)


def columns(d: Design, at: Vector) -> Matrix:
    """x~ of the columns `at` (m,): (n, m) in column order."""
    if sp.issparse(d.X):
        taken = d.X[:, at].toarray(order="F")
    else:
        taken = d.transposed[at].T if d.X.flags.f_contiguous else np.asfortranarray(d.X[:, at])
    taken -= d.mean[at]
    taken *= d.root[:, None]
    if d.Q.size:
        taken -= d.Q @ (d.Q.T @ taken)
        taken[:, np.vecdot(taken.T, taken.T) <= DEPENDENT * d.spread[at] ** 2] = 0
    return taken


def correlate(d: Design, r: Vector, at: Vector | None = None) -> Vector:
    """x~'r of all columns (p,), or of those `at` (m,); r (n,) centred and orthogonal to Q. Cost: n p or n m."""
    pull = d.root * r
    if d.centred:
        pull -= d.root * d.root * pull.sum()
    if at is None:
        return d.transposed @ pull
    if sp.issparse(d.X) or not d.X.flags.f_contiguous:
        return d.X[:, at].T @ pull
    out = np.empty(len(at))
    buffer = np.empty((BAND, len(pull)))
    for i in range(0, len(at), BAND):
        m = min(BAND, len(at) - i)
        np.take(d.transposed, at[i : i + m], axis=0, out=buffer[:m], mode="clip")
        np.matmul(buffer[:m], pull, out=out[i : i + m])
    return out


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of x_j'r: its value (p,) at residual number `epoch` (p,) of the `residuals`; changed in place."""

    value: Vector
    epoch: Vector
    residuals: list[Vector]


def known(d: Design) -> Known:
    """What the first residual, y~, tells."""
    return Known(correlate(d, d.y), np.zeros(len(d.mean), np.intp), [d.y])


def refresh(d: Design, seen: Known, r: Vector, threshold: Vector) -> Vector:
    """x~'r (p,) wherever it can reach the threshold (p,), 0 where it is certain that it cannot.

    With r = a r_old + e, e orthogonal to r_old: |x_j'r| <= |a| |x_j'r_old| + |x_j| |e| (Cauchy-Schwarz). The columns
    for which that does not settle it are computed anew; many of them, all. Sparse X: all (the bound costs as much).
    Cost: n m, m columns unsettled. Source: El Ghaoui, Viallon & Rabbani (2012), Pacific J. Optim. 8, the sphere test.
    """
    if sp.issparse(d.X):
        return correlate(d, r)
    old = np.array(seen.residuals)
    inner, square = old @ r, np.einsum("ij,ij->i", old, old)
    a = inner / np.maximum(square, np.finfo(float).tiny)
    apart = np.sqrt(np.maximum(r @ r - a * inner, 0) + 1e-15 * (r @ r))
    bound = np.abs(a)[seen.epoch] * np.abs(seen.value) + apart[seen.epoch] * d.spread
    unsettled = np.flatnonzero(bound >= threshold * (1 - 1e-9))
    if unsettled.size > FULL * len(bound) or len(old) >= EPOCHS:
        seen.value[:] = correlate(d, r)
        seen.residuals[:], seen.epoch[:] = [r], 0
        return seen.value.copy()
    rho = np.zeros(len(bound))
    rho[unsettled] = correlate(d, r, unsettled)
    seen.value[unsettled], seen.epoch[unsettled] = rho[unsettled], len(old)
    seen.residuals.append(r)
    return rho


def _squares(X: Any, weight: Vector | None, share: Vector, mean: Vector) -> Vector:
    """sum_i share_i (x_ij - mean_j)^2 (p,), rounded upwards: it is used in bounds. In blocks that lie together."""
    if sp.issparse(X):
        return X.multiply(X).T @ share - mean * mean
    (n, p), raw = X.shape, np.zeros(X.shape[1])
    by_column = X.flags.f_contiguous
    step = max(1, BLOCK // (n if by_column else p))
    for at in range(0, p if by_column else n, step):
        if by_column:
            block = X[:, at : at + step].T
            raw[at : at + step] = np.vecdot(block, block) / n if weight is None else (block * block) @ share
        else:
            block = X[at : at + step]
            raw += share[at : at + step] @ (block * block)
    return raw - mean * mean + 1e-14 * raw


def _basis(columns_: Matrix) -> Matrix:
    Q, R, _ = qr(columns_, mode="economic", pivoting=True)
    size = np.abs(np.diagonal(R))
    return Q[:, size > 1e-10 * size.max(initial=0)]
