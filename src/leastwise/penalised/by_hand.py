"""The lasso by hand: coordinate descent, ISTA and FISTA on (G, c), to see what a solver does. No stopping, no tricks.

Each yields w (p,) for ever, and lowers q(w) = w'Gw - 2c'w + yy + l1 sum |w_j| + l2 sum w_j^2.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..types import Matrix, Vector


def soft(v: Vector, threshold: float) -> Vector:
    """argmin_w (w - v)^2 / 2 + threshold |w|: v drawn towards 0 by the threshold, and 0 if it gets there."""
    return np.sign(v) * np.maximum(np.abs(v) - threshold, 0)


def coordinate_descent(G: Matrix, c: Vector, l1: float, l2: float = 0.0) -> Iterator[Vector]:
    """One slope after the other to its best value while the rest stand still: w_j <- soft(rho_j, l1 / 2) / (G_jj + l2).

    rho_j = c_j - sum over i != j of G_ji w_i is column j's correlation with the residual without column j.
    Cost: 2 p^2 flops a round. Source: Fu (1998), J. Comput. Graph. Stat. 7; Friedman, Hastie & Tibshirani (2010).
    """
    w = np.zeros(len(c))
    while True:
        for j in range(len(w)):
            rho = c[j] - G[j] @ w + G[j, j] * w[j]
            curvature = G[j, j] + l2
            w[j] = soft(rho, l1 / 2) / curvature if curvature > 0 else 0.0
        yield w.copy()


def ista(G: Matrix, c: Vector, l1: float, l2: float = 0.0) -> Iterator[Vector]:
    """A gradient step on the smooth part, then the penalty's proximal map: w <- soft(w - s (Gw - c + l2 w), s l1 / 2).

    s = 1 / (largest eigenvalue of G + l2). Cost: 2 p^2 flops a step; q falls as 1 / k.
    Source: Daubechies, Defrise & De Mol (2004), Comm. Pure Appl. Math. 57.
    """
    step = 1 / (np.linalg.eigvalsh(G)[-1] + l2)
    w = np.zeros(len(c))
    while True:
        w = soft(w - step * (G @ w - c + l2 * w), step * l1 / 2)
        yield w


def fista(G: Matrix, c: Vector, l1: float, l2: float = 0.0) -> Iterator[Vector]:
    """ISTA from a point ahead on the line through the last two: z = w + (t_before - 1) / t (w - w_before).

    t <- (1 + sqrt(1 + 4 t^2)) / 2 from 1. Cost: 2 p^2 flops a step; q falls as 1 / k^2.
    Source: Beck & Teboulle (2009), SIAM J. Imaging Sci. 2.
    """
    step = 1 / (np.linalg.eigvalsh(G)[-1] + l2)
    w, z, t = np.zeros(len(c)), np.zeros(len(c)), 1.0
    while True:
        before, w = w, soft(z - step * (G @ z - c + l2 * z), step * l1 / 2)
        t_before, t = t, (1 + np.sqrt(1 + 4 * t * t)) / 2
        z = w + (t_before - 1) / t * (w - before)
        yield w
