"""Every kind of DATA gives the same numbers, and what cannot be read gets one sentence."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import duckdb
import numpy as np
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest

import leastwise as lw
from leastwise.rows import parquet
from leastwise.rows.builtin import BUILT_IN, IN_WORDS
from leastwise.rows.files import open_source

ROWS = [(1.5, 2, 3.25), (2.5, 1, 4.5), (4, 7, 9.75), (8, 3, 12.5)]
HEADER = ("a b", 'c"d', "y")


def delimited(by: str = ",", comma: bool = False, header: bool = True) -> str:
    quoted = ['"' + name.replace('"', '""') + '"' for name in HEADER]
    body = [by.join(str(value).replace(".", ",") if comma else str(value) for value in row) for row in ROWS]
    return "\n".join([by.join(quoted), *body] if header else body) + "\n"


def table() -> pyarrow.Table:
    return pyarrow.table({name: [float(row[j]) for row in ROWS] for j, name in enumerate(HEADER)})


def numbers(source, y: str = "y", **choice) -> np.ndarray:
    chunks = list(source.choose(y, **choice).chunks())
    return np.vstack([np.column_stack([chunk.X, chunk.y]) for chunk in chunks])


def write(kind: str, folder: Path) -> Path:
    path = folder / f"rows.{kind}"
    if kind in ("csv", "txt"):
        path.write_text(delimited())
    elif kind == "tsv":
        path.write_text(delimited("\t"))
    elif kind == "csv.gz":
        path.write_bytes(gzip.compress(delimited().encode()))
    elif kind in ("arrow", "feather"):
        pyarrow.feather.write_feather(table(), str(path), compression="uncompressed")
    else:
        fmt = "parquet" if kind == "parquet" else "json"
        connection = duckdb.connect()
        connection.register("t", table())
        connection.execute(f"copy t to '{path}' (format {fmt})")
    return path


@pytest.mark.parametrize("kind", ["csv", "txt", "tsv", "csv.gz", "parquet", "jsonl", "arrow", "feather"])
def test_every_kind_of_file(kind: str, tmp_path: Path) -> None:
    source = open_source(write(kind, tmp_path))
    assert source.numeric == HEADER
    assert np.array_equal(numbers(source), np.array(ROWS))
    assert np.array_equal(numbers(source), np.array(ROWS)), "a source can be read again"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (delimited(";"), "delimiter: ';'"),
        (delimited(";", comma=True), "decimal comma"),
        (delimited("|"), "delimiter: '|'"),
        ("\ufeff" + delimited(), ""),
        (delimited().replace("\n", "\r\n"), ""),
    ],
)
def test_dialects_are_sniffed_and_said(text: str, note: str, tmp_path: Path) -> None:
    path = tmp_path / "it's.csv"
    path.write_bytes(text.encode())
    source = open_source(path)
    assert source.numeric == HEADER
    assert np.array_equal(numbers(source), np.array(ROWS))
    assert not note or note in source.notes


def test_no_header(tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text(delimited(header=False))
    source = open_source(tmp_path / "bare.csv")
    assert source.numeric == ("column0", "column1", "column2")
    assert any("no header" in note for note in source.notes)


def test_folders_and_globs(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write("parquet", tmp_path)
    write("parquet", tmp_path / "deep")
    assert len(numbers(open_source(tmp_path))) == 8
    assert len(numbers(open_source(str(tmp_path / "*.parquet")))) == 4
    assert len(numbers(open_source(str(tmp_path / "**" / "*.parquet")))) == 8


def test_databases(tmp_path: Path) -> None:
    path = tmp_path / "rows.db"
    connection = duckdb.connect(str(path))
    connection.register("t", table())
    connection.execute('create table "my rows" as select * from t')
    connection.close()
    assert np.array_equal(numbers(open_source(path, table="my rows")), np.array(ROWS))
    assert len(numbers(open_source(path, sql='select * from "my rows" where y > 4'))) == 3
    light = tmp_path / "light.db"
    with sqlite3.connect(light) as db:
        db.execute("create table t (a real, name text, y integer)")
        db.executemany("insert into t values (?, ?, ?)", [(1.5, "p", 2), (2.5, "q", 3), (None, "r", 4)])
    source = open_source(light, table="t")
    assert source.numeric == ("a", "y")
    assert source.other == {"name": "text"}
    assert len(numbers(open_source(light, sql="select * from t where a > 2"))) == 1
    with pytest.raises(lw.DataError, match=r"column 'a' of .*light.db is missing in row 3"):
        numbers(source)


def test_a_query_alone(tmp_path: Path) -> None:
    path = write("parquet", tmp_path)
    assert len(numbers(open_source(sql=f"select * from '{path}' where y < 10"))) == 3


def test_types(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.sql(
        "copy (select i::tinyint a, i::hugeint b, i::decimal(9,2) c, i::float d, i%2=0 e, i::varchar f, "
        f"date '2020-01-01' g, i::double y from range(4) t(i)) to '{path}' (format parquet)"
    )
    source = open_source(path)
    assert source.numeric == ("a", "b", "c", "d", "e", "y")
    assert source.other == {"f": "text", "g": "dates"}
    assert numbers(source)[3].tolist() == [3, 3, 3, 3, 0, 3]


@pytest.mark.parametrize("cell", ["", "NA", "nan", "inf", "null", "N/A"])
def test_missing_and_infinite_name_column_and_row(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text(f"a,b,y\n1,1,2\n2,5,3\n3,{cell},4\n4,2,5\n")
    what = "infinite" if cell == "inf" else "missing"
    with pytest.raises(lw.DataError, match=rf"column 'b' of .*gaps.csv is {what} in row 3 .*--missing drop"):
        numbers(open_source(path))
    chosen = open_source(path).choose("y").dropping("drop")
    dropped: list[int] = []
    assert [len(chunk) for chunk in chosen.chunks(dropped.append)] == [3]
    assert dropped == [1]
    assert len(numbers(open_source(path), x=["a"])) == 4, "a gap in a column that is not used does not matter"


def test_rows_are_counted_across_batches(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    duckdb.sql(f"copy (select i x, case when i=200000 then null else i*2 end y from range(250000) t(i)) to '{path}'")
    with pytest.raises(lw.DataError, match=r"column 'y' of .* is missing in row 200,001"):
        numbers(open_source(path))


def test_row_groups_are_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet is summarised by row groups, side by side, and read in order by DuckDB elsewhere: the same numbers."""
    rng = np.random.default_rng(0)
    columns = {
        "float": rng.standard_normal(500), "single": rng.standard_normal(500).astype(np.float32),
        "whole": rng.integers(-9, 9, 500), "truth": rng.random(500) > 0.5, "y": rng.standard_normal(500),
    }  # fmt: skip
    frame = pyarrow.table({**columns, "gap": pyarrow.array([None, *rng.standard_normal(499)])})
    for k in range(2):
        pyarrow.parquet.write_table(frame.slice(250 * k, 250), tmp_path / f"{k}.parquet", row_group_size=70)
    chosen = open_source(tmp_path).choose("y", ["float", "single", "whole", "truth"])
    assert len(list(chosen.parts())) == 2, "small row groups of a file are read together"
    monkeypatch.setattr(parquet, "PIECE_ROWS", 100)
    parts = list(chosen.parts())
    assert len(parts) == 8
    found = np.vstack([np.column_stack([chunk.X, chunk.y]) for part in parts for chunk in part()])
    assert np.array_equal(found, np.vstack([np.column_stack([chunk.X, chunk.y]) for chunk in chosen.chunks()]))
    assert np.array_equal(found, np.column_stack([*columns.values()]))
    dropped: list[int] = []
    dropping = open_source(tmp_path).choose("y", ["gap"]).dropping("drop")
    assert sum(len(chunk) for part in dropping.parts(dropped.append) for chunk in part()) == 499
    assert dropped == [1]
    with pytest.raises(lw.DataError, match=r"column 'gap' of .* is missing in row 1 "):
        lw.fit(tmp_path, y="y", x=["gap"])


@pytest.mark.parametrize("text", ["", "NA", "N/A", "null", "None", "NULL", "n/a"])
@pytest.mark.parametrize("at", [3, 60_000])
def test_texts_that_mean_missing(text: str, at: int, tmp_path: Path) -> None:
    """In the sample that is sniffed or far beyond it: missing, by its row, or left out."""
    lines = [f"{k},{k % 7 if k != at else text},{k * k % 11}" for k in range(1, 70_001)]
    (tmp_path / "d.csv").write_text("x,z,y\n" + "\n".join(lines) + "\n")
    with pytest.raises(lw.DataError, match=f"column 'z' of .* is missing in row {at:,} "):
        lw.fit(tmp_path / "d.csv", y="y", method="qr")
    fit = lw.fit(tmp_path / "d.csv", y="y", missing="drop", method="qr")
    assert (fit.n, fit.dropped_rows) == (69_999, 1)
    assert np.isfinite(fit.robust(tmp_path / "d.csv", "HC1").se).all()
    compared = lw.compare(tmp_path / "d.csv", y="y", missing="drop", epochs=2, methods=["numpy"], learning_rate=1e-12)
    assert compared.data.dropped == 1
    assert len(compared.data.rows) == 69_999


def test_later_text_in_a_column_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("a,y\n" + "".join(f"{i},{i}\n" for i in range(30_000)) + "5,abc\n")
    with pytest.raises(lw.DataError, match=r"line 30,002 of .*late.csv holds 'abc' in column 'y'"):
        numbers(open_source(path))


def test_an_integer_column_that_turns_to_decimals_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("a,y\n" + "".join(f"{i},{i}\n" for i in range(30_000)) + "5.5,2e3\n")
    assert numbers(open_source(path))[-1].tolist() == [5.5, 2000.0]


def bad(folder: Path) -> dict[str, tuple[str, dict, str]]:
    """name -> (path, arguments, what the sentence says)."""

    def made(name: str, content: bytes) -> str:
        (folder / name).write_bytes(content)
        return str(folder / name)

    (folder / "empty").mkdir()
    (folder / "mixed").mkdir()
    (folder / "mixed" / "a.csv").write_text("x,y\n1,2\n")
    (folder / "mixed" / "b.tsv").write_text("x\ty\n1\t2\n")
    return {
        "no file": (str(folder / "nope.csv"), {}, "there is no file, folder or match"),
        "no match": (str(folder / "*.nothing"), {}, "there is no file, folder or match"),
        "empty folder": (str(folder / "empty"), {}, "holds no data file"),
        "mixed folder": (str(folder / "mixed"), {}, "mixes csv and tsv files"),
        "empty file": (made("a.csv", b""), {}, "is empty"),
        "unknown kind": (made("a.xyz", b"1,2"), {}, "is not a kind of file"),
        "ragged": (made("r.csv", b"a,b\n1,2\n3\n4,5\n"), {}, "line 3 of .* cannot be read as CSV"),
        "text only": (made("t.csv", b"a,b\nx,y\nz,w\n"), {}, "has no column of numbers: it has a"),
        "header only": (made("h.csv", b"a,b\n"), {}, "has no rows|has no column of numbers"),
        "one column": (made("o.csv", b"y\n1\n2\n"), {}, "no numeric column besides 'y'"),
        "not parquet": (made("p.parquet", b"PAR1 but not really"), {}, "cannot be read"),
        "not arrow": (made("p.arrow", b"ARROW1 but not really"), {}, "cannot be read as Arrow"),
        "not json": (made("p.jsonl", b"{oops"), {}, "cannot be read"),
        "table of a csv": (made("c.csv", b"a,y\n1,2\n"), {"table": "t"}, "--table is for DuckDB and SQLite"),
        "query of a csv": (made("d.csv", b"a,y\n1,2\n"), {"sql": "select 1"}, "leave DATA out"),
        "bad query": ("article", {"sql": "select from"}, "the query cannot be read: Parser Error"),
        "both": ("article", {"sql": "select 1", "table": "t"}, "exclude each other"),
    }


@pytest.mark.parametrize("name", [
    "no file", "no match", "empty folder", "mixed folder", "empty file", "unknown kind", "ragged", "text only",
    "header only", "one column", "not parquet", "not arrow", "not json", "table of a csv", "query of a csv",
    "bad query", "both",
])  # fmt: skip
def test_bad_data_gets_one_sentence(name: str, tmp_path: Path) -> None:
    path, arguments, sentence = bad(tmp_path)[name]
    with pytest.raises(lw.LeastwiseError, match=sentence) as caught:
        list(open_source(path, **arguments).choose().chunks())
    assert "\n" not in str(caught.value)


def test_a_database_wants_a_table(tmp_path: Path) -> None:
    path = tmp_path / "rows.db"
    duckdb.connect(str(path)).execute("create table t as select 1 a").close()
    with pytest.raises(lw.UsageError, match="name a table with --table"):
        open_source(path)
    with pytest.raises(lw.DataError, match="cannot be read"):
        open_source(path, table="nope")


def test_columns_are_named_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    path.write_text("city,sqft,age,price\nRiga,50,10,100\nRiga,70,5,150\nOslo,60,7,130\n")
    source = open_source(path)
    chosen = source.choose()
    assert (chosen.features, chosen.target) == (("sqft", "age"), "price")
    assert "target: price, the last numeric column (choose with -y)" in chosen.source.notes
    assert "left out, not numbers: city (text)" in chosen.source.notes
    assert source.choose("age", ["price"]).features == ("price",)
    with pytest.raises(lw.DataError, match="has no column 'rooms': it has sqft, age, price and city"):
        source.choose("price", ["rooms"])
    with pytest.raises(lw.DataError, match=r"column 'city' of .* holds text, not numbers"):
        source.choose("price", ["city"])
    with pytest.raises(lw.UsageError, match="'price' is named more than once"):
        source.choose("price", ["sqft", "price"])


@pytest.mark.parametrize(
    ("which", "slope", "intercept", "sigma"),
    [(1, 0.50009, 3.00009, 1.23660), (2, 0.5, 3.00091, 1.23721), (3, 0.49973, 3.00245, 1.23631),
     (4, 0.49991, 3.00173, 1.23570)],
)  # fmt: skip
def test_anscombe_is_one_line_four_times(which: int, slope: float, intercept: float, sigma: float) -> None:
    """The published line to all its digits, and numpy's on the same columns."""
    source = open_source(f"anscombe-{which}")
    x, y = numbers(source).T
    fit = lw.fit(f"anscombe-{which}", y="y")
    assert [fit.coef[0], fit.intercept, fit.sigma] == pytest.approx([slope, intercept, sigma], abs=5e-6)
    assert [fit.coef[0], fit.intercept] == pytest.approx(np.polyfit(x, y, 1), rel=1e-12)
    assert (len(y), x.mean(), x.var(ddof=1)) == (11, 9, 11)
    assert any(f"set {which} of 4" in note for note in source.notes)


def test_other_built_in_sets() -> None:
    right, wrong = numbers(open_source("article")), numbers(open_source("outlier"))
    assert np.argwhere(right != wrong).tolist() == [[14, 1]]
    assert (right[14, 1], wrong[14, 1]) == (80, 8)
    x, y = numbers(open_source("years")).T
    assert x.tolist() == list(range(2001, 2016))
    assert np.array_equal(y, y.round(1))
    assert lw.advise(x, y).condition > 1e11 > 1e3 > lw.advise(x - x.mean(), y).condition


def test_built_in_sets_are_all_named() -> None:
    spelt = IN_WORDS.replace("to -4", "anscombe-2 anscombe-3 anscombe-4").replace(" or", "").replace(",", "")
    assert spelt.split() == list(BUILT_IN)
    for name, made in BUILT_IN.items():
        assert (made().label, made().numeric, len(made().notes)) == (name, ("x", "y"), 1)
    with pytest.raises(lw.DataError, match=f"use a built-in set: {IN_WORDS}"):
        open_source("anscombe-5")


def test_a_file_called_as_a_built_in_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The set is read, and says so; ./ names the file. A query beside it has no use for it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "years").mkdir()
    (tmp_path / "years" / "a.csv").write_text("x,y\n1,2\n3,4\n")
    found = open_source("years")
    assert len(numbers(found)) == 15
    assert found.notes[-1] == "the built-in set: what lies here as years is read as ./years"
    assert len(numbers(open_source("./years"))) == 2
    with pytest.raises(lw.UsageError, match="years is none: leave DATA out"):
        open_source("years", sql="select 1 as x, 2 as y")


@pytest.mark.parametrize("kind", ["decimal(20, 0)", "ubigint", "bigint", "hugeint"])
def test_whole_numbers_of_any_kind_that_doubles_round_are_refused(tmp_path: Path, kind: str) -> None:
    """In files, in databases, summed there or read out; DuckDB itself writes a hugeint to Parquet as a double."""
    from leastwise.rows.database import open_database

    rows = f"select (1700000000000000000::hugeint + i)::{kind} as x, 3.0 * i + i % 7 as y from range(50) t(i)"
    with duckdb.connect(str(tmp_path / "rows.duckdb")) as connection:
        connection.execute(f"create table t as {rows}")
        connection.execute(f"copy t to '{tmp_path / 'rows.parquet'}'")
    table = open_database(f"duckdb://{tmp_path / 'rows.duckdb'}", "t", None)
    asks = [lambda: lw.fit(table, "y", x=["x"]), lambda: lw.fit(table, "y", x=["x"], method="exact")]
    for ask in (*asks, *([] if kind == "hugeint" else [lambda: lw.fit(tmp_path / "rows.parquet", "y", x="x")])):
        with pytest.raises(lw.DataError, match=r"'x' .* beyond 2\^53"):
            ask()


def test_a_write_that_was_cut_off_is_not_left_out(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table({"x": [1.0, 2, 3], "y": [1.0, 2, 4]}), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").touch()
    with pytest.raises(lw.DataError, match=r"b\.parquet is empty, as a write that was cut off"):
        lw.fit(tmp_path, "y")


def test_other_rows_of_the_same_number_are_not_taken_for_those_that_were_fitted() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    y, other = x + np.abs(x) * rng.normal(size=500), rng.normal(size=500)
    fit = lw.fit(x, y)
    assert np.isfinite(fit.robust((x, y), "HC1").se).all()
    with pytest.raises(lw.DataError, match="not those that were fitted"):
        fit.robust((other, other + np.abs(other) * rng.normal(size=500)), "HC1")
