"""What many regressions on the same features need to know about the rows: the triangle of the features, once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from ..rows.chunk import ColumnsApart, blocks
from ..types import Matrix, Vector
from .moments import finite, rough_mean
from .triangle import Triangle

TILE, CACHE = 128, 2**16
"""Targets that are worked on at a time, and numbers of theirs: few enough for a core's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """The sufficient statistics of rows (X, Y, weight), p features and k targets, that one regression of each needs.

    - `n` rows with a positive weight, `weight` their total W
    - `shift`, `delta` (p + k,): the column means, as an unevaluated sum shift + delta
    - `R` (r, p), `Z` (r, k), r <= p: R'R is the features' weighted scatter about the means, R'Z that with the targets
    - `rss` (k,): the weighted sum of squares of what of each target lies outside of R's rows

    It is the triangle of [X Y] without the products of targets with each other. States of the same columns add.
    Cost: 2 n p^2 + 4 n p k flops to build, 8 p^2 (p + k) to add; (p + 3) (p + k) numbers to keep.
    Source: Demmel, Grigori, Hoemmen & Langou (2012), sec. 3; Golub & Van Loan (2013), sec. 5.3.3.
    """

    n: int
    weight: float
    shift: Vector
    delta: Vector
    R: Matrix
    Z: Matrix
    rss: Vector

    @classmethod
    def empty(cls, p: int, k: int) -> Targets:
        """Of no rows: `empty + t` is `t`."""
        return cls(0, 0.0, np.zeros(p + k), np.zeros(p + k), np.zeros((0, p)), np.zeros((0, k)), np.zeros(k))

    @classmethod
    def of(cls, X: Matrix, Y: Matrix, weight: Vector | None = None) -> Targets:
        """Summarise rows X (n, p), Y (n, k), weight (n,). Raises NotFiniteError."""
        if weight is not None and not weight.all():
            X, Y, weight = X[weight > 0], Y[weight > 0], weight[weight > 0]
        size = max(CACHE // min(Y.shape[1], TILE), 16 * X.shape[1])
        rows = blocks(Y.shape[0], size)
        parts = (cls._of(X[some], Y[some], None if weight is None else weight[some]) for some in rows)
        return reduce(add, parts, cls.empty(X.shape[1], Y.shape[1]))

    @classmethod
    def _of(cls, X: Matrix, Y: Matrix, weight: Vector | None) -> Targets:
        """A block: QR of [1 X - shift], and of each target what of it lies in Q and what does not."""
        X = np.asarray(X)
        shift = np.append(rough_mean(X, X[:, 0])[:-1], np.asarray(Y[:1]))
        p, n = X.shape[1], Y.shape[0]
        with np.errstate(invalid="ignore", over="ignore"):
            root = np.ones(n) if weight is None else np.sqrt(weight)
            Q, R = np.linalg.qr(np.column_stack([root, (X - shift[:p]) * root[:, None]]))
            Z, rss = np.empty((len(R), len(shift) - p)), np.empty(len(shift) - p)
            for tile in blocks(len(rss), TILE):
                own = _columns(Y, tile) - shift[p:][tile]
                if weight is not None:
                    own *= root[:, None]
                Z[:, tile] = Q.T @ own
                own -= Q @ Z[:, tile]
                rss[tile] = np.einsum("ij,ij->j", own, own)
            delta = finite(np.concatenate([R[0, 1:], Z[0]]) / R[0, 0])
        return cls(n, float(n if weight is None else weight.sum()), shift, delta, R[1:, 1:], Z[1:], finite(rss))

    def __add__(self, other: Targets) -> Targets:
        if not self.n or not other.n:
            return self if self.n else other
        p, weight = self.R.shape[1], self.weight + other.weight
        apart = (other.shift - self.shift) + (other.delta - self.delta)
        bridge = math.sqrt(self.weight / weight * other.weight) * apart
        rows = np.vstack([self.R, other.R, bridge[:p]]), np.vstack([self.Z, other.Z, bridge[p:]])
        R, Z, rest = _reduced(*rows)
        rss = self.rss + other.rss + rest
        delta = self.delta + other.weight / weight * apart
        return Targets(self.n + other.n, weight, self.shift, delta, R, Z, rss)

    def about_zero(self) -> Targets:
        """The same rows with sums about 0 instead of the means, for regressions without an intercept."""
        p, far = self.R.shape[1], math.sqrt(self.weight) * (self.shift + self.delta)
        R, Z, rest = _reduced(np.vstack([self.R, far[:p]]), np.vstack([self.Z, far[p:]]))
        zeros = np.zeros_like(far)
        return Targets(self.n, self.weight, zeros, zeros, R, Z, self.rss + rest)

    def triangle(self, j: int) -> Triangle:
        """The triangle of the features and one target."""
        which = [*range(p := self.R.shape[1]), p + j]
        corner = np.append(np.zeros(p), math.sqrt(self.rss[j]))
        R = np.vstack([np.column_stack([self.R, self.Z[:, j]]), corner])
        return Triangle(self.n, self.weight, self.shift[which], self.delta[which], R)


def _reduced(features: Matrix, targets: Matrix) -> tuple[Matrix, Matrix, Vector]:
    """R of the features (m, p) = QR, Q' targets, and the sum of squares of what of each target (m, k) is not in Q."""
    Q, R = np.linalg.qr(features)
    Z = Q.T @ targets
    left = targets - Q @ Z
    return R, Z, np.einsum("ij,ij->j", left, left)


def _columns(Y: Matrix, which: slice) -> Matrix:
    """Some columns of Y (n, k)."""
    return np.column_stack(Y.columns[which]) if isinstance(Y, ColumnsApart) else Y[:, which]
