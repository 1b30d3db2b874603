"""Descents: every rule against its twin in torch.optim, schedules against torch's, and what a descent promises."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import leastwise as lw
from leastwise.convergence import accelerated, left_over, limit
from leastwise.descent import schedules
from leastwise.descent.batches import Batches
from leastwise.descent.table import OPTIMIZERS
from leastwise.methods.spectral import modes
from leastwise.solution import Start
from problems import make
from test_cli import run

TWINS = [
    ("sgd", 0.01, {}), ("momentum", 0.01, {}), ("momentum", 0.01, {"momentum": 0.5, "dampening": 0.3}),
    ("nesterov", 0.01, {}), ("adagrad", 0.1, {}), ("adagrad", 0.1, {"lr_decay": 0.01}), ("rmsprop", 0.002, {}),
    ("rmsprop", 0.001, {"momentum": 0.5, "alpha": 0.9}), ("rmsprop-centered", 0.001, {}), ("adam", 0.01, {}),
    ("adam", 0.01, {"beta1": 0.8, "beta2": 0.99, "eps": 1e-6}), ("amsgrad", 0.01, {}), ("adamw", 0.01, {}),
    ("adamw", 0.01, {"weight_decay": 0.2}), ("adadelta", 1.0, {}), ("adamax", 0.01, {}), ("nadam", 0.002, {}),
    ("radam", 0.01, {}), ("rprop", 0.01, {}), ("rprop", 0.01, {"shrink": 0.4, "grow": 1.1}),
]  # fmt: skip
FREE = ["exact-line-search", "barzilai-borwein", "cg", "lbfgs", "polyak", "chebyshev"]


def far(n: int = 60, p: int = 3, seed: int = 4, **options) -> tuple[np.ndarray, np.ndarray, dict]:
    """Rows, and a start that 1,000 small steps do not bring to the bottom, where the sign of a gradient is rounding."""
    problem = make(seed, n=n, p=p, **options)
    rows = (problem.X, problem.y)
    return *rows, {"start": (np.full(p, 5.0), 5.0), "weight": problem.weight}


CASES = [
    (name, rate, hyper, decay, batch_size)
    for name, rate, hyper in TWINS
    for decay, batch_size in ((None, None), (0.1, 7))
    if name != "rprop" or decay is None
]


@pytest.mark.parametrize(("name", "rate", "hyper", "decay", "batch_size"), CASES)
def test_rules_are_their_twins(name: str, rate: float, hyper: dict, decay: float, batch_size: int | None) -> None:
    """To 12 digits of the largest parameter over 1,000 steps, full batches and small ones with weights and decay."""
    X, y, how = far(n=56, weighted=decay is not None)
    epochs = 1000 if batch_size is None else 125
    how |= {"optimizer": name, "learning_rate": rate, "epochs": epochs, "weight_decay": decay, "batch_size": batch_size}
    ours, twin = (lw.descend(X, y, backend=backend, **how | hyper).history for backend in ("numpy", "torch"))
    assert len(ours.loss) == len(twin.loss) == epochs + 1
    mine, theirs = (np.column_stack([run.coef, run.intercept]) for run in (ours, twin))
    assert (np.abs(mine - theirs).max(axis=1) / np.abs(theirs).max(axis=1)).max() <= 1e-12
    assert ours.loss == pytest.approx(twin.loss, rel=1e-11)


def test_every_twin_is_held() -> None:
    assert {name for name, _, _ in TWINS} == {name for name, entry in OPTIMIZERS.items() if entry.torch}


@pytest.mark.parametrize("name", FREE)
def test_rules_that_know_the_quadratic_get_there(name: str) -> None:
    problem = make(5, n=200, p=6)
    best = lw.fit(problem.X, problem.y)
    plain = lw.descend(problem.X, problem.y, learning_rate="auto", epochs=400, excess=1e-12).history
    fit = lw.descend(problem.X, problem.y, optimizer=name, epochs=400, excess=1e-12)
    assert "within 1e-12 target variances" in fit.status
    assert len(fit.history.loss) <= len(plain.loss)
    assert fit.coef == pytest.approx(best.coef, abs=1e-5 * np.abs(best.coef).max())
    if name in ("cg", "lbfgs"):
        assert len(fit.history.loss) - 1 <= 8


def test_momentum_as_the_theory_has_it() -> None:
    """At condition 1e4 Polyak and Chebyshev need about the root of the epochs of gradient descent."""
    rng = np.random.default_rng(0)
    Q, _ = np.linalg.qr(rng.standard_normal((400, 5)))
    X = Q * np.geomspace(1, 1e-2, 5) * 20
    y = X @ np.ones(5) + 0.1 * rng.standard_normal(400)
    epochs = {
        name: len(lw.descend(X, y, optimizer=name, learning_rate="auto", epochs=20_000, excess=1e-8).history.loss)
        for name in ("sgd", "polyak", "chebyshev")
    }
    assert epochs["polyak"] < epochs["sgd"] / 10
    assert epochs["chebyshev"] <= epochs["polyak"]


@pytest.mark.parametrize("name", ["svrg", "saga", "averaged-sgd"])
def test_reduced_noise(name: str) -> None:
    """At a constant rate SGD keeps its noise; these do not, or little of it."""
    problem = make(6, n=300, p=3)
    how = {"learning_rate": 0.02, "batch_size": 1, "epochs": 60}
    least = lw.fit(problem.X, problem.y)
    loss = least.rss / 300
    noisy = lw.descend(problem.X, problem.y, **how).history.loss[-1] - loss
    quiet = lw.descend(problem.X, problem.y, optimizer=name, **how).history.loss[-1] - loss
    assert quiet < noisy / (5 if name == "averaged-sgd" else 1e6)


@pytest.mark.parametrize(("ours", "theirs"), [
    (schedules.step(3, 0.5), lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.5)),
    (schedules.exponential(0.9), lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9)),
    (schedules.cosine(20, 0.1), lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20, 0.01)),
    (schedules.inverse(0.1, 0.5), lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda k: (1 + 0.1 * k) ** -0.5)),
    (schedules.warm_up(5, 0.2), lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.2, 1.0, 5)),
    (schedules.constant(), lambda o: torch.optim.lr_scheduler.ConstantLR(o, 1.0, 1)),
    (schedules.plateau(0.5, 2, 1e-2), lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, "min", 0.5, 2, 1e-2)),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:Detected call of")
def test_schedules_are_torchs(ours, theirs) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    scheduler = theirs(optimizer)
    losses = 1 + np.array([3, 2, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3])
    state, loss = ours.init(), None
    for epoch in range(20):
        factor, state = ours.factor(state, epoch, loss)
        # CosineAnnealingLR multiplies step by step, and so gathers its own rounding.
        assert 0.1 * factor == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        loss = losses[epoch]
        scheduler.step(loss) if ours.name == "plateau" else scheduler.step()


@pytest.mark.parametrize(("name", "backend"), [
    *((name, backend) for name in ("momentum", "adam", "nadam", "rprop") for backend in ("numpy", "torch")),
    *((name, "numpy") for name in ("lbfgs", "cg", "saga", "svrg", "averaged-sgd", "chebyshev")),
])  # fmt: skip
def test_a_resumed_descent_is_an_unbroken_one(name: str, backend: str, tmp_path: Path) -> None:
    entry = OPTIMIZERS[name]
    problem = make(7, n=50, p=3, weighted=True)
    path = tmp_path / "c.json"
    how = {
        "optimizer": name, "backend": backend, "learning_rate": 0.01,
        "schedule": schedules.constant() if entry.needs else schedules.plateau(0.5, 1),
        "batch_size": None if entry.full_batch else 8,
    }  # fmt: skip
    rows = (problem.X, problem.y, problem.weight)
    whole = lw.descend(*rows, epochs=20, **how).history
    lw.descend(*rows, epochs=12, checkpoint=path, every=5, **how)
    again = lw.descend(*rows, epochs=20, resume=path, **how).history
    for column in ("epoch", "step", "loss", "learning_rate", "grad_norm", "coef", "intercept"):
        assert np.array_equal(getattr(whole, column), getattr(again, column), equal_nan=True), column


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.integers(1, 60))
def test_auto_is_not_beaten_by_a_grid(seed: int, epochs: int) -> None:
    problem = make(seed % 1000, n=30, p=2, offset=seed % 3)
    plain = {"epochs": epochs, "seed": seed}
    auto = lw.descend(problem.X, problem.y, learning_rate="auto", **plain).history.loss[-1]
    path = modes(problem.triangle, Start.draw(2, seed))
    grid = [path.floor + path.excess(rate, epochs) for rate in limit(path) * np.geomspace(1e-4, 1, 100)]
    assert auto <= min(grid) * (1 + 1e-9)


@pytest.mark.parametrize("name", ["momentum", "adam", "nesterov", "adagrad"])
def test_auto_of_other_rules(name: str) -> None:
    problem = make(8, n=50, p=2)
    how = {"optimizer": name, "epochs": 30}
    auto = lw.descend(problem.X, problem.y, learning_rate="auto", **how).history.loss[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        others = [
            lw.descend(problem.X, problem.y, learning_rate=rate, **how).history.loss[-1]
            for rate in np.geomspace(1e-4, 10, 25)
        ]
    assert auto <= min(others) * 1.02


def test_batches() -> None:
    drawn = Batches(10, 4, seed=3)
    assert drawn.steps == 3
    assert sorted(np.concatenate(list(drawn.of(5)))) == list(range(10))
    assert [len(rows) for rows in drawn.of(0)] == [4, 4, 2]
    assert [len(rows) for rows in Batches(10, 4, seed=3, drop_last=True).of(0)] == [4, 4]
    assert not np.array_equal(next(iter(drawn.of(0))), next(iter(drawn.of(1))))
    assert np.array_equal(next(iter(Batches(10, 4, shuffle=False).of(0))), range(4))
    assert Batches(10).full
    assert Batches(10, 10).full


def test_full_batches_are_the_rows_themselves() -> None:
    """On the p + 2 rows and on all of them: the same path."""
    problem = make(9, n=90, p=3, weighted=True)
    rows = (problem.X, problem.y, problem.weight)
    short = lw.descend(*rows, epochs=50, learning_rate=0.02).history
    whole = lw.compare(*rows, epochs=50, learning_rate=0.02, methods=["numpy"]).runs[0].solution
    assert short.loss == pytest.approx(whole.losses, rel=1e-12)
    assert short.coef == pytest.approx(whole.coefs, rel=1e-11)


def test_rules_that_know_the_quadratic_know_the_decay() -> None:
    """Ridge: (2/n X'X + decay) w = 2/n X'y on centred columns, since decay / 2 |w|^2 is added to the loss."""
    problem = make(14, n=60, p=3)
    X, y = problem.X - problem.X.mean(axis=0), problem.y - problem.y.mean()
    ridge = np.linalg.solve(2 / 60 * X.T @ X + 5 * np.eye(3), 2 / 60 * X.T @ y)
    for name in FREE:
        fit = lw.descend(problem.X, problem.y, optimizer=name, weight_decay=5.0, epochs=400)
        assert fit.coef == pytest.approx(ridge, rel=1e-6)


def test_checkpoints_of_other_runs_are_refused(tmp_path: Path) -> None:
    problem = make(15, n=40, p=3)
    rows, path = (problem.X, problem.y), tmp_path / "c.json"
    how = {"optimizer": "adam", "epochs": 5}
    lw.descend(*rows, checkpoint=path, **how)
    for change in (
        {"optimizer": "sgd"}, {"backend": "torch"}, {"seed": 3}, {"beta1": 0.8}, {"batch_size": 4},
        {"standardise": True}, {"centre": True},
        {"schedule": schedules.step(2)}, {"dtype": "float32"}, {"validation": 0.2}, {"weight_decay": 0.1},
        {"epochs": 2},
    ):  # fmt: skip
        with pytest.raises(lw.UsageError, match=r"c\.json"):
            lw.descend(*rows, resume=path, **how | change)
    for other in ((problem.X[:, :2], problem.y), (2 * problem.X, problem.y)):
        with pytest.raises(lw.UsageError, match=r"another (start|data)"):
            lw.descend(*other, resume=path, **how)
    for damage in (
        lambda text: text[:-9],
        lambda text: text.replace("float64", "int8"),
        lambda text: "[]",
        lambda text: "{}",
    ):
        (tmp_path / "bad.json").write_text(damage(path.read_text()))
        with pytest.raises(lw.DataError, match="damaged"):
            lw.descend(*rows, resume=tmp_path / "bad.json", **how)


def test_rows_of_no_weight_are_no_rows() -> None:
    problem = make(16, n=60, p=2)
    weight = np.r_[np.zeros(30), np.ones(30)]
    how = {"batch_size": 5, "shuffle": False, "learning_rate": 0.01}
    ours = lw.descend(problem.X, problem.y, weight, **how)
    assert ours.coef == pytest.approx(lw.descend(problem.X[30:], problem.y[30:], **how).coef, rel=1e-12)


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_auto_beyond_the_limit(epochs: int) -> None:
    """In few epochs the best rate may lie above the largest stable one."""
    problem = make(17, n=40, p=2)
    A = np.column_stack([problem.X, problem.X[:, 0]])
    for seed in range(5):
        auto = lw.descend(A, problem.y, learning_rate="auto", epochs=epochs, seed=seed).history
        rates = np.geomspace(1e-3, 30, 100) * limit(modes(lw.Triangle.of(A, problem.y), Start.draw(3, seed)))
        others = [
            lw.descend(A, problem.y, learning_rate=rate, epochs=epochs, seed=seed).history.loss[-1] for rate in rates
        ]
        assert auto.loss[-1] <= min(others) * (1 + 1e-9)


def test_the_speed_of_each_rule_is_exact() -> None:
    """The largest eigenvalue of its iteration over those of the Hessian, by numpy; nobody near it is faster."""
    path = modes(make(13, n=50, p=4).triangle, Start.draw(4, 1))

    def kept(rate: float, momentum: float, looks_ahead: bool) -> float:
        worst = 0.0
        for h in path.eigenvalues:
            g = 1 - rate * h
            M = [[(1 + momentum) * g, -momentum * g], [1, 0]] if looks_ahead else [[g + momentum, -momentum], [1, 0]]
            worst = max(worst, float(np.abs(np.linalg.eigvals(np.array(M))).max()))
        return worst

    for rule in accelerated(path)[:3]:
        ahead = rule.name == "nesterov"
        # Two equal eigenvalues of the iteration lose half the digits.
        assert kept(rule.learning_rate, rule.momentum, ahead) == pytest.approx(rule.kept, rel=1e-6)
        for change in (0.97, 1.03):
            assert kept(rule.learning_rate * change, rule.momentum, ahead) > rule.kept
    shares = left_over(path, list("abcd"), 0.01, 20)
    assert sum(part["share"] for part in shares) == pytest.approx(1)


def test_advise_as_a_command() -> None:
    found = json.loads(run("advise", "--json").stdout)
    assert found["schema"] == "leastwise.advise/1"
    assert found["condition"] == pytest.approx(854.74, abs=5e-3)
    assert found["left"][0]["along"] == "the intercept"
    assert found["left"][0]["share"] > 0.999
    said = run("advise", "--learning-rate", "0.02")
    assert said.returncode == 0
    assert "Diverges" in said.stdout.decode()
    assert "polyak" in said.stdout.decode()
    assert run("advise", "nothing.csv").returncode == 3


def test_a_race_of_optimisers() -> None:
    found = json.loads(run("compare", "--optimizers", "sgd,cg,adam", "--epochs", "300", "--json").stdout)
    assert [entry["name"] for entry in found["optimizers"]] == ["sgd", "cg", "adam"]
    slow, fast, adam = found["optimizers"]
    assert (slow["reached"], fast["reached"], adam["reached"]) == (False, True, True)
    assert (slow["epochs"], fast["epochs"]) == (300, 2)
    assert len(adam["losses"]) == adam["epochs"] + 1
    assert fast["learning_rate"] is None
    said = run("compare", "--optimizers", "svrg,cg", "--epochs", "50").stdout.decode()
    assert said.index("cg ") < said.index("svrg")
    wrong = run("compare", "--optimizers", "magic")
    assert (wrong.returncode, "there is no optimizer 'magic'" in wrong.stderr.decode()) == (2, True)


def test_a_race_from_a_start_that_is_given() -> None:
    def settings(*option: str) -> dict:
        return json.loads(run("compare", "--optimizers", *option, "--epochs", "9", "--json").stdout)["settings"]

    given = {"coef": [-0.4], "intercept": 1.0}
    assert (settings("cg,sgd", "--start=-0.4,1")["start"], settings("cg", "--start=-0.4,1")["seed"]) == (given, None)
    assert settings("cg,svrg", "--start=-0.4,1")["seed"] == 2, "small batches are drawn"
    assert (settings("cg")["seed"], settings("cg")["start"]["coef"]) == (2, [-0.4167578474054706])


@pytest.mark.parametrize("batch_size", [None, 16])
def test_standardised_and_undone(batch_size: int | None) -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((200, 2)) * [1, 1e4] + [5, 1e6]
    y = X @ [2, 3e-4] + rng.standard_normal(200)
    fit = lw.descend(X, y, standardise=True, learning_rate=0.1, epochs=200, batch_size=batch_size)
    best = lw.fit(X, y)
    close = 1e-6 if batch_size is None else 0.2
    assert np.abs((fit.coef - best.coef) / best.se[:2]).max() <= (1e-3 if batch_size is None else 3)
    assert fit.history.loss[-1] == pytest.approx(best.rss / 200, rel=close)
    assert fit.predict(X[:3]) == pytest.approx(best.predict(X[:3]), abs=1e-2 if batch_size is None else 0.5)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    plain = lw.descend(scaled, y, learning_rate=0.1, epochs=200, batch_size=batch_size).history
    assert fit.history.loss == pytest.approx(plain.loss, rel=1e-9)


@pytest.mark.parametrize("batch_size", [None, 16])
def test_centred_and_undone(batch_size: int | None) -> None:
    """The descent on x - mean, its answer in the user's units: to the rounding of an offset of 1e6."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((200, 2)) + np.array([5, 1e6])
    y = X @ [2, 3] + rng.standard_normal(200)
    fit = lw.descend(X, y, centre=True, learning_rate=0.1, epochs=200, batch_size=batch_size)
    plain = lw.descend(X - X.mean(axis=0), y, learning_rate=0.1, epochs=200, batch_size=batch_size)
    assert fit.history.loss == pytest.approx(plain.history.loss, rel=1e-6)
    assert fit.coef == pytest.approx(plain.coef, rel=1e-6)
    assert fit.predict(X[:3]) == pytest.approx(plain.predict(X[:3] - X.mean(axis=0)), rel=1e-6)
    with pytest.raises(lw.UsageError, match="centre and standardise"):
        lw.descend(X, y, centre=True, standardise=True)
    with pytest.raises(lw.UsageError, match="centre must be True or False"):
        lw.descend(X, y, centre=2)


def test_centre_on_the_command_line() -> None:
    ran = run("descend", "years", "--centre", "--learning-rate", "0.05", "--epochs", "100", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["settings"]["centre"] is True
    assert told["loss"] == pytest.approx(told["least"], rel=1e-3)
    ran = run("descend", "years", "--centre", "--standardise")
    assert ran.returncode == 2
    assert b"leave centre out" in ran.stderr


def test_it_stops_where_it_should() -> None:
    problem = make(10, n=80, p=2)
    rows, how = (problem.X, problem.y), {"learning_rate": 0.05, "epochs": 10_000}
    by_gradient = lw.descend(*rows, gradient_norm=1e-6, **how)
    assert by_gradient.history.grad_norm[-1] <= 1e-6 < by_gradient.history.grad_norm[-2]
    by_loss = lw.descend(*rows, relative_loss=1e-6, **how).history.loss
    assert by_loss[-2] - by_loss[-1] <= 1e-6 * by_loss[-2]
    least = lw.fit(*rows)
    by_excess = lw.descend(*rows, excess=1e-4, **how).history.loss
    bound = least.rss / 80 + 1e-4 * problem.y.var()
    assert by_excess[-1] <= bound < by_excess[-2]
    assert "callback" in lw.descend(*rows, callback=lambda record: record.epoch == 7, **how).status
    assert lw.descend(*rows, seconds=0.05, learning_rate=1e-9, epochs=10**7).history.seconds[-1] >= 0.05
    held = lw.descend(*rows, validation=0.25, patience=3, **how)
    assert held.n == 60
    assert "validation loss has not fallen for 3 epochs" in held.status
    best = int(np.argmin(held.history.validation_loss))
    assert held.history.epoch[-1] == best + 3


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_divergence_keeps_the_last_finite_state(backend: str) -> None:
    fit = lw.descend([1.0, 2, 3], [2.0, 4, 7], learning_rate=10.0, epochs=5000, backend=backend)
    assert "diverged until the loss overflowed" in fit.status
    assert np.isfinite(fit.history.loss).all()
    assert np.isfinite(fit.coef).all()
    assert len(fit.history.loss) < 5000


def test_history_as_data(tmp_path: Path) -> None:
    import pandas

    fit = lw.descend("article", y="y", epochs=10)
    frame = fit.history.to_frame()
    assert list(frame.columns) == [
        "epoch", "step", "loss", "validation_loss", "learning_rate", "grad_norm", "seconds", "x", "(intercept)"
    ]  # fmt: skip
    assert frame["loss"].iloc[[0, -1]].tolist() == fit.history.loss[[0, -1]].tolist()
    fit.history.save(tmp_path / "h.csv")
    fit.history.save(tmp_path / "h.parquet")
    for found in (pandas.read_csv(tmp_path / "h.csv"), pandas.read_parquet(tmp_path / "h.parquet")):
        assert found["x"].to_numpy() == pytest.approx(fit.history.coef[:, 0], rel=1e-15)
    with pytest.raises(lw.UsageError, match="must end in"):
        fit.history.save(tmp_path / "h.txt")


def test_the_article() -> None:
    """The same path as the ladder's, and a status that says how far off it is."""
    fit = lw.descend("article", y="y")
    assert fit.history.loss[-1] == pytest.approx(314.576, abs=5e-4)
    assert fit.coef[0] == pytest.approx(4.0428, abs=5e-5)
    assert "90.7954 times the least" in fit.status


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"learning_rate": -1.0}, "learning_rate must be a finite number above 0"), ({"learning_rate": np.nan}, "finite"),
    ({"optimizer": "momentum", "momentum": 1.0}, "momentum of momentum must be at least 0 and below 1"),
    ({"optimizer": "momentum", "momentum": -0.1}, "at least 0"), ({"optimizer": "adam", "beta2": 1.5}, "below 1"),
    ({"optimizer": "adam", "momentum": 0.9}, "has no hyper-parameter 'momentum'"),
    ({"optimizer": "magic"}, "must be one of"),
    ({"batch_size": 99}, "from 1 to the 10 rows"), ({"batch_size": 0}, "from 1"), ({"batch_size": 2.5}, "whole number"),
    ({"epochs": 0}, "epochs must be a whole number of at least 1"), ({"validation": 1.0}, "below 1"),
    ({"patience": 3}, "set validation"), ({"validation": 0.99}, "leaves"), ({"weight_decay": -1.0}, "at least 0"),
    ({"optimizer": "cg", "backend": "torch"}, "no twin"), ({"optimizer": "lbfgs", "batch_size": 4}, "whole gradient"),
    ({"backend": "jax"}, "backend must be one of"),
    ({"optimizer": "lbfgs", "memory": 1.5}, "whole number"), ({"optimizer": "rprop", "shrink": 0.0}, "above 0"),
    ({"optimizer": "rprop", "grow": 1.0}, "above 1"), ({"optimizer": "rprop", "least": 1.0, "most": 0.1}, "at most"),
    ({"schedule": "cosine"}, "schedules.cosine"), ({"resume": 1}, "must be a path"),
    ({"shuffle": "a"}, "'blocks'"),
    ({"batch_size": True}, "whole number"), ({"device": "cuda"}, "backend='torch'"),
    ({"learning_rate": 10**400}, "finite"),
    ({"start": ([1e200, 0.0], 0.0)}, "loss at the start overflows"),
    ({"optimizer": np.array(["a", "b"])}, "must be one"),
    ({"start": (1, 2)}, "must hold 2 finite slopes"), ({"every": 0}, "every"),
])  # fmt: skip
def test_wrong_settings_get_the_allowed_range(wrong: dict, sentence: str) -> None:
    problem = make(11, n=10, p=2)
    with pytest.raises(lw.UsageError, match=sentence):
        lw.descend(problem.X, problem.y, **wrong)
