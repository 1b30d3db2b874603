"""Rules that know that the loss is a quadratic: the exact step along a line, directions that do not undo each other.

`along(d)` is d'Hd, the curvature in direction d. None needs a learning rate. Use them on full batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..types import Vector
from .rule import Rule, State

Along = Callable[[Vector], float]
Made = tuple[Vector, State]


def exact_line_search(along: Along) -> Rule:
    """theta <- theta - (g'g / g'Hg) g: steepest descent that stops where the line is lowest.

    Source: Cauchy (1847); Nocedal & Wright (2006), Numerical Optimization, eq. 3.26.
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        return theta - _ratio(g @ g, along(g)) * g, None

    return Rule(lambda theta: None, update)


def conjugate_gradient(along: Along) -> Rule:
    """d <- -g + (g'g / g_before'g_before) d; theta <- theta - (g'd / d'Hd) d: there after p + 1 steps but for rounding.

    Source: Hestenes & Stiefel (1952); Nocedal & Wright (2006), alg. 5.2, with beta of Fletcher & Reeves (1964).
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        square = g @ g
        d = -g if state is None else -g + _ratio(square, state[1]) * state[0]
        return theta - _ratio(g @ d, along(d)) * d, (d, square)

    return Rule(lambda theta: None, update)


def barzilai_borwein(along: Along) -> Rule:
    """theta <- theta - (s's / s'u) g with s, u the last changes of theta and g; the first step by exact line search.

    Source: Barzilai & Borwein (1988), IMA J. Numerical Analysis 8, eq. 6.
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        if state is None:
            step = _ratio(g @ g, along(g))
        else:
            s, u = theta - state[0], g - state[1]
            step = _ratio(s @ s, s @ u)
        return theta - step * g, (theta, g)

    return Rule(lambda theta: None, update)


def lbfgs(along: Along, memory: int = 10) -> Rule:
    """theta <- theta - (g'd / d'Hd) d with d = -B g, B the inverse Hessian that the last `memory` changes suggest.

    Source: Nocedal (1980), Math. Comp. 35; Nocedal & Wright (2006), alg. 7.4.
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        pairs, before = state
        if before is not None:
            s, u = theta - before[0], g - before[1]
            pairs = (*pairs, (s, u))[-memory:] if s @ u > 0 else pairs
        d = -_two_loops(g, pairs)
        return theta - _ratio(g @ d, along(d)) * d, (pairs, (theta, g))

    return Rule(lambda theta: ((), None), update)


def polyak(smallest: float, largest: float) -> Rule:
    """theta <- theta - a g + b (theta - theta_before), a = 4 / (sqrt(L) + sqrt(l))^2, b = ((sqrt(L) - sqrt(l)) /
    (sqrt(L) + sqrt(l)))^2.

    l and L the smallest and largest eigenvalue of the Hessian: the best fixed momentum for a quadratic.
    Source: Polyak (1964), USSR Comp. Math. 4, thm. 9.
    """
    low, high = smallest**0.5, largest**0.5
    step, momentum = 4 / (low + high) ** 2, ((high - low) / (high + low)) ** 2

    def update(theta: Vector, g: Vector, before: State, rate: float) -> Made:
        last = theta if before is None else before
        return theta - step * g + momentum * (theta - last), theta

    return Rule(lambda theta: None, update)


def chebyshev(smallest: float, largest: float) -> Rule:
    """Momentum and step of each epoch chosen so that the error is a Chebyshev polynomial: the best one can foretell.

    With c = (L + l) / 2, e = (L - l) / 2: d_1 = -g / c, r_1 = e / c; r <- 1 / (2 c / e - r_before),
    d <- r r_before d - 2 r / e g; theta <- theta + d.
    Source: Golub & Varga (1961), Numerische Mathematik 3; Saad (2003), Iterative Methods, alg. 12.1.
    """
    centre, half = (largest + smallest) / 2, (largest - smallest) / 2

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        if state is None or half == 0:
            return theta - g / centre, (half / centre, -g / centre)
        before, d = state
        share = 1 / (2 * centre / half - before)
        d = share * before * d - 2 * share / half * g
        return theta + d, (share, d)

    return Rule(lambda theta: None, update)


def _two_loops(g: Vector, pairs: tuple[tuple[Vector, Vector], ...]) -> Vector:
    shares = []
    for s, u in reversed(pairs):
        share = (s @ g) / (s @ u)
        g = g - share * u
        shares.append(share)
    if pairs:
        s, u = pairs[-1]
        g = g * ((s @ u) / (u @ u))
    for (s, u), share in zip(pairs, reversed(shares), strict=True):
        g = g + (share - (u @ g) / (s @ u)) * s
    return g


def _ratio(above: Any, below: Any) -> float:
    """above / below; 0 where there is nothing left to divide by."""
    return float(above / below) if below > 0 else 0.0
