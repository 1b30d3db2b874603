"""The largest eigenvalue of a Hessian too large to decompose."""

from __future__ import annotations

import numpy as np

from ..problem import LeastSquares
from ..types import Vector

STEPS = 200
CHANCE = 1e-9


def largest_eigenvalue(problem: LeastSquares) -> tuple[float, float]:
    """Bounds (lower, upper) on the Hessian's largest eigenvalue, from 200 steps v <- Hv / |Hv|.

    The lower bound is the Rayleigh quotient. The upper one fails with a chance of at most 1e-9 over
    the random start: P(quotient < (1 - e) eigenvalue) <= 0.824 sqrt(q) (1 - e)^(steps - 1/2).
    Cost: 4 m q flops a step for m rows and q = p + 1.
    Source: Kuczynski & Wozniakowski (1992), SIAM J. Matrix Anal. Appl. 13, Theorem 4.1.
    """
    A = (problem.design().T * problem.root_share).T
    v: Vector = np.random.RandomState(0).standard_normal(A.shape[1])
    quotient = 0.0
    for _ in range(STEPS):
        v /= np.linalg.norm(v)
        pushed = A.T @ (A @ v)
        quotient = float(v @ pushed)
        v = pushed
    kept = (CHANCE / (0.824 * np.sqrt(A.shape[1]))) ** (1 / (STEPS - 1 / 2))
    return 2 * quotient, 2 * quotient / kept
