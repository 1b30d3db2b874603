"""Tables in a real PostgreSQL, started here, and in DuckDB and SQLite files: sums where they lie, or rows read out."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import psycopg
import pyarrow
import pytest
from pyarrow import parquet

import leastwise as lw
import postgres
from leastwise.cli import main
from leastwise.rows.database import open_database
from leastwise.summary import database as summary

pytestmark = pytest.mark.xdist_group("postgres")
ENGINES = ("postgres", "duckdb", "sqlite")
NAMES = {"postgres": "PostgreSQL", "duckdb": "DuckDB", "sqlite": "SQLite"}
Run = Callable[..., tuple[int, str, str]]
FEATURES = [f"x{j}" for j in range(10)]


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if postgres.programs() is None:
        missing = "PostgreSQL is missing: apt-get install postgresql"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with postgres.running() as started:
        yield started


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, stdout and stderr."""

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["leastwise", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return command


@pytest.fixture
def addresses(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """The address of an engine by its name; the server starts when it is first asked for."""

    def address(engine: str) -> str:
        if engine == "postgres":
            return str(request.getfixturevalue("server").url)
        return f"{engine}://{tmp_path / f'rows.{engine}'}"

    return address


@pytest.fixture
def stored(addresses: Callable[[str], str], request: pytest.FixtureRequest) -> Callable[..., tuple[str, str]]:
    """Puts columns in a table called rows; gives its address, and the name of the table."""

    def store(engine: str, columns: dict[str, Any], **kinds: str) -> tuple[str, str]:
        address, fields = addresses(engine), [(name, kinds.get(name, "double precision")) for name in columns]
        made = f"create table rows ({', '.join(f'{name} {kind}' for name, kind in fields)})"
        rows = list(zip(*(getattr(values, "tolist", lambda v=values: v)() for values in columns.values()), strict=True))
        marks = ", ".join("?" * len(fields))
        if engine == "sqlite":
            with sqlite3.connect(address.removeprefix("sqlite://")) as file:
                file.execute(made)
                file.executemany(f"insert into rows values ({marks})", rows)
            file.close()
        elif engine == "duckdb":
            arrow = pyarrow.table([list(values) for values in zip(*rows, strict=True)], names=list(columns))
            with duckdb.connect(address.removeprefix("duckdb://")) as database:
                database.execute(made)
                database.register("arrow_rows", arrow)
                database.execute("insert into rows select * from arrow_rows")
        else:
            with psycopg.connect(address) as connection, connection.cursor() as cursor:
                cursor.execute("drop table if exists rows")
                cursor.execute(made)
                with cursor.copy("copy rows from stdin") as copy:
                    for row in rows:
                        copy.write_row(row)
        return address, "rows"

    return store


def digits(found: Any, truth: Any) -> float:
    """The digits that all estimates (of at least their standard error) and standard errors share."""
    estimates = np.abs(found.theta - truth.theta) / np.maximum(np.abs(truth.theta), truth.se)
    worst = max(float(estimates.max()), float(np.max(np.abs(found.se - truth.se) / truth.se)))
    return -float(np.log10(max(worst, 1e-17)))


def some(n: int = 5_000, p: int = 3, offset: float = 1e6) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    X = rng.standard_normal((n, p))
    y = X @ np.arange(1.0, p + 1) + 2 * p * rng.standard_normal(n) + offset
    return {**{f"x{j}": X[:, j] + offset for j in range(p)}, "y": y}


def exactly(columns: dict[str, Any], weight: Any = None, **options: Any) -> lw.Fit:
    X = np.column_stack([values for name, values in columns.items() if name not in ("y", "w")])
    return lw.fit(X, columns["y"], weight, method="exact", **options)


def fitted(where: tuple[str, str], y: str = "y", x: list[str] | None = None, **more: Any) -> lw.Fit:
    """`lw.fit` on the table of Ibis."""
    return lw.fit(open_database(*where, None).table, y=y, x=x, **more)


@pytest.mark.parametrize("engine", ENGINES)
def test_sums_in_the_database_are_the_fit(engine: str, stored: Callable[..., Any]) -> None:
    columns = some(100_000)
    fit = fitted(stored(engine, columns))
    # 14 digits on paper: 16, less 1 for naive sums over 1e5 rows, less 1 for a variance inflation of 15.
    assert digits(fit, exactly(columns)) > 12
    assert f"{NAMES[engine]} summed the rows where they lie, in two queries" in fit.reason
    assert fit.n == 100_000


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("weights", ["analytic", "frequency"])
def test_weights(engine: str, weights: str, stored: Callable[..., Any]) -> None:
    columns = some(60_000)
    columns["w"] = np.random.default_rng(1).integers(0, 4, 60_000).astype(float)
    fit = fitted(stored(engine, columns), x=["x0", "x1", "x2"], weight="w", weights=weights)
    truth = exactly(columns, columns["w"], weights=weights)
    assert digits(fit, truth) > 12
    assert fit.n == truth.n == int((columns["w"] > 0).sum())
    assert fit.log_likelihood == pytest.approx(truth.log_likelihood, rel=1e-12)
    assert "two queries" in fit.reason


@pytest.mark.parametrize("engine", ENGINES)
def test_types_of_numbers(engine: str, stored: Callable[..., Any]) -> None:
    rng = np.random.default_rng(3)
    n = 40_000
    small, long, yes = rng.integers(-9, 9, n), rng.integers(10**15, 2 * 10**15, n), rng.random(n) < 0.3
    price, real = np.round(rng.random(n) * 100, 2), rng.standard_normal(n).astype(np.float32).astype(float)
    y = small + long * 1e-14 + yes + price + real + 9 * rng.standard_normal(n)
    columns = {"small": small, "long": long, "yes": yes, "price": price, "real_": real, "y": y}
    kinds = {"small": "smallint", "long": "bigint", "yes": "boolean", "price": "numeric(8, 2)", "real_": "real"}
    fit = fitted(stored(engine, columns, **kinds), x=list(kinds))
    assert fit.names == ("small", "long", "yes", "price", "real_")
    assert digits(fit, exactly(columns)) > 11.5
    assert "two queries" in fit.reason


def test_few_digits_are_summed_without_rounding(stored: Callable[..., Any]) -> None:
    """Equal numbers round alike when they are added, so that errors do not cancel: a shift of few bits avoids it."""
    yes = (np.random.default_rng(0).random(300_000) < 0.3).astype(float)
    where = stored("duckdb", {"a": yes, "y": np.roll(yes, 1)})
    source = open_database(*where, None)
    found = summary.summed(source.choose("y", ["a"])).triangle
    assert found is not None
    ones = int(yes.sum())
    assert abs(found.R[0, 0] ** 2 / (ones - ones**2 / len(yes)) - 1) < 4e-16
    assert found.means[0] == ones / len(yes)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("bad", [None, np.nan, np.inf])
def test_missing_numbers(engine: str, bad: float | None, stored: Callable[..., Any]) -> None:
    columns = some(30_000)
    x1 = columns["x1"].tolist()
    x1[7] = x1[11] = bad
    where = stored(engine, {**columns, "x1": x1})
    with pytest.raises(lw.DataError, match=r"column 'x1' of .* holds no finite number in 2 of 30,000 rows"):
        fitted(where)
    fit = fitted(where, missing="drop")
    left = np.delete(np.arange(30_000), [7, 11])
    assert (fit.n, fit.dropped_rows) == (29_998, 2)
    assert digits(fit, exactly({name: values[left] for name, values in columns.items()})) > 12
    assert "two queries" in fit.reason


def test_a_text_among_the_numbers_of_sqlite(stored: Callable[..., Any]) -> None:
    """SQLite would sum it as 0; and the first 65,536 rows, by which the kind of a column is told, have none."""
    columns = some(70_000)
    where = stored("sqlite", {**columns, "x1": [*columns["x1"][:-1].tolist(), "oops"]})
    with pytest.raises(lw.DataError, match=r"'x1' of .* holds no finite number in 1 of 70,000 rows"):
        fitted(where)
    fit = fitted(where, missing="drop")
    assert digits(fit, exactly({name: values[:-1] for name, values in columns.items()})) > 12


@pytest.mark.parametrize("engine", ENGINES)
def test_a_shift_that_is_far_off(engine: str, stored: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly all the weight lies on rows that are a million deviations away from the mean of all."""
    columns = some(20_000, offset=0.0)
    columns["x0"][:1_000] += 1e6
    columns["w"] = np.where(np.arange(20_000) < 1_000, 1.0, 1e-12)
    asked, answer = [], summary._answer
    monkeypatch.setattr(summary, "_answer", lambda *question: asked.append(1) or answer(*question))
    fit = fitted(stored(engine, columns), x=["x0", "x1", "x2"], weight="w", method="qr")
    assert len(asked) == 3
    assert digits(fit, exactly(columns, columns["w"])) > 12


@pytest.mark.parametrize("noise", [1.0, 0.17])
def test_digits_where_sums_carry_the_least(noise: float, stored: Callable[..., Any]) -> None:
    """Up to a variance inflation of 500, 1 / (1 - R2), 13 digits on paper; beyond it the rows are read out."""
    rng = np.random.default_rng(4)
    X = rng.standard_normal((50_000, 3))
    columns = {f"x{j}": X[:, j] + 1e6 for j in range(3)}
    columns["y"] = X @ [1.0, 2.0, 3.0] + noise * rng.standard_normal(50_000) + 1e6
    fit = fitted(stored("duckdb", columns), method="qr")
    assert 1 / (1 - fit.r2) == pytest.approx(15 if noise == 1 else 485, rel=0.1)
    assert "two queries" in fit.reason
    assert digits(fit, exactly(columns)) > 11.5


def test_expressions_of_ibis(stored: Callable[..., Any]) -> None:
    columns = some(40_000)
    table = open_database(*stored("duckdb", columns), None).table
    made = table.filter(table.x0 > 1e6).mutate(double=table.x0 * 2 + table.x1)
    keep = columns["x0"] > 1e6
    local = {name: columns[name][keep] for name in ("x1", "x2", "y")}
    local = {"double": 2 * columns["x0"][keep] + columns["x1"][keep], **local}
    fit = lw.fit(made, y="y", x=["double", "x1", "x2"])
    assert "two queries" in fit.reason
    assert digits(fit, exactly(local)) > 11.5
    here = ibis.memtable(pyarrow.table(local))
    assert digits(lw.fit(here, y="y", x=["double", "x1", "x2"]), exactly(local)) > 11.5
    with pytest.raises(lw.UsageError, match="must be the names of columns"):
        lw.fit(made, columns["y"])
    assert len(lw.fit_by(made.mutate(g=made.x1 > 1e6), "y", "g", x=["x2"])) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_are_read_out_where_sums_do_not_do(engine: str, stored: Callable[..., Any]) -> None:
    columns = some(30_000)
    columns["near"] = columns["x0"] + 1e-5 * np.random.default_rng(5).standard_normal(30_000)
    columns["y"] = columns.pop("y")
    where = stored(engine, columns)
    fit = fitted(where)
    assert f"The rows were read out of {NAMES[engine]}: sums of squares would keep fewer than 13 digits" in fit.reason
    assert digits(fit, exactly(columns)) > 8.5  # a condition of 1e5, and offsets of 1e6 rounded in near
    exact = fitted(where, method="exact")
    assert (exact.theta == exactly(columns).theta).all()
    assert (exact.se == exactly(columns).se).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_second_passes_and_texts(engine: str, stored: Callable[..., Any]) -> None:
    columns = some(20_000, offset=10.0)
    town = [("Oslo", "Riga", "Bergen")[k] for k in np.random.default_rng(2).integers(0, 3, 20_000)]
    shop = np.random.default_rng(2).integers(0, 50, 20_000)
    everything = {**columns, "town": town, "shop": shop}
    where = stored(engine, everything, town="varchar(10)", shop="bigint")
    table, names = open_database(*where, None).table, ["x0", "x1", "x2"]
    local = pyarrow.table({**columns, "town": town, "shop": shop})
    fit, here = fitted(where, x=names), lw.fit(local, y="y", x=names)
    for kind in ("HC1", "HC3"):
        assert digits(fit.robust(table, kind), here.robust(local, kind)) > 11
    for by in ("shop", "town"):
        assert digits(fit.clustered(table, by), here.clustered(local, by)) > 11
    fit, here = fitted(where, x=["x0", "town"]), lw.fit(local, y="y", x=["x0", "town"])
    assert fit.names == here.names == ("x0", "town[Oslo]", "town[Riga]")
    assert digits(fit, here) > 11
    formula = "y ~ x0 * C(town) + np.log(x1)"
    assert digits(lw.fit(table, formula=formula), lw.fit(local, formula=formula)) > 10
    assert "two queries" not in fit.reason


def test_more_features_than_a_result_has_columns(stored: Callable[..., Any]) -> None:
    for p, said in ((60, "PostgreSQL: it sums up to 50 features, not 60."), (50, "two queries")):
        columns = some(2_000, p=p, offset=0.0)
        fit = fitted(stored("postgres", columns), method="qr")
        assert said in fit.reason
        assert digits(fit, lw.fit(pyarrow.table(columns), y="y", method="qr")) > 12


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000,000 rows of 10 features, every column offset by 1e6, in 8 Parquet files."""
    folder, rng = tmp_path_factory.mktemp("files"), np.random.default_rng(0)
    for k in range(8):
        X = rng.standard_normal((250_000, 10))
        y = X @ np.arange(1.0, 11.0) + 10 * rng.standard_normal(250_000) + 1e6
        columns = {**dict(zip(FEATURES, (X + 1e6).T, strict=True)), "y": y}
        parquet.write_table(pyarrow.table(columns), folder / f"{k}.parquet")
    return folder


def test_two_million_rows_from_eight_files(files: Path, server: postgres.Server, tmp_path: Path) -> None:
    local = lw.fit(str(files), y="y", x=FEATURES)
    table = parquet.read_table(files)
    postgres.load(server.url, "big", {name: table[name].to_numpy() for name in (*FEATURES, "y")})
    with duckdb.connect(tmp_path / "big.duckdb") as database:
        database.execute(f"create table big as select * from '{files}/*.parquet'")
    for address in (server.url, f"duckdb://{tmp_path}/big.duckdb"):
        fit = fitted((address, "big"), x=FEATURES)
        assert "two queries (condition 1" in fit.reason
        assert fit.n == 2_000_000
        # Naive sums over n rows err by about sqrt(n) roundings: 3e-13 at worst, and less where they cancel.
        assert digits(fit, local) > 12


@pytest.mark.parametrize("engine", ENGINES)
def test_the_command_is_the_call(engine: str, stored: Callable[..., Any], run: Run, tmp_path: Path) -> None:
    columns = some(2_000)
    address, table = stored(engine, columns)
    fit = fitted((address, table))
    code, out, _ = run("fit", "--engine", "sql", "--url", address, "--table", table, "-y", "y", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["coef"] == pytest.approx(dict(zip(fit.names, fit.coef, strict=True)), rel=1e-14)
    assert "two queries" in found["reason"]
    query = json.loads(run("fit", address, "--sql", "select x0, y from rows where x0 > 1e6;", "-y", "y", "--json")[1])
    kept = columns["x0"] > 1e6
    truth = lw.fit(columns["x0"][kept], columns["y"][kept])
    assert query["n"] == truth.n
    assert query["coef"]["x0"] == pytest.approx(truth.coef[0], rel=1e-12)
    if engine != "postgres":
        path = address.partition("://")[2]
        assert run("fit", path, "--engine", "sql", "--table", table, "-y", "y")[0] == 0
    part = tmp_path / "part.tri"
    assert run("summarise", address, "--table", table, "-y", "y", "-o", part)[0] == 0
    assert lw.fit(lw.Triangle.load(part)).coef == pytest.approx(fit.coef, rel=1e-14)


@pytest.fixture
def refused(run: Run) -> Callable[..., str]:
    """What `leastwise fit` says when it ends with a code: one line without the password."""

    def refuse(code: int, *arguments: object) -> str:
        ended, out, said = run("fit", *arguments)
        assert (ended, out) == (code, ""), said
        assert len(said.splitlines()) == 1
        assert said.startswith("leastwise: ")
        assert not any(secret in said for secret in (postgres.PASSWORD, "wrong", "h@lf"))
        return said

    return refuse


def test_what_cannot_be_reached(server: postgres.Server, tmp_path: Path, refused: Callable[..., str]) -> None:
    sql = ("--engine", "sql", "--table", "rows", "-y", "y", "--url")
    nobody = server.url.replace(postgres.PASSWORD, "wrong")
    assert "password authentication failed" in refused(4, *sql, nobody)
    assert "does not exist" in refused(4, *sql, server.url.replace("/postgres", "/nowhere").replace("/nowhere:", "//"))
    assert "refused" in refused(4, *sql, f"postgres://me:{postgres.PASSWORD}@127.0.0.1:1/db")
    assert "write one that is part of a password as %40" in refused(2, *sql, "postgres://me:h@lf@127.0.0.1/db")
    assert "invalid percent-encoded token" in refused(2, *sql, "postgres://me:wrong%zz@127.0.0.1/db")
    assert "is no address of a database: write postgres://" in refused(2, *sql, "mysql://me:wrong@127.0.0.1/db")
    assert "there is no file" in refused(3, *sql, f"duckdb://{tmp_path}/none.duckdb")
    (tmp_path / "text").write_text("x,y\n1,2\n")
    assert "is no DuckDB file" in refused(3, *sql, f"duckdb://{tmp_path}/text")
    assert not (tmp_path / "none.duckdb").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_not_there(engine: str, stored: Callable[..., Any], refused: Callable[..., str], run: Run) -> None:
    address, _ = stored(engine, {**some(10), "word": ["a", "b"] * 5}, word="varchar(5)")
    sql = ("--engine", "sql", "--url", address)
    assert "has no table 'nope': it has" in refused(3, *sql, "--table", "nope", "-y", "y")
    assert "has no column 'z': it has x0, x1" in refused(3, *sql, "--table", "rows", "-y", "z")
    assert "has no column 'z'" in refused(3, *sql, "--table", "rows", "-y", "y", "-x", "x0,z")
    assert "the target 'word'" in refused(3, *sql, "--table", "rows", "-y", "word")
    assert "cannot be read" in refused(3, *sql, "--sql", "selec x0, y from rows", "-y", "y")
    assert "cannot be read" in refused(3, *sql, "--sql", "select x0, none from rows", "-y", "x0")
    assert "cannot be read" in refused(3, *sql, "--sql", "drop table rows", "-y", "y")
    if engine != "sqlite":  # which calls the second one "x0:1"
        assert "of the same name" in refused(3, *sql, "--sql", "select y, x0, x1 as x0 from rows", "-y", "y")
    assert "no rows" in refused(3, *sql, "--sql", "select x0, y from rows where x0 < 0", "-y", "y")
    assert "not both" in refused(2, *sql, "-y", "y")
    assert "not both" in refused(2, *sql, "--table", "rows", "--sql", "select 1", "-y", "y")
    assert "only 1 level" in refused(3, *sql, "--sql", "select y, 'a' as g from rows", "-y", "y", "-x", "g")
    assert run("fit", *sql, "--table", "rows", "-y", "y", "-x", "word,x0")[0] == 0


def test_no_output_holds_the_password(stored: Callable[..., Any], run: Run, tmp_path: Path) -> None:
    address, table = stored("postgres", some(60))
    for command in ("path", "compare", "descend", "fit"):
        page = tmp_path / f"{command}.html"
        methods = ["--methods", "triangle,qr"] if command == "compare" else []
        code, out, said = run(command, address, "--table", table, "-y", "y", "--html", page, *methods)
        assert code == 0, said
        assert postgres.PASSWORD not in out + said + page.read_text()


def test_options_of_the_engine(refused: Callable[..., str]) -> None:
    assert "engine must be dask, spark or, for a database, sql" in refused(2, "--engine", "abacus")
    assert "--url is for --engine sql" in refused(2, "--url", "duckdb://x")
    assert "needs the database" in refused(2, "--engine", "sql", "--table", "t")
    assert "give one of them" in refused(2, "a.duckdb", "--engine", "sql", "--url", "duckdb://x", "--table", "t")


def test_a_table_that_sums_cannot_hold(stored: Callable[..., Any]) -> None:
    huge = some(2_000, offset=0.0)
    huge["x0"] = huge["x0"] * 1e200
    for engine in ENGINES:
        found = fitted(stored(engine, huge))
        assert "their squares leave the range" in found.reason or "sums of squares" in found.reason
        assert digits(found, exactly(huge)) > 12
        constant = stored(engine, {**some(50), "x1": np.full(50, 3.0)}) if engine == "postgres" else None
        if constant:
            assert "x1" in fitted(constant).status
    long = [2**60 + k for k in range(50)]
    where = stored("postgres", {**some(50), "x1": long}, x1="bigint")
    with pytest.raises(lw.DataError, match=r"'x1' .* beyond 2\^53"):
        fitted(where)
    with pytest.raises(lw.DataError, match=r"'x1' .* beyond 2\^53"):
        list(open_database(*where, None).scan(["x1"]))


def test_rows_in_order_and_readable_again(server: postgres.Server, stored: Callable[..., Any]) -> None:
    columns = some(200_000)
    columns["k"] = np.arange(200_000)
    source = open_database(*stored("postgres", columns, k="bigint"), None)
    first = next(source.scan(["x0", "k"]))
    assert len(first[0]) == 65_536  # the rest is cancelled, and the connection still answers
    read = [np.concatenate(parts) for parts in zip(*source.scan(["x0", "k"]), strict=True)]
    assert (read[0] == columns["x0"]).all()
    assert (read[1] == columns["k"]).all()


def test_a_server_that_goes_away(server: postgres.Server, stored: Callable[..., Any]) -> None:
    source = open_database(*stored("postgres", some(400_000)), None)
    rows = source.scan(["x0", "x1", "y"])
    next(rows)
    end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'leastwise'"
    with psycopg.connect(server.url, autocommit=True) as other:
        other.execute(end)
    with pytest.raises(lw.EngineError, match=r"rows in postgres://leastwise@127.0.0.1:\d+/postgres cannot be reached"):
        list(rows)
    source = open_database(server.url, "rows", None)
    with psycopg.connect(server.url, autocommit=True) as other:
        other.execute(end)
    with pytest.raises(lw.EngineError, match="cannot be reached"):
        summary.summed(source.choose("y", ["x0", "x1"]))
