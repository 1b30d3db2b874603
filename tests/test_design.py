"""Levels and formulas: what they make of any kind of rows is what formulaic and statsmodels make of a frame."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import duckdb
import numpy as np
import pandas
import polars
import pyarrow
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from formulaic import model_matrix

import leastwise as lw
from test_cli import run, words

N = 400
FORMULAS = [
    "y ~ x + C(town) + x:z + np.log(z)",
    "np.log(y) ~ x*town - 1",
    "y ~ (x + z)**2 + C(year)",
    "y ~ I(x**2) + {x + 1} + C(town, contr.sum)",
    "y ~ x + C(town, contr.treatment('Riga'))",
    "y ~ `a b` + np.minimum(x, z):town",
    "y ~ 0 + C(year) + C(year):x",
]


@pytest.fixture(scope="module")
def frame() -> pandas.DataFrame:
    rng = np.random.default_rng(0)
    columns = {
        "x": rng.standard_normal(N), "z": rng.uniform(1, 3, N), "a b": rng.standard_normal(N),
        "town": rng.choice(["Oslo", "Riga", "it's"], N), "year": rng.choice([2001.0, 2002, 2010], N),
    }  # fmt: skip
    shift = np.where(columns["town"] == "Riga", 2.0, 0) + 0.1 * (columns["year"] - 2000)
    columns["y"] = np.exp(0.1 * (columns["x"] + columns["z"] + shift + rng.standard_normal(N)))
    return pandas.DataFrame(columns)


@pytest.fixture(scope="module")
def files(frame: pandas.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("design")
    paths = {kind: folder / f"rows.{kind}" for kind in ("csv", "parquet")}
    frame.to_csv(paths["csv"], index=False)
    frame.to_parquet(paths["parquet"], row_group_size=90)
    return paths


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("kind", ["frame", "csv", "parquet"])
def test_formulas_are_those_of_formulaic(formula: str, kind: str, frame: pandas.DataFrame, files) -> None:
    rows = frame if kind == "frame" else files[kind]
    fit = lw.fit(rows, formula=formula, method="qr")
    made = model_matrix(formula, frame)
    theirs = sm.OLS(np.asarray(made.lhs)[:, 0], np.asarray(made.rhs)).fit()
    names = [name for name in made.rhs.columns if name != "Intercept"]
    # formulaic calls a level of a float 2001.0, and here it is 2001.
    assert [name.replace(".0]", "]") for name in names] == list(fit.names)
    assert fit.has_intercept == ("Intercept" in made.rhs.columns)
    order = [list(made.rhs.columns).index(name) for name in [*names, *(["Intercept"] if fit.has_intercept else [])]]
    assert fit.theta == pytest.approx(theirs.params[order], rel=1e-9, abs=1e-11)
    assert fit.se == pytest.approx(theirs.bse[order], rel=1e-9)
    assert fit.predict(frame) == pytest.approx(theirs.fittedvalues, rel=1e-9)
    assert fit.robust(rows, "HC1").se == pytest.approx(theirs.get_robustcov_results("HC1").bse[order], rel=1e-9)


def test_a_formula_comes_back(frame: pandas.DataFrame, files, tmp_path: Path) -> None:
    formula = "np.log(y) ~ x:town + C(year)"
    fit = lw.fit(files["parquet"], formula=formula)
    fit.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    assert again.design == fit.design
    without = frame.drop(columns="y")
    assert again.predict(without) == pytest.approx(fit.predict(frame), rel=1e-15)
    without.to_csv(tmp_path / "new.csv", index=False)
    ran = run("predict", str(tmp_path / "m.json"), str(tmp_path / "new.csv"), "-o", str(tmp_path / "p.csv"))
    assert ran.returncode == 0, words(ran)
    assert pandas.read_csv(tmp_path / "p.csv")["prediction"].to_numpy() == pytest.approx(fit.predict(frame), rel=1e-14)
    unseen = without.assign(year=1999.0)
    with pytest.raises(lw.DataError, match="column 'year' of X in row 1 is missing or has a level"):
        again.predict(unseen)
    assert np.isnan(again.predict(unseen, unseen="null")).all()


def test_every_kind_of_rows_has_levels(frame: pandas.DataFrame, files, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "d.sqlite") as connection:
        frame.to_sql("t", connection, index=False)
    connection.close()
    with duckdb.connect(str(tmp_path / "d.duckdb")) as database:
        database.sql("create type town as enum ('Oslo', 'Riga', 'it''s')")
        database.sql("create table t as select * replace (town::town as town) from frame")
    x = ["x", "town"]
    expected = lw.fit(files["csv"], y="y", x=x)
    theirs = smf.ols("y ~ x + town", frame).fit()
    assert expected.coef == pytest.approx(theirs.params[["x", "town[T.Riga]", "town[T.it's]"]].to_numpy(), rel=1e-10)
    kinds = [
        frame, polars.from_pandas(frame), pyarrow.Table.from_pandas(frame), frame.astype({"town": "category"}),
        polars.from_pandas(frame).with_columns(polars.col("town").cast(polars.Categorical)),
    ]  # fmt: skip
    for rows in kinds:
        fit = lw.fit(rows, y="y", x=x)
        assert fit.names == ("x", "town[Riga]", "town[it's]")
        assert fit.coef == pytest.approx(expected.coef, rel=1e-12)
        assert fit.predict(rows) == pytest.approx(expected.predict(frame), rel=1e-12)
        both = lw.fit(frame[x], frame["y"])
        assert both.coef == pytest.approx(expected.coef, rel=1e-12)
    for path in ("d.sqlite", "d.duckdb"):
        ran = run("fit", str(tmp_path / path), "--table", "t", "--formula", "y ~ x + town", "--json")
        assert ran.returncode == 0, words(ran)
        assert list(json.loads(ran.stdout)["coef"].values()) == pytest.approx(expected.coef.tolist(), rel=1e-12)


def test_clusters_may_be_texts_and_many(frame: pandas.DataFrame, tmp_path: Path) -> None:
    big = pandas.concat([frame] * 200, ignore_index=True)
    big["household"] = [f"h{k // 7}" for k in range(len(big))]
    path = tmp_path / "big.parquet"
    big.to_parquet(path)
    fit = lw.fit(path, formula="y ~ x + C(town)")
    theirs = smf.ols("y ~ x + C(town)", big).fit()
    groups = np.arange(len(big)) // 7
    expected = theirs.get_robustcov_results("cluster", groups=groups).bse[[3, 1, 2, 0]]
    assert fit.clustered(path, "household").se == pytest.approx(expected, rel=1e-9)
    assert fit.clustered(big, groups).se == pytest.approx(expected, rel=1e-9)
    with pytest.raises(lw.UsageError, match="label each of the 80,000 rows"):
        fit.clustered(big, groups[:-1])


def test_missing_values_of_levels_are_missing(frame: pandas.DataFrame, tmp_path: Path) -> None:
    gaps = frame.assign(town=frame["town"].where(frame.index % 10 != 3))
    gaps.to_csv(tmp_path / "gaps.csv", index=False)
    for rows in (gaps, tmp_path / "gaps.csv"):
        for how in ({"formula": "y ~ x + x:C(town)"}, {"y": "y", "x": ["x", "town"]}):
            with pytest.raises(lw.DataError, match=r"column '(town|x:C\(town\)\[T.Riga\])' of .* is missing in row 4 "):
                lw.fit(rows, **how)
            assert lw.fit(rows, **how, missing="drop").dropped_rows == 40


def test_formulas_as_people_write_them(frame: pandas.DataFrame) -> None:
    bare, full = lw.fit(frame, "log(y) ~ sqrt(z) + x**2"), lw.fit(frame, formula="np.log(y) ~ np.sqrt(z) + x")
    assert bare.coef == pytest.approx(full.coef, rel=1e-12)
    for formula, sentence in (
        ("y ~ I(x^2)", r"write \*\* for a power"),
        ("y = x", "not a ="),
        ("y ~ (x + z", r"a \( or a \) is missing"),
        ("y ~ x +", "nothing to join"),
        ("y ~ twon", "did you mean 'town'"),
    ):
        with pytest.raises(lw.LeastwiseError, match=sentence):
            lw.fit(frame, formula=formula)
    with pytest.raises(lw.UsageError, match="call robust"):
        lw.fit(frame, formula="y ~ x", robust="HC3")
    with pytest.raises(lw.UsageError, match="takes the rows"):
        lw.fit(frame, formula="y ~ x").robust("HC3")


@pytest.mark.parametrize(("formula", "sentence"), [
    ("x", "needs a target"), ("y ~", "has no feature"), ("y ~ x +", "cannot be read"), ("y ~ 1", "has no feature"),
    ("y + x ~ z", "one target"), ("y ~ nothing", "has no column 'nothing'"),
    ("y ~ C(year) + year:x", r"inside C\(\) and outside"),
    ("y ~ scale(x)", "calls scale"), ("y ~ np.load('f')", "calls np.load"), ("y ~ {x.real}", "not arithmetic"),
    ("y ~ {__import__('os').system('touch /tmp/gotcha')}", "calls"), ("town ~ x", "target of numbers"),
    ("y ~ {[k for k in (1, 2)]}", "not arithmetic"), ("y ~ {(lambda: 1)()}", "calls"), ("y ~ np.log(town)", "computed"),
])  # fmt: skip
def test_formulas_are_refused_in_a_sentence(formula: str, sentence: str, frame: pandas.DataFrame) -> None:
    with pytest.raises(lw.LeastwiseError, match=sentence) as caught:
        lw.fit(frame, formula=formula)
    assert "\n" not in str(caught.value)


def test_a_model_file_executes_nothing(frame: pandas.DataFrame, tmp_path: Path) -> None:
    lw.fit(frame, formula="y ~ np.log(z)").save(tmp_path / "m.json")
    evil = (tmp_path / "m.json").read_text().replace("np.log(z)", "np.fromfile(z)")
    (tmp_path / "evil.json").write_text(evil)
    with pytest.raises(lw.LeastwiseError, match=r"calls np\.fromfile"):
        lw.load(tmp_path / "evil.json").predict(frame)


@pytest.mark.parametrize("formula", [
    'y ~ x + I("`" + __import__("os").system("touch gotcha") + "`")', 'y ~ x + {("`" + (lambda: 1)() + "`") == 1}',
    "y ~ x + {`x` + __import__('os')}", "y ~ np.exp(x, out=x)", "y ~ I('a' * 10**10)", "y ~ x + I(9**9**9**9)",
    "y ~ (x + z)**99999999", "y ~ {x.__class__}", "y ~ {().__class__.__bases__}",
    "y ~ {np.exp.__self__}", "y ~ {_column_0_}",
    "y ~ {x[0]}", "y ~ {f'{x}'}", "y ~ {(y := 1)}", "y ~ {x if 1 else 2}", "y ~ C((lambda: x)())",
])  # fmt: skip
def test_formulas_execute_nothing(formula: str, frame: pandas.DataFrame, tmp_path: Path, monkeypatch) -> None:
    """Neither when a fit is asked for, nor out of a model file; and none hangs."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(lw.LeastwiseError):
        lw.fit(frame, formula=formula)
    lw.fit(frame, formula="y ~ x").save("m.json")
    model = json.loads(Path("m.json").read_text())
    model["design"]["formula"] = formula
    Path("m.json").write_text(json.dumps(model))
    with pytest.raises(lw.LeastwiseError):
        lw.load("m.json").predict(frame)
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]


def test_columns_with_names_that_mean_something_else() -> None:
    rng = np.random.default_rng(1)
    names = ["C", "I", "np", "log", "Intercept", "Sepal.Length", "class", "a b", "x`", "_column_1_", "é", "2"]
    frame = pandas.DataFrame(rng.standard_normal((60, len(names))), columns=names).assign(y=rng.standard_normal(60))
    plain = lw.fit(frame, y="y")
    assert lw.fit(frame, formula="y ~ .").coef == pytest.approx(plain.coef, rel=1e-12)
    some = ["C", "Intercept", "Sepal.Length", "class", "log"]
    fit = lw.fit(frame, formula="y ~ C + Intercept + Sepal.Length + `class` + np.exp(`log`) + I(`a b` + 1) - 1")
    assert fit.names == ("C", "Intercept", "Sepal.Length", "class", "np.exp(log)", "I(a b + 1)")
    A = np.column_stack([frame[some[:4]], np.exp(frame["log"]), frame["a b"] + 1])
    assert fit.coef == pytest.approx(np.linalg.lstsq(A, frame["y"], rcond=None)[0], rel=1e-9)
    assert fit.predict(frame) == pytest.approx(A @ fit.coef, rel=1e-12)


def test_what_is_missing_is_missing_on_both_sides(frame: pandas.DataFrame) -> None:
    gaps = frame.assign(town=frame["town"].where(frame.index >= 8), x=frame["x"].where(frame.index != 20))
    for formula, left in (("I(town == 'Riga') ~ z", 392), ("y ~ np.where(x > 0, 1, 0)", 399), ("y ~ I(x > 0):z", 399)):
        assert lw.fit(gaps, formula=formula, missing="drop").n == left
        with pytest.raises(lw.DataError, match="missing"):
            lw.fit(gaps, formula=formula)


def test_categories_keep_their_order(frame: pandas.DataFrame) -> None:
    order = ["Riga", "it's", "Oslo", "nowhere"]
    ordered = frame.assign(town=pandas.Categorical(frame["town"], order, ordered=True))
    assert lw.fit(ordered, formula="y ~ town").design.levels == {"town": tuple(order[:3])}
    ours = lw.fit(ordered, formula="y ~ C(town, contr.poly)")
    theirs = smf.ols("y ~ C(town, Poly)", ordered.assign(town=ordered["town"].cat.remove_unused_categories())).fit()
    assert ours.coef == pytest.approx(theirs.params.iloc[1:].to_numpy(), rel=1e-9)


def test_levels_that_look_like_numbers(tmp_path: Path) -> None:
    zone = np.array(["01", "1", "2", "A"] * 10)
    frame = pandas.DataFrame({"x": np.arange(40.0), "zone": zone, "y": np.arange(40.0) ** 2 % 7})
    fit = lw.fit(frame, y="y", x=["x", "zone"])
    (tmp_path / "new.csv").write_text("x,zone\n1,1\n1,2\n")
    fit.save(tmp_path / "m.json")
    ran = run("predict", str(tmp_path / "m.json"), str(tmp_path / "new.csv"))
    assert ran.returncode == 3
    assert "levels of the fit are texts" in words(ran)
    tenths = lw.fit(pandas.DataFrame({"d": [0.1, 0.2, 0.3] * 9, "y": np.arange(27.0)}), formula="y ~ C(d)")
    assert tenths.names == ("C(d)[T.0.2]", "C(d)[T.0.3]")


def test_frames_with_odd_names() -> None:
    values = np.random.default_rng(0).standard_normal((20, 3))
    frame = pandas.DataFrame(values)
    assert lw.fit(frame, y="2").coef == pytest.approx(lw.fit(values[:, :2], values[:, 2]).coef, rel=1e-12)
    twice = pandas.DataFrame(values, columns=["a", "a", "y"])
    with pytest.raises(lw.DataError, match="columns of the same name"):
        lw.fit(twice, y="y")


def test_mixed_columns_of_sqlite(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "d.sqlite") as connection:
        connection.execute("create table t (id, x, g, y)")
        rows = [(2**60 + k, k, ["a", 5, "5", "b"][k % 4], k * k % 5) for k in range(20)]
        connection.executemany("insert into t values (?, ?, ?, ?)", rows)
    connection.close()
    arguments = (str(tmp_path / "d.sqlite"), "--table", "t")
    ran = run("fit", *arguments, "-y", "y", "-x", "x,g", "--save", str(tmp_path / "m.json"), "--json")
    assert ran.returncode == 0, words(ran)
    assert list(json.loads(ran.stdout)["coef"]) == ["x", "g[a]", "g[b]"]
    ran = run("predict", str(tmp_path / "m.json"), *arguments)
    assert ran.returncode == 0, words(ran)
    assert str(2**60 + 19) in ran.stdout.decode()


def test_group_labels_of_any_kind(frame: pandas.DataFrame) -> None:
    fit = lw.fit(frame, formula="y ~ x")
    groups = np.arange(N) // 9
    expected = fit.clustered(frame, groups).se
    assert fit.clustered(frame, [f"g{g}" for g in groups]).se == pytest.approx(expected, rel=1e-12)
    mixed = [f"g{g}" if g % 2 else int(g) for g in groups]
    assert fit.clustered(frame, mixed).se == pytest.approx(expected, rel=1e-12)
    for bad in (np.where(groups == 3, np.nan, groups), [None, *groups[1:]], pandas.array([pandas.NA, *groups[1:]])):
        with pytest.raises(lw.UsageError, match="a label is missing"):
            fit.clustered(frame, bad)
    inside = frame.assign(g=groups.astype(float))
    with_group = lw.fit(inside, formula="y ~ x + g")
    assert with_group.clustered(inside, "g").se == pytest.approx(with_group.clustered(inside, groups).se, rel=1e-12)


def test_other_rows_are_refused(frame: pandas.DataFrame) -> None:
    fit = lw.fit(frame, formula="np.exp(y) ~ x")
    with pytest.raises(lw.DataError, match="not those that were fitted"):
        fit.residuals((frame[["x"]], 3 * frame["y"]))


def test_formula_and_columns_exclude_each_other(frame: pandas.DataFrame) -> None:
    for wrong in ({"y": "y"}, {"x": ["x"]}):
        with pytest.raises(lw.UsageError, match="names target and features itself"):
            lw.fit(frame, formula="y ~ x", **wrong)
    with pytest.raises(lw.UsageError, match="write - 1 in it"):
        lw.fit(frame, formula="y ~ x", intercept=False)
    with pytest.raises(lw.UsageError, match="hand over a frame or a path"):
        lw.fit(frame[["x"]].to_numpy(), frame["y"], formula="y ~ x")
    with pytest.raises(lw.DataError, match="400 rows and y has 3"):
        lw.fit(frame[["x"]], [1.0, 2, 3])


def test_the_dot_is_every_other_column(frame: pandas.DataFrame) -> None:
    numbers = frame[["x", "z", "y"]]
    dot, named = lw.fit(numbers, formula="y ~ ."), lw.fit(numbers, formula="y ~ x + z")
    assert dot.coef == pytest.approx(named.coef, rel=1e-15)
    assert dot.predict(numbers.assign(more=1.0)) == pytest.approx(named.predict(numbers), rel=1e-14)
