"""The least-squares answer from the triangle: the reference that everything else is measured against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..summary.triangle import Triangle, lengths
from ..types import Matrix, Vector
from ..words import number

MOST_NAMED = 20
LOOSEST = 1e-6
"""However far from zero a column lies, a millionth of it that nothing else explains is information."""
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The minimiser: slopes `coef` (p,), `intercept`, the least `loss`, and the `rank` of the centred features.

    `digits` is how many of them rounding leaves, from the condition of the columns at unit length;
    `dependencies` maps the index of each dependent column (the first 20) to its combination of the
    others (p,); where there is one, `coef` is the shortest of all the minimisers.
    """

    coef: Vector
    intercept: float
    loss: float
    rank: int
    digits: float
    dependencies: dict[int, Vector]

    def sentences(self, names: Sequence[str]) -> list[str]:
        """Each dependency in words: `c = 2 a - b + a constant`."""
        return [f"{names[j]} = {_combination(mix, names)}" for j, mix in self.dependencies.items()]


def least_squares(triangle: Triangle) -> Answer:
    """Minimise |R_xy - R_xx w|; intercept = mean(y) - means(x)'w.

    Columns are compared at unit length, so units cannot look like dependence; a column is dependent
    when what the ones before it leave of it is rounding. A loss that is all rounding is 0. Never raises.
    Cost: 2 p^3 flops.
    Source: Golub & Van Loan (2013), sec. 5.3.3 and 5.5.1.
    """
    R, target, means = triangle.R[:, :-1], triangle.R[:, -1], triangle.means
    kept, dependent, basis = _independent(R, _tolerance(triangle))
    coef = _spread_out(_basic(R[:, kept], target), kept, R.shape[1])
    if dependent:
        rows = np.linalg.qr((basis.T @ R).T)[0]
        coef = rows @ (rows.T @ coef)
    mixtures = {j: _spread_out(_basic(R[:, kept], R[:, j]), kept, len(coef)) for j in dependent[:MOST_NAMED]}
    left = target - R @ coef
    loss = float(left @ left) / triangle.weight
    rounding = _EPS * (abs(means[-1]) + triangle.spread[-1] + np.abs(coef) @ np.abs(means[:-1]))
    intercept = float(means[-1] - means[:-1] @ coef)
    return Answer(coef, intercept, loss if loss > rounding**2 else 0.0, len(kept), _digits(R[:, kept]), mixtures)


def constant_columns(triangle: Triangle) -> list[int]:
    """Indices of features that hold one value only, told by a spread far under one rounding of the mean."""
    return [j for j in range(triangle.features) if triangle.spread[j] <= 1e-3 * _EPS * abs(triangle.means[j])]


def _tolerance(triangle: Triangle) -> Vector:
    spread, means = triangle.spread[:-1], np.abs(triangle.means[:-1])
    offset = means / np.where(spread > 0, spread, 1)
    return np.minimum(_EPS * max(8, triangle.features) * (1 + offset), LOOSEST)


def _independent(R: Matrix, tolerance: Vector) -> tuple[list[int], list[int], Matrix]:
    """Gram-Schmidt, each column cleaned twice (Giraud et al., 2005): columns kept, columns left, their basis."""
    size = lengths(R)
    unit = R / np.where(size > 0, size, 1)
    basis = np.empty((len(R), min(R.shape)), order="F")
    kept: list[int] = []
    dependent: list[int] = []
    for j in range(R.shape[1]):
        span = basis[:, : len(kept)]
        left = unit[:, j] - span @ (span.T @ unit[:, j])
        left -= span @ (span.T @ left)
        length = np.linalg.norm(left)
        if size[j] == 0 or (kept and length <= tolerance[j]) or len(kept) == basis.shape[1]:
            dependent.append(j)
        else:
            basis[:, len(kept)] = left / length
            kept.append(j)
    return kept, dependent, basis[:, : len(kept)]


def _basic(R: Matrix, target: Vector) -> Vector:
    from scipy.linalg import qr, solve_triangular

    size = lengths(R)
    if not len(size):
        return size
    Q, corner = qr(R / size, mode="economic")
    return solve_triangular(corner, Q.T @ target) / size


def _digits(R: Matrix) -> float:
    size = lengths(R)
    if R.shape[1] in (0, 1):
        return -math.log10(_EPS)
    return -math.log10(_EPS * float(np.linalg.cond(R / size)))


def _spread_out(values: Vector, places: list[int], p: int) -> Vector:
    full = np.zeros(p)
    full[places] = values
    return full


def _combination(mix: Vector, names: Sequence[str]) -> str:
    large = [j for j in range(len(mix)) if abs(mix[j]) > 1e-9 * np.abs(mix).max(initial=0)]
    if not large:
        return "a constant"
    terms = [f"{'+' if mix[j] > 0 else '-'} {_factor(abs(mix[j]))}{names[j]}" for j in large[:8]]
    return f"{' '.join(terms).removeprefix('+ ')}{' + ...' if len(large) > 8 else ''} + a constant"


def _factor(size: float) -> str:
    return "" if abs(size - 1) < 1e-9 else f"{number(size)} "
