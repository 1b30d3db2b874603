"""Fits and descents of real processes of a gloo group: those of one process that has all the rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw

if os.environ.get("CI") != "true":
    pytest.importorskip("torch")
import ranks
from test_fit import lre

HERE = Path(__file__).parent


def together(task: str, size: int, folder: Path) -> list[dict[str, Any]]:
    """What each rank wrote."""
    command = [sys.executable, str(HERE / "ranks.py"), task]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ends = ([str(rank), str(size), str(folder)] for rank in range(size))
    started = [subprocess.Popen([*command, *end], stderr=subprocess.PIPE, text=True, env=environment) for end in ends]
    try:
        said = [one.communicate(timeout=240)[1] for one in started]
    finally:
        for one in started:
            one.kill()
    assert [one.returncode for one in started] == [0] * size, said
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(size)]


@pytest.mark.parametrize("size", [2, 3])
def test_ranks_are_one_process(size: int, tmp_path: Path) -> None:
    """One group for all of it, since what takes time is to start its processes."""
    found = together("right", size, tmp_path)
    assert all(one == found[0] for one in found), "the same bits on every rank"
    for name, how in ranks.DESCENTS.items():
        for weighted in (False, True):
            assert_same_descent(found[0]["descents"][f"{name}, {weighted}"], weighted, how)
    assert_same_fits(found[0]["fits"], size)


def assert_same_descent(found: list[Any], weighted: bool, how: dict[str, Any]) -> None:
    """To 12 digits of the largest number of the path; in float32, which has 7, to 5."""
    alone = lw.descend(*ranks.rows(weighted=weighted), **how)
    coef, loss, se = map(np.array, found)
    most = 1e-5 if how.get("dtype") == "float32" else 1e-12
    assert np.abs(coef - alone.history.coef).max() <= most * np.abs(alone.history.coef).max(), how
    assert loss == pytest.approx(alone.history.loss, rel=20 * most), how
    assert se == pytest.approx(alone.se, rel=1e-9), how


def assert_same_fits(found: dict[str, Any], size: int) -> None:
    """The sum of triangles to the bit, estimates to 12 digits."""
    X, y, weight = ranks.rows(weighted=True, offset=1e6)
    alone = lw.fit(X, y, weight, method="qr")
    theta, se, n = found["fit"]
    assert n == 301
    assert lre(theta, alone.theta) >= 12
    assert lre(se, alone.se) >= 12
    assert lre(found["ridge"], lw.fit(X, y, weight, penalty=lw.ridge(0.1)).coef) >= 12
    exact = lw.fit(X, y, weight, method="exact")
    assert found["exact"] == [exact.theta.tolist(), exact.se.tolist()], "to the bit"
    assert lre(found["probability"], lw.fit(X, y, weight, weights="probability").se) >= 12
    parts = [lw.Triangle.of(X[a:b], y[a:b], weight[a:b]) for a, b in pairwise(ranks.SHARES[size])]
    whole = sum(parts[1:], parts[0])
    assert np.array_equal(found["R"], whole.R), "added in rank order"
    assert np.array_equal(found["means"], whole.means)


SAID = {
    "columns": ("DataError", "rank 1 has 2 features and rank 0 has 3 features: every rank needs the same columns"),
    "no triangle": ("UsageError", "rank 1: gathered takes a triangle"),
    "a bad row": ("DataError", "rank 1: column 'x1' of the arrays is missing in row 1"),
    "a bad option": ("UsageError", "rank 1: method must be one of"),
    "other options": ("UsageError", "fit is Options"),
    "other names": ("DataError", "rank 1 has the columns a, b, c and y and rank 0 has the columns a, b, d and y"),
    "no rows": ("DataError", "no rows left to fit in the arrays"),
    "other rates": ("UsageError", "learning_rate is 0.2 on rank 1 and 0.1 on rank 0: it must be the same on all"),
    "a clock": ("UsageError", "seconds belongs to a descent of one process"),
    "saga": ("UsageError", "saga needs all rows in one process"),
    "blocks": ("UsageError", "shuffle='blocks' needs all rows"),
    "a large batch": ("UsageError", "batch_size must be a whole number from 1 to the 301 rows"),
    "a device": ("UsageError", "rank 1: --device warp cannot be used by torch here"),
    "a constant": ("DataError", "column 'x1' of the arrays is constant"),
}


def test_every_rank_says_what_is_wrong(tmp_path: Path) -> None:
    found = together("wrong", 2, tmp_path)
    assert found[0] == found[1]
    assert set(found[0]) == {*SAID, "n"} == {*ranks.WRONG, "n"}
    for name, (kind, said) in SAID.items():
        assert found[0][name][0] == kind
        assert said in found[0][name][1]
    assert found[0]["n"] == 301


def test_a_rank_that_goes_is_missed(tmp_path: Path) -> None:
    first, _ = together("lost", 2, tmp_path)
    assert first["said"].startswith("another rank does not answer")
    assert first["code"] == 4


@pytest.mark.parametrize("call", [
    lambda X, y: lw.gathered(lw.Triangle.of(X, y)), lw.fit_distributed, lw.descend_distributed,
])  # fmt: skip
def test_without_a_group(call: Any) -> None:
    with pytest.raises(lw.UsageError, match="no process group here: call torch"):
        call(np.arange(4.0), np.arange(4.0))
