"""Digits that a closed form loses on rows that are harder than the easy ones, and the way in which it loses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..types import Matrix, Vector
from .catalogue import BY_CODE
from .names import text_of
from .problems import Problem, battery
from .report import Fault, Found
from .scored import ENOUGH, Scored
from .trace import with_ones

LOST, MILD = 4.0, "offset 100"
SQUARES = ("inv(", "solve(", ".T", "transpose", "sum(", "mean(")


def lost(scored: Scored, digits: Mapping[str, float]) -> Iterator[Found]:
    """LW412 where its numbers are those of a cut-off, LW411 where X'X and its inverse lose as many digits."""
    weak = [problem for problem in battery() if digits.get(problem.name, ENOUGH) < ENOUGH]
    if not weak:
        return
    said = ", ".join(f"{problem.name} ({digits[problem.name]:.1f})" for problem in weak)
    code = ""
    if all(_same(scored, problem, _cut_off(problem)) for problem in weak):
        code = "LW412"
    elif all(_as_few(scored, problem, _by_inverse(problem)) for problem in weak):
        code = "LW411"
    if code == "LW412" and digits.get(MILD, ENOUGH) < LOST:
        yield Fault.of(code, f"its answers without the smallest singular value are the same; digits left: {said}")
    elif code:
        yield f"{code}: {BY_CODE[code].sentence} {BY_CODE[code].mend} Digits left: {said}"
    else:
        yield f"digits are lost: {said}"


def _same(scored: Scored, problem: Problem, answers: list[Vector]) -> bool:
    """Whether it gives the numbers of one of them."""
    theta = scored.solved(problem)
    return theta is not None and any(
        np.allclose(theta, other, rtol=1e-5, atol=1e-8 * np.abs(other).max()) for other in answers
    )


def _as_few(scored: Scored, problem: Problem, answers: list[Vector]) -> bool:
    """Whether its text has sums of products or an inverse in it, and it keeps about as many digits."""
    theta, text = scored.solved(problem), text_of(scored.callee.interface.target)
    if theta is None or not any(word in text for word in SQUARES):
        return False
    return min(abs(problem.digits(other) - problem.digits(theta)) for other in answers) < 2.5


def _by_inverse(problem: Problem) -> list[Vector]:
    A = with_ones(problem.X)
    try:
        inverse = np.linalg.inv(A.T @ A)
        return [inverse @ A.T @ problem.y, inverse @ (A.T @ problem.y), np.linalg.solve(A.T @ A, A.T @ problem.y)]
    except np.linalg.LinAlgError:
        return [np.zeros(A.shape[1])]


def _cut_off(problem: Problem) -> list[Vector]:
    """The smallest answers without the smallest singular value: with a column of ones, squared, on centred columns."""
    A = with_ones(problem.X)
    means = problem.X.mean(axis=0)
    slopes = _truncated(problem.X - means, problem.y - problem.y.mean())
    squared = np.linalg.pinv(A.T @ A) @ A.T @ problem.y
    return [_truncated(A, problem.y), squared, np.append(slopes, problem.y.mean() - slopes @ means)]


def _truncated(A: Matrix, y: Vector) -> Vector:
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    k = len(s) - 1
    return np.asarray(Vt[:k].T @ ((U[:, :k].T @ y) / s[:k]))
