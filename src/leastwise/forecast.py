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

    `variance` (r,) is that of one row's gradient at the answer, along each eigenvector. With c = 1 - rate h, M batches
    an epoch and v the variance of a batch's gradient, an epoch leaves c^M of the error and adds noise of variance
    rate^2 v M / (M - 1) sum_j (c^j - mean)^2, since the gradients of a permutation add up to nothing. The excess is the
    sum of h / 2 times the variance that stays. The noise of the curvature itself is left out: near the limit, and with
    batches of a few rows at high rates, there is more.
    Source: Bottou, Curtis & Nocedal (2018), SIAM Review 60, sec. 4.2; Mishchenko, Khaled & Richtarik (2020), NeurIPS.
    """
    x, steps = learning_rate * modes.eigenvalues, rows / batch_size
    if x[0] >= 2:
        return math.inf
    batch = variance / batch_size * (rows - batch_size) / max(rows - 1, 1)
    if steps <= 1:
        return 0.0
    with np.errstate(under="ignore", divide="ignore", invalid="ignore"):
        power = np.exp(steps * np.log(np.abs(1 - x)))
        apart = (1 - power**2) / (x * (2 - x)) - ((1 - power) / x) ** 2 / steps
        apart = np.where(x * steps < FLAT, x**2 * steps * (steps**2 - 1) / 12, apart)
        left = -np.expm1(2 * steps * np.log(np.abs(1 - x)))
        stays = learning_rate**2 * batch * steps / (steps - 1) * apart / left
    return float(modes.eigenvalues @ stays / 2)
