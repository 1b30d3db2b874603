"""`leastwise check`: files, notebooks, packages; code that loops, leaves, prints, raises, eats memory, is not there."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from leastwise.checking.catalogue import BY_CODE
from test_cli import run

ROOT = Path(__file__).parent.parent
MINE = """
import numpy as np

def train(x, y, w=0.0, b=0.0, lr=0.01, epochs=100):
    print("training")
    for _ in range(epochs):
        error = w * x + b - y
        w, b = w - lr * (x * error).sum() * 2, b - lr * error.sum() * 2
    return w, b

def right(x, y):
    slope = np.cov(x, y)[0, 1] / np.var(x, ddof=1)
    return slope, y.mean() - slope * x.mean()

def slow(x, y):
    while True:
        pass

def dies(x, y):
    import os
    os._exit(3)

def leaves(x, y):
    raise SystemExit("bye")

def prints(x, y):
    for _ in range(2000):
        print("x" * 10000)
    return right(x, y)

def raises(x, y):
    raise ValueError("no such luck")

def eats(x, y):
    kept = []
    while True:
        kept.append(np.empty(10**8))

def needs(x, y):
    import no_such_library
    return no_such_library.fit(x, y)

def asks(x, y):
    return float(input("slope? ")), 0.0

def hangs(x, y):
    import subprocess, threading, time
    subprocess.Popen(["sleep", "1234.5"])
    threading.Thread(target=time.sleep, args=(1234.5,)).start()
    return right(x, y)
"""


@pytest.fixture
def mine(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(MINE)
    return str(tmp_path / "mine.py")


def test_right_and_wrong(mine: str) -> None:
    wrong = run("check", f"{mine}:train")
    assert wrong.returncode == 1
    assert "LW103 sum instead of mean" in wrong.stdout.decode()
    assert "7 times smaller" in wrong.stdout.decode()
    assert "training" not in wrong.stdout.decode()
    found = json.loads(run("check", f"{mine}:right", "--json").stdout)
    assert (found["schema"], found["ok"]) == ("leastwise.check/1", True)
    assert run("check", "sklearn.linear_model:LinearRegression").returncode == 0


REFUSED = [
    ("slow", 3, "did not finish within"), ("dies", 3, "ended its process (exit code 3)"), ("none", 3, "has no 'none'"),
    ("leaves", 2, "SystemExit: bye, line 24"), ("raises", 2, "ValueError: no such luck, line 32"),
    ("needs", 2, "No module named 'no_such_library'"), ("asks", 2, "EOFError"), ("eats", 2, "MemoryError"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "words"), REFUSED)
def test_code_that_misbehaves(mine: str, name: str, code: int, words: str) -> None:
    done = run("check", f"{mine}:{name}", "--seconds", "60" if name == "eats" else "6")
    assert (done.returncode, words in done.stderr.decode()) == (code, True), done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert not done.stdout


def test_printing_much_and_leaving_processes_behind(mine: str) -> None:
    start = time.monotonic()
    assert run("check", f"{mine}:prints").returncode == 0
    assert run("check", f"{mine}:hangs").returncode == 0
    assert time.monotonic() - start < 60
    running = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    assert not any(b"1234.5" in line for line in running)


NOWHERE = [
    ("mine.py", 2, "FILE.py:NAME"), ("no_such_file.py:train", 3, "no file"), ("no_such_package:train", 3, "imported"),
    (":train", 2, "FILE.py:NAME"), ("leastwise.version:VERSION", 2, "neither"), ("torch.nn:Linear", 2, "trains it"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "code", "words"), NOWHERE)
def test_what_is_not_there(where: str, code: int, words: str) -> None:
    done = run("check", where)
    assert (done.returncode, words in done.stderr.decode()) == (code, True), done.stderr.decode()


TEXTS = [
    ("print 'x'\ndef train(x, y):\n    return 1\n", "line 1 is no Python 3"),
    ("import no_such_library\ntrain = no_such_library.train\n", "No module named 'no_such_library'"),
    ("", "nothing to call"),
]


@pytest.mark.parametrize(("text", "words"), TEXTS)
def test_files_that_cannot_be_run(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    done = run("check", f"{tmp_path / 'bad.py'}:train")
    assert (done.returncode, words in done.stderr.decode()) == (3, True), done.stderr.decode()


def test_a_script_whose_data_are_not_here(tmp_path: Path) -> None:
    text = (
        "import numpy as np\nimport matplotlib.pyplot as plt\nrows = np.loadtxt('rows.csv')\n" + MINE + "\nplt.show()\n"
    )
    (tmp_path / "script.py").write_text(text)
    done = run("check", f"{tmp_path / 'script.py'}:right")
    assert done.returncode == 0, done.stderr.decode()
    assert "line 3 fails (FileNotFoundError" in done.stdout.decode()


def notebook(*cells: str) -> str:
    made = [{"cell_type": "code", "source": cell.splitlines(keepends=True), "metadata": {}} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "# Lines"}, *made], "nbformat": 4})


def test_notebooks(tmp_path: Path) -> None:
    path = tmp_path / "lines.ipynb"
    path.write_text(
        notebook("%matplotlib inline\nimport numpy as np\n!pip install this", "%%time\n1 +", MINE, "train(")
    )
    done = run("check", f"{path}:train", "--json")
    assert [fault["code"] for fault in json.loads(done.stdout)["faults"]] == ["LW103"]
    path.write_text("{")
    done = run("check", f"{path}:train")
    assert (done.returncode, b"no notebook" in done.stderr) == (3, True)


def test_the_page_and_the_summary(mine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, summary = tmp_path / "card.html", tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    done = run("check", f"{mine}:train", "--html", str(page), "--github")
    assert done.returncode == 1
    assert done.stdout.decode().startswith("::error file=")
    assert "LW103" in summary.read_text()
    assert page.read_text().count("<polyline") >= 4
    for wrong in (["--html", str(tmp_path)], ["--html", mine], ["--json", "--github"], ["--seconds", "0"]):
        assert run("check", f"{mine}:train", *wrong).returncode == 2
    assert Path(mine).read_text() == MINE


def test_explain() -> None:
    said = run("check", "--explain", "lw104").stdout.decode()
    assert BY_CODE["LW104"].mend in said
    assert len(run("check", "--explain", "all").stdout.decode().splitlines()) == len(BY_CODE)
    assert run("check", "--explain", "LW999").returncode == 2


def test_the_page_of_codes_is_true() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    import codes

    text = codes.PAGE.read_text("utf-8")
    assert codes.filled(text) == text
