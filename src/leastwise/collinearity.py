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
    inverse = np.linalg.pinv(root, rcond=1e-15)
    missing = 1 - np.einsum("jk,kj->j", root, inverse)
    with np.errstate(invalid="ignore"):
        factors = (root**2).sum(axis=1) * (inverse**2).sum(axis=0)
    return np.where(missing > _DEPENDENT, np.inf, np.maximum(factors, 1.0))


def deviations(root: Matrix) -> Vector:
    """The root of S_jj (p,) out of the `root` of S^-1."""
    return np.asarray(np.linalg.norm(np.linalg.pinv(root, rcond=1e-15), axis=0))


def condition_indices(root: Matrix) -> Collinearity:
    """Of the terms at unit length, the intercept among them, not centred; `root` (q, k) as above but of all terms."""
    terms = np.linalg.pinv(root, rcond=1e-15)
    size = np.linalg.norm(terms, axis=0)
    sigma, Vt = np.linalg.svd(terms / np.where(size > 0, size, 1), full_matrices=False)[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        indices = sigma[0] / sigma
        parts = (Vt / sigma[:, None]) ** 2
        shares = parts / parts.sum(axis=0)
    return Collinearity(indices[::-1], shares[::-1])
