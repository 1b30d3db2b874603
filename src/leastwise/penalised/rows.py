"""Whole lasso and elastic net paths from the rows, for many more columns than rows: dense or sparse, never p x p."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lstsq

from ..tree import one_thread
from ..types import Matrix, Vector
from .active import Active, add, empty, product, reinvert, remove, solve
from .columns import Design, Known, columns, design, known, refresh
from .gap import Path, Terms, fenchel_gap, rounding, terms
from .homotopy import follow, rebuild, resume

NEWTON = 25
ROUNDS = 10
NEVER = 1e300
LARGEST_TABLEAU = 3000


@dataclass(frozen=True, slots=True)
class State:
    """Slopes and signs (p,), the free ones' columns, x~ of the slopes at rest at a bound times them (n,), r = y~ - x~w.

    rho (p,) holds x~'r where it can matter and 0 elsewhere; ridge (p,) is the l2 that `active` was inverted with.
    """

    w: Vector
    sign: Vector
    active: Active
    bounded: Vector
    r: Vector
    rho: Vector
    seen: Known
    ridge: Vector


def rows_path(
    X: Matrix | sp.spmatrix,
    y: Vector,
    penalties: Sequence[tuple[float, float]],
    weight: Vector | None = None,
    factors: Vector | None = None,
    low: Vector | None = None,
    high: Vector | None = None,
    tolerance: float = 1e-8,
    intercept: bool = True,
) -> Path:
    """Minimise ||y - Xw||^2_S + sum_j f_j (l1 |w_j| + l2 w_j^2), low <= w <= high, at every (l1, l2), large to small.

    X (n, p) and y (n,) are centred by their weighted means on the way, where there is an intercept; S = diag(weight /
    sum(weight)). Each penalty starts from the one before: Newton's method on the free slopes (see `_newton`), and where
    that does not settle, the exact path on the columns in question (see `homotopy`). Certified by the duality gap over
    all columns.
    """
    p = X.shape[1]
    each = [terms(p, l1, l2, factors, low, high) for l1, l2 in penalties]
    exempt = np.flatnonzero(_exempt(p, factors, each[0]))
    for pen in each:
        pen.l1[exempt] = NEVER
    d = design(X, y, weight, exempt, intercept)
    seen = known(d)
    now = State(np.zeros(p), np.zeros(p), empty(d), np.zeros_like(d.y), d.y, seen.value.copy(), seen, np.zeros(p))
    coef, gaps, steps = np.zeros((len(each), p)), np.zeros(len(each)), np.zeros(len(each), int)
    with one_thread():
        for i, pen in enumerate(each):
            if (pen.l2 != now.ridge).any():
                now = replace(now, active=reinvert(now.active, pen.l2), ridge=pen.l2)
            now, gaps[i], steps[i] = _newton(d, now, pen, tolerance)
            if not gaps[i] <= tolerance:
                now, gaps[i], more = _exact(d, now, pen, tolerance)
                steps[i] += more
            coef[i] = now.w
            if exempt.size:
                coef[i, exempt] = _exempt_slopes(d, y, now.w, exempt)
    return Path(coef, gaps, steps)


def _newton(d: Design, now: State, pen: Terms, tolerance: float) -> tuple[State, float, int]:
    """Solve for the free slopes, rest those that pass 0 or a bound, free those whose rho passes the threshold; repeat.

    A step solves H_FF w_F = c_F - sign_F l1_F / 2 through its residual, so that rounding in the inverse is undone by
    the next step. May cycle: ends after NEWTON steps, or when nothing changes. Source: Hintermueller, Ito & Kunisch
    (2002), SIAM J. Optim. 13, the primal-dual active set method.
    """
    gap = np.inf
    for step in range(1, NEWTON + 1):  # noqa: B007
        active, dropped = now.active, False
        if len(active.at):
            now, dropped = _solve_free(d, now, pen)
        now = _measure(d, now, pen)
        before, gap = gap, _gap(d, now, pen)
        if gap <= tolerance:
            break
        now, freed = _free(d, now, pen)
        if not freed and not dropped and gap > before / 2:
            break
    return now, gap, step


def _solve_free(d: Design, now: State, pen: Terms) -> tuple[State, bool]:
    """The free slopes' best values with their signs kept; those that would change it rest, the others adapt."""
    active, w = now.active, now.w.copy()
    at = active.at
    residual = now.rho[at] - pen.l2[at] * w[at] - 0.5 * pen.l1[at] * now.sign[at]
    v, bounded, dropped = w[at] + solve(d, active, pen.l2, residual, 1e-4), now.bounded, False
    while True:
        at = active.at
        end = np.where(v * now.sign[at] < 0, 0.0, np.minimum(np.maximum(v, pen.low[at]), pen.high[at]))
        gone = end != v
        if not gone.any():
            break
        dropped = True
        w[at[gone]] = end[gone]
        now.sign[at[gone]] = 0
        if end[gone].any():
            bounded = bounded + columns(d, at[gone]) @ end[gone]
        active, v = remove(d, active, v - np.where(gone, end, 0), gone)
    w[active.at] = v
    return replace(now, w=w, active=active, bounded=bounded), dropped


def _measure(d: Design, now: State, pen: Terms) -> State:
    """r and rho of the slopes as they are."""
    r = d.y - now.bounded - product(d, now.active, now.w[now.active.at])
    threshold = pen.l1 / 2
    threshold[now.w != 0] = threshold[now.active.at] = 0
    return replace(now, r=r, rho=refresh(d, now.seen, r, threshold))


def _free(d: Design, now: State, pen: Terms) -> tuple[State, bool]:
    """Free the resting slopes that rho pushes off 0 or a bound, the hardest pushed first, not more than there are."""
    on = np.setdiff1d(_live(now, pen), now.active.at, assume_unique=True)
    w, push, t = now.w[on], now.rho[on] - pen.l2[on] * now.w[on], pen.l1[on] / 2
    upward = np.where(w < 0, push + t, push - t) * (w < pen.high[on])
    downward = np.where(w > 0, t - push, -push - t) * (w > pen.low[on])
    excess = np.maximum(upward, downward)
    pushed = np.flatnonzero(excess > 0)
    most = max(100 if now.active.whole is not None else 2000, len(now.active.at))
    if pushed.size > most:
        pushed = np.sort(pushed[np.argpartition(-excess[pushed], most)[:most]])
    new = on[pushed]
    if not new.size:
        return now, False
    active, taken = add(d, now.active, new, pen.l2)
    leaving = taken[now.w[taken] != 0]
    bounded = now.bounded - columns(d, leaving) @ now.w[leaving] if leaving.size else now.bounded
    way = np.where(now.w[new] != 0, np.sign(now.w[new]), np.where(upward[pushed] > downward[pushed], 1.0, -1.0))
    now.sign[new] = np.where(pen.l1[new] > 0, way, 0)
    now.sign[np.setdiff1d(new, taken)] = 0
    return replace(now, active=active, bounded=bounded), bool(taken.size)


def _live(now: State, pen: Terms) -> Vector:
    """The columns that add to the gap: the others have no slope, and rho within the threshold."""
    return np.flatnonzero((now.w != 0) | (2 * np.abs(now.rho) > pen.l1))


def _gap(d: Design, now: State, pen: Terms) -> float:
    """The duality gap / yy."""
    on = _live(now, pen)
    tiny = rounding(d.spread[on], now.w[on], d.yy)
    loss = float(now.r @ now.r)
    return float(fenchel_gap(now.w[on], now.rho[on], loss, pen[on], tiny)) / d.yy if d.yy > 0 else 0.0


def _exact(d: Design, now: State, pen: Terms, tolerance: float) -> tuple[State, float, int]:
    """Follow the exact path on the columns in question, until no column outside them is."""
    chosen, best, corners = np.zeros(len(now.w), bool), (now, _gap(d, now, pen)), 0
    for again in range(ROUNDS):
        chosen |= (now.w != 0) | (np.abs(now.rho) >= 0.5 * pen.l1 * (1 - 1e-6))
        W = np.flatnonzero(chosen)
        if W.size > LARGEST_TABLEAU:
            break
        B = columns(d, W)
        H = B.T @ B + np.diag(pen.l2[W])
        walk = resume(H, now.w[W], pen[W])
        rebuild(walk, H, pen[W])
        push = now.rho[W] - pen.l2[W] * now.w[W]
        corners += len(follow(walk, H, push, pen[W], 50 + 10 * W.size, 1e-6 * (again + 1))[0])
        now = _measure(d, _restart(d, now, W, walk.w, walk.free, pen), pen)
        gap = _gap(d, now, pen)
        best = min(best, (now, gap), key=lambda pair: pair[1])
        if gap <= tolerance:
            break
    return *best, corners


def _restart(d: Design, now: State, W: Vector, w: Vector, free: Vector, pen: Terms) -> State:
    """The state with the slopes w of the columns W, those at `free` free."""
    whole, sign = np.zeros_like(now.w), np.zeros_like(now.w)
    whole[W], sign[W[free]] = w, np.sign(w[free])
    active, taken = add(d, empty(d), W[free], pen.l2)
    sign[np.setdiff1d(W[free], taken)] = 0
    rest = np.flatnonzero(whole)
    rest = rest[~np.isin(rest, active.at)]
    return replace(now, w=whole, sign=sign, active=active, bounded=columns(d, rest) @ whole[rest])


def _exempt(p: int, factors: Vector | None, pen: Terms) -> Vector:
    """Slopes that nothing penalises or bounds (p,): they are taken out of X and y once, like the means."""
    f = np.ones(p) if factors is None else np.asarray(factors, float)
    return (f == 0) & np.isinf(pen.low) & np.isinf(pen.high)


def _exempt_slopes(d: Design, y: Vector, w: Vector, exempt: Vector) -> Vector:
    raw, share, used = replace(d, Q=d.Q[:, :0]), d.root * d.root, np.flatnonzero(w)
    left = d.root * (y - share @ y * d.centred) - columns(raw, used) @ w[used]
    return lstsq(columns(raw, exempt), left)[0]
