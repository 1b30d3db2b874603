"""fit, predict, summarise and merge as commands: contracts, files that are whole or not there, mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.stattools import durbin_watson

import leastwise as lw
from test_cli import run, words


@pytest.fixture(scope="module")
def frame() -> pandas.DataFrame:
    rng = np.random.default_rng(3)
    size, town = rng.uniform(30, 200, 120), rng.choice(["Riga", "Oslo", "it's"], 120)
    effect = pandas.Series(town).map({"Riga": 0.0, "Oslo": 30.0, "it's": -12.0}).to_numpy()
    price = 3 * size + effect + rng.normal(0, 5, 120)
    return pandas.DataFrame(
        {"size": size, "town": town, "w": rng.integers(1, 4, 120), "g": rng.integers(0, 9, 120), "price": price}
    )


@pytest.fixture(scope="module")
def table(frame: pandas.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "homes.parquet"
    frame.to_parquet(path)
    return path


def test_json_follows_the_contract(table: Path, frame: pandas.DataFrame) -> None:
    ran = run("fit", str(table), "-y", "price", "-x", "size,town", "--json")
    found = json.loads(ran.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    keys = {
        "schema",
        "n",
        "df_resid",
        "intercept",
        "coef",
        "se",
        "t",
        "p",
        "r2",
        "sigma",
        "rank",
        "dropped_rows",
        "method",
        "status",
    }
    assert keys <= set(found)
    assert found["schema"] == "leastwise.fit/1"
    assert list(found["coef"]) == ["size", "town[Riga]", "town[it's]"]
    theirs = smf.ols("price ~ size + C(town)", frame).fit()
    assert [*found["coef"].values(), found["intercept"]] == pytest.approx(
        theirs.params.iloc[[3, 1, 2, 0]].tolist(), rel=1e-10
    )
    assert list(found["se"].values()) == pytest.approx(theirs.bse.iloc[[3, 1, 2, 0]].tolist(), rel=1e-10)


@pytest.mark.parametrize("errors", [["--robust", "HC3"], ["--cluster", "g"], ["--newey-west", "3"]])
def test_other_errors(errors: list[str], table: Path, frame: pandas.DataFrame) -> None:
    ran = run("fit", str(table), "-y", "price", "-x", "size,town", "--weights", "w", *errors, "--json")
    theirs = smf.wls("price ~ size + C(town)", frame, weights=frame["w"]).fit()
    robust = {
        "--robust": lambda: theirs.HC3_se,
        "--cluster": lambda: theirs.get_robustcov_results("cluster", groups=frame["g"]).bse,
        "--newey-west": lambda: theirs.get_robustcov_results("HAC", maxlags=3, use_correction=False).bse,
    }[errors[0]]()
    assert list(json.loads(ran.stdout)["se"].values()) == pytest.approx(np.asarray(robust)[[3, 1, 2, 0]], rel=1e-9)


def test_the_page(table: Path) -> None:
    ran = run("fit", str(table), "-y", "price", "-x", "size,town")
    page = ran.stdout.decode()
    assert ran.returncode == 0
    for part in ("town[Riga]", "(intercept)", "95% from", "errors: classical", "method: ", "degrees of freedom"):
        assert part in page
    assert max(map(len, page.splitlines())) <= 80


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_predictions_stream_to_a_file(suffix: str, table: Path, frame: pandas.DataFrame, tmp_path: Path) -> None:
    model, out = tmp_path / "m.json", tmp_path / f"p.{suffix}"
    assert run("fit", str(table), "-y", "price", "-x", "size,town", "--save", str(model), "--json").returncode == 0
    ran = run("predict", str(model), str(table), "-o", str(out), "--interval", "0.9")
    assert ran.returncode == 0, words(ran)
    found = duckdb.sql(f"select prediction, low, high from '{out}'").df()
    theirs = smf.ols("price ~ size + C(town)", frame).fit().get_prediction(frame).summary_frame(alpha=0.1)
    assert found.to_numpy() == pytest.approx(theirs[["mean", "obs_ci_lower", "obs_ci_upper"]].to_numpy(), rel=1e-10)
    printed = run("predict", str(model), str(table))
    assert len(printed.stdout.decode().splitlines()) == 121


def test_levels_are_replayed_and_unseen_ones_refused(table: Path, tmp_path: Path) -> None:
    model = str(tmp_path / "m.json")
    run("fit", str(table), "-y", "price", "-x", "size,town", "--save", model)
    text = "town,size\nRiga,50\nBonn,60\n"
    refused = run("predict", model, "-", "-o", str(tmp_path / "p.csv"), stdin=text)
    assert refused.returncode == 3
    assert "column 'town' of standard input in row 2 (a header not counted) has the level 'Bonn'" in words(refused)
    assert not (tmp_path / "p.csv").exists()
    rows = run("predict", model, "-", "--unseen", "null", stdin=text).stdout.decode().splitlines()
    assert not rows[1].endswith(",")
    assert rows[2].endswith(",")


def test_columns_come_through_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,x,ok,day,y\n" + "".join(
        f"{9007199254740993 + k},{k},{'true' if k % 2 else 'false'},2024-01-{k + 1:02},{3 * k + k % 2}\n"
        for k in range(9)
    ))  # fmt: skip
    lw.fit(tmp_path / "d.csv", y="y", x=["x", "ok"]).save(tmp_path / "m.json")
    for kind in ("csv", "parquet"):
        out = tmp_path / f"p.{kind}"
        ran = run("predict", str(tmp_path / "m.json"), str(tmp_path / "d.csv"), "-o", str(out))
        assert ran.returncode == 0, words(ran)
        found = duckdb.sql(f"from '{out}'").fetchall()
        assert [row[0] for row in found] == [9007199254740993 + k for k in range(9)]
        assert [row[2] for row in found] == [k % 2 == 1 for k in range(9)]
        assert str(found[3][3]).startswith("2024-01-04")


def test_rows_that_lack_a_number(table: Path, frame: pandas.DataFrame, tmp_path: Path) -> None:
    gaps = frame.assign(size=frame["size"].where(frame.index != 4), town=frame["town"].where(frame.index != 7))
    gaps.loc[60, "price"] = 10_000.0
    gaps.to_csv(tmp_path / "gaps.csv", index=False)
    model = tmp_path / "m.json"
    fit = ["fit", str(tmp_path / "gaps.csv"), "-y", "price", "-x", "size,town", "--missing", "drop"]
    ran = run(*fit, "--save", str(model), "--diagnose", "--json")
    found = json.loads(ran.stdout)
    assert found["dropped_rows"] == 2
    # Rows are numbered as they are in the file, whatever was dropped before.
    assert found["diagnostics"]["influential"][0]["row"] == 61
    refused = run("predict", str(model), str(tmp_path / "gaps.csv"), "-o", str(tmp_path / "p.csv"))
    assert refused.returncode == 3
    assert "column 'size' of" in words(refused)
    assert "in row 5 (a header not counted) is missing" in words(refused)
    lenient = run("predict", str(model), str(tmp_path / "gaps.csv"), "-o", str(tmp_path / "p.csv"), "--missing", "null")
    assert lenient.returncode == 0, words(lenient)
    assert np.flatnonzero(pandas.read_csv(tmp_path / "p.csv")["prediction"].isna()).tolist() == [4, 7]
    clusters = run(*fit[:5], "size", "--missing", "drop", "--cluster", "town")
    assert clusters.returncode == 3
    assert "column 'town'" in words(clusters)


def test_few_groups(table: Path) -> None:
    ran = run("fit", str(table), "-y", "price", "-x", "size,town,w", "--cluster", "town")
    assert ran.returncode == 0, words(ran)
    assert "3 groups are few" in ran.stdout.decode()
    assert "F -, p -" in ran.stdout.decode()


def test_diagnosed(table: Path, frame: pandas.DataFrame, tmp_path: Path) -> None:
    page = tmp_path / "fit.html"
    ran = run("fit", str(table), "-y", "price", "-x", "size,town", "--diagnose", "--html", str(page))
    assert ran.returncode == 0, words(ran)
    assert "Durbin-Watson" in ran.stdout.decode()
    assert "<h2>Residuals over leverage</h2>" in page.read_text()
    found = json.loads(run("fit", str(table), "-y", "price", "-x", "size,town", "--diagnose", "--json").stdout)
    theirs = smf.ols("price ~ size + C(town)", frame).fit()
    cook = theirs.get_influence().cooks_distance[0]
    assert found["diagnostics"]["influential"][0]["row"] == int(np.argmax(cook)) + 1
    assert found["diagnostics"]["influential"][0]["cook"] == pytest.approx(cook.max(), rel=1e-8)
    assert found["diagnostics"]["durbin_watson"] == pytest.approx(durbin_watson(theirs.resid), rel=1e-9)


def test_triangles_of_parts_are_the_triangle_of_all(table: Path, tmp_path: Path) -> None:
    parts = []
    for k in range(3):
        part = str(tmp_path / f"{k}.tri")
        query = f"select size, w, price from (select *, row_number() over () k from '{table}') where k % 3 = {k}"
        assert run("summarise", "--sql", query, "article", "-y", "price", "-o", part).returncode == 0
        parts.append(part)
    merged = str(tmp_path / "all.tri")
    assert "120 rows from 3 triangles" in words(run("merge", *parts, "-o", merged))
    ours = json.loads(run("fit", merged, "--json").stdout)
    whole = json.loads(run("fit", str(table), "-y", "price", "-x", "size,w", "--json").stdout)
    assert ours["target"] == "price"
    for key in ("coef", "se"):
        assert list(ours[key].values()) == pytest.approx(list(whole[key].values()), rel=1e-10)


def bad(table: Path, folder: Path) -> list[tuple[list[str], int, str]]:
    model, tri, other = str(folder / "m.json"), str(folder / "t.tri"), str(folder / "o.tri")
    run("fit", str(table), "-y", "price", "-x", "size", "--save", model)
    run("summarise", str(table), "-y", "price", "-x", "size", "-o", tri)
    run("summarise", str(table), "-y", "price", "-x", "w", "-o", other)
    (folder / "cut.tri").write_bytes(Path(tri).read_bytes()[:-3])
    (folder / "cut.parquet").write_bytes(table.read_bytes()[:-100])
    return [
        (["fit", tri, "--method", "exact"], 3, "exact needs the rows"),
        (["fit", tri, "--weights-are", "probability"], 2, "need robust errors"),
        (["fit", str(table), "-y", "price", "--workers", "2"], 2, "name dask or spark"),
        (
            ["fit", str(table), "-y", "price", "-x", "size", "--rolling", "5", "--master", "local"],
            2,
            "name dask or spark",
        ),
        (["predict", str(folder / "cut.tri"), str(table), "--engine", "sql"], 2, "leave --engine sql out"),
        (["fit", tri, "--robust", "HC1"], 2, "need the rows, and a triangle holds none"),
        (["fit", str(folder / "cut.tri")], 3, "is damaged"),
        (["fit", str(folder / "cut.parquet"), "-y", "price"], 3, "cannot be read"),
        (["fit", str(table), "-y", "price", "-x", "size", "--robust", "HC9"], 2, "robust must be one of"),
        (
            ["fit", str(table), "-y", "price", "-x", "size", "--robust", "HC1", "--cluster", "g"],
            2,
            "exclude each other",
        ),
        (["fit", str(table), "-y", "price", "-x", "size", "--cluster", "village"], 3, "has no column 'village'"),
        (["fit", str(table), "-y", "price", "-x", "size", "--method", "magic"], 2, "method must be one of"),
        (["fit", str(table), "-y", "town", "-x", "size"], 3, "holds text: it must be numbers"),
        (["fit", str(table), "-y", "price", "-x", "size", "--save", "/no/folder/m.json"], 2, "there is no folder"),
        (["merge", tri, other, "-o", str(folder / "x.tri")], 3, "summarise the same columns"),
        (["merge", str(table), "-o", str(folder / "x.tri")], 3, "is not a triangle"),
        (["predict", model, "nope.csv"], 3, "there is no file"),
        (["predict", str(table), str(table)], 3, "is not a model"),
        (["predict", model, str(table), "-o", str(folder / "p.txt")], 2, "must end in .parquet or .csv"),
        (["predict", model, str(table), "--interval", "2"], 2, "must lie between 0 and 1"),
        (["predict", model, "article"], 3, "has no column 'size'"),
    ]


def test_mistakes_get_one_sentence(table: Path, tmp_path: Path) -> None:
    for arguments, code, sentence in bad(table, tmp_path):
        ran = run(*arguments)
        assert ran.returncode == code, (arguments, words(ran))
        assert sentence in words(ran)
        assert "\n" not in words(ran)
    assert not (tmp_path / "x.tri").exists()


def test_a_level_too_many(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("name,y\n" + "".join(f"n{k},{k}\n" for k in range(600)))
    ran = run("fit", str(path), "-y", "y", "-x", "name")
    assert ran.returncode == 3
    assert "column 'name' of" in words(ran)
    assert "over 500 levels" in words(ran)


def test_python_reads_levels_too(table: Path, frame: pandas.DataFrame) -> None:
    fit = lw.fit(table, y="price", x=["size", "town"])
    assert fit.design.levels == {"town": ("Oslo", "Riga", "it's")}
    theirs = smf.ols("price ~ size + C(town)", frame).fit()
    assert fit.robust(table, "HC2").se == pytest.approx(theirs.HC2_se.iloc[[3, 1, 2, 0]].tolist(), rel=1e-10)
    groups = fit.clustered(table, "g").se
    assert groups == pytest.approx(
        theirs.get_robustcov_results("cluster", groups=frame["g"]).bse[[3, 1, 2, 0]], rel=1e-10
    )
