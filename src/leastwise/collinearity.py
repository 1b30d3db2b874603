"""How far the features explain each other: variance inflation, condition indices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .types import Matrix, Vector

_DEPENDENT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Collinearity:
    """Condition `indices` (k,), falling, and the `shares` (k, q): the part of each term's variance that comes with it.

    An index over 30 beside two shares over 0.5 is a near dependency that harms those terms.
    Source: Belsley, Kuh & Welsch (1980), Regression Diagnostics, sec. 3.2.
    """

    indices: Vector
    shares: Matrix


def inflation(root: Matrix) -> Vector:
    """Variance inflation factors (p,), 1 / (1 - R2 of a feature on the others); infinite where they explain it all.

    `root` (p, k): root root' = S^-1, S the features' sums of squares and products; then VIF_j = (S^-1)_jj S_jj.
    Cost: p^3. Source: Belsley, Kuh & Welsch (1980), sec. 3.1.
    """
    unit, _, inverse = _inverted(root)
    missing = 1 - np.einsum("jk,kj->j", unit, inverse)
    factors = (unit**2).sum(axis=1) * (inverse**2).sum(axis=0)
    return np.where(missing > _DEPENDENT, np.inf, np.maximum(factors, 1.0))


def deviations(root: Matrix) -> Vector:
    """The root of S_jj (p,) out of the `root` of S^-1."""
    _, size, inverse = _inverted(root)
    return np.asarray(np.linalg.norm(inverse, axis=0) / size)


def condition_indices(root: Matrix, means: Vector | None, weight: float) -> Collinearity:
    """Of the terms at unit length, the intercept among them, not centred.

    `root` (p, k) as above; `means` (p,) of the features beside an intercept, None without one; `weight` their total.
    """
    _, size, inverse = _inverted(root)
    terms = inverse / size
    if means is not None:
        terms = np.vstack([np.append(means, 1.0) * np.sqrt(weight), np.column_stack([terms, np.zeros(len(terms))])])
    length = np.linalg.norm(terms, axis=0)
    sigma, Vt = np.linalg.svd(terms / np.where(length > 0, length, 1), full_matrices=False)[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        indices = sigma[0] / sigma
        parts = (Vt / sigma[:, None]) ** 2
        shares = parts / parts.sum(axis=0)
    return Collinearity(indices[::-1], shares[::-1])


def _inverted(root: Matrix) -> tuple[Matrix, Vector, Matrix]:
    """The root with rows of unit length, what they were divided by, and its pseudo-inverse: units play no part."""
    size = np.linalg.norm(root, axis=1)
    size = np.where(size > 0, size, 1.0)
    unit = root / size[:, None]
    return unit, size, np.linalg.pinv(unit, rcond=1e-14)
