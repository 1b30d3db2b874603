"""The loss of plain, momentum, Nesterov, Polyak and Chebyshev descents at any epoch, without running them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .convergence import Speed, epochs_to
from .methods.spectral import Modes
from .types import Matrix, Vector

BLOCK, SCANNED = 512, 400
"""Epochs that are looked at together; blocks that are looked at one by one before it is searched by halving."""
FLAT = 1e-4
"""Steps of an epoch times rate and eigenvalue, under which the powers of c lie on a straight line."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Where a rule with a fixed rate and momentum is after k updates on a quadratic, full batches.

    Along an eigenvector with eigenvalue h the error e and the velocity v move by one matrix of 2 x 2,
    v <- momentum v + h e, e <- e - rate v (momentum); e <- e - rate (h e + momentum v) (Nesterov, as torch has it);
    Chebyshev's error after k updates is T_k((c - h) / d) / T_k(c / d), c and d middle and half width of the spectrum.
    Source: Goh (2017), Distill, "Why Momentum Really Works"; Saad (2003), Iterative Methods, sec. 12.3.
    """

    modes: Modes
    rule: Speed

    def left(self, epoch: int) -> Vector:
        """The signed part of the distance that is left along each eigenvector (r,). Cost: r log(epoch)."""
        if self.rule.name == "chebyshev":
            return _chebyshev(self.modes.eigenvalues, np.array([epoch]))[0]
        return np.asarray(np.linalg.matrix_power(self._moves(), epoch)[:, 0, 0])

    def excess(self, epoch: int) -> float:
        """Loss after `epoch` updates less the least loss."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(_excess(self.modes, self.left(epoch)[None])[0])

    def epochs_to(self, excess: float) -> int | None:
        """The first epoch whose loss is within `excess` of the least; None where it never gets there.

        Beyond the first 204,800 epochs a loss that swings may be there a swing earlier.
        """
        if self.rule.name == "sgd":
            return epochs_to(self.modes, self.rule.learning_rate, excess)
        if not self.rule.kept < 1:
            return None
        for block in range(SCANNED):
            found = self._within(block, excess)
            if found is not None:
                return found
        low, high = SCANNED - 1, 2 * SCANNED
        while self._within(high, excess) is None:
            low, high = high, 2 * high
            if high > 2**60:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._within(middle, excess) is None else (low, middle)
        return self._within(high, excess)

    def _within(self, block: int, excess: float) -> int | None:
        """The first epoch of a block that is there."""
        first = block * BLOCK
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            there = np.flatnonzero(_excess(self.modes, self._lefts(first)) <= excess)
        return first + int(there[0]) if len(there) else None

    def _lefts(self, first: int) -> Matrix:
        if self.rule.name == "chebyshev":
            return _chebyshev(self.modes.eigenvalues, first + np.arange(BLOCK))
        moves = self._moves()
        state = np.linalg.matrix_power(moves, first)[:, :, :1]
        found = np.empty((BLOCK, len(moves)))
        for k in range(BLOCK):
            found[k] = state[:, 0, 0]
            state = moves @ state
        return found

    def _moves(self) -> Matrix:
        """The matrix of each eigenvector, (r, 2, 2)."""
        rate, momentum, h = self.rule.learning_rate, self.rule.momentum, self.modes.eigenvalues
        one, step = np.ones_like(h), rate * h
        if self.rule.name == "nesterov":
            rows = [[one - step * (1 + momentum), -rate * momentum**2 * one], [h, momentum * one]]
        else:
            rows = [[one - step, -rate * momentum * one], [h, momentum * one]]
        return np.moveaxis(np.array(rows), 2, 0)


def _excess(modes: Modes, left: Matrix) -> Vector:
    return np.asarray((left * modes.distance) ** 2 @ modes.eigenvalues / 2)


def _chebyshev(eigenvalues: Vector, epochs: Vector) -> Matrix:
    high, low = eigenvalues[0], eigenvalues[-1]
    centre, half = (high + low) / 2, (high - low) / 2
    if half == 0:
        return np.where(epochs[:, None] > 0, 0.0, np.ones_like(eigenvalues))
    angle = np.arccos(np.clip((centre - eigenvalues) / half, -1, 1))
    growth = np.exp(-epochs * np.arccosh(centre / half))[:, None]
    return np.asarray(np.cos(epochs[:, None] * angle) * 2 * growth / (1 + growth**2))


def noise_floor(modes: Modes, variance: Vector, rows: int, learning_rate: float, batch_size: int) -> float:
    """The excess loss around which small batches at a fixed rate stay, at the end of an epoch; inf beyond the limit.

    `variance` (r,) is that of one row's gradient at the answer, along each eigenvector. The gradients of a permutation
    add up to nothing; so with c = 1 - rate h and u_i = c^(steps after row i's) / (rows in its step), an epoch of T
    steps leaves c^T of the error and adds noise of variance rate^2 variance n / (n - 1) sum_i (u_i - mean u)^2. The
    excess is the sum of h / 2 times the variance that stays. The curvature of batches varies too, which multiplies it
    by 1 / (1 - k), k = sum (rate h / m) / (2 - rate h (1 + 1/m)) for normal features: with k of 1 they diverge.
    Source: Cochran (1977), Sampling Techniques, sec. 2.5; Bottou, Curtis & Nocedal (2018), SIAM Review 60, sec. 4.2.
    """
    x, m, n = learning_rate * modes.eigenvalues, batch_size, rows
    if x[0] * (1 + 1 / m) >= 2 and m < n:
        return math.inf
    full, rest = divmod(n, m)
    steps, after = full + (rest > 0), int(rest > 0)
    spread = (x / m / (2 - x * (1 + 1 / m))).sum() * (n - m) / max(n - 1, 1)
    if spread >= 1 or steps <= 1:
        return 0.0 if steps <= 1 and x[0] < 2 else math.inf
    with np.errstate(under="ignore", divide="ignore", invalid="ignore", over="ignore"):
        log = np.where(x < 1, np.log1p(-np.minimum(x, 1)), np.log(np.abs(1 - x)))
        squares = np.exp(2 * after * log) * -np.expm1(2 * full * log) / (x * (2 - x)) / m + (1 / rest if rest else 0)
        apart = squares - (-np.expm1(steps * log) / x) ** 2 / n
        line = x**2 * steps * (steps**2 - 1) / 12 / m
        apart = np.where((x * steps < FLAT) & (not rest), line, apart)
        stays = learning_rate**2 * variance * n / max(n - 1, 1) * apart / -np.expm1(2 * steps * log)
        excess = float(modes.eigenvalues @ np.nan_to_num(stays) / 2)
    return excess / (1 - spread)
