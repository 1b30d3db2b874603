"""Foretelling against running: rules with momentum, the noise of small batches, other features; and streams."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow
import pytest
import torch
from pyarrow import parquet
from torch.utils.data import DataLoader, TensorDataset

import leastwise as lw
from leastwise.convergence import Speed, accelerated
from leastwise.descent.batches import Batches
from leastwise.forecast import Forecast
from leastwise.methods.spectral import modes
from leastwise.solution import Start
from problems import make
from test_cli import run

PROBLEMS = [make(3, n=60, p=3), make(4, n=40, p=6, offset=2), make(5, n=50, p=1)]


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", ["sgd", "nesterov", "polyak", "chebyshev", "momentum"])
def test_the_loss_of_every_epoch_is_foretold(problem, name: str) -> None:
    """To 9 digits of what is left, or rounding of the loss; and the first epoch that is within a tolerance."""
    path = modes(problem.triangle, Start.draw(problem.X.shape[1], 2))
    rule = {speed.name: speed for speed in accelerated(path)}.get(name) or Speed("momentum", 0.01, 0.8, 0.9)
    how = {"learning_rate": rule.learning_rate} if name not in ("polyak", "chebyshev") else {}
    how |= {"momentum": rule.momentum} if name in ("nesterov", "momentum") else {}
    wanted = 1e-6 * problem.y.var()
    fit = lw.descend(problem.X, problem.y, optimizer=name, epochs=100_000, excess=1e-6, **how)
    forecast = Forecast(path, rule)
    assert forecast.epochs_to(wanted) == len(fit.history.loss) - 1
    for epoch in range(0, len(fit.history.loss), 7):
        really = fit.history.loss[epoch] - path.floor
        assert forecast.excess(epoch) == pytest.approx(really, rel=1e-9, abs=1e-12 * path.floor)


def test_far_epochs_cost_nothing() -> None:
    """At condition 1e10 momentum needs millions of epochs: found by halving, and right at both sides."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 2)) * [1, 1e-5]
    path = modes(lw.Triangle.of(X, X @ [1, 1e5] + rng.standard_normal(40)), Start(np.array([0.0, -1e5]), 0.0))
    forecast = Forecast(path, accelerated(path)[1])
    wanted = 1e-9 * forecast.excess(0)
    epochs = forecast.epochs_to(wanted)
    assert epochs > 400 * 512
    assert forecast.excess(epochs) <= wanted < forecast.excess(epochs - 1)
    assert Forecast(path, Speed("momentum", 1e9, 0.5, 7.0)).epochs_to(wanted) is None


@pytest.mark.parametrize(("rate", "batch_size", "within"), [(0.001, 8, 0.15), (0.01, 8, 0.15), (0.02, 64, 0.15)])
def test_the_noise_floor_is_where_small_batches_stay(rate: float, batch_size: int, within: float) -> None:
    """The mean of the excess over hundreds of epochs; 15% holds its own noise and that of the curvature."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((512, 3)) * [1, 2, 0.5] + [0, 1, 0]
    y = X @ [1, 2, 3] + 2 + rng.standard_normal(512) * (1 + abs(X[:, 0]))
    weight = rng.uniform(0.5, 2, 512)
    best = lw.fit(X, y, weight)
    foretold = lw.noise_floor(X, y, weight, learning_rate=rate, batch_size=batch_size)
    how = {"learning_rate": rate, "batch_size": batch_size, "epochs": 500, "start": (best.coef, best.intercept)}
    losses = lw.descend(X, y, weight, **how).history.loss[100:] - best.rss / weight.sum()
    assert foretold.excess == pytest.approx(losses.mean(), rel=within)
    quiet = lw.noise_floor(X, y, weight, learning_rate=foretold.quiet_rate, batch_size=batch_size)
    assert quiet.excess == pytest.approx(foretold.wanted, rel=1e-6)


def test_batches_of_weighted_rows_go_to_the_weighted_answer() -> None:
    """Rows one at a time, at a rate that falls: the answer with the weights, and not without."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal(400)
    y, weight = np.where(x > 0, 3, 1) * x + 0.1 * rng.standard_normal(400), np.where(x > 0, 5.0, 0.5)
    schedule = lw.schedules.inverse(0.3)
    fit = lw.descend(x, y, weight, batch_size=1, learning_rate=0.02, epochs=200, schedule=schedule)
    best, plain = lw.fit(x, y, weight), lw.fit(x, y)
    assert fit.coef == pytest.approx(best.coef, rel=0.01)
    assert abs(plain.coef - best.coef) > 0.1


def test_advise_says_what_each_rule_and_feature_needs() -> None:
    found = json.loads(run("advise", "--batch-size", "5", "--json").stdout)
    needed = {rule["name"]: rule["epochs_needed"] for rule in found["rules"]}
    assert needed["chebyshev"] < needed["polyak"] < needed["nesterov"] < needed["sgd"]
    conditions = {entry["features"]: entry["condition"] for entry in found["preconditioners"]}
    assert found["noise"]["batch_size"] == 5
    assert conditions["standardised"] == conditions["whitened"] == 1
    assert 1 < conditions["centred"] < conditions["as they are"]
    assert "do not settle" in run("advise", "--batch-size", "5").stdout.decode()
    wrong = run("advise", "--batch-size", "16")
    assert (wrong.returncode, "from 1 to the 15 rows" in wrong.stderr.decode()) == (2, True)


def parquet_of(path: Path, n: int, row_group_size: int) -> Path:
    rng = np.random.default_rng(3)
    columns = {f"x{j}": rng.standard_normal(n) for j in range(3)}
    columns["y"] = columns["x0"] - 2 * columns["x1"] + 3 + rng.standard_normal(n)
    columns["w"] = rng.uniform(0, 2, n) * (rng.random(n) > 0.1)
    parquet.write_table(pyarrow.table(columns), path, row_group_size=row_group_size)
    return path


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_streams_read_every_row_once_an_epoch(kind: str, backend: str, tmp_path: Path) -> None:
    """The same answer as in memory but for the order of the rows, the same numbers on a second run."""
    path = parquet_of(tmp_path / "rows.parquet", 20_000, 3_000)
    if kind == "csv":
        from pyarrow import csv

        csv.write_csv(parquet.read_table(path), tmp_path / "rows.csv")
        path = tmp_path / "rows.csv"
    how = {"y": "y", "x": ["x0", "x1", "x2"], "weight": "w", "backend": backend, "learning_rate": 0.01}
    how |= {"batch_size": 50, "epochs": 4}
    streamed, again = (lw.descend(path, shuffle="blocks", **how).history for _ in range(2))
    rows = sum(parquet.read_table(tmp_path / "rows.parquet")["w"].to_numpy() > 0)
    assert streamed.step.tolist() == [k * -(-rows // 50) for k in range(5)]
    assert np.array_equal(streamed.coef, again.coef)
    kept = lw.descend(path, **how).history
    assert streamed.loss == pytest.approx(kept.loss, rel=5e-3)
    checkpoint = tmp_path / "c.json"
    lw.descend(path, shuffle="blocks", checkpoint=checkpoint, **how | {"epochs": 3})
    resumed = lw.descend(path, shuffle="blocks", resume=checkpoint, **how).history
    assert np.array_equal(resumed.coef, streamed.coef)
    assert np.array_equal(resumed.step, streamed.step)


def test_streams_keep_no_rows(tmp_path: Path) -> None:
    path = parquet_of(tmp_path / "rows.parquet", 400_000, 10_000)
    how = {"y": "y", "x": ["x0", "x1", "x2"], "batch_size": 10_000, "epochs": 1}
    peaks = []
    for shuffle in ("blocks", True):
        tracemalloc.start()
        lw.descend(path, shuffle=shuffle, **how)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Rows x (features + target) x 8 bytes are 12.8 MB; a few blocks of 65,536 rows at most are less than half of that.
    assert peaks[0] < 0.5 * peaks[1]


@pytest.mark.parametrize("change", [{"validation": 0.2}, {"optimizer": "saga"}])
def test_streams_refuse_what_needs_the_rows(change: dict) -> None:
    problem = PROBLEMS[0]
    with pytest.raises(lw.UsageError, match="in memory"):
        lw.descend(problem.X, problem.y, shuffle="blocks", batch_size=5, **change)
    with pytest.raises(lw.UsageError, match="True, False or 'blocks'"):
        lw.descend(problem.X, problem.y, shuffle="some", batch_size=5)


def test_a_data_loader_hands_over_the_same_batches() -> None:
    """A user's own loop over torch's DataLoader, with `Batches` as its sampler, takes the same path."""
    problem = PROBLEMS[0]
    how = {"learning_rate": 0.01, "batch_size": 7, "epochs": 30, "start": ([0.0, 0.0, 0.0], 0.0)}
    rows = TensorDataset(torch.from_numpy(problem.X), torch.from_numpy(problem.y))
    model = torch.nn.Linear(3, 1, dtype=torch.float64)
    with torch.no_grad():
        model.weight.zero_()
        model.bias.zero_()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    batches = Batches(len(problem.y), 7)
    for epoch in range(30):
        for X, y in DataLoader(rows, sampler=list(batches.of(epoch)), batch_size=None):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(X).squeeze(1), y).backward()
            optimizer.step()
    for backend in ("numpy", "torch"):
        fit = lw.descend(problem.X, problem.y, backend=backend, **how)
        assert fit.coef == pytest.approx(model.weight.detach().numpy()[0], rel=1e-12)


def test_descents_of_formulas() -> None:
    """A formula with levels is kept with its fit; one without an intercept is refused."""
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame({"a": rng.standard_normal(60), "town": rng.choice(["u", "v"], 60), "w": 1.0})
    frame["y"] = 2 * frame.a + (frame.town == "v") + 1 + 0.1 * rng.standard_normal(60)
    frame.loc[3, "a"] = np.nan
    how = {"learning_rate": "auto", "epochs": 500, "weight": "w", "missing": "drop"}
    fit = lw.descend(frame, "y ~ a + town", **how)
    best = lw.fit(frame, "y ~ a + town", weight="w", missing="drop")
    assert fit.coef == pytest.approx(best.coef, rel=1e-6)
    assert fit.predict(frame[5:8]) == pytest.approx(best.predict(frame[5:8]), rel=1e-6)
    assert (fit.dropped_rows, fit.weight_column) == (1, "w")
    with pytest.raises(lw.UsageError, match="has an intercept"):
        lw.descend(frame, "y ~ a - 1", **how)
