"""Rolling and expanding windows: each is the fit of its own rows, whatever came before and however far from 0."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from pyarrow import parquet
from statsmodels.regression.recursive_ls import RecursiveLS
from statsmodels.regression.rolling import RollingOLS, RollingWLS

import leastwise as lw
from leastwise.regressions import Regressions
from leastwise.windows import fit as module
from leastwise.windows import pieces, sums
from test_cli import run

STORED = ("coef", "intercept", "se", "sigma", "df_resid", "n", "rank", "r2", "status")
KEYS = ("se", "sigma", "df_resid", "n", "rank", "r2")


def rows(seed: int, n: int = 2000, p: int = 3, offset: float = 0.0):
    """Columns that wander, `offset` deviations from 0."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + np.cumsum(rng.standard_normal((n, p)), axis=0) / 30 + offset
    return X, X @ np.arange(1.0, p + 1) + 5 + rng.standard_normal(n)


def first(found: Regressions) -> Any:
    return found.by["first_row"]


def last(found: Regressions) -> Any:
    return found.by["last_row"]


def close(ours: Any, theirs: Any, rel: float) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=rel, atol=0)


def held_to(found: Regressions, X: Any, y: Any, places: Any, rel: float, **options: Any) -> None:
    """The windows at `places` are what rational arithmetic has for their rows."""
    chosen = np.array(sorted(places))
    labels = {name: values[chosen] for name, values in found.by.items()}
    found = replace(found, by=labels, **{key: getattr(found, key)[chosen] for key in STORED})
    for k in range(len(found)):
        own = slice(int(first(found)[k]), int(last(found)[k]) + 1)
        exact = lw.fit(X[own], y[own], method="exact", **options)
        for key in KEYS:
            assert getattr(found, key)[k] == pytest.approx(getattr(exact, key), rel=rel), f"{key} of window {chosen[k]}"
        # A slope far under its standard error needs no digits of its own.
        slopes = np.maximum(np.abs(exact.coef), np.nan_to_num(exact.se[: X.shape[1]]))
        assert (np.abs(found.coef[k] - exact.coef) <= rel * slopes).all(), f"slopes of window {chosen[k]}"
        assert found.p[k] == pytest.approx(exact.p, rel=1e-6, abs=1e-300), "p magnifies t"
        assert found.conf_int()[k] == pytest.approx(exact.conf_int(), rel=rel)
        # The intercept is what is left of numbers as large as X coef.
        assert found.intercept[k] == pytest.approx(exact.intercept, abs=rel * max(np.abs(X[own] @ exact.coef).max(), 1))
        assert found.status[k] == "ok"


@pytest.mark.parametrize("p", [1, 3, 6])
@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize(("window", "step"), [(50, 1), (50, 7), (64, 16), (40, 40), (30, 100), (1200, 1), (1000, 3)])
def test_a_window_is_the_fit_of_its_rows(p: int, offset: float, window: int, step: int) -> None:
    """12 digits: sums of squares about means that are right to the last digit keep them all but for a few roundings."""
    X, y = rows(p, p=p, offset=offset)
    found = lw.rolling(X, y, window=window, step=step)
    assert len(found) == (len(y) - window) // step + 1
    assert first(found).tolist() == list(range(0, len(y) - window + 1, step))
    assert np.array_equal(last(found), first(found) + window - 1)
    held_to(found, X, y, {0, len(found) // 3, len(found) // 2, len(found) - 2, len(found) - 1}, 1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize(("start", "step"), [(10, 1), (4, 1), (100, 9), (1500, 400)])
def test_an_expanding_window_is_the_fit_of_all_rows_so_far(offset: float, start: int, step: int) -> None:
    X, y = rows(7, offset=offset)
    found = lw.expanding(X, y, start=start, step=step)
    assert last(found).tolist() == list(range(start - 1, len(y), step))
    assert not first(found).any()
    few = 1 if start == 4 else 0
    held_to(found, X, y, {few, len(found) // 2, len(found) - 1}, 1e-12)


def test_the_last_expanding_window_is_the_fit_of_all_rows() -> None:
    X, y = rows(8)
    held_to(found := lw.expanding(X, y, start=100, step=19), X, y, [len(found) - 1], 1e-12)
    assert last(found)[-1] == len(y) - 1


def test_a_million_rows_to_ten_digits_through_an_outlier() -> None:
    """Columns a million deviations from 0; 1e12 comes and goes in x and in y, and leaves no trace.

    Adding and subtracting never recovers.
    """
    X, y = rows(9, n=1_000_000, p=2, offset=1e6)
    X[400_000, 0], y[700_000] = 1e12, -1e12
    found = lw.rolling(X, y, window=250)
    assert (found.status == "ok").all()
    near = [399_749, 399_751, 400_000, 400_001, 699_760, 700_000, 700_001, 700_250]
    held_to(found, X, y, [0, *near, *np.random.default_rng(0).integers(0, len(found), 30), len(found) - 1], 1e-10)
    clean = lw.rolling(X[400_001:700_000], y[400_001:700_000], window=250)
    close(found.coef[400_001:699_751], clean.coef, 1e-12)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize(("way", "how"), [
    (lw.rolling, {"window": 50}), (lw.rolling, {"window": 50, "step": 7}), (lw.rolling, {"window": 30, "step": 40}),
    (lw.rolling, {"window": 700}), (lw.expanding, {"start": 20}), (lw.expanding, {"start": 20, "step": 9}),
])  # fmt: skip
def test_weights(way: Any, how: dict[str, int], offset: float, intercept: bool) -> None:
    """Over twelve decades; rows of weight 0, one of which holds 1e12, have a place and count for nothing."""
    X, y = rows(30, p=2, offset=offset)
    rng = np.random.default_rng(1)
    weight = 10.0 ** rng.uniform(-6, 6, len(y)) if offset else rng.gamma(1.0, 1.0, len(y))
    weight[rng.random(len(y)) < 0.2] = 0.0
    weight[[0, 900]], X[[0, 900]], y[[0, 900]] = 0.0, 1e12, -1e12
    found = way(X, y, weight, **how, intercept=intercept)
    assert (found.status == "ok").all()
    # Columns a thousand deviations from 0 nearly depend on each other about it.
    rel = 1e-11 if intercept else 1e-8
    for k in (0, len(found) // 2, len(found) - 1):
        own = slice(int(first(found)[k]), int(last(found)[k]) + 1)
        exact = lw.fit(X[own], y[own], weight[own], method="exact", intercept=intercept)
        for name in ("n", "df_resid", "rank", "sigma", "se", "r2"):
            assert getattr(found, name)[k] == pytest.approx(getattr(exact, name), rel=rel), name
        assert (np.abs(found.coef[k] - exact.coef) <= rel * np.maximum(np.abs(exact.coef), exact.se[:2])).all()


def test_rows_of_no_weight_leave_no_trace() -> None:
    """Whatever they and the rows about them hold: the window's own rows alone are measured from."""
    X, y = rows(32, n=60, p=1)
    weight = np.ones(60)
    weight[1::2] = 0.0
    X[[0, 41], 0] = 1e16, 1e300
    found = lw.rolling(X, y, weight, window=10)
    held = lw.fit(X[50:][weight[50:] > 0], y[50:][weight[50:] > 0], method="exact")
    close(found.coef[-1], held.coef, 1e-12)
    X[10:30] = 0.1
    assert set(lw.rolling(X, y, weight, window=10).status[10:21]) == {"a constant column: its slope is 0"}
    frame = pd.DataFrame({"x": X[:, 0], "y": y})
    assert lw.rolling(frame[42:], formula="y ~ x - 1", window=9).terms == ("x",)


def test_weights_of_other_libraries_and_of_files(tmp_path: Path) -> None:
    X, y = rows(31, n=400, p=2)
    weight = np.random.default_rng(2).gamma(2.0, 1.0, len(y))
    found = lw.rolling(X, y, weight, window=60)
    theirs = RollingWLS(y, sm.add_constant(X, prepend=False), window=60, weights=weight).fit()
    # RollingWLS adds and subtracts raw squares: its own digits are the tolerance.
    close(found.theta, theirs.params[59:], 1e-7)
    close(found.se, theirs.bse[59:], 1e-7)
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y, "w": weight})
    frame.to_csv(path := tmp_path / "rows.csv", index=False)
    assert np.array_equal(lw.rolling(frame, "y", "w", window=60).theta, found.theta)
    ran = run("fit", str(path), "-y", "y", "--weights", "w", "--rolling", "60", "--json")
    close(json.loads(ran.stdout)["columns"]["se a"], found.se[:, 0], 1e-12)
    even = lw.rolling(X, y, np.full(len(y), 4.0), window=60)
    close(even.se, lw.rolling(X, y, window=60).se, 1e-12)
    weight[30:300] = 0.0
    none = lw.rolling(X, y, weight, window=60)
    assert none.status[100] == "too few rows"
    assert none.n[100] == 0
    with pytest.raises(lw.DataError, match="negative"):
        lw.rolling(X, y, -weight, window=60)
    for heavy in (1e21, 1e-300):
        with pytest.raises(lw.DataError, match="rescale"):
            lw.rolling(X, y, np.where(weight > 2, heavy, 1.0), window=60)


@pytest.mark.parametrize("intercept", [True, False])
def test_statsmodels_has_the_same(intercept: bool) -> None:
    X, y = rows(10, n=600)
    found = lw.rolling(X, y, window=60, intercept=intercept)
    theirs = RollingOLS(y, sm.add_constant(X, prepend=False) if intercept else X, window=60).fit()
    # RollingOLS adds and subtracts raw squares: its own digits are the tolerance.
    close(found.theta, theirs.params[59:], 1e-7)
    close(found.se, theirs.bse[59:], 1e-7)
    close(found.r2, theirs.rsquared[59:], 1e-7)


def test_recursive_least_squares_has_the_same() -> None:
    X, y = rows(11, n=300, p=2)
    theirs = RecursiveLS(y, sm.add_constant(X, prepend=False)).fit().recursive_coefficients.filtered
    # A Kalman filter begun from a variance of 1e6 or so: it forgets that in a few dozen rows, to 7 digits.
    close(lw.expanding(X, y, start=50).theta, theirs.T[49:], 1e-5)


def test_rational_numbers_have_the_same() -> None:
    """The formula for one feature in fractions."""
    X, y = rows(12, n=40, p=1, offset=100.0)
    found = lw.rolling(X, y, window=9)
    for k in range(0, len(found), 5):
        x, z = ([Fraction(float(value)) for value in column[k : k + 9]] for column in (X[:, 0], y))
        mean, level = sum(x) / 9, sum(z) / 9
        slope = sum((a - mean) * (b - level) for a, b in zip(x, z, strict=True)) / sum((a - mean) ** 2 for a in x)
        rss = sum((b - level - slope * (a - mean)) ** 2 for a, b in zip(x, z, strict=True))
        assert found.coef[k, 0] == pytest.approx(float(slope), rel=1e-13)
        assert found.sigma[k] ** 2 == pytest.approx(float(rss / 7), rel=1e-12)


@pytest.mark.parametrize("way", [lw.rolling, lw.expanding])
def test_laws(way: Any) -> None:
    X, y = rows(13)
    size = {"window": 70} if way is lw.rolling else {"start": 70}
    plain = way(X, y, **size)
    for step in (2, 5, 70, 150):
        some = way(X, y, **size, step=step)
        close(some.theta, plain.theta[::step], 1e-12)
        close(some.se, plain.se[::step], 1e-12)
        assert np.array_equal(last(some), last(plain)[::step])
    moved = way(X * [2.0, 0.25, -1e6] + [1e3, -7, 1e8], 4 * y - 9, **size)
    close(moved.coef * [2.0, 0.25, -1e6] / 4, plain.coef, 1e-11)
    close(moved.t[:, :-1] * [1, 1, -1], plain.t[:, :-1], 1e-11)
    close(moved.r2, plain.r2, 1e-12)


@pytest.mark.parametrize("sizes", [(5, 16), (64, 300), (3, 8192)])
def test_how_the_rows_are_cut_does_not_matter(monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, int]) -> None:
    X, y = rows(14)
    asked = [(lw.rolling, {"window": 130}), (lw.rolling, {"window": 130, "step": 3}), (lw.expanding, {"start": 9})]
    plain = [way(X, y, **how) for way, how in asked]
    monkeypatch.setattr(sums, "CELL", sizes[0])
    monkeypatch.setattr(pieces, "TILE", sizes[1])
    for (way, how), one in zip(asked, plain, strict=True):
        other = way(X, y, **how)
        assert np.array_equal(last(other), last(one))
        close(other.theta, one.theta, 1e-11)
        close(other.se, one.se, 1e-11)


def test_windows_that_cannot_be_fitted_say_why() -> None:
    """A constant stretch, a dependent one, an exact one: each spoils the windows inside it and no other."""
    X, y = rows(15, n=500, p=2)
    X[100:150, 1] = 7.0
    X[200:250, 1] = 3 * X[200:250, 0]
    y[300:350] = X[300:350] @ [3.0, 4.0] + 5
    found = lw.rolling(X, y, window=30)
    constant = (first(found) >= 100) & (last(found) < 150)
    assert set(found.status[constant]) == {"a constant column: its slope is 0"}
    alone = lw.fit(X[110:140], y[110:140])
    assert found.coef[110] == pytest.approx(alone.coef, rel=1e-12)
    assert found.se[110] == pytest.approx(alone.se, rel=1e-12)
    assert found.rank[110] == alone.rank == 2
    dependent = (first(found) >= 200) & (last(found) < 250)
    assert set(found.status[dependent]) == {"dependent columns: the shortest slopes"}
    best = lw.fit(X[210:240], y[210:240])
    assert found.coef[210] == pytest.approx(best.coef, rel=1e-9)
    assert found.rank[210] == best.rank == 2
    assert set(found.status[~constant & ~dependent]) == {"ok"}
    assert found.coef[310] == pytest.approx([3.0, 4.0], rel=1e-12)
    assert found.sigma[310] < 1e-12, "fitted again from its rows: the moments would have left 1e-8"
    held_to(found, X, y, [99, 149, 190, 260], 1e-10)


@pytest.mark.parametrize("way", [lw.rolling, lw.expanding])
@pytest.mark.parametrize("spoilt", ["columns", "target"])
def test_nearly_dependent_columns_keep_ten_digits(way: Any, spoilt: str) -> None:
    """What moments would lose is fitted from the rows."""
    X, y = rows(16, n=200, p=2)
    if spoilt == "columns":
        X[:, 1] = X[:, 0] + 1e-4 * X[:, 1]
        y = X @ [1.0, 2.0] + np.random.default_rng(0).standard_normal(200)
    else:
        y = X @ [1.0, 2.0] + 1e-5 * y
    size = {"window": 60} if way is lw.rolling else {"start": 60}
    held_to(way(X, y, **size), X, y, range(0, 140, 20), 1e-10)
    held_to(way(X, y, **size, intercept=False), X, y, range(0, 140, 20), 1e-10, intercept=False)


def test_offsets_without_an_intercept_keep_their_digits() -> None:
    """About 0 such columns nearly depend on each other."""
    X, y = rows(25, n=100, p=2, offset=1e4)
    held_to(lw.rolling(X, y, window=30, intercept=False), X, y, [0, 35, 70], 1e-9, intercept=False)


def test_too_many_windows_to_fit_again_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_HARD", 3)
    X, y = rows(17, n=60, p=1)
    X = np.column_stack([X, X])
    found = lw.expanding(X, y, start=20)
    assert found.status[:3].tolist() == ["dependent columns: the shortest slopes"] * 3
    assert all("too many" in status for status in found.status[3:])
    assert np.isnan(found.coef[3:]).all()


def test_as_many_rows_as_terms_leave_no_errors() -> None:
    X, y = rows(18, n=30, p=2)
    found = lw.rolling(X, y, window=3)
    assert found.coef[4] == pytest.approx(np.linalg.solve(np.c_[X[4:7], np.ones(3)], y[4:7])[:2], rel=1e-9)
    assert np.isnan(found.se).all()
    assert (found.df_resid == 0).all()


def test_frames_and_files_are_the_same_as_arrays(tmp_path: Path) -> None:
    X, y = rows(19, n=300, p=2)
    town = np.array(["Oslo", "Bern"])[np.arange(300) % 2]
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "town": town, "y": y})
    frame.to_parquet(path := tmp_path / "rows.parquet")
    plain = lw.rolling(X, y, window=40, step=2)
    for source in (frame, path):
        found = lw.rolling(source, "y", x=["a", "b"], window=40, step=2)
        assert found.names == ("a", "b")
        close(found.theta, plain.theta, 1e-13)
    again = lw.rolling(frame, formula="y ~ a + b", window=40, step=2)
    assert np.array_equal(again.theta, plain.theta)
    texts = lw.rolling(frame, "y", x=["a", "town"], window=40)
    assert texts.names == ("a", "town[Oslo]")
    held_to(texts, np.c_[X[:, 0], town == "Oslo"], y, [0, 100], 1e-12)


def test_missing_values(tmp_path: Path) -> None:
    X, y = rows(20, n=100, p=1)
    y[[5, 30, 31]] = np.nan
    with pytest.raises(lw.DataError, match=r"column 'y' .* is missing in row 6 "):
        lw.rolling(X, y, window=20)
    found = lw.rolling(X, y, window=20, missing="drop")
    whole = np.flatnonzero(np.isfinite(y))
    plain = lw.rolling(X[whole], y[whole], window=20)
    assert found.dropped_rows == 3
    assert np.array_equal(found.theta, plain.theta)
    assert np.array_equal(last(found), whole[19:]), "places are those of the data"
    assert np.array_equal(last(lw.expanding(X, y, start=9, missing="drop")), whole[8:])


def test_the_table() -> None:
    X, y = rows(21, n=90, p=1)
    found = lw.rolling(X, y, window=30, step=10)
    frame = found.to_frame()
    assert frame.columns.tolist()[:5] == ["first_row", "last_row", "n", "x", "se x"]
    assert found[20, 49]["x"] == frame["x"][2] == found.coef[2, 0]
    assert "7 regressions of y on x, by first_row and last_row." in repr(found)
    with pytest.raises(lw.UsageError, match=r"there is no window \(0, 30\)"):
        found[0, 30]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"window": 2}, "at least 3 rows"), ({"window": 9, "step": 0}, "step must be at least 1"),
        ({"window": 2.5}, "whole numbers"), ({"window": 9, "step": "a"}, "whole numbers"),
        ({"window": 21}, "fewer than 21 rows"), ({"window": 9, "missing": "no"}, "error or drop"),
    ],
)  # fmt: skip
def test_what_is_refused(how: dict[str, Any], said: str) -> None:
    X, y = rows(22, n=20, p=2)
    with pytest.raises(lw.LeastwiseError, match=said):
        lw.rolling(X, y, **how)
    how["start"] = how.pop("window")
    with pytest.raises(lw.LeastwiseError, match=said):
        lw.expanding(X, y, **how)


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_columns_whose_squares_leave_the_range_are_named(scale: float) -> None:
    X, y = rows(24, n=40, p=2)
    with pytest.raises(lw.DataError, match=r"column 'x2' .* rescale"):
        lw.rolling(X * [1.0, scale], y, window=20)
    held_to(lw.rolling(X * [1.0, scale**0.6], y, window=20), X * [1.0, scale**0.6], y, [3], 1e-12)


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    X, y = rows(23, n=400, p=1)
    path = tmp_path_factory.mktemp("windows") / "prices.csv"
    pd.DataFrame({"market": X[:, 0], "g": np.arange(400) // 50, "stock": y}).to_csv(path, index=False)
    return path


def test_the_command(prices: Path, tmp_path: Path) -> None:
    frame, table = pd.read_csv(prices), tmp_path / "table.parquet"
    ran = run("fit", str(prices), "-y", "stock", "-x", "market", "--rolling", "50", "--step", "5", "-o", str(table))
    assert ran.returncode == 0, ran.stderr
    assert b"71 regressions of stock on market, by first_row and last_row." in ran.stdout
    assert b"and 61 more windows" in ran.stdout
    found = parquet.read_table(table).to_pydict()
    plain = lw.rolling(frame, "stock", x="market", window=50, step=5)
    assert found["se market"] == pytest.approx(plain.se[:, 0], rel=1e-12)
    assert found["last_row"] == last(plain).tolist()


def test_the_command_reads_a_pipe_and_prints_json(prices: Path) -> None:
    ran = run("fit", "-", "-y", "stock", "-x", "market", "--expanding", "20", "--no-intercept", "--json",
              stdin=prices.read_bytes())  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    plain = lw.expanding(pd.read_csv(prices), "stock", x="market", start=20, intercept=False)
    assert told["schema"] == "leastwise.windows/1"
    assert told["columns"]["market"] == pytest.approx(plain.coef[:, 0], rel=1e-12)
    assert "(intercept)" not in told["columns"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--rolling", "50", "--expanding", "20"], 2, b"exclude each"), (["--rolling", "1"], 2, b"at least 2 rows"),
        (["--rolling", "50", "--by", "g"], 2, b"exclude each other"), (["--by", "g", "--step", "2"], 2, b"--by takes"),
        (["--rolling", "50", "--robust", "HC1"], 2, b"--rolling takes"), (["--rolling", "5000"], 3, b"fewer than 5"),
        (["--expanding", "50", "--save", "m.json"], 2, b"--expanding takes"), (["--step", "2"], 2, b"--step and -o"),
        (["-o", "a.csv"], 2, b"--step and -o are"), (["--rolling", "50", "-o", "a.txt"], 2, b".parquet"),
        (["--rolling", "50", "-x", "z"], 3, b"no column 'z'"), (["--rolling", "50", "--step", "0"], 2, b"step"),
        (["--rolling", "50", "--method", "svd"], 2, b"--rolling takes"),
    ],
)  # fmt: skip
def test_the_command_refuses_in_a_sentence(prices: Path, arguments: list[str], code: int, said: bytes) -> None:
    chosen = [] if "-x" in arguments else ["-x", "market"]
    ran = run("fit", str(prices), "-y", "stock", *chosen, *arguments)
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr
    assert ran.stderr.count(b"\n") == 1


def test_the_input_is_not_written_over(prices: Path) -> None:
    before = prices.read_bytes()
    for many in (["--rolling", "50"], ["--by", "g"]):
        ran = run("fit", str(prices), "-y", "stock", "-x", "market", *many, "-o", str(prices))
        assert ran.returncode == 2
        assert b"is the input itself" in ran.stderr
    assert prices.read_bytes() == before
