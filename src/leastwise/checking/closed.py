"""Closed forms are scored in digits on small problems with exact answers; where they fail, by which formula."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..rows.arrays import of_arrays
from ..solve import Options, fit_rows
from ..types import Matrix, Vector
from ..words import number
from .calling import Answer, Callee
from .report import CheckReport, Fault

ENOUGH, SQUARED = 8.0, 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Rows, and the exactly rounded slopes and intercept (p + 1,)."""

    name: str
    X: Matrix
    y: Vector
    exact: Vector

    @classmethod
    def of(cls, name: str, X: Matrix, y: Vector) -> Problem:
        """Solve it in rationals."""
        fit = fit_rows(of_arrays(X, y, None, None), Options("exact"))
        return cls(name, X, y, np.append(fit.coef, fit.intercept))

    def digits(self, theta: Vector) -> float:
        """To how many digits slopes and intercept agree, 0 to 16."""
        if theta.shape != self.exact.shape or not np.isfinite(theta).all():
            return 0.0
        apart = np.abs(theta - self.exact).max() / np.abs(self.exact).max()
        return float(min(max(-math.log10(max(apart, 1e-16)), 0.0), 16.0))


def battery(several: bool) -> Iterator[Problem]:
    """Easy, offset, large, far apart, nearly dependent, exact, two rows."""
    x = np.array([0.5, 1.25, 2.0, 3.5, 4.0, 5.75, 7.0])
    noise = np.array([0.3, -0.4, 0.1, 0.55, -0.2, 0.15, -0.35])
    for name, column in (("easy", x), ("offset 1e5", x + 1e5), ("offset 1e8", x + 1e8), ("scale 1e8", x * 1e8),
                         ("scale 1e-8", x * 1e-8)):  # fmt: skip
        yield Problem.of(name, column[:, None], 1.5 * x + 2 + noise)
    yield Problem.of("no noise", x[:, None], 1.5 * x + 2)
    yield Problem.of("two rows", x[:2, None], noise[:2])
    if several:
        other = np.array([1.0, -2.0, 0.5, 3.0, -1.0, 2.0, 0.25])
        yield Problem.of("two features", np.column_stack([x, other]), x - 2 * other + 1 + noise)
        near = np.column_stack([x, x + 1e-5 * other])
        yield Problem.of("nearly dependent", near, x + other + noise)


def check_closed(callee: Callee, name: str) -> CheckReport:
    """Digits on each problem; the formula that gives its numbers where the easy one is wrong."""
    digits, answers, turned = {}, {}, _turned(callee)
    for problem in battery(not callee.shape.flat):
        answer = callee.quietly(problem.X, problem.y)
        if answer is not None:
            answers[problem.name] = answer
        digits[problem.name] = 0.0 if answer is None else problem.digits(np.roll(answer.theta, -1 if turned else 0))
    easy = next(battery(False))
    if digits["easy"] >= ENOUGH:
        return CheckReport(name, "closed form", (), "", digits, tuple(_lost(digits)))
    answer = answers.get("easy")
    if answer is None or answer.coef is None:
        return CheckReport(name, "closed form", (), "It gives no slope on seven rows with one feature.", digits)
    fault = _formula(easy, answer)
    unknown = "" if fault else (
        f"On seven easy rows it gives slope {number(float(answer.coef[0]), 7)} and intercept "
        f"{number(float(answer.theta[-1]), 7)} where {number(float(easy.exact[0]), 7)} and "
        f"{number(float(easy.exact[-1]), 7)} are right, and no formula known here gives its numbers."
    )  # fmt: skip
    return CheckReport(name, "closed form", (fault,) if fault else (), unknown, digits)


def _turned(callee: Callee) -> bool:
    """Whether it gives the intercept first."""
    easy = next(battery(False))
    answer = callee.quietly(easy.X, easy.y)
    return answer is not None and easy.digits(answer.theta[::-1]) > max(easy.digits(answer.theta), ENOUGH)


def _formula(problem: Problem, answer: Answer) -> Fault | None:
    """The wrong formula whose slope and intercept are its own, to 8 digits."""
    for code, name, sentence, mend, theta in _formulas(problem):
        if np.allclose(answer.theta, theta, rtol=1e-8, atol=1e-10):
            evidence = (
                f"that formula gives slope {number(theta[0], 9)}, intercept {number(theta[1], 9)}, and so does it"
            )
            return Fault(code, name, sentence, evidence, mend)
    return None


def _formulas(problem: Problem) -> Iterator[tuple[str, str, str, str, tuple[float, float]]]:
    x, y, n = problem.X[:, 0], problem.y, len(problem.y)
    slope, intercept = float(problem.exact[0]), float(problem.exact[-1])
    covariance, means = float(np.cov(x, y)[0, 1]), (float(x.mean()), float(y.mean()))
    yield (
        "LW401",
        "no intercept",
        "It is the line through the origin.",
        "Fit an intercept: centre x and y, or add a column of ones.",
        (float(x @ y / (x @ x)), 0.0),
    )
    for code, name, factor in (
        ("LW402", "ddof: n over n - 1", n / (n - 1)),
        ("LW403", "ddof: n - 1 over n", (n - 1) / n),
    ):
        wrong = slope * factor
        yield (
            code,
            name,
            "Covariance and variance have different divisors, n and n - 1.",
            "Take both with the same divisor: np.cov and np.var differ by default.",
            (wrong, means[1] - wrong * means[0]),
        )
        yield (
            code,
            name,
            "The slope is that of covariance and variance with different divisors.",
            "Take both with the same divisor: np.cov and np.var differ by default.",
            (wrong, intercept),
        )
    swapped = covariance / float(y.var(ddof=1))
    yield (
        "LW404",
        "x and y swapped",
        "It is the line of x on y.",
        "Divide by the variance of x, not of y.",
        (swapped, means[1] - swapped * means[0]),
    )
    yield (
        "LW404",
        "x and y swapped",
        "It is the line of x on y.",
        "Divide by the variance of x, not of y.",
        (swapped, means[0] - swapped * means[1]),
    )
    r = float(np.corrcoef(x, y)[0, 1])
    yield (
        "LW405",
        "the correlation",
        "The slope is the correlation.",
        "Multiply it by the deviation of y over that of x.",
        (r, means[1] - r * means[0]),
    )
    yield (
        "LW406",
        "the intercept's sign",
        "The intercept has the sign of mean(x) slope wrong.",
        "intercept = mean(y) - slope mean(x).",
        (slope, means[1] + slope * means[0]),
    )
    yield (
        "LW407",
        "intercept left out",
        "The slope is right, and no intercept comes with it.",
        "Give back mean(y) - slope mean(x) too.",
        (slope, 0.0),
    )


def _lost(digits: dict[str, float]) -> Iterator[str]:
    """What is right on easy rows and loses its digits on others."""
    weak = [name for name, value in digits.items() if value < ENOUGH]
    if weak:
        said = ", ".join(f"{name} ({digits[name]:.1f})" for name in weak)
        yield (f"digits are lost on {said}: sums of squares about 0, or X'X and its inverse, square what the columns "
               "have in common; centre them, or use QR")  # fmt: skip
