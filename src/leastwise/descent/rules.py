"""The update rules of torch.optim, by hand: about ten lines each, the recurrence in the docstring.

g is the gradient, t the number of the step from 1, a bar an exponential average. tests/test_descent.py holds each
against its twin for 1,000 steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..types import Vector
from .rule import Rule, State, slopes

Made = tuple[Vector, State]


def sgd(momentum: float = 0.0, dampening: float = 0.0, nesterov: bool = False) -> Rule:
    """theta <- theta - rate d, with v <- momentum v + (1 - dampening) g, v_1 = g; d = v, or g + momentum v (Nesterov).

    Without momentum d = g: gradient descent. Source: Polyak (1964); Nesterov (1983); torch.optim.SGD.
    """

    def update(theta: Vector, g: Vector, v: State, rate: float) -> Made:
        v = g if v is None else momentum * v + (1 - dampening) * g
        return theta - rate * (g + momentum * v if nesterov else v), (v if momentum else None)

    return Rule(lambda theta: None, update)


def adagrad(lr_decay: float = 0.0, eps: float = 1e-10) -> Rule:
    """s <- s + g^2; theta <- theta - rate / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps).

    Source: Duchi, Hazan & Singer (2011), J. Machine Learning Research 12, fig. 1.
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        t, s = state[0] + 1, state[1] + g * g
        return theta - rate / (1 + (t - 1) * lr_decay) * g / (np.sqrt(s) + eps), (t, s)

    return Rule(lambda theta: (0, np.zeros_like(theta)), update)


def rmsprop(alpha: float = 0.99, eps: float = 1e-8, momentum: float = 0.0, centered: bool = False) -> Rule:
    """s <- alpha s + (1 - alpha) g^2; theta <- theta - rate g / (sqrt(s) + eps), with momentum on that step.

    Centred, the square of the mean of g is taken off s. Source: Tieleman & Hinton (2012), lecture 6.5; Graves (2013).
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        s, mean, v = state
        s, mean = alpha * s + (1 - alpha) * g * g, mean + (1 - alpha) * (g - mean)
        v = momentum * v + g / (np.sqrt(s - mean * mean if centered else s) + eps)
        return theta - rate * v, (s, mean, v)

    return Rule(_zeros(3), update)


def adam(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, amsgrad: bool = False) -> Rule:
    """m <- bar g, s <- bar g^2; theta <- theta - rate m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + eps).

    With amsgrad the largest s so far. Source: Kingma & Ba (2015), alg. 1; Reddi, Kale & Kumar (2018), alg. 2.
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        t, m, s, top = state
        t, m, s = t + 1, m + (1 - beta1) * (g - m), beta2 * s + (1 - beta2) * g * g
        top = np.maximum(top, s) if amsgrad else s
        size = np.sqrt(top) / math.sqrt(1 - beta2**t) + eps
        return theta - rate / (1 - beta1**t) * m / size, (t, m, s, top)

    return Rule(lambda theta: (0, *(np.zeros_like(theta) for _ in range(3))), update)


def adamw(
    beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.01, amsgrad: bool = False
) -> Rule:
    """w <- (1 - rate weight_decay) w, then the step of `adam`: the decay is not rescaled by the size of the gradients.

    Source: Loshchilov & Hutter (2019), alg. 2.
    """
    plain = adam(beta1, beta2, eps, amsgrad)

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        return plain.update(theta - rate * weight_decay * slopes(theta), g, state, rate)

    return Rule(plain.init, update)


def adadelta(rho: float = 0.9, eps: float = 1e-6) -> Rule:
    """s <- bar g^2; d = sqrt(u + eps) / sqrt(s + eps) g; u <- bar d^2; theta <- theta - rate d.

    Source: Zeiler (2012), arXiv:1212.5701, alg. 1.
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        s, u = state
        s = rho * s + (1 - rho) * g * g
        d = np.sqrt(u + eps) / np.sqrt(s + eps) * g
        return theta - rate * d, (s, rho * u + (1 - rho) * d * d)

    return Rule(_zeros(2), update)


def adamax(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Rule:
    """m <- bar g, u <- max(beta2 u, |g| + eps); theta <- theta - rate / (1 - beta1^t) m / u.

    Source: Kingma & Ba (2015), alg. 2.
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        t, m, u = state
        t, m, u = t + 1, m + (1 - beta1) * (g - m), np.maximum(beta2 * u, np.abs(g) + eps)
        return theta - rate / (1 - beta1**t) * m / u, (t, m, u)

    return Rule(lambda theta: (0, np.zeros_like(theta), np.zeros_like(theta)), update)


def nadam(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, momentum_decay: float = 4e-3) -> Rule:
    """`adam` with Nesterov's momentum mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2), and P the product of all mu:

    theta <- theta - rate ((1 - mu_t) / (1 - P_t) g + mu_{t+1} / (1 - P_{t+1}) m) / (sqrt(s / (1 - beta2^t)) + eps).
    Source: Dozat (2016), Incorporating Nesterov Momentum into Adam.
    """

    def mu(t: int) -> float:
        return beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        t, m, s, product = state
        t, m, s = t + 1, m + (1 - beta1) * (g - m), beta2 * s + (1 - beta2) * g * g
        product *= mu(t)
        size = np.sqrt(s / (1 - beta2**t)) + eps
        d = (1 - mu(t)) / (1 - product) * g + mu(t + 1) / (1 - product * mu(t + 1)) * m
        return theta - rate * d / size, (t, m, s, product)

    return Rule(lambda theta: (0, np.zeros_like(theta), np.zeros_like(theta), 1.0), update)


def radam(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Rule:
    """`adam` whose second moment counts only once its variance is known: r_t = 2 / (1 - beta2) - 1 - 2 t beta2^t / (1 -
    beta2^t) > 5, and then times sqrt((r_t - 4) (r_t - 2) r / ((r - 4) (r - 2) r_t)); before, momentum alone.

    Source: Liu et al. (2020), On the Variance of the Adaptive Learning Rate, alg. 2.
    """
    r = 2 / (1 - beta2) - 1

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        t, m, s = state
        t, m, s = t + 1, m + (1 - beta1) * (g - m), beta2 * s + (1 - beta2) * g * g
        d, rt = m / (1 - beta1**t), r - 2 * t * beta2**t / (1 - beta2**t)
        if rt > 5:
            rectified = math.sqrt((rt - 4) * (rt - 2) * r / ((r - 4) * (r - 2) * rt))
            d = d * rectified * math.sqrt(1 - beta2**t) / (np.sqrt(s) + eps)
        return theta - rate * d, (t, m, s)

    return Rule(lambda theta: (0, np.zeros_like(theta), np.zeros_like(theta)), update)


def rprop(shrink: float = 0.5, grow: float = 1.2, least: float = 1e-6, most: float = 50.0) -> Rule:
    """A step size for each parameter, grown where the sign of g stays and shrunk where it turns; only signs count.

    Where it turned, g counts as 0. For full batches. Source: Riedmiller & Braun (1993), IEEE ICNN.
    """

    def update(theta: Vector, g: Vector, state: State, rate: float) -> Made:
        before, size = state
        size = np.full_like(theta, rate) if size is None else size
        turn = np.sign(g * before)
        size = np.clip(size * np.where(turn > 0, grow, np.where(turn < 0, shrink, 1.0)), least, most)
        g = np.where(turn < 0, 0.0, g)
        return theta - np.sign(g) * size, (g, size)

    return Rule(lambda theta: (np.zeros_like(theta), None), update)


def _zeros(count: int) -> Callable[[Vector], tuple[Vector, ...]]:
    return lambda theta: tuple(np.zeros_like(theta) for _ in range(count))
