"""The triangle's exact twin: the Gram matrix of the rows as integers, without any rounding.

Each column is cut into slices of so few bits that a BLAS product of two slices of a block is exact in
float64 (Ozaki, Ogita, Oishi & Rump, 2012, Numer. Algorithms 59, sec. 3). The integer matrices are added as
Python integers, and exact sums are associative: any chunking, order or thread count gives the same bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..rows.chunk import Chunk
from ..types import Matrix, NotFiniteError, Vector

BLOCK_BITS = 15
BLOCK_ROWS = 2**BLOCK_BITS
BITS = (53 - BLOCK_BITS) // 2
WEIGHED_BITS = (53 - BLOCK_BITS) // 3
LOWEST = -1074
"""The exponent of the last bit of the smallest float64: every value is an integer times 2^-1074."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactGram:
    """The Gram matrix of [1 X y], exactly: `integers` (p+2, p+2) of Python ints, each times 2^`exponent`.

    `n` counts rows with a positive weight. Weighted, it is [1 X y]' diag(weight) [1 X y].
    Build with `of`, add with `+`; `empty(p)` is the identity.
    Cost: about 12 n q^2 flops for q = p + 2, five times that with weights.
    """

    n: int
    integers: Matrix
    exponent: int

    @classmethod
    def empty(cls, features: int, weighted: bool = False) -> ExactGram:
        """The Gram matrix of no rows."""
        zeros = np.zeros((features + 2, features + 2), dtype=object)
        return cls(0, zeros, (3 if weighted else 2) * LOWEST)

    @classmethod
    def of(cls, chunk: Chunk) -> ExactGram:
        """Summarise rows exactly; NotFiniteError where a value is not finite or a weight is negative."""
        A = np.column_stack([np.ones(len(chunk)), chunk.X, chunk.y]).astype(np.float64, copy=False)
        weight = None if chunk.weight is None else np.asarray(chunk.weight, dtype=np.float64)
        if not np.isfinite(A).all() or (weight is not None and not (np.isfinite(weight) & (weight >= 0)).all()):
            raise NotFiniteError("a value is not finite, or a weight is negative: drop or mend that row first")
        total = cls.empty(A.shape[1] - 2, weight is not None)
        for first in range(0, len(A), BLOCK_ROWS):
            rows = slice(first, first + BLOCK_ROWS)
            total += _block(A[rows], None if weight is None else weight[rows])
        return total

    def __add__(self, other: ExactGram) -> ExactGram:
        return ExactGram(self.n + other.n, self.integers + other.integers, self.exponent)


def exact_gram(chunks: Iterable[Chunk], features: int, weighted: bool = False) -> ExactGram:
    """The sum over chunks; of none, the Gram matrix of no rows."""
    total: ExactGram | None = None
    for chunk in chunks:
        part = ExactGram.of(chunk)
        total = part if total is None else total + part
    return total or ExactGram.empty(features, weighted)


def _block(A: Matrix, weight: Vector | None) -> ExactGram:
    right = _slices(A, BITS if weight is None else WEIGHED_BITS)
    gram = ExactGram.empty(A.shape[1] - 2, weight is not None)
    if weight is None:
        left = [(part, unit) for part, unit in right]
        n = len(A)
    else:
        scales = _slices(weight[:, None], WEIGHED_BITS)
        left = [(scale * part, unit + more) for scale, more in scales for part, unit in right]
        n = int((weight > 0).sum())
    wide = np.hstack([part for part, _ in left]).T @ np.hstack([part for part, _ in right])
    q = A.shape[1]
    integers = gram.integers
    for a, (_, up) in enumerate(left):
        for b, (_, across) in enumerate(right):
            corner = wide[a * q : (a + 1) * q, b * q : (b + 1) * q]
            shift = (up[:, None] + across[None, :] - gram.exponent).astype(object)
            integers = integers + (corner.astype(np.int64).astype(object) << shift)
    return ExactGram(n, integers, gram.exponent)


def _slices(A: Matrix, bits: int) -> list[tuple[Matrix, Vector]]:
    """Integers of at most `bits` bits (m, q) and the exponents (q,) of their units, that add up to A exactly."""
    left, parts = A.copy(), []
    while left.any():
        top = np.frexp(np.abs(left).max(axis=0))[1]
        unit = np.maximum(top - bits, LOWEST)
        part = np.trunc(_times_power(left, -unit))
        left = left - _times_power(part, unit)
        parts.append((part, unit))
    return parts or [(A, np.zeros(A.shape[1], dtype=int))]


def _times_power(A: Matrix, exponent: Vector) -> Matrix:
    """A * 2^exponent, column by column; a product where the power is a float64, which is ten times as fast."""
    return A * np.ldexp(1.0, exponent) if np.abs(exponent).max() < 1000 else np.ldexp(A, exponent)
