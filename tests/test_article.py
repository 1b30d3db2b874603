"""The 15 rows of the tutorial: the numbers that the contract names, to 1e-13 relative."""

from __future__ import annotations

import numpy as np
import pytest

import leastwise as lw
from leastwise.methods.table import METHODS

# numpy, 15 epochs at 0.001 from RandomState(2); the contract's own digits.
FIRST_LOSS, LOSS_14 = 4393.679411741339, 314.8719607426561
SLOPE, INTERCEPT = 4.042799282999869, 0.4771951521775574
ONE_PART_IN_1E13 = 1e-13


@pytest.fixture(scope="module")
def article() -> lw.Comparison:
    return lw.compare("article")


def run(comparison: lw.Comparison, name: str):
    return next(run for run in comparison.runs if run.method.name == name)


def test_by_hand(article: lw.Comparison) -> None:
    losses, last = run(article, "numpy").solution.losses, run(article, "numpy").solution
    assert len(losses) == 16
    assert losses[0] == pytest.approx(FIRST_LOSS, rel=ONE_PART_IN_1E13)
    assert losses[14] == pytest.approx(LOSS_14, rel=ONE_PART_IN_1E13)
    assert last.coef[0] == pytest.approx(SLOPE, rel=ONE_PART_IN_1E13)
    assert last.intercept == pytest.approx(INTERCEPT, rel=ONE_PART_IN_1E13)
    assert last.loss == pytest.approx(314.5757, abs=5e-5)


def test_every_method_ran(article: lw.Comparison) -> None:
    assert [one.method.name for one in article.runs] == list(METHODS)
    assert not article.unavailable


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.iterates])
def test_trajectories_agree(article: lw.Comparison, name: str) -> None:
    # 14 digits: 45 roundings of the largest number in 15 epochs; spectral: 13, for its exponentials.
    assert run(article, name).agreement_digits >= (13 if name == "spectral" else 14)


def test_reference(article: lw.Comparison) -> None:
    answer = article.reference
    assert [answer.coef[0], answer.intercept] == pytest.approx([1.81878822, 36.64702613], abs=5e-9)
    assert answer.loss == pytest.approx(3.464665555, abs=5e-10)


def test_advice(article: lw.Comparison) -> None:
    advice = article.advice
    assert advice.learning_rate_limit == pytest.approx(0.00493836, abs=5e-9)
    assert advice.condition == pytest.approx(854.7, abs=0.05)
    assert not advice.converged
    assert advice.loss_ratio == pytest.approx(90.8, abs=0.05)
    assert advice.verdict.startswith("Not converged")


def test_enough_epochs_converge() -> None:
    long = lw.compare("article", epochs=40_000, methods=["numpy", "spectral"])
    assert long.advice.converged
    assert long.runs[0].solution.coef[0] == pytest.approx(1.81878822, abs=2e-8)


def test_float32() -> None:
    # 5 of float32's 7.2 digits survive 15 epochs of its rounding on numbers a thousand times apart.
    single = lw.compare("article", dtype="float32")
    for one in single.runs:
        assert one.agreement_digits >= 5, one.method.name
        assert np.array_equal(one.solution.losses, one.solution.losses.astype(np.float32))
