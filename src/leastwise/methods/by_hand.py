"""Batch gradient descent by hand: the loss and both gradients in NumPy.

Use it to see what the frameworks do; use `spectral` or a closed form to get the answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..problem import LeastSquares
from ..solution import Start, Step


def steps(problem: LeastSquares, start: Start, learning_rate: float) -> Iterator[Step]:
    """Yield the parameters and their loss, then step down the gradient; for ever.

    w <- w - rate * dL/dw, b <- b - rate * dL/db, with dL/dw = -2/n X'(y - Xw - b) and
    dL/db = -2/n sum(y - Xw - b). X (n, p), y (n,), `share` is 1/n, or weight / sum(weight) (n,).
    Cost: 4 n p flops an epoch. Source: Cauchy (1847); Boyd & Vandenberghe (2004), sec. 9.3.
    """
    X, y, share = problem.X, problem.y, problem.share
    w, b = start.coef, start.intercept
    while True:
        residual = y - (X @ w + b)
        pull = share * residual
        yield Step(w, b, pull @ residual)
        gradient_w = -2 * (X.T @ pull)
        gradient_b = -2 * pull.sum()
        w = w - learning_rate * gradient_w
        b = b - learning_rate * gradient_b
