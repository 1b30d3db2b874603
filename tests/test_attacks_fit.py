"""What a hostile tester found in fits, each kept from coming back: no number is silently wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas
import pytest
import statsmodels.api as sm

import leastwise as lw
from problems import make
from test_cli import run, words
from test_fit import exact_fit, lre

X30 = np.sin(np.arange(30.0))
Y30 = X30 + np.cos(np.arange(30.0) ** 2)


@pytest.mark.parametrize("offset", [1e4, 1e6, 1e8, 1.7e9])
@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
def test_offsets_cost_robust_errors_nothing(kind: str, offset: float) -> None:
    """Against the same rows, centred exactly: the shift itself rounds x to eps * offset."""
    x = X30 + offset
    fit, centred = lw.fit(x, Y30).robust((x, Y30), kind), lw.fit(x - offset, Y30).robust((x - offset, Y30), kind)
    assert fit.se[0] == pytest.approx(centred.se[0], rel=1e-12)
    groups = np.arange(30) // 5
    assert fit.clustered((x, Y30), groups).se[0] == pytest.approx(
        centred.clustered((x - offset, Y30), groups).se[0], rel=1e-12
    )
    assert fit.newey_west((x, Y30), 3).se[0] == pytest.approx(centred.newey_west((x - offset, Y30), 3).se[0], rel=1e-12)
    far, near = lw.fit(x, Y30).predict(x[:3], 0.95), lw.fit(x - offset, Y30).predict(x[:3] - offset, 0.95)
    assert far.confidence == pytest.approx(near.confidence, rel=1e-11)
    assert far.prediction == pytest.approx(near.prediction, rel=1e-11)


def test_unix_time_squared() -> None:
    t = 1.7e9 + 60 * np.arange(200.0)
    X, y = np.column_stack([t, t * t]), np.sin(np.arange(200.0) ** 2)
    fit = lw.fit(X, y)
    theta, se = exact_fit(X, y, True)
    assert lre(fit.theta, theta) >= 15
    assert lre(fit.se, se) >= 15
    u = (np.arange(200.0) - 100) / 100
    HC3 = sm.OLS(y, np.column_stack([u, u**2, np.ones(200)])).fit().HC3_se
    # t^2 was rounded to its own 53 bits: 4 digits of the curvature survive that.
    assert fit.robust((X, y), "HC3").se[1] * 6000**2 == pytest.approx(HC3[1], rel=1e-3)
    found = fit.predict(X, 0.95).prediction
    assert np.median(found[:, 1] - found[:, 0]) == pytest.approx(2 * 1.97 * fit.sigma, rel=0.05)


def test_the_shortest_slopes_are_least_squares_in_any_units() -> None:
    i = np.arange(30.0)
    B = np.column_stack([np.sin(i), np.cos(2 * i), np.sin(3 * i + 1)])
    X, y = np.column_stack([B * [1e-8, 1e8, 1], 2e-8 * B[:, 0]]), B @ [1, 2, 3]
    fit = lw.fit(X, y, method="qr")
    assert fit.r2 == pytest.approx(1, abs=1e-12)
    assert fit.coef == pytest.approx([2e7, 2e-8, 3, 4e7], rel=1e-7)
    year = 1960.0 + np.arange(60)
    powers = np.column_stack([year, year**2, year**3, year**4, 2 * year**4])
    assert lw.fit(powers, np.sin(np.arange(60))).r2 == pytest.approx(0.0262, abs=5e-5)


def test_a_weighted_constant_column_is_no_information() -> None:
    x = np.arange(20) % 7 * 1.0
    fit = lw.fit(np.column_stack([np.full(20, 0.7), x]), x**2, np.arange(1, 21) * 0.1, method="qr")
    assert fit.rank == 2
    assert fit.coef == pytest.approx([0, 5.92837], abs=5e-6)
    flat = lw.fit(x, np.full(20, 0.7), np.arange(1, 21) * 0.1, method="qr")
    assert np.isnan(flat.r2)


def test_weights_far_apart() -> None:
    x = np.linspace(0, 50, 30)
    fit = lw.fit(x, np.exp(x), np.exp(-(x**2) / 8))
    assert fit.method == "exact"
    assert fit.coef[0] == pytest.approx(18.35, abs=0.01)
    assert fit.se[0] == pytest.approx(8.74, abs=0.01)
    heavy = np.where(np.arange(30) == 3, 1e30, 1.0)
    assert lw.fit(X30, Y30, heavy).se == pytest.approx(lw.fit(X30, Y30, heavy, method="exact").se, rel=1e-12)


@pytest.mark.parametrize(("wide", "tall"), [(1e100, 1e-100), (1e-100, 1e100), (1e82, 1e-100)])
def test_standard_errors_stay_in_range(wide: float, tall: float) -> None:
    plain = lw.fit(X30, Y30)
    for method in ("qr", "exact"):
        assert lw.fit(X30 * wide, Y30 * tall, method=method).se[0] == pytest.approx(plain.se[0] / wide * tall, rel=1e-9)


@pytest.mark.parametrize("noise", [1e-4, 1e-8, 1e-12])
def test_near_perfect_fits_keep_their_errors(noise: float) -> None:
    problem = make(3, n=30, p=2)
    y = 1 + problem.X @ [2, -1] + noise * problem.y
    fit = lw.fit(problem.X, y)
    assert lre(fit.se, exact_fit(problem.X, y, True)[1]) >= min(fit.se_digits, 13) - 0.5
    rough = lw.fit(problem.X, y, method="qr")
    assert lre(rough.se, exact_fit(problem.X, y, True)[1]) >= rough.se_digits - 0.5


def test_a_small_residual_far_from_zero_is_real() -> None:
    x = 1e15 + np.arange(50.0)
    y = np.arange(50.0) + 0.05 * np.sin(np.arange(50.0) ** 2)
    fit = lw.fit(x, y)
    assert fit.se[0] == pytest.approx(exact_fit(x[:, None], y, True)[1][0], rel=1e-9)


def test_without_an_intercept_offsets_are_information() -> None:
    rng = np.random.default_rng(0)
    X = 1e8 + rng.standard_normal((50, 2))
    y = X @ [2, -1] + rng.standard_normal(50)
    fit = lw.fit(X, y, intercept=False)
    assert fit.rank == 2
    assert lre(fit.coef, exact_fit(X, y, False)[0]) >= 12


def test_triangles_keep_their_names(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,y\n" + "".join(f"{k % 5},{k * k % 7},{k}\n" for k in range(30)))
    tri = str(tmp_path / "t.tri")
    run("summarise", str(tmp_path / "d.csv"), "-y", "y", "-o", tri)
    for arguments in (["-y", "y", "-x", "a"], ["-y", "a"], ["-y", "b", "-x", "y,a"]):
        ours = json.loads(run("fit", tri, *arguments, "--json").stdout)
        rows = json.loads(run("fit", str(tmp_path / "d.csv"), *arguments, "--json").stdout)
        assert ours["target"] == rows["target"] == arguments[1]
        assert list(ours["coef"]) == list(rows["coef"])
        assert list(ours["se"].values()) == pytest.approx(list(rows["se"].values()), rel=1e-9)
    assert "has no column 'z'" in words(run("fit", tri, "-y", "z"))
    assert run("fit", tri, "--weights", "a").returncode == 2
    assert lw.fit(lw.Triangle.load(tri), y="a").names == ("b", "y")


def test_frames_are_read_by_their_names() -> None:
    problem = make(4, n=40, p=2)
    frame = pandas.DataFrame(problem.X, columns=["a", "b"])
    fit, swapped = lw.fit(frame, problem.y), frame[["b", "a"]]
    assert np.array_equal(fit.predict(swapped), fit.predict(frame))
    assert np.array_equal(fit.robust((swapped, problem.y)).se, fit.robust((frame, problem.y)).se)
    with pytest.raises(lw.UsageError, match="X has no column 'b'"):
        fit.predict(frame[["a"]].assign(c=1.0))


def test_second_passes_want_the_same_rows(tmp_path: Path) -> None:
    problem = make(5, n=40, p=2, weighted=True)
    frame = pandas.DataFrame(problem.X, columns=["a", "b"]).assign(y=problem.y, w=problem.weight)
    frame.to_csv(tmp_path / "d.csv", index=False)
    fit = lw.fit(tmp_path / "d.csv", "y", "w", x=["a", "b"])
    theirs = sm.WLS(problem.y, np.column_stack([problem.X, np.ones(40)]), weights=problem.weight).fit()
    assert fit.robust(tmp_path / "d.csv").se == pytest.approx(theirs.HC1_se, rel=1e-9)
    for rows in ((problem.X, problem.y), (problem.X[1:], problem.y[1:], problem.weight[1:]), None, (problem.X,)):
        with pytest.raises(lw.LeastwiseError):
            fit.robust(rows)


def test_frequencies_are_repeated_rows_in_everything() -> None:
    problem = make(6, n=40, p=2)
    repeats = np.arange(40) % 4
    ours = lw.fit(problem.X, problem.y, repeats, weights="frequency")
    rows = np.repeat(problem.X, repeats, axis=0), np.repeat(problem.y, repeats)
    repeated = lw.fit(*rows)
    weighted = (problem.X, problem.y, repeats.astype(float))
    for name in ("log_likelihood", "aic", "bic", "adjusted_r2"):
        assert getattr(ours, name) == pytest.approx(getattr(repeated, name), rel=1e-12)
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        assert ours.robust(weighted, kind).se == pytest.approx(repeated.robust(rows, kind).se, rel=1e-10)
    groups = np.arange(40) // 8
    clustered = repeated.clustered(rows, np.repeat(groups, repeats))
    assert ours.clustered(weighted, groups).se == pytest.approx(clustered.se, rel=1e-10)


def test_tests_follow_the_errors_of_the_fit() -> None:
    problem = make(7, n=60, p=3)
    A, groups = np.column_stack([problem.X, np.ones(60)]), np.arange(60) // 12
    fit = lw.fit(problem.X, problem.y).robust((problem.X, problem.y), "HC3")
    theirs = sm.OLS(problem.y, A).fit(cov_type="HC3", use_t=True)
    assert fit.f.statistic == pytest.approx(theirs.f_test(np.eye(3, 4)).fvalue, rel=1e-9)
    clustered = lw.fit(problem.X, problem.y).clustered((problem.X, problem.y), groups)
    expected = sm.OLS(problem.y, A).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    assert clustered.p == pytest.approx(expected.pvalues, rel=1e-8)
    assert clustered.conf_int() == pytest.approx(expected.conf_int(), rel=1e-8)


def test_the_largest_number_there_is() -> None:
    top = float(np.finfo(np.float64).max)
    fit = lw.fit([1.0, 2.0, top], [1.0, 2.0, 3.0])
    assert fit.method == "exact"
    assert np.isfinite(fit.coef).all()


def test_auto_does_not_run_for_minutes() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((250, 120))
    assert lw.fit(X, X.sum(axis=1) + 1e-9 * rng.standard_normal(250)).method == "qr"


def test_wald_in_any_units() -> None:
    problem = make(8, n=50, p=2)
    plain, scaled = (lw.fit(problem.X * [a, 1 / a], problem.y) for a in (1, 1e4))
    R = np.eye(2, 3)
    assert scaled.wald(R).statistic == pytest.approx(plain.wald(R).statistic, rel=1e-10)


@pytest.mark.parametrize("change", [
    {"intercept": "x"}, {"rss": "x"}, {"coef": [[1.0]]}, {"coef": [None, 1.0]}, {"se": [1.0]}, {"observations": []},
    {"names": 3}, {"design": []}, {"design": {"levels": []}}, {"root": [[1.0]]}, {"middle": "x"},
])  # fmt: skip
def test_foreign_models_are_refused(change: dict, tmp_path: Path) -> None:
    problem = make(9, n=20, p=2)
    lw.fit(problem.X, problem.y).save(tmp_path / "m.json")
    record = json.loads(
        (tmp_path / "m.json").read_text(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON")
    )
    (tmp_path / "m.json").write_text(json.dumps(record | change))
    with pytest.raises(lw.DataError, match="is damaged"):
        lw.load(tmp_path / "m.json")


def test_two_rows_make_a_model_that_comes_back(tmp_path: Path) -> None:
    lw.fit([1.0, 2.0], [1.0, 3.0]).save(tmp_path / "m.json")
    json.loads((tmp_path / "m.json").read_text(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert lw.load(tmp_path / "m.json").predict([3.0]) == pytest.approx([5.0])


def test_inputs_are_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("a,y\n1,1\n2,3\n3,2\n")
    for command in (["summarise", str(path), "-y", "y", "-o", str(path)], ["fit", str(path), "--save", str(path)]):
        ran = run(*command)
        assert ran.returncode == 2
        assert "is the input itself" in words(ran)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert run("summarise", str(path), "-y", "y", "-o", str(tmp_path / "loop.csv")).returncode == 2


@pytest.mark.parametrize("call", [
    lambda: lw.fit(lw.Triangle.empty(2)),
    lambda: lw.fit(lw.Triangle.of([[1.0], [2.0], [4.0]], [1.0, 2.0, 3.0]), names=["a", "b"]),
    lambda: lw.fit([10**400, 1, 2], [1, 2, 3]),
    lambda: lw.fit(np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"), [1, 2]),
    lambda: lw.fit(X30, Y30).predict(np.ones((2, 2))),
    lambda: lw.fit(np.column_stack([X30, Y30]), Y30).predict([1.0, 2, 3, 4]),
    lambda: lw.fit(X30, Y30).clustered((X30, Y30), [1, 2]),
    lambda: lw.fit(X30, Y30).newey_west((X30, Y30), 1.5),
    lambda: lw.fit(X30, Y30).wald([1, 0], [1, 2, 3]),
    lambda: lw.fit(X30, Y30).wald([np.nan, 0]),
])  # fmt: skip
def test_python_mistakes_get_one_sentence(call) -> None:
    with pytest.raises(lw.LeastwiseError):
        call()


def test_frequencies_are_whole() -> None:
    with pytest.raises(lw.DataError, match="must be whole numbers"):
        lw.fit(X30, Y30, np.full(30, 0.35), weights="frequency")
