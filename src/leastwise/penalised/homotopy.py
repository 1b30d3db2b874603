"""Follow the lasso's or elastic net's solution from one penalty to the next, exactly, corner by corner.

Minimise w'Hw - 2c'w + sum_j l1_j |w_j|, low <= w <= high, H = G + diag(l2). With rho = c - Hw, t = l1 / 2, a slope is
free (rho_j = sign_j t_j, w_j in an interval) or rests at 0 or at a bound (rho_j in an interval that moves with t).
Whatever w and t the walk starts from are optimal for some c + shift; as t and the shift go straight to their goals, w
and rho move straight until one slope comes to its interval's edge and changes sides. A corner is one sweep: O(p^2).
Sources: Osborne, Presnell & Turlach (2000), IMA J. Numer. Anal. 20; Efron et al. (2004), Ann. Statist. 32; Ferreau,
Bock & Diehl (2008), Int. J. Robust Nonlinear Control 18 (from any start); Beaton (1964), the sweep operator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dsymv, dsyr

from ..types import Matrix, Vector
from .gap import Terms

SINGULAR = 1e-11
SLOW = 1e-10
OUT = np.array([[-1.0], [1.0]])


@dataclass(frozen=True, slots=True)
class Walk:
    """The state, changed in place. All (p,) but the tableau and the edges.

    tableau: H swept on the free slopes F, upper triangle (p, p):
    [-inv(H_FF), .; H_IF inv(H_FF), H_II - H_IF inv(H_FF) H_FI].
    base, tilt (2, p): the lower and the upper edge of w_j (free) or of rho_j (resting) are base + tilt t.
    """

    tableau: Matrix
    w: Vector
    t: Vector
    free: Vector
    sign: Vector
    base: Matrix
    tilt: Matrix


def start(H: Matrix, t: Vector, pen: Terms) -> Walk:
    """Every slope at rest at 0, with thresholds t (p,)."""
    p = len(t)
    walk = Walk(np.array(H, order="F"), np.zeros(p), t.copy(), np.zeros(p, bool), np.zeros(p), *np.zeros((2, 2, p)))
    walk.base[:] = np.where(pen.low < 0, 0, -np.inf), np.where(pen.high > 0, 0, np.inf)
    walk.tilt[:] = np.where(pen.low < 0, -1, 0), np.where(pen.high > 0, 1, 0)
    return walk


def resume(H: Matrix, w: Vector, pen: Terms) -> Walk:
    """From slopes w (p,) at t = l1 / 2: free where they are neither 0 nor at a bound. To be swept by `rebuild`."""
    walk = start(H, pen.l1 / 2, pen)
    walk.w[:], walk.sign[:] = w, np.sign(w) * (pen.l1 > 0)
    walk.free[:] = (w != 0) & (pen.low < w) & (w < pen.high)
    for k in np.flatnonzero(w).tolist():
        _edges_of_free(walk, k, pen) if walk.free[k] else _rest(walk, k, w[k], pen)
    return walk


def follow(walk: Walk, H: Matrix, rho: Vector, pen: Terms, most: int, jitter: float = 0.0) -> tuple[Vector, Matrix]:
    """Walk from w, where rho = c - Hw (p,), to the optimum at t = l1 / 2; the corners on the way.

    Returned are how far along each corner lies (m,), from 0, the start, to 1, and w there (m, p): straight in between.

    A jitter draws the resting slopes' first rho inwards by random shares of it: ties come apart on the way.
    """
    goal = pen.l1 / 2
    _free_unpenalised(walk, H, goal, pen)
    free, (low, high) = walk.free, walk.base + walk.tilt * walk.t
    inside = np.minimum(np.maximum(rho, np.where(free, -np.inf, low)), np.where(free, np.inf, high))
    if jitter:
        inside *= 1 - jitter * np.random.default_rng(0).random(len(rho)) * (low <= 0) * (high >= 0)
    shift = rho - np.where(free, walk.sign * walk.t, inside)
    x, change = np.where(free, walk.w, inside), goal - walk.t
    slow = SLOW * max(np.abs(change).max(initial=0), np.abs(shift).max(initial=0))
    left, at, knots = 1.0, [0.0], [walk.w.copy()]
    while len(at) <= most:
        push = free * (shift - walk.sign * change)
        dx = ~free * shift - dsymv(1.0, walk.tableau, push)
        step, k, side = _first_corner(walk, x, dx, change, slow)
        step = min(step, left)
        x += step * dx
        walk.t[:] += step * change
        left -= step
        if left > 0 and free[k]:
            x[k] = walk.base[side, k]
        at.append(1 - left)
        knots.append(np.where(free, x, walk.w))
        if left <= 0:
            break
        _turn(walk, H, x, k, side, pen)
    walk.w[free] = x[free]
    walk.t[:] = goal
    return np.array(at), np.array(knots)


def rebuild(walk: Walk, H: Matrix, pen: Terms) -> None:
    """Sweep H afresh on the free slopes; of those that depend on each other some come to rest. Cost: k p^2."""
    _unblock(walk, pen)
    walk.tableau[:] = H
    wanted = np.flatnonzero(walk.free)
    walk.free[:] = False
    for k in wanted.tolist():
        _take_in(walk, H, k, pen)


def _take_in(walk: Walk, H: Matrix, k: int, pen: Terms) -> None:
    """Free slope k. While it depends on the free ones, move it to 0 and them so that Hw stays: one comes to rest."""
    while walk.tableau[k, k] <= SINGULAR * H[k, k]:
        way = -np.sign(walk.w[k])
        n = np.where(walk.free, -way * _column(walk.tableau, k), 0.0)
        i, step, edge = _driven_out(walk, walk.w, n)
        if abs(walk.w[k]) <= step:
            walk.w[:] += abs(walk.w[k]) * n
            _rest(walk, k, 0.0, pen)
            return
        walk.w[:] += step * n
        walk.w[k] += way * step
        _rest(walk, i, edge, pen)
        _sweep(walk.tableau, i, -1.0)
    _sweep_in(walk, k, pen)


def _driven_out(walk: Walk, w: Vector, n: Vector) -> tuple[int, float, float]:
    """The first free slope that comes to an edge as w moves along n, how far along, and the edge."""
    edge = np.where(n > 0, walk.base[1], walk.base[0])
    steps = np.full(len(w), np.inf)
    np.divide(edge - w, n, out=steps, where=walk.free & (np.abs(n) > 1e-9))
    i = int(steps.argmin())
    return i, max(float(steps[i]), 0.0), float(edge[i])


def _free_unpenalised(walk: Walk, H: Matrix, goal: Vector, pen: Terms) -> None:
    """Where t ends at 0, 0 is no corner: free every slope between its bounds and forget its sign."""
    flat = goal == 0
    inner = flat & (pen.low < walk.w) & (walk.w < pen.high) & walk.tilt.any(axis=0) & ~walk.free
    signed = flat & (walk.sign != 0)
    walk.t[flat] = walk.sign[flat] = 0
    for k in np.flatnonzero(signed & walk.free).tolist():
        _edges_of_free(walk, k, pen)
    for k in np.flatnonzero(inner).tolist():
        if walk.tableau[k, k] > SINGULAR * H[k, k]:
            _sweep_in(walk, k, pen)


def _first_corner(walk: Walk, x: Vector, dx: Vector, change: Vector, slow: float) -> tuple[float, int, int]:
    """The smallest step at which some x_j meets an edge, its j, and whether that edge is the upper one (1) or not."""
    rate = dx - walk.tilt * change
    steps = np.full(rate.shape, np.inf)
    meets = rate * OUT > slow * ~walk.free
    np.divide(walk.base + walk.tilt * walk.t - x, rate, out=steps, where=meets)
    side, k = divmod(int(steps.argmin()), len(x))
    return max(float(steps[side, k]), 0.0), k, side


def _turn(walk: Walk, H: Matrix, x: Vector, k: int, side: int, pen: Terms) -> None:
    """Slope k changes sides. One that depends on the free ones takes the place of the first of them it drives out."""
    if walk.free[k]:
        _rest(walk, k, walk.base[side, k], pen)
        x[k] = walk.sign[k] * walk.t[k]
        _sweep(walk.tableau, k, -1.0)
        _unblock(walk, pen)
        return
    walk.sign[k] = walk.tilt[side, k] if pen.l1[k] > 0 or walk.t[k] > 0 else 0.0
    if walk.tableau[k, k] <= SINGULAR * H[k, k]:
        _exchange(walk, H, x, k, float(OUT[side, 0]), pen)
        return
    x[k] = walk.w[k]
    _sweep_in(walk, k, pen)


def _exchange(walk: Walk, H: Matrix, x: Vector, k: int, way: float, pen: Terms) -> None:
    """Move along the null direction n_k = way, n_F = -inv(H_FF) H_Fk way, which keeps rho, until a slope must rest.

    Where k itself comes to its next edge first, it rests there; where none ever must, its rho follows the others'.
    """
    n = np.where(walk.free, -way * _column(walk.tableau, k), 0.0)
    i, step, edge = _driven_out(walk, x, n)
    end = (0.0 if walk.sign[k] < 0 else pen.high[k]) if way > 0 else (0.0 if walk.sign[k] > 0 else pen.low[k])
    room = abs(end - walk.w[k])
    if not np.isfinite(min(step, room)):
        _block(walk, k)
        return
    x += min(step, room) * n
    if room <= step:
        _rest(walk, k, end, pen)
        return
    _rest(walk, i, edge, pen)
    x[i] = walk.sign[i] * walk.t[i]
    _sweep(walk.tableau, i, -1.0)
    _unblock(walk, pen)
    if walk.tableau[k, k] <= SINGULAR * H[k, k]:
        _block(walk, k)
        return
    x[k] = walk.w[k] + way * step
    _sweep_in(walk, k, pen)


def _rest(walk: Walk, k: int, at: float, pen: Terms) -> None:
    """Slope k rests at 0 or at a bound: rho_k may not push it back."""
    walk.free[k], walk.w[k] = False, at
    walk.base[:, k] = 0.0 if at > pen.low[k] else -np.inf, 0.0 if at < pen.high[k] else np.inf
    walk.tilt[:, k] = (1.0 if at > 0 else -1.0) * (at > pen.low[k]), (-1.0 if at < 0 else 1.0) * (at < pen.high[k])


def _edges_of_free(walk: Walk, k: int, pen: Terms) -> None:
    walk.base[:, k] = 0.0 if walk.sign[k] > 0 else pen.low[k], 0.0 if walk.sign[k] < 0 else pen.high[k]
    walk.tilt[:, k] = 0.0


def _block(walk: Walk, k: int) -> None:
    walk.base[:, k], walk.tilt[:, k] = (-np.inf, np.inf), 0.0


def _unblock(walk: Walk, pen: Terms) -> None:
    for k in np.flatnonzero(~walk.free & ~walk.tilt.any(axis=0)).tolist():
        _rest(walk, k, walk.w[k], pen)


def _sweep_in(walk: Walk, k: int, pen: Terms) -> None:
    _edges_of_free(walk, k, pen)
    walk.free[k] = True
    _sweep(walk.tableau, k, 1.0)


def _column(T: Matrix, k: int) -> Vector:
    return np.concatenate((T[:k, k], T[k, k:]))


def _sweep(T: Matrix, k: int, way: float) -> None:
    """T <- T - T_k T_k' / T_kk, T_k <- way T_k / T_kk, T_kk <- -1 / T_kk: in (way 1) or out (-1). Cost: p^2."""
    column = _column(T, k)
    pivot = column[k]
    dsyr(-1.0 / pivot, column, a=T, overwrite_a=1)
    column *= way / pivot
    T[:k, k], T[k, k:] = column[:k], column[k:]
    T[k, k] = -1.0 / pivot
