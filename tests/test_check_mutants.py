"""Right implementations in many styles are not accused; each mistake, planted in many styles, is named.

The material in tests/checked was written without a look at how `check` works.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import leastwise as lw
from leastwise.checking.catalogue import BY_CODE

sys.path.insert(0, str(Path(__file__).parent / "checked"))

import mutants_classes
import mutants_closed
import mutants_metrics
import mutants_numpy
import mutants_numpy_more
import mutants_torch
import mutants_torch_more
import pairs
import right
import right_classes
import right_torch

RIGHT = [*right.RIGHT, *right.ESTIMATORS, *right_classes.RIGHT, *right_torch.RIGHT, *mutants_metrics.RIGHT_METRICS]
MODULES = (
    mutants_numpy, mutants_numpy_more, mutants_torch, mutants_torch_more, mutants_classes, mutants_closed,
    mutants_metrics,
)  # fmt: skip
MUTANTS = [(target, codes) for module in MODULES for target, codes in module.MUTANTS]
CONVENTIONS = {"LW302", "LW204", "LW201", "LW411", "LW413", "LW418", "LW621", "LW623"}
"""Right by some books, or of rows that are rare: said in a note, and no fault by itself."""
SAME = {frozenset({"LW123", "LW124"}): {"LW144"}}
"""Two mistakes that are one of another name."""


def name(value: object) -> str:
    return getattr(value, "__name__", "") or ("" if isinstance(value, set | frozenset) else type(value).__name__)


@pytest.fixture(autouse=True)
def _seeds() -> Iterator[None]:
    """Some mutants overwrite the functions that seed."""
    kept = (np.random.seed, torch.random.seed, torch.manual_seed)
    yield
    np.random.seed, torch.random.seed, torch.manual_seed = kept


@pytest.mark.parametrize("target", RIGHT, ids=name)
def test_what_is_right_is_not_accused(target: Callable[..., object]) -> None:
    report = lw.check(target)
    assert report.ok, report.account()


@pytest.mark.parametrize(("target", "codes"), MUTANTS, ids=name)
def test_a_mistake_is_named(target: Callable[..., object], codes: set[str]) -> None:
    report = lw.check(target)
    named = {fault.code for fault in report.faults}
    if codes & CONVENTIONS and not named:
        assert any(note.startswith(code) for note in report.notes for code in codes), report.account()
        return
    assert named & codes, report.account()
    assert len(named - codes) <= 1, report.account()
    assert all(fault.evidence and fault.mend == BY_CODE[fault.code].mend for fault in report.faults)


@pytest.mark.parametrize(("target", "codes"), pairs.PAIRS, ids=name)
def test_of_two_mistakes_one_is_named(target: Callable[..., object], codes: frozenset[str]) -> None:
    report = lw.check(target)
    assert {fault.code for fault in report.faults} & (codes | SAME.get(codes, set())), report.account()


def test_there_are_enough() -> None:
    assert len(RIGHT) >= 15
    assert len(MUTANTS) >= 40
    known = {code for _, codes in MUTANTS for code in codes}
    assert set(BY_CODE) - known <= {"LW142", "LW143", "LW144", "LW145", "LW419"}
