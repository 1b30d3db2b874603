"""What a hostile tester found, each kept from coming back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import leastwise as lw
from leastwise.atomic import write_text
from leastwise.methods import spectral
from leastwise.methods.centred import least_squares
from leastwise.rows.files import open_source
from leastwise.solution import Start
from test_cli import run, words


def compare(text: str, *arguments: str):
    return run("compare", "-", *arguments, stdin=text)


def test_a_report_follows_links_and_leaves_devices_alone(tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    write_text(tmp_path / "link.html", "page")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_text() == "page"
    os.mkfifo(tmp_path / "pipe")
    refused = run("compare", "--html", str(tmp_path / "pipe"))
    assert refused.returncode == 2
    assert "is not an ordinary file" in words(refused)
    assert run("compare", "--html", "-").returncode == 2
    assert run("compare", "--html", "x" * 300).returncode == 2


@pytest.mark.parametrize(("size", "dtype"), [("e160", "float64"), ("e-170", "float64"), ("e25", "float32")])
def test_squares_that_leave_the_range_are_refused(size: str, dtype: str) -> None:
    for column in (0, 1):
        rows = [["1", "1"], ["2", "3"], ["3", "2"], ["4", "5"]]
        text = "x,y\n" + "".join(",".join(v + size * (j == column) for j, v in enumerate(row)) + "\n" for row in rows)
        ran = compare(text, "--dtype", dtype, "--methods", "numpy,qr")
        assert ran.returncode == 3
        assert f"column '{'xy'[column]}' of standard input is about" in words(ran)


@pytest.mark.parametrize("offset", [1e3, 1e6, 1e9, 1.7e12])
def test_the_advice_holds_far_from_zero(offset: float, tmp_path: Path) -> None:
    """Eigenvalues of unix time: their product is 4 times the variance, however far apart they are."""
    x = offset + 1000.0 * np.arange(40)
    y = 5e-4 * (x - offset) + np.sin(np.arange(40))
    triangle = lw.Triangle.of(x, y)
    path = spectral.modes(triangle, Start(np.array([0.3]), 0.1))
    assert len(path.eigenvalues) == 2
    assert path.eigenvalues[0] * path.eigenvalues[1] == pytest.approx(4 * np.var(x), rel=1e-6)
    answer = least_squares(triangle)
    assert path.start + path.directions @ path.distance == pytest.approx([*answer.coef, answer.intercept], rel=1e-6)
    advice = lw.advise(x, y, learning_rate=0.9 / path.eigenvalues[0], epochs=1)
    assert not advice.converged
    assert advice.verdict.startswith("Not converged")
    lines = [f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    (tmp_path / "t.csv").write_text("t,y\n" + "".join(lines))
    ran = run("compare", str(tmp_path / "t.csv"), "--html", str(tmp_path / "t.html"))
    assert ran.returncode == 0, words(ran)
    assert words(ran) == f"wrote {tmp_path / 't.html'}"
    assert "nan" not in (tmp_path / "t.html").read_text()


@pytest.mark.parametrize("rate", [1e-17, 1e-12, 1e-300])
def test_a_rate_too_small_to_see_is_not_divergence(rate: float) -> None:
    advice = lw.compare("article", learning_rate=rate, methods=["numpy", "spectral"]).advice
    assert advice.verdict.startswith("Not converged")
    assert advice.epochs_needed is not None or rate < 1e-200


def test_odd_file_names_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a1.csv").write_text("a,y\n9,9\n8,8\n")
    for name in ("a[1].csv", "a*.csv", "a?.csv", "it's.csv"):
        (tmp_path / name).write_text("a,y\n1,1\n2,2\n3,4\n")
        assert sum(map(len, open_source(tmp_path / name).choose().chunks())) == 3
    for name in ("q?b.sqlite", "q#b.sqlite", "q%41.sqlite"):
        with sqlite3.connect(tmp_path / name) as db:
            db.execute("create table t as select 1 as a, 2 as y union select 3, 5")
        assert sum(map(len, open_source(tmp_path / name, table="t").choose().chunks())) == 2
    assert not (tmp_path / "q").exists()


def test_a_ragged_tail_is_named_and_nothing_is_skipped(tmp_path: Path) -> None:
    body = "".join(f"{i},{i % 4},{2 * i}\n" for i in range(20))
    for tail in ("5,6,7,8\n6,3,2,1\n7,7,7,1\n9,1,4,4\n", "5,6,7,8\n"):
        ran = compare(f"a,b,y\n{body}{tail}")
        assert ran.returncode == 3
        assert "line 22 of standard input cannot be read as CSV" in words(ran)


def test_far_from_zero_is_not_constant() -> None:
    x = np.array([1e15, 1e15 + 1, 1e15 + 3, 1e15 + 4])
    answer = least_squares(lw.Triangle.of(x, [1.0, 2, 5, 5]))
    assert answer.rank == 2
    assert answer.coef[0] == pytest.approx(1.1, rel=1e-12)


def test_settings_have_a_top() -> None:
    for arguments in (["--tolerance", "1e160"], ["--threads", "99999999999999999999"], ["--device", "meta"]):
        ran = run("compare", *arguments)
        assert ran.returncode == 2
        assert "\n" not in words(ran)
    with pytest.raises(lw.UsageError, match="the loss at the start overflows"):
        lw.compare([1.0, 2.0, 4.0], [1, 2, 3], start=([1e200], 0))


@pytest.mark.parametrize("redirect", [">&-", "<&-", "2>&-"])
def test_closed_streams(redirect: str) -> None:
    command = f"{sys.executable} -m leastwise compare --methods numpy {redirect}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert ran.returncode == 0
    assert b"Traceback" not in ran.stderr
    closed = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m leastwise compare - <&-"], capture_output=True, check=False
    )
    assert closed.returncode == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this machine has no /dev/full")
def test_a_full_disk_is_a_sentence() -> None:
    command = f"{sys.executable} -m leastwise compare --methods numpy > /dev/full"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert ran.returncode == 3
    assert ran.stderr.decode().strip() == "leastwise: standard output cannot be written: No space left on device"


def test_a_broken_pipe_is_success() -> None:
    command = f"{sys.executable} -m leastwise compare --methods numpy --json | head -c 1; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert ran.stdout.decode().strip().endswith("0")
    assert ran.stderr == b""


def test_names_that_the_terminal_cannot_spell() -> None:
    ran = run("compare", "-", stdin="größe,y\n1,1\n2,3\n3,2\n", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0, words(ran)


def test_names_with_commas() -> None:
    ran = compare('"x,1",b,y\n1,2,1\n2,1,3\n3,4,2\n4,5,9\n', "-x", "x,1", "--json")
    assert b'"features": ["x,1"]' in ran.stdout


def test_booleans_are_numbers() -> None:
    assert compare("b,y\ntrue,1\nfalse,2\ntrue,3\n").returncode == 0


def test_one_bad_cell_does_not_lose_a_column() -> None:
    ran = compare("a,b,y\n1,5,2\n2,4,3\n3,-,5\n4,7,9\n")
    assert ran.returncode == 3
    assert "column 'b' of standard input holds '-' among its numbers" in words(ran)
    assert compare("a,b,y\n1,5,2\n2,4,3\n3,-,5\n4,7,9\n", "-x", "a").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["-", "--sql", "select 1"], 2), (["--table", "t"], 2), ([""], 2), (["--weights", ""], 2), (["--sql", ""], 2)],
)
def test_requests_that_contradict_themselves(arguments: list[str], code: int) -> None:
    ran = run("compare", *arguments, stdin="a,y\n1,2\n2,3\n4,4\n")
    assert ran.returncode == code
    assert "\n" not in words(ran)


def test_queries_may_end_as_people_end_them() -> None:
    for tail in (";", " -- all of it", ";\n"):
        ran = run("compare", "--sql", f"select i a, i * i y from range(9) r(i){tail}", "--methods", "numpy")
        assert ran.returncode == 0, words(ran)


def test_folders_hide_what_is_hidden(tmp_path: Path) -> None:
    for name in ("rows.csv", ".ipynb_checkpoints/rows.csv", "_tmp/rows.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a,y\n1,1\n2,2\n3,4\n")
    (tmp_path / "empty.csv").touch()
    assert sum(map(len, open_source(tmp_path).choose().chunks())) == 3


def test_units_do_not_lose_digits_in_any_closed_form() -> None:
    X = np.array([[1e-9, 3e7], [2e-9, 1e7], [3e-9, 4e7], [4e-9, 1e7], [5e-9, 9e7]])
    found = lw.compare(X, [1, 3, 2, 5, 5], methods=["normal", "qr", "svd"], learning_rate=1e-17)
    assert all(run.agreement_digits >= 12 for run in found.runs)
    assert len(found.runs) == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,y\n1,2\n".encode("utf-16"), "is UTF-16, not CSV in UTF-8"),
        ("größe,y\n1,2\n3,5\n".encode("latin-1") * 9, "line 1 of .* is not UTF-8"),
        (b"\x1f\x8b\x08\x00", "is gzip, not CSV"),
        (b"PAR1....", "is Parquet, not CSV"),
    ],
)
def test_what_is_not_text_is_named(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(lw.DataError, match=sentence):
        open_source(tmp_path / "rows.csv")


@pytest.mark.parametrize("call", [
    lambda: lw.advise([], []),
    lambda: lw.advise([1.0, 2.0], [1.0, 2.0], [0.0, 0.0]),
    lambda: lw.advise([1.0], [1.0]),
    lambda: lw.Triangle.of([[1.0], [2.0]], [1.0]),
    lambda: lw.Triangle.of([["a"], ["b"]], [1.0, 2.0]),
    lambda: lw.Triangle.of([1.0, 2.0], [1.0, 2.0], [1.0]),
    lambda: lw.Triangle.of([1.0, 2.0], [1.0, 2.0], [1e308, 1e308]),
    lambda: lw.compare("article", np.ones(15)),
    lambda: lw.compare([1 + 1j, 2.0], [1.0, 2.0]),
    lambda: lw.compare(np.ma.masked_array([1.0, 2.0, 4.0], [0, 1, 0]), [1.0, 2.0, 3.0]),
    lambda: lw.compare("article", missing="maybe"),
])  # fmt: skip
def test_python_mistakes_get_one_sentence(call) -> None:
    with pytest.raises(lw.LeastwiseError):
        call()


def test_python_takes_one_name_for_a_list() -> None:
    assert lw.compare("article", "y", x="x", methods="numpy").runs[0].method.name == "numpy"
    assert lw.compare([1.0, np.nan, 3.0, 4.0], [1, 2, 3, 5], methods="numpy", missing="drop").data.dropped == 1


def test_near_dependence_is_said() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal(100)
    X = np.column_stack([a, a + 1e-12 * rng.standard_normal(100)])
    found = lw.compare(X, a + rng.standard_normal(100), names=["a", "b"], methods="svd", learning_rate=0.01)
    assert "nearly depend on each other" in found.advice.verdict
    assert found.reference.digits < 5


def test_dependent_columns_are_sent_to_svd() -> None:
    a = np.arange(10.0)
    found = lw.compare(np.column_stack([a, 2 * a]), a**2, learning_rate=1e-4, methods=["numpy"])
    assert "a closed form such as svd" in found.advice.verdict


def test_a_stalled_run_is_not_told_to_go_on() -> None:
    verdict = lw.compare("article", dtype="float32", epochs=30_000, methods="numpy").advice.verdict
    assert verdict.startswith("Stalled")
    assert "at this rate" not in verdict
