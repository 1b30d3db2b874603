"""The free slopes' columns and linear systems: a dense inverse kept up by blocks, or conjugate gradients.

H = A'A + diag(ridge), A = x~ of the free columns (n, k). Both answer solve(residual) -> H^-1 residual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg.lapack import dpotrf, dpotri, dpstrf

from ..types import Matrix, Vector
from .columns import Design, columns

SINGULAR = 1e-11
ROOM = 64
BAND = 128


@dataclass(frozen=True, slots=True)
class Active:
    """Which columns are free (k,), and of these A' (k, n) and inv(A'A + diag(ridge)) (k, k), the first k of more rows.

    The two arrays are changed in place, and replaced when they are too small. Sparse X: A (n, k), and no inverse.
    """

    at: Vector
    rows: Matrix | sp.csc_matrix
    whole: Matrix | None

    @property
    def columns(self) -> Matrix | sp.csc_matrix:
        """A (n, k)."""
        return self.rows if self.whole is None else self.rows[: len(self.at)].T

    @property
    def inverse(self) -> Matrix:
        """inv(A'A + diag(ridge)) (k, k), of dense X."""
        assert self.whole is not None
        return self.whole[: len(self.at), : len(self.at)]


def empty(d: Design) -> Active:
    """No column is free."""
    none = np.zeros(0, np.intp)
    if sp.issparse(d.X):
        return Active(none, d.X[:, :0], None)
    return Active(none, np.empty((ROOM, len(d.root))), np.empty((ROOM, ROOM)))


def product(d: Design, active: Active, w: Vector) -> Vector:
    """A w (n,)."""
    if active.whole is not None:
        return active.columns @ w
    made = d.root * (active.columns @ w - d.mean[active.at] @ w)
    return made - d.Q @ (d.Q.T @ made) if d.Q.size else made


def transposed_product(d: Design, active: Active, r: Vector) -> Vector:
    """A'r (k,); r (n,) centred and orthogonal to Q."""
    if active.whole is not None:
        return r @ active.columns
    pull = d.root * r
    return active.columns.T @ pull - d.mean[active.at] * pull.sum()


def add(d: Design, active: Active, new: Vector, ridge: Vector) -> tuple[Active, Vector]:
    """Take in the columns `new` (m,), as many as do not depend on the others; the columns that were taken.

    With C = A'B, S = B'B + diag(ridge) - C' inv(H) C: inv = [inv(H) + E S^-1 E', -E S^-1; ., S^-1], E = inv(H) C.
    Cost: n k m + k^2 m. Source: Banachiewicz (1937), inversion by blocks; Higham (2002), sec. 10.3 (the rank of S).
    """
    if active.whole is None:
        at = np.concatenate((active.at, new))
        return Active(at, d.X[:, at], None), new
    B = columns(d, new)
    there = np.einsum("ij,ij->j", B, B) > SINGULAR * d.spread[new] ** 2
    B, new = (B, new) if there.all() else (B[:, there], new[there])
    if not new.size:
        return active, new
    C = active.columns.T @ B
    E = active.inverse @ C
    own = B.T @ B + np.diag(ridge[new])
    scale = 1 / np.sqrt(np.maximum(np.diagonal(own), np.finfo(float).tiny))
    factor, order, rank, _ = dpstrf((own - C.T @ E) * np.outer(scale, scale), tol=SINGULAR)
    if rank == 0:
        return active, new[:0]
    kept, k = order[:rank] - 1, len(active.at)
    T = _symmetric(dpotri(factor[:rank, :rank])[0]) * np.outer(scale[kept], scale[kept])
    E = E[:, kept]
    side = E @ T
    rows, whole = _with_room(active, k + rank)
    _add_product(whole, side, E.T)
    whole[:k, k : k + rank], whole[k : k + rank, :k], whole[k : k + rank, k : k + rank] = -side, -side.T, T
    rows[k : k + rank] = B.T[kept]
    return Active(np.concatenate((active.at, new[kept])), rows, whole), new[kept]


def remove(d: Design, active: Active, w: Vector, gone: Vector) -> tuple[Active, Vector]:
    """Drop the columns where `gone` (k,) is true; the others' slopes (k - m,) become the best without them.

    inv <- inv_KK - inv_KR inv_RR^-1 inv_RK; w_K <- w_K - inv_KR inv_RR^-1 w_R. The last ones move into the gaps.
    Cost: k^2 m.
    """
    if active.whole is None:
        at = active.at[~gone]
        return Active(at, d.X[:, at], None), w[~gone]
    k, at, whole, out = len(active.at), active.at.copy(), active.whole, np.flatnonzero(gone)
    kept = k - len(out)
    side = np.linalg.solve(whole[np.ix_(out, out)], whole[out, :k])
    w = w - w[out] @ side
    _add_product(whole, -whole[out, :k].T, side)
    holes, last = out[out < kept], kept + np.flatnonzero(~gone[kept:])
    for array in (w, at, active.rows):
        array[holes] = array[last]
    whole[holes, :k] = whole[last, :k]
    whole[:k, holes] = whole[:k, last]
    return Active(at[:kept], active.rows, whole), w[:kept]


def reinvert(active: Active, ridge: Vector) -> Active:
    """The inverse from scratch, for another ridge or against rounding. Cost: n k^2 + k^3."""
    k = len(active.at)
    if active.whole is None or not k:
        return active
    H = active.columns.T @ active.columns
    H[np.diag_indices_from(H)] += ridge[active.at]
    factor, info = dpotrf(H)
    if info == 0:
        active.whole[:k, :k] = _symmetric(dpotri(factor)[0])
    return active


def solve(d: Design, active: Active, ridge: Vector, residual: Vector, tolerance: float) -> Vector:
    """H^-1 residual (k,): the inverse's product, or conjugate gradients till |residual| has shrunk to the tolerance.

    Source: Hestenes & Stiefel (1952), with the diagonal of H as preconditioner. Cost: k^2, or nonzeros a step.
    """
    if active.whole is not None:
        return active.inverse @ residual
    own = ridge[active.at]
    diagonal = np.maximum(d.spread[active.at] ** 2 + own, np.finfo(float).tiny)
    x, r = np.zeros(len(residual)), residual.copy()
    z = r / diagonal
    move, rz = z.copy(), r @ z
    goal = tolerance * tolerance * rz
    for _ in range(10 * len(residual) + 10):
        if rz <= goal:
            break
        image = transposed_product(d, active, product(d, active, move)) + own * move
        curvature = move @ image
        if not curvature > 0:
            break
        step = rz / curvature
        x += step * move
        r -= step * image
        z = r / diagonal
        rz, before = r @ z, rz
        move = z + (rz / before) * move
    return x


def _symmetric(upper: Matrix) -> Matrix:
    upper = np.triu(upper)
    return upper + np.triu(upper, 1).T


def _with_room(active: Active, k: int) -> tuple[Matrix, Matrix]:
    """The two arrays, with room for k columns: half as much again where they must grow."""
    rows, whole, used = active.rows, active.whole, len(active.at)
    assert whole is not None
    if len(rows) >= k:
        return rows, whole
    room = k + k // 2
    rows, whole = np.empty((room, rows.shape[1])), np.empty((room, room))
    rows[:used], whole[:used, :used] = active.rows[:used], active.inverse
    return rows, whole


def _add_product(into: Matrix, left: Matrix, right: Matrix) -> None:
    """into[:k, :k] += left right, left (k, m), right (m, k): in bands that stay in the cache."""
    k = len(left)
    for at in range(0, k, BAND):
        into[at : min(at + BAND, k), :k] += left[at : at + BAND] @ right
