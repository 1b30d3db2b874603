"""The command as a user runs it: exit codes, sentences, JSON by the contract, any terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import warm
from leastwise.methods.table import METHODS
from leastwise.rows.builtin import ARTICLE_X, ARTICLE_Y

WITHOUT_TORCH = "import sys; sys.modules['torch'] = None; from leastwise.cli import main; main()"


def run(*arguments: str, stdin: str | bytes = "", program: list[str] | None = None, **environment: str):
    given = stdin.encode() if isinstance(stdin, str) else stdin
    if not program and not environment:
        return warm.start(list(arguments), given)
    command = [sys.executable, *(program or ["-m", "leastwise"]), *arguments]
    variables = {**os.environ, "PYTHONWARNINGS": "error", **environment}
    return subprocess.run(command, input=given, capture_output=True, env=variables, check=False, timeout=120)


def flat(ran) -> str:
    """The page as one line, borders left out."""
    return " ".join(ran.stdout.decode().replace("\u2502", " ").split())


def words(ran) -> str:
    return ran.stderr.decode().strip()


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "houses.csv"
    sizes, ages = [40 + 7 * k % 60 for k in range(30)], [k * k % 23 for k in range(30)]
    prices = [9 * size - age + k % 3 for k, (size, age) in enumerate(zip(sizes, ages, strict=True))]
    rows = [f"{c},{s},{a},{p}" for c, s, a, p in zip("abcdefghij" * 3, sizes, ages, prices, strict=True)]
    path.write_text("city,sqft,age,price\n" + "\n".join(rows) + "\n")
    return path


def test_the_default_is_the_article() -> None:
    ran = run("compare")
    page = ran.stdout.decode()
    assert ran.returncode == 0
    assert words(ran) == ""
    for name in METHODS:
        assert name in page
    for fact in ("correlation of x with y: 0.9893", "Loss by epoch (log)", "y over x", "Where this rate leads",
                 "Not converged: after 15 epochs", "22,042 epochs at this rate", "least squares"):  # fmt: skip
        assert fact in flat(ran)
    assert "\x1b" not in page, "no colour off a terminal"
    assert max(len(line) for line in page.splitlines()) <= 80


def test_json_follows_the_contract() -> None:
    ran = run("compare", "--json")
    found = json.loads(ran.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert found["schema"] == "leastwise.compare/1"
    assert found["data"]["rows"] == 15
    assert found["data"]["features"] == ["x"]
    assert found["data"]["target"] == "y"
    assert {"epochs", "learning_rate", "start", "dtype", "device"} <= set(found["settings"])
    assert found["settings"]["start"]["coef"] == [-0.4167578474054706]
    for method in found["methods"]:
        assert {"name", "losses", "coef", "intercept", "final_loss", "seconds", "agreement_digits"} <= set(method)
        assert isinstance(method["coef"], list)
        assert len(method["losses"]) == 16
        assert method["seconds"] > 0
    numpy = found["methods"][0]
    assert numpy["losses"][0] == pytest.approx(4393.679411741339, rel=1e-13)
    assert numpy["losses"][14] == pytest.approx(314.8719607426561, rel=1e-13)
    assert numpy["final_loss"] == numpy["losses"][-1] == pytest.approx(314.5757, abs=5e-5)
    assert set(found["reference"]) >= {"coef", "intercept", "loss"}
    assert set(found["advice"]) >= {
        "converged", "learning_rate_limit", "learning_rate_best", "condition", "epochs_needed", "verdict"
    }  # fmt: skip


@pytest.mark.parametrize("option", [["--start=-0.4,1"], ["--start", " -0.4 , 1e0 "]])
def test_a_start_that_is_given(option: list[str]) -> None:
    """In the numbers, the page, the JSON and the report; the seed, which drew nothing, is not named."""
    found = json.loads(run("compare", *option, "--seed", "7", "--json", "--methods", "numpy,spectral").stdout)
    assert found["settings"]["start"] == {"coef": [-0.4], "intercept": 1.0}
    assert found["settings"]["seed"] is None
    at_start = sum((y - (1 - 0.4 * x)) ** 2 for x, y in zip(ARTICLE_X, ARTICLE_Y, strict=True)) / 15
    assert [method["losses"][0] for method in found["methods"]] == pytest.approx([at_start] * 2, rel=1e-12)
    assert "from slope -0.4 and intercept 1" in flat(run("compare", *option, "--methods", "numpy"))


def test_the_report_names_the_seed_or_the_start(tmp_path: Path) -> None:
    for option, said, unsaid in (
        (["--start=-0.4,1"], "a start that was given", "seed 2"),
        ([], "seed 2", "that was given"),
    ):
        assert run("compare", *option, "--methods", "numpy", "--html", str(tmp_path / "r.html")).returncode == 0
        page = (tmp_path / "r.html").read_text()
        assert said in page
        assert unsaid not in page
        assert ("start = np.array([-0.4, 1.0])" in re.sub("<[^>]+>", "", page)) == bool(option)


def test_a_start_of_several_slopes(houses: Path) -> None:
    command = ["compare", str(houses), "-y", "price", "-x", "sqft,age", "--learning-rate", "1e-5"]
    start = json.loads(run(*command, "--start=1,-2,3", "--json").stdout)["settings"]["start"]
    assert start == {"coef": [1.0, -2.0], "intercept": 3.0}
    refused = run(*command, "--start=1,-2")
    assert refused.returncode == 2
    assert words(refused).endswith(
        "--start must be 3 finite numbers with commas between them, the slopes of sqft and age, then the intercept: "
        "it is '1,-2'"
    )


def test_other_built_in_sets() -> None:
    found = json.loads(run("compare", "anscombe-2", "--json").stdout)
    assert (found["data"]["source"], found["data"]["rows"]) == ("anscombe-2", 11)
    assert [*found["reference"]["coef"], found["reference"]["intercept"]] == pytest.approx([0.5, 3.00091], abs=5e-6)
    ran = run("compare", "years")
    assert ran.returncode == 0, words(ran)
    assert "years: 15 rows, y on x" in flat(ran)
    assert "Diverges: 0.001 is 4,032 times the limit" in flat(ran)
    assert "or a built-in set: article, anscombe-1 to -4, outlier or years." in flat(run("compare", "--help"))


@pytest.mark.parametrize(("epochs", "code"), [("15", 1), ("40000", 0)])
def test_require_converged(epochs: str, code: int) -> None:
    ran = run("compare", "--epochs", epochs, "--require-converged", "--methods", "numpy,spectral")
    assert ran.returncode == code
    assert b"Verdict" in ran.stdout


def test_divergence_is_shown_and_is_valid_json() -> None:
    ran = run("compare", "--learning-rate", "0.01", "--epochs", "1000", "--json")
    found = json.loads(ran.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    for method in found["methods"]:
        assert len(method["losses"]) == 1001
        assert method["final_loss"] is not None
    assert found["methods"][0]["losses"][-1] is None
    assert "diverged" in found["methods"][0]["status"]
    page = flat(run("compare", "--learning-rate", "0.01", "--epochs", "1000"))
    assert "overflowed; the last finite state is shown" in page


def test_a_file_of_houses(houses: Path) -> None:
    ran = run("compare", str(houses), "-y", "price", "-x", "sqft,age", "--epochs", "500", "--learning-rate", "0.0001")
    page = flat(ran)
    assert ran.returncode == 0, words(ran)
    assert "30 rows, price on sqft and age" in page
    assert "covariance takes one feature and this data has 2: use qr" in page
    assert "In its effect on the prediction age is farthest off" in page
    same = run("compare", "-", "-y", "price", "-x", "sqft", "-x", "age", "--json", stdin=houses.read_text())
    assert json.loads(same.stdout)["data"]["rows"] == 30


def test_missing_rows_are_dropped_and_counted(houses: Path) -> None:
    text = houses.read_text() + "z,,3,4\n"
    refused = run("compare", "-", "-y", "price", stdin=text)
    assert refused.returncode == 3
    assert "column 'sqft' of standard input is missing in row 31" in words(refused)
    dropped = json.loads(run("compare", "-", "--missing", "drop", "--json", stdin=text).stdout)
    assert (dropped["data"]["rows"], dropped["data"]["dropped_rows"]) == (30, 1)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--epochs", "0"], 2, "epochs must be a whole number of at least 1: it is 0"),
        (["--epochs", "-5"], 2, "epochs must be"),
        (["--epochs", "ten"], 2, "integer"),
        (["--learning-rate", "nan"], 2, "learning rate must be a finite number above 0: it is nan"),
        (["--learning-rate", "inf"], 2, "learning rate must be"),
        (["--learning-rate", "0"], 2, "learning rate must be"),
        (["--seed", "-1"], 2, "seed must be"),
        (["--start", "1,2,3"], 2, "--start must be 2 finite numbers with commas between them, the slope of x, then"),
        (["--start", "a,b"], 2, "it is 'a,b'"),
        (["--start", "1,nan"], 2, "it is '1,nan'"),
        (["--start", ""], 2, "it is ''"),
        (["--start", "1,2,3", "--optimizers", "cg"], 2, "it is '1,2,3'"),
        (["--dtype", "int8"], 2, "dtype must be float64 or float32"),
        (["--device", "warp"], 2, "--device warp cannot be used by torch here"),
        (["--methods", "numpy,magic"], 2, "there is no method 'magic': there are numpy"),
        (["--methods", ""], 2, "name at least one method"),
        (["--missing", "maybe"], 2, "--missing must be error or drop"),
        (["--tolerance", "-1"], 2, "tolerance must be"),
        (["--threads", "0"], 2, "threads must be"),
        (["--epochs", "100000000000"], 2, "the record of every epoch"),
        (["--html", "/no/such/folder/r.html"], 2, "there is no folder /no/such/folder"),
        (["--html", "."], 2, "is a folder"),
        (["--sweep", "--methods", "triangle"], 2, "--sweep needs a method that iterates over rows"),
        (["--nonsense"], 2, "nonsense"),
        (["nope.csv"], 3, "there is no file, folder or match for 'nope.csv'"),
        (["-y", "z"], 3, "article has no column 'z': it has x and y"),
        (["-x", "x,x"], 2, "'x' is named more than once"),
        (["--weights", "w"], 3, "article has no column 'w'"),
        (["--sql", "select 1 as a"], 3, "no numeric column besides 'a'"),
    ],
)
def test_mistakes_get_one_sentence(arguments: list[str], code: int, sentence: str) -> None:
    ran = run("compare", *arguments)
    assert ran.returncode == code
    assert sentence in words(ran)
    assert ran.stdout == b""
    assert "Traceback" not in words(ran)
    assert words(ran).startswith("Usage") or "\n" not in words(ran)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "standard input is empty"),
        ("a,y\n", "has no rows|no column of numbers"),
        ("a,y\n1,2\n", "standard input has 1 row: a line needs at least two"),
        ("a,y\n5,1\n5,2\n5,4\n", "column 'a' of standard input is constant (5 in every row)"),
        ("a,y\n0.1,1\n0.1,2\n0.1,4\n", "column 'a' of standard input is constant (0.1 in every row)"),
        ("a,y\n1,2\n2,inf\n3,4\n", "column 'y' of standard input is infinite in row 2"),
        ("a,y\n1,x\n2,z\n", "no numeric column besides 'a'"),
        ("\x00\x01\x02", "standard input"),
    ],
)
def test_bad_rows_get_one_sentence(text: str, sentence: str) -> None:
    ran = run("compare", "-", stdin=text)
    assert ran.returncode == 3
    assert any(part in words(ran) for part in sentence.split("|"))
    assert "\n" not in words(ran)
    assert ran.stdout == b""


def test_without_torch_numpy_still_runs() -> None:
    ran = run("compare", program=["-c", WITHOUT_TORCH])
    page = flat(ran)
    assert ran.returncode == 0, words(ran)
    assert 'torch-optim needs torch, which is not installed: pip install "leastwise[torch]"' in page
    assert "triangle" in page
    found = json.loads(run("compare", "--json", program=["-c", WITHOUT_TORCH]).stdout)
    assert [one["name"] for one in found["unavailable"]] == ["torch-autograd", "torch-optim", "torch-module"]
    alone = run("compare", "--methods", "torch-optim", program=["-c", WITHOUT_TORCH])
    assert alone.returncode == 2
    assert "pip install" in words(alone)


@pytest.mark.parametrize("columns", ["20", "40", "60", "80", "120"])
def test_any_width(columns: str) -> None:
    ran = run("compare", "--methods", "numpy,spectral,qr", COLUMNS=columns)
    assert ran.returncode == 0, words(ran)
    assert all(len(line) <= int(columns) for line in ran.stdout.decode().splitlines())


def test_a_terminal_without_unicode() -> None:
    ran = run("compare", "--methods", "numpy", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert ran.returncode == 0, words(ran)
    assert ran.stdout.decode("ascii").count("*") > 10


def test_colour_only_where_it_is_wanted() -> None:
    coloured = run("compare", "--methods", "numpy", FORCE_COLOR="1", TERM="xterm-256color").stdout
    plain = run("compare", "--methods", "numpy", FORCE_COLOR="1", NO_COLOR="1", TERM="xterm-256color").stdout
    assert b"\x1b[36m" in coloured
    assert b"\x1b[36m" not in plain


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m leastwise compare --methods numpy | head -1"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert ran.stderr == b""


def test_help_and_version() -> None:
    helped = run("--help")
    assert helped.returncode == 0
    assert b"compare" in helped.stdout
    assert run("compare", "--help").returncode == 0
    assert run("--version").stdout.strip() == b"0.1.0"


def test_sweep(houses: Path) -> None:
    ran = run("compare", str(houses), "-x", "sqft,age", "--sweep", "--methods", "numpy,triangle", "--json")
    found = json.loads(ran.stdout)["sweep"]
    assert found["rows"] == [10, 100, 1000, 10_000, 100_000, 1_000_000]
    assert set(found["seconds_per_epoch"]) == {"numpy", "triangle"}
    assert all(second > 0 for seconds in found["seconds_per_epoch"].values() for second in seconds)
    assert any("triangle" in line for line in found["crossings"])
