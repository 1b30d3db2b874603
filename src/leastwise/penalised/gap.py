"""How far a lasso or elastic net solution can be from the best one: the duality gap, from a Gram matrix or from rows.

The objective, everywhere: q(w) = w'Gw - 2c'w + yy + sum_j f_j (l1 |w_j| + l2 w_j^2), low <= w <= high, around 0, with
G = X'SX (p, p), c = X'Sy (p,), yy = y'Sy, S = diag(weight / sum(weight)), X and y centred where there is an intercept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import lstsq

from ..types import Matrix, Vector

ROUNDING = 1e-14


@dataclass(frozen=True, slots=True)
class Path:
    """Slopes (k, p), duality gap / yy (k,) and steps (k,) of every penalty."""

    coef: Matrix
    gaps: Vector
    iterations: Vector


@dataclass(frozen=True, slots=True)
class Terms:
    """sum_j l1_j |w_j| + l2_j w_j^2 within [low_j, high_j]: l1 and l2 (p,) hold their factors already."""

    l1: Vector
    l2: Vector
    low: Vector
    high: Vector

    def __getitem__(self, at: Vector) -> Terms:
        return Terms(self.l1[at], self.l2[at], self.low[at], self.high[at])


def terms(p: int, l1: float, l2: float, factors: Vector | None, low: Vector | None, high: Vector | None) -> Terms:
    """The penalty of p slopes; a factor of 0 leaves its slope unpenalised; low and high are one number or (p,)."""
    f = np.ones(p) if factors is None else np.asarray(factors, float)
    below = np.broadcast_to(np.asarray(-np.inf if low is None else low, float), (p,))
    above = np.broadcast_to(np.asarray(np.inf if high is None else high, float), (p,))
    if (f < 0).any() or l1 < 0 or l2 < 0 or (below > 0).any() or (above < 0).any():
        raise ValueError("penalties and factors must be >= 0, and every bound must allow 0")
    return Terms(f * l1, f * l2, below, above)


def fenchel_gap(w: Matrix, correlation: Matrix, loss: Any, pen: Terms, tiny: Vector) -> Any:
    """q(w) - D(u) for the dual point u = s r, r = y - Xw, without cancellation; D(u) <= min q for every s.

    gap(s) = (1 - s)^2 r'Sr + sum_j [l1_j |w_j| + l2_j w_j^2 - 2 s rho_j w_j + conjugate_j(s rho_j)], rho = X'Sr,
    conjugate_j(v) = sup over low_j <= x <= high_j of 2 v x - l1_j |x| - l2_j x^2. Where that is unbounded, s is
    cut to min_j l1_j / (2 |rho_j|); |rho_j| <= tiny_j counts as rounding. The smaller gap of s = 1 and s cut.
    w, rho and the penalty are (p,) or (k, p), one row a penalty; loss = r'Sr and the gap are one number or (k,).
    Cost: O(p). Source: Fenchel (1949); Kim et al. (2007), IEEE J. Sel. Topics Signal Proc. 1, eq. 12 (the lasso).
    """
    own = pen.l1 * np.abs(w) + pen.l2 * w * w
    gap = np.maximum(own - 2 * correlation * w + _conjugate(correlation, pen, tiny), 0).sum(axis=-1)
    s = _feasible_scale(correlation, pen, tiny)
    if (s == 1).all():
        return gap
    v = s[..., None] * correlation
    cut = (1 - s) ** 2 * loss + np.maximum(own - 2 * v * w + _conjugate(v, pen, tiny), 0).sum(axis=-1)
    return np.minimum(gap, cut)


def _conjugate(v: Matrix, pen: Terms, tiny: Vector) -> Matrix:
    """sup_x 2 v x - l1 |x| - l2 x^2 over [low, high], of every entry: a parabola's top, or its value at the bound."""
    excess = 2 * np.abs(v) - pen.l1
    over = excess > 2 * tiny
    out = np.zeros_like(excess)
    if not over.any():
        return out
    excess, v, l2, low, high = (np.broadcast_to(a, over.shape)[over] for a in (excess, v, pen.l2, pen.low, pen.high))
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.minimum(excess / (2 * l2), np.where(v > 0, high, -low))
        out[over] = np.where(np.isinf(x), np.inf, excess * x - l2 * x * x)
    return out


def _feasible_scale(correlation: Matrix, pen: Terms, tiny: Vector) -> Vector:
    """The largest s <= 1 for which every conjugate without ridge or bound is finite: () or (k,)."""
    size = np.abs(correlation)
    over = 2 * size - pen.l1 > 2 * tiny
    if not over.any():
        return np.ones(size.shape[:-1])
    over &= np.isinf(np.where(correlation > 0, pen.high, -pen.low)) & (pen.l2 == 0)
    share = np.ones_like(size)
    np.divide(np.broadcast_to(pen.l1, size.shape), 2 * size, out=share, where=over)
    return share.min(axis=-1, initial=1.0)


def gram_gap(w: Matrix, G: Matrix, c: Vector, yy: float, pen: Terms, rho: Matrix | None = None) -> Vector:
    """The duality gap / yy of w (p,), or of every row of w (k, p), from G (p, p), c (p,) and yy. Cost: p^2 a row.

    Slopes that nothing penalises or bounds are first set to their best values, for the dual point alone: their
    correlation must be 0. That lowers q by rho_U'd, d = G_UU^-1 rho_U, and moves rho by -G_U d. `rho` = c - Gw.
    """
    if yy <= 0:
        return np.zeros(w.shape[:-1])
    rho = c - w @ G if rho is None else rho
    loss = np.maximum(yy - (w * (c + rho)).sum(axis=-1), 0)
    tiny = rounding(np.sqrt(np.maximum(np.diagonal(G), 0)), w, yy)
    free = _unheld(pen)
    if not free.size:
        return fenchel_gap(w, rho, loss, pen, tiny) / yy
    d = lstsq(G[np.ix_(free, free)], rho[..., free].T)[0].T
    saved, moved, rho = (rho[..., free] * d).sum(axis=-1), w.copy(), rho - d @ G[free]
    moved[..., free] += d
    rho[..., free] = 0
    return (saved + fenchel_gap(moved, rho, loss - saved, pen, tiny)) / yy


def rounding(spread: Vector, w: Matrix, yy: float) -> Matrix:
    """What rounding may leave of rho_j where it should be 0: eps |x_j| (|y| + sum_i |x_i w_i|), eps = 1e-14."""
    reach = yy**0.5 + np.abs(w) @ spread
    return ROUNDING * spread * reach[..., None]


def _unheld(pen: Terms) -> Vector:
    """The slopes that no row of the penalty and no bound holds."""
    held = (pen.l1 > 0) | (pen.l2 > 0) | np.isfinite(pen.low) | np.isfinite(pen.high)
    return np.flatnonzero(~held.reshape(-1, held.shape[-1]).any(axis=0))


def rows_gap(w: Vector, X: Matrix, y: Vector, share: Vector, pen: Terms) -> float:
    """The duality gap of w (p,) divided by yy, from centred X (n, p), y (n,) and share = weight / sum(weight) (n,)."""
    root = np.sqrt(share)[:, None]
    r = y - X @ w
    free = _unheld(pen)
    yy, before, moved = float(share @ (y * y)), float(share @ (r * r)), w.copy()
    if free.size:
        d = lstsq(root * X[:, free], root[:, 0] * r)[0]
        moved[free] += d
        r = r - X[:, free] @ d
    rho, loss = X.T @ (share * r), float(share @ (r * r))
    rho[free] = 0
    tiny = rounding(np.sqrt(share @ (X * X)), w, yy)
    return float(before - loss + fenchel_gap(moved, rho, loss, pen, tiny)) / yy if yy > 0 else 0.0
