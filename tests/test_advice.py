"""What the Hessian foretells is what the loop does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leastwise as lw
from leastwise.convergence import close_enough, distance_left
from leastwise.methods import by_hand, spectral
from leastwise.methods.centred import least_squares
from leastwise.methods.power_iteration import largest_eigenvalue
from leastwise.solution import Step, Stop, drive
from problems import Problem, make, problems


def advise(problem: Problem, **settings) -> lw.Advice:
    return lw.advise(
        problem.X, problem.y, problem.weight, start=(problem.start.coef, problem.start.intercept), **settings
    )


@given(problems())
def test_the_limit_separates_convergence_from_divergence(problem: Problem) -> None:
    """1% under the limit the error along the steepest direction dies out, 1% over it it grows without end."""
    limit = advise(problem).learning_rate_limit
    steep = spectral.modes(problem.triangle, problem.start).directions[:, 0]
    for part, grows in ((0.99, False), (1.01, True)):
        run = drive(by_hand.steps(problem.compressed, problem.start, part * limit), 3000)
        answer = least_squares(problem.triangle)
        error = np.abs((run.parameters - np.append(answer.coef, answer.intercept)) @ steep)
        assert (run.status is Stop.OVERFLOW or error[-1] > 1e3 * error[0]) == grows
        assert grows or error[-1] < 1e-6 * max(error[0], 1)


@given(problems(), st.floats(0.1, 0.9))
def test_epochs_needed_is_the_first_epoch_that_is_close_enough(problem: Problem, part: float) -> None:
    """Every estimate within 0.001 standard errors: not one epoch earlier, not one later."""
    advice = advise(problem, learning_rate=part * advise(problem).learning_rate_limit)
    needed = advice.epochs_needed
    assert needed is not None
    if needed > 20_000:
        return
    target = close_enough(problem.triangle, least_squares(problem.triangle), 1e-3)
    path = spectral.modes(problem.triangle, problem.start)
    run = drive(by_hand.steps(problem.compressed, problem.start, advice.settings.learning_rate), needed + 1)

    def left(k: int) -> float:
        return distance_left(path, Step(run.coefs[k], run.intercepts[k], run.losses[k]))

    # The loop's own rounding may tip an epoch that lands on the target to 9 digits.
    assert left(needed) <= target * (1 + 1e-9)
    assert needed == 0 or left(needed - 1) > target * (1 - 1e-9)


def test_close_enough_means_standard_errors() -> None:
    """Just converged, every estimate and every contrast of them is within 0.001 standard errors."""
    problem = make(21, n=30, p=2)
    rate = 0.5 * problem.limit
    needed = advise(problem, learning_rate=rate).epochs_needed
    run = drive(by_hand.steps(problem.rows, problem.start, rate), needed)
    A = problem.rows.design()
    answer = np.linalg.lstsq(A, problem.y, rcond=None)[0]
    sigma2 = np.sum((problem.y - A @ answer) ** 2) / (30 - 3)
    covariance = sigma2 * np.linalg.inv(A.T @ A)
    for contrast in [*np.eye(3), *np.random.default_rng(0).standard_normal((20, 3))]:
        off = abs(contrast @ (run.parameters[-1] - answer))
        assert off <= 1e-3 * np.sqrt(contrast @ covariance @ contrast) * (1 + 1e-6)


@given(problems())
def test_no_fixed_rate_shrinks_the_worst_error_faster_than_the_best(problem: Problem) -> None:
    advice = advise(problem)
    eigenvalues = np.asarray(advice.eigenvalues)

    def worst(rate: float) -> float:
        return np.abs(1 - rate * eigenvalues).max()

    best = worst(advice.learning_rate_best)
    assert all(best <= worst(rate) + 1e-12 for rate in np.linspace(0, advice.learning_rate_limit, 101)[1:])


@given(problems())
def test_eigenvalues_are_numpys(problem: Problem) -> None:
    A, share = problem.rows.design(), np.broadcast_to(problem.rows.share, problem.y.shape)
    expected = np.linalg.eigvalsh(2 * (A.T * share) @ A)[::-1]
    advice = advise(problem)
    # eigvalsh of the squared matrix is good to eps times the largest.
    assert np.asarray(advice.eigenvalues) == pytest.approx(expected, abs=1e-13 * expected[0])
    assert advice.condition == pytest.approx(advice.eigenvalues[0] / advice.eigenvalues[-1])
    assert advice.learning_rate_limit == pytest.approx(2 / expected[0])


def test_standardised_is_what_standardising_does() -> None:
    problem = make(22, n=50, p=3, offset=7, scale=20)
    advice = advise(problem)
    scaled = (problem.X - problem.X.mean(axis=0)) / problem.X.std(axis=0)
    again = lw.advise(scaled, problem.y, start=(problem.start.coef, problem.start.intercept), epochs=1)
    assert advice.standardised is not None
    assert advice.standardised.condition == pytest.approx(again.condition)
    assert advice.standardised.learning_rate == again.suggested.learning_rate
    assert advice.standardised.epochs_needed == again.suggested.epochs_needed
    assert advice.condition > 100 * advice.standardised.condition


def test_divergence_is_foretold() -> None:
    advice = lw.compare("article", learning_rate=0.01, methods=["spectral"]).advice
    assert advice.epochs_needed is None
    assert "Diverges: 0.01 is 2.02 times the limit 0.00494; the error grows 3.05-fold an epoch." in advice.verdict


@given(problems())
def test_power_iteration_bounds_the_largest_eigenvalue(problem: Problem) -> None:
    lower, upper = largest_eigenvalue(problem.compressed)
    largest = 2 / advise(problem).learning_rate_limit
    assert lower <= largest * (1 + 1e-12)
    assert largest <= upper * (1 + 1e-12)


def test_too_many_features_for_eigenvectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leastwise.advice.LARGEST_SPECTRUM", 2)
    problem = make(23, n=60, p=4)
    exact, bounded = problem.limit, None
    for settings in ({}, {"learning_rate": 100.0}):
        bounded = advise(problem, **settings)
        assert bounded.condition is None
        assert bounded.epochs_needed is None
        assert 0.8 * exact <= bounded.learning_rate_limit <= exact
        assert "too many for an eigendecomposition" in bounded.verdict
    ran = lw.compare(problem.X, problem.y, epochs=3000, learning_rate=0.5 * exact, methods=["numpy", "triangle"])
    assert ran.advice.converged
    assert ran.advice.verdict.startswith("Converged")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 15}, "90.8 times the least possible (3.465)"),
        ({"epochs": 15}, "The slope is 4.043 and should be 1.819; the intercept is 0.4772 and should be 36.65."),
        ({"epochs": 15}, "4,652 epochs at 0.004932, the best fixed rate for any start (the limit is 0.004938)"),
        ({"epochs": 15}, "1 epoch at 0.5 on standardised features"),
        ({"epochs": 22_000}, "3.465, within one part in 1.2e+07 of the least possible"),
        ({"epochs": 40_000}, "Converged: after 40,000 epochs at learning rate 0.001 every estimate is within 0.001"),
        ({"epochs": 10**12}, "Converged: after 1,000,000,000,000 epochs"),
        ({"learning_rate": 1e-9}, "Not converged"),
    ],
)
def test_verdicts(settings: dict, words: str) -> None:
    from leastwise.rows.builtin import ARTICLE_X, ARTICLE_Y

    assert words in lw.advise(ARTICLE_X, ARTICLE_Y, **settings).verdict


def test_float32_stalls_and_is_told_so() -> None:
    run = lw.compare("article", dtype="float32", epochs=40_000, methods=["numpy"])
    assert not run.advice.converged
    assert run.advice.verdict.startswith("Stalled")
    assert "use float64" in run.advice.verdict


def test_nothing_to_explain() -> None:
    """A target that never changes, and one that is always zero, still have an answer."""
    X = [[1.0], [2.0], [4.0]]
    for value in (5.0, 0.0):
        run = lw.compare(X, [value] * 3, epochs=5000, learning_rate=0.05)
        assert run.reference.coef[0] == pytest.approx(0, abs=1e-15)
        assert run.advice.converged
        assert np.isnan(run.data.triangle.correlations()).all()
