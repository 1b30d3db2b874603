"""The module's arithmetic, run in Chromium, against Python's: every rule, every mistake, the answer, the code shown."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import leastwise as lw
from leastwise.checking.mistakes import mistakes
from leastwise.checking.ways import descend as descend_way
from leastwise.lab import page
from leastwise.lab.shelf import info
from leastwise.lab.twins import way_of
from problems import make

MODULE = Path(page.__file__).parent / "static" / "lab.js"
CODES = sorted({mistake.code for mistake in mistakes(7)})
TOGETHER = """
window.L = L;
window.catalogue = CATALOGUE;
window.shown = (rows, names, settings) => {
  const set = { id: "data", names, target: "y", rows, n: rows.length, start: settings.start };
  const state = { ...L.stateOf(set), ...settings }, study = new L.Study();
  const run = study.run(state), problem = study.problem(state), theta = problem.answer.theta;
  return {
    losses: [...run.losses], path: [...run.path.slice(0, run.losses.length * run.q)],
    answer: [...theta], least: problem.answer.loss, rank: problem.answer.rank, values: problem.modes.values,
    verdict: L.verdict(state, study, window.catalogue),
    needed: L.epochsNeeded(problem.modes, state.start, theta, state.rate, problem.enough),
    limit: L.rateLimit(problem.modes, "sgd"), best: L.bestRate(problem.modes),
    theta: [...L.back(run.path.slice(-run.q), problem.change)],
    code: L.numpyCode(state).map(([line]) => line).join("\\n"), python: L.python(state),
  };
};
"""


@pytest.fixture(scope="module")
def module(browser) -> Iterator:
    """A page in which `L` is the module."""
    opened = browser.new_page()
    opened.set_content("<!doctype html><title>numbers</title>")
    text = json.dumps(MODULE.read_text("utf-8"))
    together = TOGETHER.replace("CATALOGUE", json.dumps(info("page", "article")["mistakes"]))
    opened.evaluate(
        f"import(URL.createObjectURL(new Blob([{text}], {{ type: 'text/javascript' }}))).then((L) => {{ {together} }})"
    )
    yield opened
    opened.close()


def shown(module, rows: np.ndarray, **settings) -> dict:
    """What the page computes of a run."""
    names = [f"x{j + 1}" for j in range(rows.shape[1] - 1)]
    told = {"start": [0.5] * (rows.shape[1] - 1) + [-0.25], **settings}
    found = module.evaluate("([rows, names, told]) => window.shown(rows, names, told)", [rows.tolist(), names, told])
    found["path"] = np.array(found["path"]).reshape(len(found["losses"]), -1)
    return found


def rows_of(seed: int, n: int = 20, p: int = 1) -> np.ndarray:
    problem = make(seed, n=n, p=p)
    return np.column_stack([problem.X, problem.y])


RULES = [
    "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "rmsprop-centered", "adam", "amsgrad", "adamw",
    "adadelta", "adamax", "rprop", "exact-line-search", "barzilai-borwein", "cg", "polyak", "chebyshev",
]  # fmt: skip


@pytest.mark.parametrize("p", [1, 3])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_that_of_python(module, rule: str, p: int) -> None:
    """To 1e-9 of the largest parameter: the rules of the quadratic divide differences that shrink to rounding."""
    rows = rows_of(5, p=p)
    epochs = 40 if rule not in ("cg", "barzilai-borwein") else p + 2
    found = shown(module, rows, optimizer=rule, rate=0.02, epochs=epochs)
    kept = lw.descend(
        rows[:, :-1], rows[:, -1], optimizer=rule, learning_rate=0.02, epochs=epochs, start=([0.5] * p, -0.25)
    ).history
    theirs = np.column_stack([kept.coef, kept.intercept])
    assert found["path"].shape == theirs.shape
    assert np.abs(found["path"] - theirs).max() <= 1e-9 * np.abs(theirs).max()
    assert np.allclose(found["losses"], kept.loss, rtol=1e-8)


@pytest.mark.parametrize("scale", ["centred", "standardised"])
def test_scaled_features_give_the_same_in_the_users_units(module, scale: str) -> None:
    rows = rows_of(6, p=2)
    found = shown(module, rows, scale=scale, rate=0.1, epochs=30)
    how = {"centred": {"centre": True}, "standardised": {"standardise": True}}[scale]
    kept = lw.descend(rows[:, :-1], rows[:, -1], learning_rate=0.1, epochs=30, start=([0.5, 0.5], -0.25), **how)
    assert np.allclose(found["theta"], [*kept.coef, kept.intercept], rtol=1e-12)


@pytest.mark.parametrize("p", [1, 3])
@pytest.mark.parametrize("code", CODES)
def test_every_mistake_is_that_of_check(module, code: str, p: int) -> None:
    if not module.evaluate("([code, p]) => L.possible(code, p)", [code, p]):
        assert (code, p) in {("LW125", 3), ("LW126", 1), ("LW127", 1)}
        return
    rows = rows_of(7, n=9, p=p)
    found = shown(module, rows, mistake=code, rate=0.02, epochs=12)
    start = np.array([0.5] * p + [-0.25])
    theirs = descend_way(way_of(code, len(rows)), rows[:, :-1], rows[:, -1], start, 0.02, 12)
    theirs = theirs[: len(found["path"])]
    # Sums in another order: rounding, which the steps of a mistake that diverges make no larger than it is.
    assert np.abs(found["path"] - theirs).max() <= 1e-11 * np.abs(theirs).max()


def _ran(code: str, rows: np.ndarray, start: list[float]) -> np.ndarray:
    """w and b after the code that is shown."""
    space = {"np": np, "X": rows[:, :-1].copy(), "y": rows[:, -1].copy(), "w": np.array(start[:-1]), "b": start[-1]}
    with np.errstate(all="ignore"):
        exec(code, space)  # noqa: S102
    return np.append(space["w"], space["b"])


@pytest.mark.parametrize("code", CODES)
def test_the_code_shown_for_a_mistake_makes_it(module, code: str) -> None:
    p = 3 if code in ("LW126", "LW127") else 1
    rows, start = rows_of(8, n=9, p=p), [0.5] * p + [-0.25]
    found = shown(module, rows, mistake=code, rate=0.02, epochs=12, start=start)
    assert np.allclose(_ran(found["code"], rows, start), found["path"][-1], rtol=1e-10)


@pytest.mark.parametrize("rule", RULES)
def test_the_code_shown_for_a_rule_runs_it(module, rule: str) -> None:
    rows, start = rows_of(9, p=2), [0.5, 0.5, -0.25]
    epochs = 3 if rule in ("cg", "barzilai-borwein") else 25
    found = shown(module, rows, optimizer=rule, rate=0.02, epochs=epochs, start=start)
    assert np.allclose(_ran(found["code"], rows, start), found["path"][-1], rtol=1e-8)


def test_the_answer_and_the_spectrum_are_python_s(module) -> None:
    for seed, n, p in ((11, 30, 1), (12, 60, 4), (13, 8, 7)):
        rows = rows_of(seed, n=n, p=p)
        found, fit = shown(module, rows), lw.fit(rows[:, :-1], rows[:, -1])
        assert np.allclose(found["answer"], [*fit.coef, fit.intercept], rtol=1e-9)
        advice = lw.advise(rows[:, :-1], rows[:, -1], start=([0.5] * p, -0.25))
        assert np.allclose(found["values"], advice.eigenvalues, rtol=1e-9)
        assert found["needed"] == advice.epochs_needed
        assert math.isclose(found["limit"], advice.learning_rate_limit, rel_tol=1e-12)
        assert math.isclose(found["best"], advice.learning_rate_best, rel_tol=1e-12)


def test_an_ill_conditioned_set_keeps_its_digits(module) -> None:
    """Columns offset by 1e6: the triangle is centred, so 9 digits of the slope are left where X'X keeps none."""
    rows = rows_of(14, n=40)
    rows[:, 0] += 1e6
    exact = lw.fit(rows[:, :-1], rows[:, -1], method="exact")
    found = shown(module, rows)
    assert math.isclose(found["answer"][0], exact.coef[0], rel_tol=1e-9)
    assert math.isclose(found["values"][1], lw.advise(rows[:, :-1], rows[:, -1]).eigenvalues[1], rel_tol=1e-6)


def test_dependent_columns_get_the_shortest_slopes(module) -> None:
    rows = rows_of(15, n=20, p=2)
    rows = np.column_stack([rows[:, :2], 2 * rows[:, 0], rows[:, -1]])
    found, fit = shown(module, rows), lw.fit(rows[:, :-1], rows[:, -1])
    assert found["rank"] == 2
    assert np.allclose(found["answer"], [*fit.coef, fit.intercept], rtol=1e-8)
    assert "depend on each other" in found["verdict"]["text"]


@pytest.mark.parametrize(("rate", "epochs", "said"), [
    (0.001, 15, "Not converged"), (0.006, 30, "Diverges"), (0.0049, 10_000, "Converged"),
])  # fmt: skip
def test_the_verdict_is_python_s(module, rate: float, epochs: int, said: str) -> None:
    source = lw.compare("article", methods=["spectral"], learning_rate=rate, epochs=epochs)
    assert source.advice.verdict.startswith(said)
    rows = np.array(
        [
            [1, 39],
            [2, 42],
            [4, 43],
            [6, 46],
            [8, 47],
            [10, 56],
            [12, 60],
            [13, 59],
            [14, 64],
            [16, 66],
            [16, 68],
            [18, 72],
            [20, 71],
            [22, 75],
            [24, 80],
        ],
        dtype=float,
    )
    start = [*source.start.coef, source.start.intercept]
    found = shown(module, rows, rate=rate, epochs=epochs, at=epochs, start=start)
    assert found["verdict"]["text"].startswith(said)
    assert found["verdict"]["good"] == source.advice.converged
    if source.advice.epochs_needed and said.startswith("Not"):
        assert f"{source.advice.epochs_needed:,} epochs" in found["verdict"]["text"]


@pytest.mark.parametrize("scale", ["raw", "centred", "standardised"])
@pytest.mark.parametrize("rule", ["sgd", "adam", "cg"])
def test_the_python_taken_along_makes_the_run(module, rule: str, scale: str) -> None:
    rows = rows_of(16, n=10, p=2).round(3)
    found = shown(module, rows, optimizer=rule, scale=scale, rate=0.05, epochs=3)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(found["python"], {})  # noqa: S102
    numbers = [float(part) for part in said.getvalue().replace("[", " ").replace("]", " ").split()]
    assert np.allclose(numbers[1:], found["theta"], rtol=1e-6), "as printed, to 8 digits"


@pytest.mark.parametrize(
    ("low", "high", "log"), [(0, 1, False), (-3e5, 2e9, False), (1e-9, 1e-3, True), (2, 3, True), (5, 5, False)]
)
def test_axes_hold_what_they_are_given(module, low: float, high: float, log: bool) -> None:
    found = module.evaluate("([low, high, log]) => L.axis([low, high, NaN, Infinity], { log })", [low, high, log])
    ends = [math.exp(found["low"]), math.exp(found["high"])] if log else [found["low"], found["high"]]
    assert ends[0] <= low <= high <= ends[1]
    assert ends[0] < ends[1]


@pytest.mark.parametrize(
    "value", [0.001, 36.6470261, 22041, 1.2e9, -4.04279, 1e-7, 0, 314.57565, 999999, 1e7, 123456789]
)
def test_numbers_are_written_as_python_writes_them(module, value: float) -> None:
    from leastwise.words import number

    assert module.evaluate("(v) => L.number(v)", value) == number(float(value))


def test_what_an_attacker_found(module) -> None:
    """A decimal comma is no number, epochs that are shown grow, epochs needed keep their digits at tiny rates."""
    texts = ["0.5", " 1,000 ", "12,345.5", "-3e-2", ".5", "0,001", "1,5", "0x10", "", "1 2", "e5", "Infinity"]
    found = module.evaluate(f"{json.dumps(texts)}.map((text) => String(L.asNumber(text)))")
    assert found == ["0.5", "1000", "12345.5", "-0.03", "0.5", *["NaN"] * 7]
    for last in (0, 5, 400, 401, 450, 543, 600, 100_000):
        places = module.evaluate(f"L.thinned({last})")
        assert places == sorted(set(places))
        assert places[-1] == last
    rows = rows_of(5)
    told = lw.advise(rows[:, :-1], rows[:, -1], learning_rate=1e-14, start=([0.5], -0.25)).epochs_needed
    assert shown(module, rows, rate=1e-14, epochs=2)["needed"] == pytest.approx(told, rel=1e-9)
