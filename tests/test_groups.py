"""Regressions by group: each is the fit of its own rows, whatever the order, the labels and the offsets."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

import leastwise as lw
from leastwise.groups import batched, spilled
from leastwise.groups import fit_by as main
from leastwise.groups import runs as module
from leastwise.groups.keys import order
from test_cli import run


def rows(seed: int, groups: int = 300, n: int = 6000, p: int = 3, offset: float = 0.0):
    """Labels, X, y in no order; each group's columns lie `offset` deviations from 0, and elsewhere."""
    rng = np.random.default_rng(seed)
    by = rng.integers(0, groups, n)
    X = rng.standard_normal((n, p)) + offset * rng.standard_normal((groups, p))[by]
    y = X @ np.arange(1.0, p + 1) + by + rng.standard_normal(n)
    return by, X, y


@pytest.mark.parametrize(("p", "groups"), [(1, 200), (3, 200), (6, 200), (3, 8)])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_each_group_is_the_fit_of_its_rows(p: int, groups: int, offset: float) -> None:
    """To 10 digits of the exact answer, though columns lie a million deviations from 0, each group's elsewhere."""
    by, X, y = rows(1, p=p, offset=offset, groups=groups)
    found = lw.fit_by(X, y, by)
    assert len(found) == len(np.unique(by))
    for k in range(0, len(found), 7):
        own = by == found.by["by"][k]
        exact = lw.fit(X[own], y[own], method="exact")
        for ours, theirs in (
            (found.coef[k], exact.coef), (found.se[k], exact.se), (found.sigma[k], exact.sigma), (found.t[k], exact.t),
            (found.df_resid[k], exact.df_resid), (found.n[k], exact.n), (found.rank[k], exact.rank),
            (found.conf_int()[k], exact.conf_int()),
        ):  # fmt: skip
            assert ours == pytest.approx(theirs, rel=1e-10)
        assert found.intercept[k] == pytest.approx(
            exact.intercept, abs=1e-10 * max(np.abs(X[own] @ exact.coef).max(), 1)
        )
        assert found.r2[k] == pytest.approx(exact.r2, rel=1e-10)
        assert found.p[k] == pytest.approx(exact.p, rel=1e-6, abs=1e-300), "p magnifies t"
        assert found.status[k] == "ok"


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("disk", [False, True])
def test_weights(monkeypatch: pytest.MonkeyPatch, intercept: bool, disk: bool) -> None:
    """10 digits of the exact weighted fit; rows of weight 0 count for nothing, whatever they hold."""
    by, X, y = rows(20, groups=9, p=2, offset=10.0)
    weight = np.random.default_rng(0).gamma(1.0, 100.0, len(y)) * (y > np.quantile(y, 0.1))
    X[:, 1][by == 4] = X[:, 0][by == 4] + 1e-5 * X[:, 1][by == 4]
    X[:, 1][by == 5] = 7.0
    weight[by == 6] = 0.0
    if disk:
        monkeypatch.setattr(module, "MOST_KEPT", 50_000)
    found = lw.fit_by(X, y, by, weight, intercept=intercept)
    assert found.by["by"].tolist() == [0, 1, 2, 3, 4, 5, 7, 8]
    for k, label in enumerate(found.by["by"]):
        own = by == label
        exact = lw.fit(X[own], y[own], weight[own], method="exact", intercept=intercept)
        assert found.n[k] == exact.n
        assert found.rank[k] == exact.rank
        # Without an intercept columns 10 deviations from 0 lose another digit or two.
        assert found.theta[k] == pytest.approx(exact.theta, rel=1e-9, abs=1e-9)
        assert found.se[k] == pytest.approx(exact.se, rel=1e-9)
        assert found.r2[k] == pytest.approx(exact.r2, rel=1e-10)


def test_weights_that_are_none_are_refused() -> None:
    by, X, y = rows(21)
    weight = np.ones(len(y))
    weight[[3, 40]] = 0.0, np.nan
    with pytest.raises(lw.DataError, match=r"'weight' .* in row 41"):
        lw.fit_by(X, y, by, weight)
    weight[40] = -1.0
    with pytest.raises(lw.DataError, match="negative"):
        lw.fit_by(X, y, by, weight)
    with pytest.raises(lw.DataError, match="no rows left"):
        lw.fit_by(X, y, by, np.zeros(len(y)))


def test_texts_and_formulas_are_features() -> None:
    by, X, y = rows(22, groups=5, p=1)
    town = np.array(["Bern", "Oslo", "Rome"])[np.arange(len(y)) % 3]
    town[(by == 2) & (town == "Oslo")] = "Bern"
    frame = pd.DataFrame({"shop": by, "a": X[:, 0], "town": town, "y": y, "w": np.arange(len(y)) % 7})
    found = lw.fit_by(frame, "y", "shop", "w", x=["a", "town"])
    assert found.names == ("a", "town[Oslo]", "town[Rome]")
    assert found.status.tolist() == ["ok", "ok", "a constant column: its slope is 0", "ok", "ok"]
    for k in range(5):
        own = frame[frame["shop"] == k]
        alone = lw.fit(own, "y", "w", x=["a", "town"])
        kept = [0, 2] if k == 2 else slice(None)
        assert found.coef[k][kept] == pytest.approx(alone.coef, rel=1e-10)
        assert found.df_resid[k] == alone.df_resid
    for formula in ({"formula": "y ~ a + C(town)"}, {"y": "y ~ a + C(town)"}):
        same = lw.fit_by(frame, by="shop", weight="w", **formula)
        assert np.array_equal(same.theta, found.theta)
    through_zero = lw.fit_by(frame, by="shop", formula="np.exp(y / 9) ~ 0 + a")
    assert through_zero.terms == ("a",)
    own = frame["shop"] == 1
    assert through_zero.coef[1] == pytest.approx(lw.fit(X[own], np.exp(y[own] / 9), intercept=False).coef, rel=1e-10)
    with pytest.raises(lw.UsageError, match="leave out y and x"):
        lw.fit_by(frame, "y", "shop", formula="y ~ a")
    with pytest.raises(lw.UsageError, match="x and formula name columns"):
        lw.fit_by(X, y, by, formula="y ~ a")


@pytest.mark.parametrize("value", [0.1, 1e6 + 0.1, 1e-200, 0.0, 1e18, 1e100])
@pytest.mark.parametrize("n", [4, 50, 70_000])
def test_constant_columns_are_told_from_those_that_vary_little(value: float, n: int) -> None:
    rng, by = np.random.default_rng(23), np.repeat([0, 1], n)
    x, y = np.full(2 * n, value), rng.standard_normal(2 * n)
    found = lw.fit_by(np.column_stack([x, y**2]), y, by)
    # Where squares leave the range of float64 the rows are looked at again.
    assert set(found.status) == {batched.SHORTEST if 0 < value < 1e-140 else "a constant column: its slope is 0"}
    assert not found.coef[:, 0].any()
    assert found.coef[:, 1] == pytest.approx([lw.fit(y[k] ** 2, y[k]).coef[0] for k in (by == 0, by == 1)])
    # A few units in the last place are information.
    x = value + np.spacing(value) * rng.integers(0, 3, 2 * n)
    if value > 0 and n < 1000:
        assert set(lw.fit_by(x, y, by).status) == {"ok"}


def test_a_large_group_at_the_end() -> None:
    """Whose rows fill more than a block."""
    rng = np.random.default_rng(24)
    x, by = rng.standard_normal(200_000), np.r_[[0] * 5, [1] * 199_995]
    y = x + rng.standard_normal(200_000)
    found = lw.fit_by(x, y, by)
    assert found.coef[1] == pytest.approx(lw.fit(x[5:], y[5:]).coef, rel=1e-12)


def test_the_order_of_the_rows_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    by, X, y = rows(2)
    one = lw.fit_by(X, y, by)
    order = np.random.default_rng(0).permutation(len(y))
    monkeypatch.setattr(module, "BLOCK", 700)
    other = lw.fit_by(X[order], y[order], by[order])
    assert np.array_equal(one.by["by"], other.by["by"])
    assert np.allclose(one.theta, other.theta, rtol=1e-12)
    assert np.allclose(one.se, other.se, rtol=1e-12)


def test_rows_in_order_of_their_groups_are_not_sorted() -> None:
    by, X, y = rows(7)
    order = np.argsort(by, kind="stable")
    one, other = lw.fit_by(X, y, by), lw.fit_by(X[order], y[order], by[order])
    assert np.array_equal(one.theta, other.theta), "the same rows in the same order, so the same bits"
    assert np.array_equal(one.se, other.se)
    assert np.array_equal(one.n, other.n)


@pytest.mark.parametrize("late", [False, True])
def test_rows_in_order_are_fitted_as_they_come(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, late: bool) -> None:
    """In runs that no memory is kept for, a group among them larger than a run; one row out of place, and all begins

    anew with a sort. Weights, texts, missing numbers: as when all rows are at hand.
    """
    by, X, y = rows(12, groups=900, n=30_000, p=2)
    by = np.sort(np.where(by < 300, 17, by))
    y[[5, 29_000]] = np.nan
    by[-3] = 3 if late else by[-3]
    frame = pd.DataFrame({"shop": [f"shop {k}" for k in by], "by": by, "a": X[:, 0], "b": X[:, 1], "y": y, "w": by % 3})
    frame.to_csv(path := tmp_path / "rows.csv", index=False)
    asked = {"x": ["a", "b"], "missing": "drop", "weight": "w"}
    labels = ["shop"] if not late else ["by"]
    whole = lw.fit_by(frame.sample(frac=1.0, random_state=0), "y", labels, **asked)
    seen = []
    fitted = main._fitted
    monkeypatch.setattr(main, "_fitted", lambda run, *rest: (seen.append(len(run)), fitted(run, *rest))[1])
    monkeypatch.setattr(module, "AT_ONCE", 100_000)
    monkeypatch.setattr(module, "PART_ROWS", 1000, raising=False)
    for source in (frame, path):
        seen.clear()
        found = lw.fit_by(source, "y", labels, **asked)
        assert len(seen) > 1
        assert found.dropped_rows == whole.dropped_rows == 2
        ours, theirs = (table.to_frame().sort_values(labels, ignore_index=True) for table in (found, whole))
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-10)


def test_too_many_groups_to_fit_again(monkeypatch: pytest.MonkeyPatch) -> None:
    by, X, y = rows(8, groups=10, p=2)
    X[:, 1] = 2 * X[:, 0]
    monkeypatch.setattr(main, "MOST_HARD", 4)
    found = lw.fit_by(X, y, by)
    assert found.status.tolist() == [batched.SHORTEST] * 4 + [main.TOO_MANY] * 6
    assert f"6 groups: {main.TOO_MANY}." in found.summary()


@pytest.mark.parametrize("groups", [300, 3])
def test_rows_beyond_memory_are_sorted_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, groups: int) -> None:
    """To 13 digits the same (rows of a group may come in another order), in many runs, and no file is left behind.

    Three groups are larger than a run each, and go through their triangles.
    """
    by, X, y = rows(10, groups=groups, n=60_000, offset=10.0)
    X[by == 2, 1] = X[by == 2, 0]
    frame = pd.DataFrame({"t": [f"t{k}" for k in by // 7], "k": by % 7, "a": X[:, 0], "b": X[:, 1], "y": y})
    one = lw.fit_by(frame, "y", ["t", "k"])
    many: list[int] = []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "MOST_KEPT", 500_000)
    monkeypatch.setattr(spilled, "BATCH_ROWS", 2048)
    fitted = main._fitted
    monkeypatch.setattr(main, "_fitted", lambda run, *rest: (many.append(len(run)), fitted(run, *rest))[1])
    other = lw.fit_by(frame, "y", ["t", "k"])
    assert len(many) > 2
    assert not list(tmp_path.iterdir())
    for name, values in one.columns().items():
        theirs = other.columns()[name]
        if values.dtype.kind == "f":
            assert np.allclose(values, theirs, rtol=1e-12 if name == "r2" else 1e-11, atol=0, equal_nan=True), name
        else:
            assert np.array_equal(values, theirs), name


def test_a_missing_number_beyond_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    by, X, y = rows(11)
    y[5000] = np.nan
    monkeypatch.setattr(module, "MOST_KEPT", 1000)
    with pytest.raises(lw.DataError, match=r"'y' .* in row 5,001"):
        lw.fit_by(X, y, by)


def test_a_fault_of_the_file_beyond_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("g,x,y\n" + "1,2.5,3\n" * 200_000 + "1,oops,3\n")
    monkeypatch.setattr(module, "MOST_KEPT", 1000)
    with pytest.raises(lw.DataError, match=r"line 200,002 .* 'oops'"):
        lw.fit_by(path, "y", "g")


def test_columns_of_a_frame_and_of_a_file_are_the_same_as_arrays(tmp_path: Path) -> None:
    by, X, y = rows(3, p=2, groups=50)
    town = np.array(["Oslo", "Bern", "Rome", "Nice", "Kiel"])[by % 5]
    frame = pd.DataFrame({"town": town, "k": by // 5, "a": X[:, 0], "b": X[:, 1], "y": y})
    found = lw.fit_by(frame, "y", ["town", "k"])
    assert found.names == ("a", "b")
    path = tmp_path / "rows.parquet"
    frame.to_parquet(path)
    again = lw.fit_by(path, "y", ["town", "k"], x=["a", "b"])
    plain = lw.fit_by(X, y, by)
    for label, k, n, theta in zip(found.by["town"], found.by["k"], found.n, found.theta, strict=True):
        own = (town == label) & (by // 5 == k)
        place = int(np.flatnonzero(plain.by["by"] == by[own][0])[0])
        assert n == own.sum() == plain.n[place]
        assert np.allclose(theta, plain.theta[place], rtol=1e-12)
        assert np.allclose(list(again[label, k].values())[3:11:4], theta[:2], rtol=1e-12)


def test_dates_are_labels(tmp_path: Path) -> None:
    by, X, y = rows(14, groups=5, p=1)
    day = np.datetime64("2026-11-26") + by.astype("timedelta64[D]")
    frame = pd.DataFrame({"day": day, "x": X[:, 0], "y": y})
    frame.to_parquet(path := tmp_path / "rows.parquet")
    frame.assign(day=frame["day"].dt.date).to_csv(text := tmp_path / "rows.csv", index=False)
    plain = lw.fit_by(X, y, by)
    dates = ["2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29", "2026-11-30"]
    for source in (frame, frame.assign(day=frame["day"].dt.date), path, text):
        found = lw.fit_by(source, "y", "day")
        order = np.argsort(found.by["day"])
        assert [label[:10] for label in found.by["day"][order]] == dates
        assert np.allclose(found.theta[order], plain.theta, rtol=1e-12)
    assert sorted(lw.fit_by(X, y, day).by["by"].tolist()) == dates
    with pytest.raises(lw.DataError, match=r"'by' of the arrays is missing in row"):
        lw.fit_by(X, y, np.where(by > 2, day, np.datetime64("NaT")))
    assert len(lw.fit_by(X, y, np.where(by > 2, day, np.datetime64("NaT")), missing="drop")) == 2
    with pytest.raises(lw.DataError, match=r"'k' of the frame holds integers beyond 2\^53"):
        lw.fit_by(frame.assign(k=by + 2**60), "y", "k", x="x")


def test_names_that_the_table_has_too() -> None:
    """Those of the user's columns stay."""
    by, X, y = rows(13, groups=4, p=3)
    plain = lw.fit_by(X, y, by)
    frame = pd.DataFrame({"n": by, "status": X[:, 0], "se status": X[:, 1], "sigma": X[:, 2], "y": y})
    table = lw.fit_by(frame, "y", "n").to_frame()
    assert np.array_equal(table["n"], plain.by["by"])
    assert np.array_equal(table["n_"], plain.n)
    assert np.array_equal(table[["status", "se status", "sigma"]], plain.coef)
    assert np.array_equal(table[["se status_", "se se status", "se sigma"]], plain.se[:, :3])
    assert np.array_equal(table["sigma_"], plain.sigma)
    assert set(table["status_"]) == {"ok"}


def test_what_an_attacker_found(tmp_path: Path) -> None:
    """Row groups with texts, NA, labels that CSV rounds, labels no integer holds, a constant target under weights."""
    rng = np.random.default_rng(0)
    n = 60_000
    frame = pd.DataFrame({"g": rng.choice(["a", "b", "c"], n), "x": rng.normal(size=n), "y": rng.normal(size=n)})
    frame.to_parquet(path := tmp_path / "rows.parquet", row_group_size=5000)
    assert np.allclose(lw.fit_by(path, "y", "g").theta, lw.fit_by(frame, "y", "g").theta, rtol=1e-11)
    few = frame[:60].assign(g=frame["g"][:60].astype("string").where(frame["x"][:60] > 0))
    assert lw.fit_by(few, "y", "g", missing="drop").dropped_rows == few["g"].isna().sum()
    assert "incomplete rows left out" in lw.fit_by(few, "y", "g", missing="drop").summary()
    text = tmp_path / "rows.csv"
    frame[:60].assign(g=2**60 + np.arange(60) % 3).to_csv(text, index=False)
    for ask in (lambda: lw.fit_by(text, "y", "g"), lambda: lw.fit(text, "y", x=["g"])):
        with pytest.raises(lw.DataError, match=r"'g' .* beyond 2\^53"):
            ask()
    huge = np.where(np.arange(60) % 2, 1e300, 2.0)
    assert lw.fit_by(frame["x"][:60], frame["y"][:60], huge).by["by"].tolist() == [2.0, 1e300]
    for _ in range(5):
        found = lw.fit_by(rng.normal(size=7), np.full(7, 123456.789), np.zeros(7), rng.uniform(0.1, 3, 7))
        assert (found.sigma[0], found.se[0].tolist()) == (0.0, [0.0, 0.0])
    named = frame.rename(columns={"x": "(intercept)"})[:60]
    table = lw.fit_by(named, "y", "g").columns()
    assert np.array_equal(table["(intercept)"], lw.fit_by(frame[:60], "y", "g").coef[:, 0])
    assert np.isfinite(table["se (intercept)_"]).all()
    assert lw.fit_by(frame[:60], by="g", formula="y ~ .").names == ("x",)
    for how in ({"by": frame["g"]}, {"by": "g", "weight": np.ones(n)}, {"by": 5}):
        with pytest.raises(lw.UsageError, match="names of its columns"):
            lw.fit_by(frame, "y", x="x", **how)
    x, y = frame["x"][:60].to_numpy(), frame["y"][:60].to_numpy()
    for scaled in (lw.fit_by(x, y * 1e155, np.zeros(60)), lw.fit_by(x * 1e-310, y, np.zeros(60))):
        assert scaled.status[0] == batched.OUT_OF_RANGE
    for X, Y in ((x * 1e200, y), (x * 1e-160, y), (x, y * 1e-165)):
        with pytest.raises(lw.DataError, match="rescale"):
            lw.fit_targets(X[:, None], Y[:, None])


def test_text_labels_of_arrays() -> None:
    by, X, y = rows(4, groups=7)
    texts = np.array([f"group {k}" for k in range(7)])[by]
    found, plain = lw.fit_by(X, y, texts), lw.fit_by(X, y, by)
    for k in range(7):
        assert found[f"group {k}"]["x1"] == pytest.approx(plain[k]["x1"], rel=1e-12)


def test_frames_beside_arrays_and_tensors() -> None:
    torch = pytest.importorskip("torch")
    by, X, y = rows(4, groups=7, p=2)
    plain, frame = lw.fit_by(X, y, by, names=["a", "b"]), pd.DataFrame(X, columns=["a", "b"])
    tensors = [torch.from_numpy(part) for part in (X, y, by)]
    for found in (lw.fit_by(frame, y, pd.Series(by)), lw.fit_by(*tensors, names=["a", "b"])):
        assert found.names == ("a", "b")
        assert np.array_equal(found.theta, plain.theta)
    with pytest.raises(lw.UsageError, match="x and formula name columns"):
        lw.fit_by(frame, y, by, x=["a"])


def test_groups_that_cannot_be_fitted_say_why() -> None:
    """Too few rows, a constant column, dependent columns, an exact fit; the others are let alone."""
    rng = np.random.default_rng(5)
    X, by = rng.standard_normal((60, 2)), np.repeat(np.arange(6), 10)
    y = X @ [1.0, 2.0] + rng.standard_normal(60)
    X[10:20, 1] = 1e6
    X[20:30, 1] = 2 * X[20:30, 0]
    y[30:40] = X[30:40] @ [3.0, 4.0] + 5
    keep = np.r_[0:40, 40:42, 50:53]
    found = lw.fit_by(X[keep], y[keep], by[keep])
    assert found.status.tolist() == [
        "ok", "a constant column: its slope is 0", "dependent columns: the shortest slopes", "ok", "too few rows", "ok",
    ]  # fmt: skip
    assert np.isnan(found.coef[4]).all()
    for k in (1, 2):
        best = lw.fit(X[10 * k : 10 * k + 10], y[10 * k : 10 * k + 10])
        assert found.coef[k] == pytest.approx(best.coef, rel=1e-9)
        assert found.se[k] == pytest.approx(best.se, rel=1e-9)
        assert found.rank[k] == best.rank == 2
    assert found.coef[3] == pytest.approx([3.0, 4.0], rel=1e-12)
    assert found.sigma[3] < 1e-12, "fitted again from its rows: the moments would have left 1e-8"
    assert found.df_resid[5] == 0
    assert np.isnan(found.se[5]).all(), "as many rows as terms leave nothing to tell errors by"
    assert found.coef[5] == pytest.approx(np.linalg.solve(np.c_[X[50:53], np.ones(3)], y[50:53])[:2], rel=1e-9)


def test_missing_values(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("g,x,y\na,1,2\na,2,3.5\na,3,\na,4,5\nb,1,1\nb,2,3\nb,4,2\n")
    with pytest.raises(lw.DataError, match=r"'y' .* is missing in row 3"):
        lw.fit_by(path, "y", "g")
    found = lw.fit_by(path, "y", "g", missing="drop")
    assert found.dropped_rows == 1
    assert found.n.tolist() == [3, 3]
    assert found["a"]["x"] == pytest.approx(lw.fit([1, 2, 4], [2, 3.5, 5]).coef[0])


def test_the_command(tmp_path: Path) -> None:
    by, X, y = rows(6, groups=30, p=1)
    path, table = tmp_path / "rows.csv", tmp_path / "table.parquet"
    pd.DataFrame({"g": by, "x": X[:, 0], "y": y}).to_csv(path, index=False)
    ran = run("fit", str(path), "-y", "y", "--by", "g", "-o", str(table))
    assert ran.returncode == 0, ran.stderr
    assert b"30 regressions of y on x, by g." in ran.stdout
    assert b"and 20 more groups" in ran.stdout
    found, plain = parquet.read_table(table).to_pydict(), lw.fit_by(X, y, by)
    assert np.allclose(found["se x"], plain.se[:, 0], rtol=1e-9)
    also = ["--formula", "y ~ x", "--weights", "w", "--no-intercept"]
    pd.DataFrame({"g": by, "x": X[:, 0], "y": y, "w": y**2}).to_csv(path, index=False)
    told = json.loads(run("fit", str(path), "--by", "g", "--json", *also).stdout)
    assert np.allclose(told["columns"]["x"], lw.fit_by(X, y, by, y**2, intercept=False).coef[:, 0], rtol=1e-9)
    told = json.loads(run("fit", str(path), "-y", "y", "-x", "x", "--by", "g", "--json").stdout)
    assert told["schema"] == "leastwise.groups/1"
    assert np.allclose(told["columns"]["x"], plain.coef[:, 0], rtol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--by", "z"], 3, b"no column 'z'"), (["--by", "y"], 2, b"labels the groups"),
        (["--by", "x,g"], 2, b"feature"),
        (["--by", "g", "--robust", "HC1"], 2, b"--by takes"), (["-o", "a.csv"], 2, b"--by"),
        (["--by", "g", "-o", "a.txt"], 2, b".parquet"), (["--by", "g", "-x", "g"], 2, b"labels the groups"),
    ],
)  # fmt: skip
def test_the_command_refuses_in_a_sentence(tmp_path: Path, arguments: list[str], code: int, said: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("g,x,y\n1,1,2\n1,2,3\n2,4,5\n")
    ran = run("fit", str(path), "-y", "y", *arguments)
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr
    assert ran.stderr.count(b"\n") == 1


def test_missing_values_of_arrays() -> None:
    by, X, y = rows(9, groups=20, p=2)
    labels = by.astype(float)
    X[70, 1], y[90], labels[11] = np.nan, np.inf, np.nan
    for change, name, row in ((X, "x2", "71"), (y, "y", "91"), (labels, "by", "12")):
        parts = [part if part is change else np.nan_to_num(part, posinf=1.0) for part in (X, y, labels)]
        with pytest.raises(lw.DataError, match=f"'{name}' .* in row {row}"):
            lw.fit_by(*parts)
    found = lw.fit_by(X, y, labels, missing="drop")
    whole = np.isfinite(X).all(axis=1) & np.isfinite(y) & np.isfinite(labels)
    rest = lw.fit_by(X[whole], y[whole], by[whole])
    assert found.dropped_rows == 3
    assert np.array_equal(found.theta, rest.theta)


def test_numbers_whose_sums_leave_the_range_are_refused() -> None:
    with pytest.raises(lw.DataError, match="range of float64"):
        lw.fit_by([1e308] * 4, [1.0, 2.0, 3.0, 5.0], [1, 1, 1, 1])
    found = lw.fit_by([1e200, 2e200, 4e200], [1.0, 2.0, 5.0], [1, 1, 1])
    assert found.coef[0] * 1e200 == pytest.approx(lw.fit([1, 2, 4], [1, 2, 5]).coef), "squares alone are no matter"


@pytest.mark.parametrize("by", [None, [], [1, 2], np.zeros((3, 2)), [None, "a", "b"], [pd.NA, "a", "b"],
                                np.array([1, "1", 2], dtype=object), np.array([b"a", b"b", b"c"])])  # fmt: skip
def test_labels_that_are_none_are_refused(by: object) -> None:
    with pytest.raises((lw.UsageError, lw.DataError), match="by"):
        lw.fit_by([[1.0], [2.0], [3.0]], [1.0, 2.0, 4.0], by)


def test_a_group_that_is_not_there() -> None:
    found = lw.fit_by(*rows(1)[1:], rows(1)[0])
    with pytest.raises(lw.UsageError, match="no group"):
        found[-1]
    with pytest.raises(lw.UsageError, match="label"):
        found[1, 2]


@pytest.mark.parametrize(
    "columns",
    [
        [[3.0, 1.0, 3.0]], [[0.5, -1e9, 0.5, 7.0]], [[1e15, 0.0, 1e15]], [[-0.0, 0.0]], [[2.0]], [[1e300, -1e300]],
        [np.array([2**63 + 5, 3, 2**63 + 5], dtype=np.uint64)], [np.array([127, -128, 127], dtype=np.int8)],
        [[True, False]], [[2**60, -(2**61), 5], [1, 2**62, 1]], [[1, 1, 0, 0], [5.5, 2.5, 5.5, 5.5]], [[1, 1, 2, 2]],
        [[0, 3 * 10**9, 5], [0, 10**9, 5], [9, 8, 5]],
    ],
)  # fmt: skip
def test_rows_are_put_in_the_order_of_their_labels(columns: list) -> None:
    """As numpy.lexsort has it, which is stable; groups begin where a label changes."""
    arrays = [np.asarray(column) for column in columns]
    places, starts = order(arrays)
    expected = np.lexsort(arrays[::-1])
    assert (places is None) == (expected == np.arange(len(expected))).all()
    found = expected if places is None else places
    assert np.array_equal(found, expected)
    sorted_rows = np.stack([array[expected] for array in arrays], axis=1)
    changes = [k for k in range(len(sorted_rows)) if k == 0 or (sorted_rows[k] != sorted_rows[k - 1]).any()]
    assert starts.tolist() == changes


def test_order_of_many_rows_under_mixtures() -> None:
    rng = np.random.default_rng(1)
    arrays = [rng.integers(-3, 4, 500), rng.integers(0, 5, 500) * 1e12, rng.random(500).round(1)]
    places, starts = order(arrays)
    assert np.array_equal(places, np.lexsort(arrays[::-1]))
    assert len(starts) == len(np.unique(np.stack(arrays, axis=1), axis=0))
