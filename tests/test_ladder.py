"""Every rung is the same descent: against rational arithmetic, against each other, in any data set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

import leastwise as lw
from leastwise.agreement import trajectory_digits
from leastwise.methods import spectral
from leastwise.methods.centred import least_squares
from leastwise.methods.table import METHODS
from leastwise.solution import Solution, Start, Stop, drive
from problems import EPS, Problem, digits, exact_descent, exact_least_squares, make, problems

DESCENTS = [name for name, method in METHODS.items() if method.iterates]
CLOSED = [name for name, method in METHODS.items() if not method.iterates]


def solve(name: str, problem: Problem, rate: float = 0.01, epochs: int = 20) -> Solution:
    method = METHODS[name]
    posed = {"rows": problem.rows, "compressed": problem.compressed, "triangle": problem.triangle}
    return drive(method.steps(posed[method.reads], problem.start, rate), epochs)


def agreement(run: Solution, reference: Solution, problem: Problem) -> float:
    return trajectory_digits(run, reference, "float64", float(np.mean(problem.y**2)))


@pytest.mark.parametrize("name", DESCENTS)
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("p", [1, 3])
def test_the_path_is_the_exact_one(name: str, weighted: bool, p: int) -> None:
    """Rational arithmetic cannot round: every loss and parameter of 8 epochs to 13 digits."""
    problem = make(11, n=9, p=p, weighted=weighted)
    rate = 0.5 * problem.limit
    path = exact_descent(problem.X, problem.y, problem.weight, problem.start, rate, 8)
    run = solve(name, problem, rate, 8)
    for k, (loss, theta) in enumerate(path):
        assert run.losses[k] == pytest.approx(loss, rel=1e-13)
        assert np.abs(run.parameters[k] - theta).max() <= 1e-13 * np.abs(theta).max()


@given(problems(), st.floats(0.05, 0.95), st.integers(1, 300))
def test_triangle_equals_by_hand(problem: Problem, part: float, epochs: int) -> None:
    # 11 digits: up to 300 epochs of rounding, losses that fall by a factor of 1e4.
    rate = part * problem.limit
    assert agreement(solve("triangle", problem, rate, epochs), solve("numpy", problem, rate, epochs), problem) >= 11


@given(problems(), st.floats(0.05, 0.95), st.integers(1, 300))
def test_spectral_equals_iteration(problem: Problem, part: float, epochs: int) -> None:
    rate = part * problem.limit
    assert agreement(solve("spectral", problem, rate, epochs), solve("numpy", problem, rate, epochs), problem) >= 11


@given(problems(), st.integers(0, 2**31))
def test_weights_are_repeated_rows(problem: Problem, seed: int) -> None:
    repeats = np.random.default_rng(seed).integers(1, 4, len(problem.y))
    weighted = Problem(problem.X, problem.y, repeats.astype(float), problem.start)
    repeated = Problem(np.repeat(problem.X, repeats, axis=0), np.repeat(problem.y, repeats), None, problem.start)
    rate = 0.5 * weighted.limit
    for name in ("numpy", "torch-autograd", "torch-optim", "torch-module", "triangle", "spectral"):
        assert agreement(solve(name, weighted, rate), solve(name, repeated, rate), problem) >= 12


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_closed_forms_give_the_exact_answer(name: str, weighted: bool) -> None:
    problem = make(4, n=30, p=1 if name == "covariance" else 3, weighted=weighted)
    run = solve(name, problem)
    assert run.status is Stop.ANSWER
    # Condition about 10: its square times eps, with room, for the normal equations.
    assert digits(run.parameters[0], exact_least_squares(problem.X, problem.y, problem.weight)) >= 13
    sklearn = LinearRegression().fit(problem.X, problem.y, problem.weight)
    assert run.coef == pytest.approx(sklearn.coef_, rel=1e-10)
    assert run.loss == pytest.approx(least_squares(problem.triangle).loss, rel=1e-12)


@pytest.mark.parametrize("epoch", [0, 1, 2, 15, 10**3, 10**6, 10**12, 10**18])
@pytest.mark.parametrize("part", [0.001, 0.5, 0.999])
def test_spectral_at_any_epoch(epoch: int, part: float) -> None:
    """Against the recurrence of the exact 2 x 2 case, in 200-bit arithmetic."""
    import mpmath

    mpmath.mp.prec = 200
    X, y = np.array([[1.0], [-1.0], [3.0], [-3.0]]), np.array([2.0, 1.0, 5.0, -2.0])
    start = Start(np.array([0.3]), -0.7)
    path = spectral.modes(lw.Triangle.of(X, y), start)
    rate = part * 2 / 10.0  # Hessian diag(2 * mean(x^2), 2) = diag(10, 2)
    slope, intercept = mpmath.mpf(11) / 10, mpmath.mpf("1.5")
    step = path.at(rate, epoch)
    for found, begin, answer, size in ((step.coef[0], 0.3, slope, 10), (step.intercept, -0.7, intercept, 2)):
        left = (1 - mpmath.mpf(rate) * size) ** epoch
        expected = answer + (mpmath.mpf(begin) - answer) * left
        # One rounding of rate * eigenvalue, amplified by k |1 - x|^(k-1) <= 1 / (1 - |1 - x|).
        slack = 1 - abs(1 - rate * size)
        assert abs(found - float(expected)) <= 1e-15 + 2 * EPS / slack * min(1, epoch)


def test_a_divergent_run_keeps_its_last_finite_state() -> None:
    problem = make(2)
    for name in DESCENTS:
        run = solve(name, problem, 50 * problem.limit, 5000)
        assert run.status is Stop.OVERFLOW
        assert len(run.losses) < 5001
        assert np.isfinite(run.losses).all()
        assert np.isfinite(run.parameters).all()


def test_dependent_columns() -> None:
    """Descents stay on their affine line, svd gives the shortest answer, normal and qr refuse with a sentence."""
    base = make(6, n=50, p=3)
    X = np.column_stack([base.X, 2 * base.X[:, 0] - base.X[:, 1] + 3])
    comparison = lw.compare(X, base.y, names=list("abcd"), learning_rate=0.02, epochs=500)
    assert comparison.reference.rank == 4
    assert comparison.reference.sentences("abcd") == ["d = 2 a - b + a constant"]
    assert set(comparison.unavailable) == {"covariance", "normal", "qr"}
    assert "use svd" in comparison.unavailable["qr"]
    for run in comparison.runs:
        assert run.agreement_digits >= 12, run.method.name
    centred = X - X.mean(axis=0)
    assert comparison.reference.coef == pytest.approx(np.linalg.pinv(centred) @ (base.y - base.y.mean()), abs=1e-12)
    assert "d = 2 a - b" in comparison.advice.verdict


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1e3, 1e12])
def test_units_do_not_look_like_dependence(scale: float) -> None:
    problem = make(8, n=40, p=2)
    X = problem.X * [1, scale]
    answer = least_squares(lw.Triangle.of(X, problem.y))
    assert answer.rank == 3
    assert answer.coef * [1, scale] == pytest.approx(least_squares(problem.triangle).coef, rel=1e-12)
    for name in ("normal", "qr"):
        run = solve(name, Problem(X, problem.y, None, problem.start))
        assert run.coef * [1, scale] == pytest.approx(answer.coef * [1, scale], rel=1e-11)


@pytest.mark.parametrize("n", [2, 3])
def test_fewer_rows_than_parameters(n: int) -> None:
    problem = make(9, n=n, p=4)
    comparison = lw.compare(problem.X, problem.y, learning_rate=0.01, epochs=50)
    assert {"normal", "qr"} <= set(comparison.unavailable)
    for run in comparison.runs:
        assert run.agreement_digits >= 12, run.method.name


def test_an_exact_fit_has_least_loss_zero() -> None:
    X = np.arange(1.0, 9).reshape(-1, 1)
    comparison = lw.compare(X, 2 * X[:, 0] + 1, epochs=20_000, learning_rate=0.02, methods=["numpy", "triangle", "qr"])
    assert comparison.reference.loss == 0
    assert comparison.advice.converged
    for run in comparison.runs:
        assert run.reference_digits >= 12, run.method.name


def test_frames_and_lists_and_tensors() -> None:
    import pandas
    import torch

    problem = make(10, n=20, p=2)
    plain = lw.compare(problem.X, problem.y, methods=["numpy"])
    frame = pandas.DataFrame(problem.X, columns=["a", "b"])
    for X, y in (
        (frame, pandas.Series(problem.y)),
        (problem.X.tolist(), problem.y.tolist()),
        (torch.from_numpy(problem.X), torch.from_numpy(problem.y)),
        (problem.X, problem.y[:, None]),
    ):
        again = lw.compare(X, y, methods=["numpy"])
        assert np.array_equal(again.runs[0].solution.losses, plain.runs[0].solution.losses)
    assert lw.compare(frame, problem.y, methods=["numpy"]).data.selection.features == ("a", "b")


def test_the_rows_are_not_needed() -> None:
    problem = make(12, n=500, p=2)
    comparison = lw.compare(problem.X, problem.y, methods=["spectral", "triangle"])
    assert comparison.data.rows is None
    assert [run.method.name for run in comparison.runs] == ["triangle", "spectral"]
    assert comparison.runs[0].solution.losses[0] == pytest.approx(
        problem.rows.loss(comparison.start.coef, comparison.start.intercept), rel=1e-13
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1"),
        ({"epochs": -3}, "epochs must be"),
        ({"epochs": 1.5}, "epochs must be"),
        ({"learning_rate": float("nan")}, "learning rate must be a finite number above 0"),
        ({"learning_rate": -1.0}, "learning rate must be"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"dtype": "float16"}, "dtype must be float64 or float32"),
        ({"device": "tpu9"}, "cannot be used by torch here"),
        ({"methods": ["adam"]}, "there is no method 'adam'"),
        ({"methods": []}, "name at least one method"),
        ({"methods": ["covariance"]}, "covariance takes one feature and this data has 3"),
        ({"start": ([1.0], 0.0)}, "start must hold 3 finite slopes"),
        ({"start": "zero"}, "start must be a pair"),
        ({"momentum": 0.9}, "there is no setting 'momentum'"),
        ({"epochs": 10**10}, "the record of every epoch"),
        ({"threads": 0}, "threads must be"),
        ({"names": ["a"]}, "names must hold 3 names"),
    ],
)
def test_wrong_requests_get_one_sentence(change: dict, sentence: str) -> None:
    problem = make(1)
    with pytest.raises(lw.LeastwiseError, match=sentence):
        lw.compare(problem.X, problem.y, **change)


@pytest.mark.parametrize(
    ("X", "y", "weight", "sentence"),
    [
        ([[1.0], [np.nan], [2.0]], [1, 2, 3], None, "column 'x' of the arrays is missing in row 2"),
        ([[1.0], [2.0], [np.inf]], [1, 2, 3], None, "column 'x' of the arrays is infinite in row 3"),
        ([[1.0], [2.0]], [1, 2, 3], None, "X has 2 rows and y has 3"),
        ([[1.0], [1.0]], [1, 2], None, "column 'x' of the arrays is constant"),
        ([[1.0]], [1], None, "the arrays has 1 row"),
        ([["a"], ["b"]], [1, 2], None, "X holds something that is not a number"),
        ([[1.0], [2.0]], [1, 2], [1, -1], "weight column 'weight' of the arrays has a negative value"),
        ([[1.0], [2.0]], [1, 2], [1], "weight must be"),
        (np.zeros((2, 0)), [1, 2], None, "X must be"),
        (np.array([[1e300], [2e300]]), [1, 2], None, None),
    ],
)
def test_wrong_data_gets_one_sentence(X, y, weight, sentence: str | None) -> None:
    if sentence is None:
        return
    with pytest.raises(lw.DataError, match=sentence):
        lw.compare(X, y, weight)


def test_float32_refuses_what_it_cannot_hold() -> None:
    with pytest.raises(lw.DataError, match="leaves the range of float32"):
        lw.compare([[1e39], [2e39], [4e39]], [1, 2, 3], dtype="float32")
