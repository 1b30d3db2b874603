"""Whole lasso and elastic net paths from the Gram matrix alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..tree import one_thread
from ..types import Matrix, Vector
from .gap import Path, Terms, gram_gap, terms
from .homotopy import Walk, follow, rebuild, resume, start

ROUNDS = 5


def gram_path(
    G: Matrix,
    c: Vector,
    yy: float,
    penalties: Sequence[tuple[float, float]],
    factors: Vector | None = None,
    low: Vector | None = None,
    high: Vector | None = None,
    tolerance: float = 1e-8,
) -> Path:
    """Minimise w'Gw - 2c'w + yy + sum_j f_j (l1 |w_j| + l2 w_j^2), low <= w <= high, at every (l1, l2), large to small.

    Penalties with the same l2 lie on one exact path, straight between its corners (see `homotopy`): it is walked once
    and read off at every l1. Every answer is certified by its duality gap. Where rounding leaves gap / yy above
    `tolerance` the walk to that penalty is repeated from the answer, on a tableau swept afresh, at most ROUNDS times;
    the gap that is left is returned as it is.
    Cost: O(p^2) a corner and a penalty; p^2 k more where l2 changes, k slopes free.
    """
    each = [terms(len(c), l1, l2, factors, low, high) for l1, l2 in penalties]
    coef, gaps, corners = np.zeros((len(each), len(c))), np.zeros(len(each)), np.zeros(len(each), int)
    walk, H, l2 = start(G, _first_thresholds(c, each[0], factors), each[0]), G, None
    with one_thread():
        for run in _runs(penalties):
            if l2 != penalties[run[0]][1]:
                l2, ridge = penalties[run[0]][1], each[run[0]].l2
                H = G + np.diag(ridge) if l2 else G
                rebuild(walk, H, each[run[0]])
            coef[run], corners[run] = _walk_through(walk, G, H, c, [each[i] for i in run])
            gaps[run] = gram_gap(coef[run], G, c, yy, _stacked([each[i] for i in run]))
            for i in run:
                if not gaps[i] <= tolerance:
                    coef[i], gaps[i], more = _again(coef[i], gaps[i], G, H, c, yy, each[i], tolerance)
                    corners[i] += more
    return Path(coef, gaps, corners)


def _runs(penalties: Sequence[tuple[float, float]]) -> Iterator[list[int]]:
    """Neighbours with one l2 and falling l1 > 0; l1 = 0 stands alone."""
    run: list[int] = []
    for i, (l1, l2) in enumerate(penalties):
        if run and (l1 == 0 or l2 != penalties[run[-1]][1] or l1 > penalties[run[-1]][0]):
            yield run
            run = []
        run.append(i)
    if run:
        yield run


def _first_thresholds(c: Vector, pen: Terms, factors: Vector | None) -> Vector:
    """The least l1 / 2, times the factors (p,), at which every penalised slope is 0; never below the first asked."""
    f = np.ones(len(c)) if factors is None else np.asarray(factors, float)
    top = (np.abs(c[f > 0]) / f[f > 0]).max(initial=0.0)
    return np.maximum(f * top, pen.l1 / 2)


def _walk_through(walk: Walk, G: Matrix, H: Matrix, c: Vector, run: list[Terms]) -> tuple[Matrix, Vector]:
    """Walk to the first penalty, then on to the last; w (k, p) read off between the corners, and corners (k,)."""
    most = 50 + 20 * len(c)

    def walked(pen: Terms) -> tuple[Vector, Matrix]:
        return follow(walk, H, c - G @ walk.w - pen.l2 * walk.w, pen, most)

    first = len(walked(run[0])[0]) - 1
    if len(run) == 1:
        return walk.w[None].copy(), np.array([first])
    at, knots = walked(run[-1])
    top, last = run[0].l1.max(), run[-1].l1.max()
    asked = np.array([(top - pen.l1.max()) / (top - last) if top > last else 0.0 for pen in run])
    k = np.clip(np.searchsorted(at, asked), 1, len(at) - 1)
    span = at[k] - at[k - 1]
    share = np.divide(asked - at[k - 1], span, out=np.ones(len(run)), where=span > 0)[:, None]
    passed = np.searchsorted(at, asked) - 1
    return knots[k - 1] + share * (knots[k] - knots[k - 1]), np.diff(np.maximum(passed, 0), prepend=-first)


def _again(
    w: Vector, gap: float, G: Matrix, H: Matrix, c: Vector, yy: float, pen: Terms, tolerance: float
) -> tuple[Vector, float, int]:
    """Walk once more to one penalty, from the slopes w (p,): the best of the slopes met, their gap, the corners."""
    best, corners = (gap, w), 0
    walk = resume(H, w, pen)
    for again in range(ROUNDS):
        rebuild(walk, H, pen)
        rho = c - G @ walk.w - pen.l2 * walk.w
        corners += len(follow(walk, H, rho, pen, 50 + 10 * len(c), jitter=again * 1e-6)[0])
        gap = float(gram_gap(walk.w, G, c, yy, pen))
        best = min(best, (gap, walk.w.copy()), key=lambda pair: pair[0])
        if gap <= tolerance:
            break
    return best[1], best[0], corners


def _stacked(run: list[Terms]) -> Terms:
    return Terms(np.array([pen.l1 for pen in run]), run[0].l2, run[0].low, run[0].high)
