"""torch tensors and devices: the triangle is NumPy's to 14 digits, whatever the dtype, the layout and the way there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import weakref
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import leastwise as lw
from leastwise.rows.chunk import Chunk
from leastwise.summary.streamed import streamed
from leastwise.summary.triangle import Triangle
from problems import EPS, digits, make
from test_fit import CERTIFIED, lre, nist

if os.environ.get("CI") != "true":
    pytest.importorskip("torch")
import torch

from leastwise.summary.tensors import triangle_of

WITHOUT_TORCH = "import sys; sys.modules['torch'] = None; from leastwise.cli import main; main()"


def run(*arguments: str, program: tuple[str, ...] = ("-m", "leastwise")) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *program, *arguments], capture_output=True, text=True)


def tensors(*arrays) -> list:
    return [None if array is None else torch.from_numpy(np.array(array)) for array in arrays]


def assert_same(one: Triangle, other: Triangle) -> None:
    """14 digits of every sum of products beside the lengths of its columns, and of the means."""
    assert (one.n, one.weight) == (other.n, pytest.approx(other.weight, rel=1e-15))
    scatters = [triangle.R.T @ triangle.R for triangle in (one, other)]
    size = np.sqrt(np.diag(scatters[1]))
    assert np.abs(scatters[0] - scatters[1]).max(initial=0) <= 1e-14 * np.outer(size, size).max(initial=0)
    if not other.n:
        return
    assert (np.abs(one.means - other.means) <= 4 * EPS * (np.abs(other.means) + other.spread)).all()
    assert one.log_weight == pytest.approx(other.log_weight, rel=1e-13, abs=1e-13)
    assert (one.lightest, one.heaviest) == (other.lightest, other.heaviest)


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("name", CERTIFIED)
def test_nist(name: str, offset: float) -> None:
    X, y, intercept = nist(name)
    X, y = X + offset, y + offset
    ours, numpys = triangle_of(*tensors(X, y)), Triangle.of(X, y)
    assert_same(ours, numpys)
    fits = [lw.fit(triangle, intercept=intercept) for triangle in (ours, numpys)]
    assert fits[0].rank == fits[1].rank
    apart = np.abs(fits[0].theta - fits[1].theta) / np.maximum(np.abs(fits[1].theta), fits[1].se)
    assert apart.max() <= 10.0 ** -min(14, fits[1].digits)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("n", "p", "offset", "near"), [
    (1, 2, 0.0, 1.0), (20, 3, 1e6, 1.0), (8191, 4, 1.0, 1.0), (30_000, 4, 1e6, 1.0), (30_000, 4, 1e3, 1e-4),
    (24_576, 2, 0.0, 1e-4), (0, 2, 0.0, 1.0),
])  # fmt: skip
def test_by_moments_and_by_qr(n: int, p: int, offset: float, near: float, order: str, weighted: bool) -> None:
    """Nearly dependent columns go by QR, block by block, the last one not full; others by moments."""
    rng = np.random.default_rng(n)
    X = rng.standard_normal((n, p))
    X[:, 1] = X[:, 0] + near * X[:, 1]
    X, y = np.asarray(X + offset, order=order), X @ np.arange(1.0, p + 1) + rng.standard_normal(n)
    weight = rng.integers(0, 4, n) + float(n < 10) if weighted else None
    there = [torch.from_numpy(X), *tensors(y, weight)]
    assert (there[0].stride(0) < there[0].stride(1)) == (order == "F" and n > 1)
    assert_same(triangle_of(*there), Triangle.of(X, y, weight))


X = np.random.default_rng(0).integers(-60, 60, (50, 3)).astype(float)
Y = X @ (1.0, 2.0, 3.0) + np.random.default_rng(1).integers(-9, 9, 50)
HELD = torch.from_numpy(np.repeat(X, 2, axis=0))
KINDS = {
    "float64": torch.from_numpy(X), "float32": torch.from_numpy(X).float(), "float16": torch.from_numpy(X).half(),
    "bfloat16": torch.from_numpy(X).bfloat16(), "int64": torch.from_numpy(X).long(),
    "int8": torch.from_numpy(X).to(torch.int8), "requires grad": torch.from_numpy(X.copy()).requires_grad_(),
    "every other row": HELD[::2], "transposed": torch.from_numpy(X.T.copy()).T,
    "negated": (-1j * torch.from_numpy(X)).conj().imag,
    "of a product": torch.from_numpy(X.copy()).requires_grad_() * 1.0,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_tensors(kind: str) -> None:
    """The numbers are whole and small, so that every type holds them."""
    there, expected = KINDS[kind], Triangle.of(X, Y)
    assert_same(triangle_of(there, torch.from_numpy(Y)), expected)
    assert_same(triangle_of(there, torch.from_numpy(Y)[:, None].requires_grad_()), expected)
    assert_same(Triangle.of(there, torch.from_numpy(Y)), expected)
    fit = lw.fit(there, torch.from_numpy(Y))
    assert lre(fit.theta, lw.fit(X, Y, method="exact").theta) >= 14


def test_truths_and_one_column() -> None:
    there = torch.from_numpy(X > 0)
    assert_same(triangle_of(there, torch.from_numpy(Y)), Triangle.of(X > 0, Y))
    assert_same(triangle_of(torch.from_numpy(X[:, 0]), torch.from_numpy(Y)), Triangle.of(X[:, 0], Y))
    assert_same(triangle_of(torch.from_numpy(X), Y, np.ones(50)), Triangle.of(X, Y, np.ones(50)))


def test_float32_is_summed_in_float64() -> None:
    """A million rows whose mean is 1,000 deviations off: float32 sums would leave no digit."""
    rng = np.random.default_rng(0)
    A = (rng.standard_normal((200_000, 2)) + 1000).astype(np.float32)
    y = (A @ np.float32([1, 2]) + rng.standard_normal(200_000)).astype(np.float32)
    assert_same(triangle_of(*tensors(A, y)), Triangle.of(A.astype(np.float64), y.astype(np.float64)))


WRONG = {
    "on different devices (X on cpu, y on meta)": (KINDS["float64"], torch.empty(50, device="meta")),
    "meta device": (torch.empty(50, 3, device="meta"), torch.empty(50, device="meta")),
    "complex": (torch.zeros(50, 3, dtype=torch.complex64), torch.from_numpy(Y)),
    "X ": (KINDS["float64"].to_sparse(), torch.from_numpy(Y)),
    "2^53": (torch.full((50, 2), 2**62), torch.from_numpy(Y)),
    "do not fit|must be": (KINDS["float64"][None], torch.from_numpy(Y)),
    "do not fit|same rows": (KINDS["float64"], torch.from_numpy(Y[1:])),
}


@pytest.mark.parametrize("said", WRONG)
def test_refused_in_a_sentence(said: str) -> None:
    pattern = said.replace("(", r"\(").replace(")", r"\)").replace("^", r"\^")
    for call in (lw.fit, Triangle.of, *([] if "meta" in said else [triangle_of])):
        with pytest.raises(lw.DataError, match=pattern):
            call(*WRONG[said])


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf, 1e308])
def test_bad_weights_are_refused(weight: float) -> None:
    for make_ in (triangle_of, Triangle.of):
        with pytest.raises(lw.DataError, match="weight"):
            make_(*tensors(X, Y, np.full(50, weight)))


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensors on the CPU count as if they lay on a GPU."""
    for module in ("rows.arrays", "summary.triangle"):
        monkeypatch.setattr(f"leastwise.{module}.elsewhere", lambda X, *rest: hasattr(X, "detach"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("how", [{}, {"device": "cpu"}])
def test_a_value_that_is_missing_is_named(value: float, how: dict, elsewhere: None) -> None:
    A = X.copy()
    A[32, 1] = value
    what = "missing" if np.isnan(value) else "infinite"
    with pytest.raises(lw.DataError, match=f"column 'x2' of the tensors is {what} in row 33"):
        lw.fit(*tensors(A, Y), **how)
    fit = lw.fit(*tensors(A, Y), missing="drop", **how)
    assert fit.dropped_rows == 1
    assert lre(fit.theta, lw.fit(np.delete(A, 32, 0), np.delete(Y, 32)).theta) >= 13


def test_rows_stay_on_their_device(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit brings the triangle; what needs rows, an exact fit or robust errors, brings them in blocks."""
    problem = make(0, n=20_000, p=3, weighted=True, offset=5.0)
    there = tensors(problem.X, problem.y, problem.weight)
    here = lw.fit(problem.X, problem.y, problem.weight, method="qr")
    brought = []
    monkeypatch.setattr(
        "leastwise.rows.arrays.numbers", lambda values, what: brought.append(what) or np.asarray(values)
    )
    fit = lw.fit(*there, method="qr")
    assert not brought
    assert lre(fit.theta, here.theta) >= 13
    assert lre(fit.se, here.se) >= 13
    exact = lw.fit(*there, method="exact")
    assert brought
    assert np.array_equal(exact.theta, lw.fit(problem.X, problem.y, problem.weight, method="exact").theta)
    assert lre(fit.robust(tuple(there)).se, here.robust((problem.X, problem.y, problem.weight)).se) >= 12
    assert fit.predict(there[0][:5]) == pytest.approx(here.predict(problem.X[:5]), rel=1e-13)
    assert lw.descend(*there, epochs=3, batch_size=500).coef == pytest.approx(
        lw.descend(problem.X, problem.y, problem.weight, epochs=3, batch_size=500).coef, rel=1e-12
    )


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("weighted", [False, True])
def test_streamed_is_the_same(offset: float, weighted: bool) -> None:
    problem = make(1, n=150_001, p=4, weighted=weighted, offset=offset)
    rows = Chunk(problem.X, problem.y, problem.weight)
    seen: list[int] = []
    found = streamed(rows.parts(), "cpu", 4, seen.append)
    assert_same(found, Triangle.of(problem.X, problem.y, problem.weight))
    assert seen == sorted(seen)
    assert seen[-1] == 150_001
    again = streamed(rows.parts(), "cpu", 4)
    assert np.array_equal(found.R, again.R)
    assert streamed([], "cpu", 4).features == 4


def test_streamed_keeps_no_rows() -> None:
    alive: list[weakref.ref] = []
    most = 0

    def part(seed: int):
        nonlocal most
        A = np.random.default_rng(seed).standard_normal((1000, 3))
        alive.append(weakref.ref(A))
        most = max(most, sum(ref() is not None for ref in alive))
        yield Chunk(A, A @ np.ones(3))

    assert streamed((partial(part, seed) for seed in range(40)), "cpu", 3, threads=2).n == 40_000
    assert most <= 3


def test_a_file_by_device(tmp_path: Path) -> None:
    problem = make(2, n=3000, p=2, offset=1e6)
    path = tmp_path / "rows.csv"
    rows = np.column_stack([problem.X, problem.y])
    np.savetxt(path, rows, delimiter=",", header="a,b,y", comments="", fmt="%.17g")
    plain = lw.fit(path, "y", method="qr")
    assert lre(lw.fit(path, "y", device="cpu", method="qr").theta, plain.theta) >= 12
    shown = json.loads(run("fit", str(path), "-y", "y", "--method", "qr", "--device", "cpu", "--json").stdout)
    assert list(shown["coef"].values()) == pytest.approx(list(plain.coef), rel=1e-12)
    assert shown["n"] == 3000


@pytest.mark.parametrize("device", ["warp", "meta", "", *([] if torch.cuda.is_available() else ["cuda", "cuda:1"])])
def test_devices_that_are_not_there(device: str) -> None:
    with pytest.raises(lw.UsageError, match=f"--device {device} cannot be used by torch here"):
        lw.fit("article", "y", device=device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
@pytest.mark.parametrize("command", [["fit"], ["descend", "--backend", "torch"], ["compare"]])
def test_commands_say_so(command: list[str]) -> None:
    ran = run(*command, "--device", "cuda")
    assert ran.returncode == 2
    assert "leastwise: --device cuda cannot be used by torch here" in ran.stderr.splitlines()[-1]


def test_a_triangle_has_no_device() -> None:
    with pytest.raises(lw.UsageError, match="device"):
        lw.fit(Triangle.of(X, Y), device="cpu")


def test_without_torch() -> None:
    ran = run("fit", "article", "--device", "cpu", program=("-c", WITHOUT_TORCH))
    assert ran.returncode == 2
    assert 'this needs torch, which is not installed: pip install "leastwise[torch]"' in ran.stderr


@pytest.mark.parametrize("n", [60, 20_000])
def test_dependent_columns(n: int) -> None:
    """gels, the one driver that torch.linalg.lstsq has on CUDA, takes full rank for granted (pytorch#117122)."""
    A = np.random.default_rng(n).integers(-50, 50, (n, 3)).astype(float)
    A = np.column_stack([A, A[:, 0] + A[:, 1]])
    y = A @ (1.0, 2.0, 3.0, 4.0) + 5 + np.random.default_rng(1).standard_normal(n)
    centred = [A - A.mean(0), y - y.mean()]
    shortest = np.linalg.pinv(centred[0]) @ centred[1]
    fit = lw.fit(triangle_of(*tensors(A, y)))
    assert fit.rank == 4
    assert "x4 = x1 + x2 + a constant" in fit.dependencies
    assert digits(fit.coef, shortest) >= 12
    try:
        gels = torch.linalg.lstsq(*tensors(centred[0], centred[1][:, None]), driver="gels").solution.numpy()[:, 0]
    except torch.linalg.LinAlgError:  # Where rounding happens to leave an exact zero.
        return
    assert not digits(gels, shortest) > 1
