"""What an attacker of descents, scripts and the noise floor found, each kept as a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest

import leastwise as lw
from leastwise import schedules
from problems import make
from test_cli import run
from test_emit import numbers, printed


def noisy(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    X = rng.standard_normal((n, 2)) * [1, 2] + [0, 1]
    return X, X @ [1, -2] + 3 + rng.standard_normal(n)


@pytest.mark.parametrize(("rate", "batch_size"), [(0.01, 199), (0.05, 120), (0.05, 150), (0.02, 30)])
def test_a_smaller_last_batch_is_noise_too(rate: float, batch_size: int) -> None:
    """Foretold against the mean over 400 epochs: within a third, where it was off by 7 orders of magnitude."""
    X, y = noisy()
    best = lw.fit(X, y)
    how = {"learning_rate": rate, "batch_size": batch_size}
    losses = lw.descend(X, y, epochs=500, start=(best.coef, best.intercept), **how).history.loss[100:]
    assert lw.noise_floor(X, y, **how).excess == pytest.approx(losses.mean() - best.rss / 200, rel=0.35)


@pytest.mark.parametrize(("rate", "batch_size"), [(0.1, 1), (0.15, 2), (0.3, 30)])
def test_rates_too_large_for_small_batches(rate: float, batch_size: int) -> None:
    X, y = noisy()
    found = lw.noise_floor(X, y, learning_rate=rate, batch_size=batch_size)
    assert np.isinf(found.excess)
    assert "diverge" in found.sentence


def test_noise_where_there_is_none() -> None:
    X, y = noisy()
    assert "settle at the least" in lw.noise_floor(X, y, batch_size=200).sentence
    assert "settle at the least" in lw.noise_floor(X, X @ [1, 2], batch_size=10).sentence
    assert "settle at the least" in lw.noise_floor([[1, 2], [3, 5], [4, 4.5]], [1, 2, 4], batch_size=1).sentence
    assert lw.noise_floor(X, y, learning_rate=1e-300, batch_size=1).excess == 0


def test_scripts_of_resumed_runs(tmp_path: Path) -> None:
    problem = make(30, n=15, p=2)
    rows, path = (problem.X, problem.y), tmp_path / "c.json"
    lw.descend(*rows, checkpoint=path, epochs=10)
    with pytest.raises(lw.UsageError, match="at another rate"):
        lw.emit("numpy", *rows, resume=path, epochs=20, learning_rate=0.01)
    fit = lw.descend(*rows, resume=path, epochs=20)
    assert printed(lw.emit("numpy", *rows, resume=path, epochs=20))[1:3] == pytest.approx(fit.coef, rel=1e-12)
    with pytest.raises(lw.UsageError, match="another schedule"):
        lw.descend(*rows, resume=path, epochs=20, schedule=schedules.step(3))


def test_a_checkpoint_holds_the_last_epoch(tmp_path: Path) -> None:
    problem = make(31, n=20, p=2)
    path = tmp_path / "c.json"
    short = lw.descend(problem.X, problem.y, checkpoint=path, epochs=20, every=50)
    assert path.exists()
    longer = lw.descend(problem.X, problem.y, resume=path, epochs=30).history
    assert np.array_equal(longer.coef[20], short.coef)
    assert np.array_equal(longer.coef, lw.descend(problem.X, problem.y, epochs=30).history.coef)


def test_scripts_leave_out_what_the_run_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 2))
    y = X @ [1, 2] + rng.standard_normal(100)
    X[5, 0] = np.nan
    script = lw.emit("numpy", X, y, missing="drop", learning_rate=0.05)
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    again = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    fit = lw.descend(X, y, missing="drop", learning_rate=0.05)
    assert numbers(again.stdout)[1:3] == pytest.approx(fit.coef, rel=1e-12)


def test_scripts_of_runs_that_overflow() -> None:
    script = run("compare", "--learning-rate", "10", "--epochs", "900", "--emit", "numpy").stdout.decode()
    again = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)
    assert np.isfinite(numbers(again.stdout)).all()


def test_saga_and_scaled_features_share_no_name() -> None:
    problem = make(32, n=15, p=2)
    how = {"optimizer": "saga", "learning_rate": 0.05, "standardise": True, "batch_size": 4, "epochs": 20}
    found = printed(lw.emit("numpy", problem.X, problem.y, **how))
    assert found[1:3] == pytest.approx(lw.descend(problem.X, problem.y, **how).coef, rel=1e-11)


@pytest.mark.parametrize("wrong", ["cosine:10,nan", "cosine:10,-5", "plateau:0.5,1,nan", "exponential:2", "cosine:0"])
def test_schedules_have_ranges(wrong: str) -> None:
    done = run("descend", "--schedule", wrong)
    assert done.returncode == 2
    assert "must be" in done.stderr.decode()


@pytest.mark.parametrize(("option", "words"), [
    (["--seed", "99999999999"], "below 2^32"), (["--set", "callback=3"], "no hyper-parameter 'callback'"),
    (["--set", "epochs=3", "--optimizer", "adam"], "no hyper-parameter 'epochs': it has beta1"),
    (["--html", "same.x", "--save", "same.x"], "name the same file"),
    (["--resume", "c.json", "--html", "c.json"], "name the same file"),
    (["--emit", "numpy", "--json"], "leave --json out"),
    (["--optimizer", "cg", "--emit", "torch", "--html", "never.html"], "no twin"),
    (["--optimizer", "cg", "--schedule", "cosine:10"], "no learning rate"),
])  # fmt: skip
def test_what_is_refused_before_any_work(option: list[str], words: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("descend", *option)
    assert (done.returncode, words in done.stderr.decode()) == (2, True), done.stderr.decode()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("columns", [1, 10, 11, 25])
def test_narrow_terminals(columns: int) -> None:
    done = run("descend", COLUMNS=str(columns))
    assert (done.returncode, "Traceback" in done.stderr.decode()) == (0, False)


def test_nothing_to_resume_is_said(tmp_path: Path) -> None:
    assert "starting afresh" in run("descend", "--resume", str(tmp_path / "no.ck")).stderr.decode()


def test_scripts_of_columns_of_texts_say_what_they_read(tmp_path: Path) -> None:
    frame = pandas.DataFrame({"g": ["a", "b"] * 40, "x": np.arange(80.0), "y": np.arange(80.0) ** 0.5})
    frame.to_csv(tmp_path / "t.csv", index=False)
    done = run("descend", str(tmp_path / "t.csv"), "-y", "y", "-x", "g,x", "--learning-rate", "1e-5", "--emit", "numpy")
    assert "# the columns of X: g[b], x" in done.stdout.decode()
    assert "X.npy and y.npy" in done.stderr.decode()


def test_modules_that_are_more_than_a_line() -> None:
    import torch

    line = torch.nn.Linear(2, 1)
    for wrong in (torch.nn.Linear, torch.nn.LazyLinear(1), torch.nn.Sequential(line, torch.nn.ReLU()),
                  torch.nn.Sequential(torch.nn.BatchNorm1d(2), line), torch.nn.Bilinear(2, 3, 1)):  # fmt: skip
        with pytest.raises(lw.UsageError, match="of one output and nothing else"):
            lw.from_torch(wrong)
    assert lw.from_torch(torch.nn.Linear(2, 1).bfloat16()).coef.shape == (2,)
    problem = make(33, n=20, p=2)
    for history, path in ((lw.fit(problem.X, problem.y), "x.html"), (None, "x.html"),
                          (lw.descend(problem.X, problem.y).history, 3)):  # fmt: skip
        with pytest.raises(lw.UsageError, match="draw takes the history"):
            lw.draw(history, path)
    with pytest.raises(lw.UsageError, match="must be one of numpy"):
        lw.emit(["numpy"], problem.X, problem.y)
