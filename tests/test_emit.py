"""Scripts that make a descent again: each is run as it stands, and ends where the descent did, to 12 digits."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest

import leastwise as lw
from leastwise.descent import schedules
from leastwise.descent.table import OPTIMIZERS
from leastwise.scripts.table import KINDS
from problems import make
from test_cli import flat, run

RATES = {"adagrad": 0.1, "adadelta": 1.0, "rmsprop": 0.002, "rmsprop-centered": 0.001, "nadam": 0.002}
RUNS = [
    *((kind, name, {}) for name, entry in OPTIMIZERS.items() for kind in KINDS
      if (kind == "numpy" or (kind == "jax" and not entry.reduction) or (kind.startswith("torch") and entry.torch))),
    ("sklearn", "sgd", {}), ("sklearn", "sgd", {"batch_size": 7}), ("sklearn", "sgd", {"standardise": True}),
    *((kind, "adam", {"batch_size": 7, "weight_decay": 0.1, "schedule": schedules.cosine(30, 0.1), "drop_last": True})
      for kind in ("numpy", "torch", "torch-module", "jax")),
    *((kind, "adamw", {"batch_size": 7, "validation": 0.2, "standardise": True, "beta1": 0.8, "shuffle": False})
      for kind in ("numpy", "torch", "torch-module", "jax")),
    *((kind, "nesterov", {"schedule": schedules.warm_up(5, 0.1, schedules.step(3, 0.5)), "momentum": 0.5})
      for kind in ("numpy", "torch", "torch-module", "jax")),
    *(("numpy", name, {"batch_size": 7}) for name in ("svrg", "saga", "averaged-sgd")),
    *(("numpy", name, {"weight_decay": 0.3}) for name in ("cg", "polyak", "lbfgs")),
    *((kind, "sgd", {"centre": True}) for kind in ("numpy", "torch", "torch-module", "jax", "sklearn")),
    *((kind, "momentum", {"centre": True, "batch_size": 7}) for kind in ("numpy", "torch", "torch-module", "jax")),
]  # fmt: skip


RUN_ALL = """
import contextlib, io, json, pathlib, sys
found = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(path.read_text(), path.name, "exec"), {"__name__": "__main__"})
    found[path.stem] = said.getvalue()
print(json.dumps(found))
"""


@pytest.fixture(scope="session")
def in_jax(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """All scripts of JAX, run one after the other by an interpreter of their own: JAX and forks do not mix."""
    folder = tmp_path_factory.mktemp("jax")
    for number, (kind, name, how) in enumerate(RUNS):
        for weighted in (False, True):
            if kind == "jax":
                rows, settings = the_run(name, how, weighted)
                (folder / f"{number}-{weighted}.py").write_text(lw.emit("jax", *rows, **settings))
    command = [sys.executable, "-W", "error", "-c", RUN_ALL, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name: numbers(text) for name, text in json.loads(done.stdout).items()}


def the_run(name: str, how: dict, weighted: bool) -> tuple[tuple, dict]:
    problem = make(21, n=15, p=3, weighted=weighted)
    settings = {"optimizer": name, "epochs": 30, "learning_rate": RATES.get(name, 0.01), **how}
    return (problem.X, problem.y, problem.weight), settings


def printed(script: str) -> np.ndarray:
    """The numbers of the last line that a script prints."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})  # noqa: S102
    return numbers(said.getvalue())


def numbers(text: str) -> np.ndarray:
    last = text.strip().splitlines()[-1]
    assert re.fullmatch(r"loss \S+ slopes \[.*\] intercept \S+", last)
    return np.array([float(part) for part in re.findall(r"-?\d[\d.e+-]*", last)])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("number", range(len(RUNS)), ids=lambda k: f"{RUNS[k][0]}-{RUNS[k][1]}-{k}")
def test_scripts_make_the_run_again(number: int, weighted: bool, request: pytest.FixtureRequest) -> None:
    """15 rows x 3, 30 epochs, so that the numbers are in the script."""
    kind, name, how = RUNS[number]
    rows, settings = the_run(name, how, weighted)
    if weighted and kind == "sklearn":
        with pytest.raises(lw.UsageError, match="without weights"):
            lw.emit(kind, *rows, **settings)
        return
    fit = lw.descend(*rows, **settings)
    if kind == "jax":
        found = request.getfixturevalue("in_jax")[f"{number}-{weighted}"]
    else:
        found = printed(lw.emit(kind, *rows, **settings))
    expected = np.array([fit.history.loss[-1], *fit.coef, fit.intercept])
    # cg, L-BFGS and the like end at the answer, where the last digits of a step are rounding.
    assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_float32_stays_float32(kind: str) -> None:
    problem = make(22, n=15, p=2)
    how = {"epochs": 20, "learning_rate": 0.05, "dtype": "float32", "optimizer": "adam"}
    fit = lw.descend(problem.X, problem.y, **how)
    assert printed(lw.emit(kind, problem.X, problem.y, **how))[1:3] == pytest.approx(fit.coef, rel=1e-5)


@pytest.mark.parametrize("how", ["centre", "standardise"])
@pytest.mark.parametrize("kind", ["numpy", "torch", "torch-module", "sklearn"])
@pytest.mark.parametrize("rows", ["inline", "file"])
def test_an_offset_costs_float32_no_digits(kind: str, how: str, rows: str, tmp_path: Path) -> None:
    """Columns far from 0 lose theirs in float32, unless their means come off before."""
    problem = make(29, n=15, p=2)
    frame = pandas.DataFrame(problem.X + np.array([1e5, 0]), columns=["a", "b"]).assign(y=problem.y)
    frame.to_csv(tmp_path / "d.csv", index=False)
    data = (frame[["a", "b"]].to_numpy(), problem.y) if rows == "inline" else (str(tmp_path / "d.csv"), "y")
    settings = {"epochs": 50, "learning_rate": 0.05, "dtype": "float32", how: True}
    script = lw.emit(kind, *data, **settings)
    assert printed(script)[1:3] == pytest.approx(lw.descend(*data, **settings).coef, rel=1e-5)


def test_a_centred_descent_says_so() -> None:
    assert "sgd by hand, centred on years: 15 rows, y on x." in flat(run("descend", "years", "--centre"))


@pytest.mark.parametrize("kind", list(KINDS))
def test_scripts_read_the_same_file(kind: str, tmp_path: Path) -> None:
    """Run by another interpreter, in another folder's eyes: a CSV with an awkward name and a row left out."""
    problem = make(23, n=80, p=2)
    frame = pandas.DataFrame(problem.X, columns=["it's", 'a"b']).assign(y=problem.y)
    frame.loc[5, "y"] = np.nan
    frame.to_csv(tmp_path / "it's.csv", index=False)
    command = ["descend", str(tmp_path / "it's.csv"), "-y", "y", "--missing", "drop", "--learning-rate", "auto"]
    command += ["--epochs", "20", "--batch-size", "16"]
    said = run(*command).stdout.decode()
    emitted = run(*command, "--emit", kind)
    (tmp_path / "again.py").write_bytes(emitted.stdout)
    again = subprocess.run([sys.executable, tmp_path / "again.py"], capture_output=True, text=True, check=True)
    assert numbers(again.stdout) == pytest.approx(numbers(said), rel=1e-12)
    assert "this run ended with: loss" in emitted.stderr.decode()


@pytest.mark.parametrize("kind", list(KINDS))
def test_compare_emits_its_descents(kind: str) -> None:
    script = run("compare", "--emit", kind, "--methods", "triangle").stdout.decode()
    again = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found = numbers(again.stdout)
    method = json.loads(run("compare", "--json", "--methods", "numpy").stdout)["methods"][0]
    assert found == pytest.approx([method["final_loss"], *method["coef"], method["intercept"]], rel=1e-12)


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("command", [["compare", "--methods", "numpy"], ["descend"]], ids=lambda words: words[0])
def test_a_start_that_is_given_is_in_the_script(command: list[str], kind: str) -> None:
    command = [*command, "--start=-0.4,30", "--epochs", "20"]
    again = subprocess.run([sys.executable, "-c", run(*command, "--emit", kind).stdout.decode()], capture_output=True,
                           text=True, check=True)  # fmt: skip
    fit = lw.descend("article", y="y", start=([-0.4], 30.0), epochs=20)
    expected = [fit.history.loss[-1], *fit.coef, fit.intercept]
    assert numbers(again.stdout) == pytest.approx(expected, rel=1e-12)


def test_descend_from_a_start_that_is_given() -> None:
    def settings(*option: str) -> dict:
        return json.loads(run("descend", "--start", "-0.4,30", "--json", *option).stdout)["settings"]

    assert (settings()["start"], settings()["seed"]) == ({"coef": [-0.4], "intercept": 30.0}, None)
    for drawn in (["--batch-size", "5"], ["--validation", "0.2"]):
        assert settings(*drawn)["seed"] == 2
    assert settings("--batch-size", "5", "--shuffle", "no")["seed"] is None
    assert json.loads(run("descend", "--json").stdout)["settings"]["start"]["coef"] == [-0.4167578474054706]


@pytest.mark.parametrize(("kind", "how", "words"), [
    ("sklearn", {"optimizer": "adam"}, "only plain sgd"), ("torch", {"optimizer": "cg"}, "no twin in torch.optim"),
    ("jax", {"optimizer": "saga", "batch_size": 3}, "keeps books"), ("fortran", {}, "must be one of numpy"),
    ("numpy", {"schedule": schedules.plateau()}, "follows the losses"),
    ("numpy", {"batch_size": 3, "shuffle": "blocks"}, "keeps the rows in memory"),
])  # fmt: skip
def test_what_a_script_cannot_say_is_refused(kind: str, how: dict, words: str) -> None:
    problem = make(24, n=12, p=1)
    with pytest.raises(lw.UsageError, match=words):
        lw.emit(kind, problem.X, problem.y, **how)


def test_descend_as_a_command(tmp_path: Path) -> None:
    page, table, model = tmp_path / "run.html", tmp_path / "run.parquet", tmp_path / "m.json"
    done = run("descend", "--optimizer", "nesterov", "--set", "momentum=0.8", "--epochs", "40", "--html", str(page),
               "--history", str(table), "--save", str(model))  # fmt: skip
    fit = lw.descend("article", y="y", optimizer="nesterov", momentum=0.8, epochs=40)
    assert numbers(done.stdout.decode())[1] == pytest.approx(fit.coef[0], rel=1e-12)
    assert "foretold" in done.stdout.decode()
    assert "<svg" in page.read_text()
    assert len(pandas.read_parquet(table)) == 41
    assert lw.load(model).coef == pytest.approx(fit.coef)
    found = json.loads(run("descend", "--optimizer", "cg", "--epochs", "5", "--json").stdout)
    assert found["schema"] == "leastwise.descend/1"
    assert found["loss"] == pytest.approx(found["least"])
    assert len(found["history"]["epoch"]) == found["epochs"] + 1


@pytest.mark.parametrize(("option", "words"), [
    (["--optimizer", "magic"], "optimizer must be one of"), (["--set", "momentum"], "a name and a number"),
    (["--set", "momentum=1.5", "--optimizer", "momentum"], "below 1"), (["--learning-rate", "nan"], "finite number"),
    (["--learning-rate", "fast"], "a number or auto"), (["--batch-size", "99"], "from 1 to the 15 rows"),
    (["--schedule", "magic"], "there is no schedule"), (["--schedule", "step"], "not understood"),
    (["--schedule", "step:1,2,3,4"], "not understood"), (["--shuffle", "maybe"], "yes, no or blocks"),
    (["--emit", "basic"], "must be one of numpy"), (["--learning-rate", "-1"], "above 0"),
    (["--history", "h.txt"], "must end in"), (["--epochs", "0"], "at least 1"),
    (["--start", "4"], "--start must be 2 finite numbers"), (["--start", "4,x"], "it is '4,x'"),
])  # fmt: skip
def test_descend_refuses_in_a_sentence(option: list[str], words: str) -> None:
    done = run("descend", *option)
    assert (done.returncode, words in done.stderr.decode()) == (2, True), done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert not done.stdout


def test_schedules_say_their_formula() -> None:
    import math

    for made in (schedules.constant(), schedules.step(3, 0.5), schedules.exponential(0.9), schedules.cosine(20, 0.1),
                 schedules.inverse(0.1, 0.5), schedules.warm_up(5, 0.2, schedules.cosine(9))):  # fmt: skip
        for epoch in range(15):
            factor, _ = made.factor(made.init(), epoch, None)
            again = pickle.loads(pickle.dumps(made))  # noqa: S301
            assert again.words() == made.words()
            assert again.factor(again.init(), epoch, None)[0] == factor
            value = eval(made.formula, {"math": math, "epoch": epoch})  # noqa: S307
            assert value == pytest.approx(factor, rel=1e-14)


def test_torch_out_and_in() -> None:
    """nn.Linear predicts as the fit does, comes back to the last bit, and starts a descent."""
    import torch

    problem = make(25, n=40, p=3)
    fit = lw.fit(problem.X, problem.y)
    module = fit.to_torch()
    with torch.no_grad():
        assert module(torch.from_numpy(problem.X)).numpy()[:, 0] == pytest.approx(fit.predict(problem.X), rel=1e-12)
    back = lw.from_torch(torch.nn.Sequential(module, torch.nn.Flatten(0)))
    assert np.array_equal(back.coef, fit.coef)
    assert back.intercept == fit.intercept
    still = lw.descend(problem.X, problem.y, start=back, epochs=3)
    assert still.coef == pytest.approx(fit.coef, rel=1e-12)
    assert printed(lw.emit("numpy", problem.X[:15], problem.y[:15], start=back, epochs=1)).shape == (5,)
    for wrong in (torch.nn.Linear(3, 2), torch.nn.ReLU(), None, torch.nn.Sequential(module, torch.nn.Linear(1, 1))):
        with pytest.raises(lw.UsageError, match="from_torch takes"):
            lw.from_torch(wrong)


def test_onnx_predicts_the_same(tmp_path: Path) -> None:
    """Run by ONNX Runtime, at an offset where x @ coef + intercept would lose 9 digits."""
    import onnx
    import onnxruntime

    problem = make(26, n=60, p=3)
    X = problem.X + 1e9
    fit = lw.fit(X, problem.y, names=["a", "b", "c"])
    fit.to_onnx(tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    (found,) = session.run(None, {"X": X})
    assert found == pytest.approx(fit.predict(X), rel=1e-12)
    assert onnx.load(tmp_path / "m.onnx").metadata_props[0].value == "a\nb\nc"
    no_intercept = lw.fit(problem.X, problem.y, intercept=False)
    no_intercept.to_onnx(tmp_path / "n.onnx")
    (found,) = onnxruntime.InferenceSession(tmp_path / "n.onnx").run(None, {"X": problem.X})
    assert found == pytest.approx(problem.X @ no_intercept.coef, rel=1e-12)


def test_a_descent_predicts_where_it_is() -> None:
    """Far from the answer, with its own intercept: X w + b, and the residuals that belong to them."""
    problem = make(27, n=40, p=2)
    fit = lw.descend(problem.X, problem.y, epochs=2, start=([5.0, -5.0], 40.0))
    assert fit.predict(problem.X) == pytest.approx(problem.X @ fit.coef + fit.intercept, rel=1e-12)
    assert fit.history.loss[-1] == pytest.approx(np.mean((problem.y - fit.predict(problem.X)) ** 2), rel=1e-12)


def test_a_history_is_drawn(tmp_path: Path) -> None:
    problem = make(28, n=40, p=2)
    fit = lw.descend(problem.X, problem.y, optimizer="momentum", epochs=30)
    lw.draw(fit.history, tmp_path / "run.html")
    assert (tmp_path / "run.html").read_text().count("<svg") == 4
    foretold = dict(fit.history.foretold)
    assert all(fit.history.loss[int(k)] == pytest.approx(loss, rel=1e-9) for k, loss in foretold.items())
    assert len(lw.descend(problem.X, problem.y, optimizer="adam", epochs=3).history.foretold) == 0
