"""Dask and Spark, really running: the same bits as here, though workers die; a sentence where there are none."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow
import pytest
from pyarrow import parquet

import leastwise as lw
from leastwise.rows import parquet as pieces
from leastwise.solve import Options, fit_rows
from test_cli import run as warm
from test_cli import words

pytestmark = pytest.mark.xdist_group("engines")
OFFSET = 1e6
ENGINES = ["dask", "spark"]


def run(*arguments: str, **how):
    """In a process of its own, since a cluster is not for forked ones."""
    return warm(*arguments, program=["-m", "leastwise"], **how)


def missing(what: str) -> None:
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{what} is missing")


@pytest.fixture(scope="module")
def dask() -> Iterator:
    """A cluster of two processes with one thread each."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        missing("distributed")
    how = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
    with LocalCluster(n_workers=2, **how) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def spark() -> Iterator:
    """A session of two cores in which a task is tried four times."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        missing("Java")
    try:
        from leastwise.engines.spark import session
    except ImportError:
        missing("pyspark")
    with session("local[2]") as started:
        yield started


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000,000 x 10 in 8 files, every column offset by 1e6."""
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(0)
    for k in range(8):
        X = rng.standard_normal((250_000, 10)) + OFFSET
        y = X @ np.arange(1.0, 11) + rng.standard_normal(250_000)
        columns = {f"x{j}": column for j, column in enumerate(X.T)}
        parquet.write_table(pyarrow.table({**columns, "y": y}), folder / f"{k}.parquet", row_group_size=125_000)
    return folder


def small_frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 9000
    frame = pd.DataFrame({"a": rng.standard_normal(n) + OFFSET, "b": rng.random(n), "g": rng.integers(0, 40, n)})
    frame["town"] = np.array(["Rome", "Bern", "Oslo"])[rng.integers(0, 3, n)]
    frame["w"] = rng.integers(0, 4, n)
    frame["y"] = frame.a - 2 * frame.b + (frame.town == "Oslo") + (1 + frame.b) * rng.standard_normal(n)
    return frame


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """9,000 rows in 3 files of 2 row groups each."""
    folder = tmp_path_factory.mktemp("small")
    frame = small_frame()
    for k in range(3):
        frame[3000 * k : 3000 * (k + 1)].to_parquet(folder / f"{k}.parquet", row_group_size=1500, index=False)
    return folder


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 1000)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The engine by its name, running."""
    request.getfixturevalue(request.param)
    return request.param


def same_bits(ours: lw.Fit, theirs: lw.Fit) -> None:
    for name in ("coef", "intercept", "se", "centre", "nudge", "rss", "tss", "root"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    assert (ours.n, ours.rank, ours.method, ours.dropped_rows) == (
        theirs.n, theirs.rank, theirs.method, theirs.dropped_rows,
    )  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_two_million_rows_are_the_local_fit(engine: str, large: Path) -> None:
    """The plan of pieces and the tree are the same everywhere, so it is not 12 digits but all of them."""
    same_bits(lw.fit(large, y="y", engine=engine), lw.fit(large, y="y"))


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_worker_killed_in_mid_run_changes_nothing(engine: str, large: Path, request: pytest.FixtureRequest) -> None:
    killed: list[int] = []

    def kill(rows: int) -> None:
        if rows and not killed:
            killed.append(workers(engine, request)[0])
            os.kill(killed[0], signal.SIGKILL)

    told: list[int] = []
    with lw.spread(large, engine) as rows:
        found = fit_rows(chosen(rows), Options(), lambda done: (told.append(done), kill(done)))
    assert len(killed) == 1
    assert 0 < told[0] < 2_000_000, "it was killed before the rows were done"
    assert killed[0] not in psutil.pids() or psutil.Process(killed[0]).status() == psutil.STATUS_ZOMBIE
    same_bits(found, lw.fit(large, y="y"))


def chosen(rows):
    from leastwise.rows.select import select

    return select(rows, "y")


def workers(engine: str, request: pytest.FixtureRequest) -> list[int]:
    """The processes that work for us."""
    if engine == "dask":
        cluster = request.getfixturevalue("dask").cluster
        return [worker.process.pid for worker in cluster.workers.values() if worker.process.pid]
    found = []
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if all("pyspark.daemon" in " ".join(process.cmdline()) for process in (one, one.parent())):
                found.append(one.pid)
    return found


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.usefixtures("cut")
def test_exact_is_the_same_in_any_pieces(engine: str, weight: str | None, small: Path) -> None:
    """Against the whole frame in memory: other pieces, other order of sums, the same bits."""
    x = ["a", "b"]
    one = lw.fit(small_frame(), y="y", x=x, weight=weight, method="exact")
    other = lw.fit(small, y="y", x=x, weight=weight, method="exact", engine=engine)
    for name in ("coef", "intercept", "se", "rss", "tss", "r2", "t", "p"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.usefixtures("cut")
def test_second_passes(engine: str, small: Path) -> None:
    """Sums of other pieces differ by rounding: 1e-12 is a thousand times that."""
    frame, x = small_frame(), ["a", "b", "town"]
    one = lw.fit(frame, y="y", x=x, weight="w")
    with lw.spread(small, engine) as rows:
        other = lw.fit(rows, y="y", x=x, weight="w")
        assert other.names == one.names
        pairs = [(one.robust(frame, kind), other.robust(rows, kind)) for kind in ("HC0", "HC1", "HC2", "HC3")]
        pairs += [(one.clustered(frame, by), other.clustered(rows, by)) for by in ("g", "town")]
        pairs += [(one.newey_west(frame, lags), other.newey_west(rows, lags)) for lags in (0, 1, 5, 2000)]
        probable = lw.fit(rows, y="y", x=x, weight="w", weights="probability")
        assert other.residuals(rows).durbin_watson == pytest.approx(one.residuals(frame).durbin_watson, rel=1e-12)
    for ours, theirs in pairs:
        assert ours.errors == theirs.errors
        assert ours.df_error == theirs.df_error
        assert ours.se == pytest.approx(theirs.se, rel=1e-12)
    assert probable.se == pytest.approx(pairs[1][0].se, rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.usefixtures("cut")
def test_penalties_formulas_and_missing_numbers(engine: str, small: Path, tmp_path: Path) -> None:
    frame = small_frame()
    frame.loc[[17, 4000], "b"] = np.nan
    for k in range(2):
        frame[4500 * k : 4500 * (k + 1)].to_parquet(tmp_path / f"{k}.parquet", row_group_size=1000, index=False)
    with lw.spread(tmp_path, engine) as rows:
        how = {"formula": "y ~ a + b * C(town) + np.sqrt(b)", "missing": "drop"}
        ours, theirs = lw.fit(rows, **how), lw.fit(frame, **how)
        assert ours.dropped_rows == theirs.dropped_rows == 2
        assert ours.theta == pytest.approx(theirs.theta, rel=1e-9), "the condition number is 1e7"
        with pytest.raises(lw.DataError, match=r"column 'b' of .*0\.parquet is missing in row (18|4,001) "):
            lw.fit(rows, y="y", x=["a", "b"])
        held = {"y": "y", "x": ["a", "b"], "missing": "drop", "penalty": lw.elastic_net(0.1, 0.5)}
        assert lw.fit(rows, **held).coef == pytest.approx(lw.fit(frame, **held).coef, rel=1e-12)


@pytest.mark.usefixtures("dask")
def test_frames_and_arrays_of_dask(recwarn) -> None:
    dataframe, array = pytest.importorskip("dask.dataframe"), pytest.importorskip("dask.array")
    frame, x = small_frame(), ["a", "b", "town"]
    far = dataframe.from_pandas(frame, npartitions=7)
    one, other = lw.fit(frame, y="y", x=x), lw.fit(far, y="y", x=x)
    assert other.names == one.names == ("a", "b", "town[Oslo]", "town[Rome]")
    assert other.theta == pytest.approx(one.theta, rel=1e-12)
    assert other.clustered(far, "g").se == pytest.approx(one.clustered(frame, "g").se, rel=1e-12)
    assert other.influence(far).cook == pytest.approx(one.influence(frame).cook, rel=1e-9)
    # By names, in whatever order and beside whatever columns.
    assert other.predict(far[["town", "b", "y", "a"]]) == pytest.approx(one.predict(frame), rel=1e-12)
    X, y, w = frame[["a", "b"]].to_numpy(), frame.y.to_numpy(), frame.w.to_numpy(float)
    blocks = array.from_array(X, chunks=(2000, 1)), array.from_array(y, chunks=1100), w
    for ours, theirs in (((X, y), blocks[:2]), ((X, y, w), blocks)):
        one, other = lw.fit(*ours, method="exact"), lw.fit(*theirs, method="exact")
        assert other.names == ("x1", "x2")
        assert np.array_equal(one.theta, other.theta)
        assert other.robust(theirs, "HC3").se == pytest.approx(one.robust(ours, "HC3").se, rel=1e-10)
    with pytest.raises(lw.DataError, match="the same rows"):
        lw.fit(blocks[0], array.zeros(8000, chunks=1000))
    with pytest.raises(lw.UsageError, match="names of columns"):
        lw.fit(far, y)


def test_frames_of_spark(spark, small: Path) -> None:
    frame, x = small_frame(), ["a", "b", "town"]
    far = spark.read.parquet(str(small)).repartition(5)
    one, other = lw.fit(frame, y="y", x=x), lw.fit(far, y="y", x=x)
    assert other.names == one.names == ("a", "b", "town[Oslo]", "town[Rome]")
    assert other.theta == pytest.approx(one.theta, rel=1e-9), "other pieces: the condition number is 1e7"
    assert other.clustered(far, "town").se == pytest.approx(one.clustered(frame, "town").se, rel=1e-9)
    one, other = (lw.fit(rows, y="y", x=["a", "b"], weight="w", method="exact") for rows in (frame, far))
    assert np.array_equal(one.theta, other.theta)
    assert np.array_equal(one.se, other.se)
    with pytest.raises(lw.DataError, match="no rows"):
        lw.fit(far.filter("b > 2"), y="y", x=["a", "b"])
    with pytest.raises(lw.DataError, match="no column 'c'"):
        lw.fit(far, y="y", x=["a", "c"])


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
@pytest.mark.usefixtures("cut")
def test_a_bad_file_is_named(engine: str, small: Path, tmp_path: Path) -> None:
    for k in range(3):
        shutil.copy(small / f"{k}.parquet", tmp_path)
    with lw.spread(tmp_path, engine) as rows:
        bad = tmp_path / "1.parquet"
        content = bad.read_bytes()
        bad.write_bytes(content[:4000] + bytes(8000) + content[12000:])
        with pytest.raises(lw.DataError, match=r"1\.parquet cannot be read"):
            lw.fit(rows, y="y", x=["a", "b"])
        shutil.copy(small / "2.parquet", bad)
        small_frame()[:500].to_parquet(bad, index=False)
        with pytest.raises(lw.DataError, match=r"1\.parquet has changed since its rows were counted"):
            lw.fit(rows, y="y", x=["a", "b"])


def test_files_that_cannot_be_cut_are_pieces_as_they_are(dask, tmp_path: Path) -> None:
    frame = small_frame()[["a", "b", "town", "y"]]
    for k in range(3):
        frame[3000 * k : 3000 * (k + 1)].to_csv(tmp_path / f"{k}.csv", index=False)
    one, other = (lw.fit(tmp_path, y="y", x=["a", "b", "town"], engine=engine) for engine in (None, "dask"))
    assert other.names == one.names
    assert other.theta == pytest.approx(one.theta, rel=1e-9)


def lines(*more: str) -> list[str]:
    return [word for line in more for word in line.split()]


def test_the_commands_on_a_scheduler(dask, small: Path, tmp_path: Path) -> None:
    """The same JSON as from here, all of it, where the answer is exact; the same predictions in any case."""
    where = ["--engine", "dask", "--scheduler", dask.scheduler.address]
    fit = ["fit", str(small), *lines("-y y -x a,b --method exact --weights w")]
    here, there = run(*fit, "--json"), run(*fit, *where, "--json", "--save", str(tmp_path / "m.json"))
    assert there.returncode == here.returncode == 0, words(there)
    assert json.loads(here.stdout) == json.loads(there.stdout)
    predict = ["predict", str(tmp_path / "m.json"), str(small), "--interval", "0.9"]
    outputs = [tmp_path / "here.parquet", tmp_path / "there.parquet"]
    assert run(*predict, "-o", str(outputs[0])).returncode == 0
    ran = run(*predict, *where, "-o", str(outputs[1]))
    assert ran.returncode == 0, words(ran)
    one, other = map(parquet.read_table, outputs)
    assert other.num_rows == 9000
    assert one.cast(other.schema).equals(other)
    assert run(*predict, *where).stdout == run(*predict).stdout


def test_predictions_are_whole_or_not_there(dask, small: Path, tmp_path: Path) -> None:
    frame = small_frame()
    frame.loc[8000, "b"] = np.nan
    frame.to_parquet(tmp_path / "d.parquet", row_group_size=3000, index=False)
    lw.fit(small, y="y", x=["a", "b"]).save(tmp_path / "m.json")
    where = ["--engine", "dask", "--scheduler", dask.scheduler.address, "-o", str(tmp_path / "p.csv")]
    ran = run("predict", str(tmp_path / "m.json"), str(tmp_path / "d.parquet"), *where)
    assert ran.returncode == 3
    assert "'b'" in words(ran)
    assert "row 8,001" in words(ran)
    assert not (tmp_path / "p.csv").exists()
    ran = run("predict", str(tmp_path / "m.json"), str(tmp_path / "d.parquet"), *where, "--missing", "null")
    assert ran.returncode == 0, words(ran)
    found = pd.read_csv(tmp_path / "p.csv")
    assert len(found) == 9000
    assert np.flatnonzero(found.prediction.isna()).tolist() == [8000]


def test_the_command_with_workers_and_with_spark_of_its_own(small: Path) -> None:
    fit = ["fit", str(small), *lines("-y y -x a,b,town --robust HC3 --json")]
    here = run(*fit)
    there = run(*fit, *lines("--engine dask --workers 2"))
    assert there.returncode == 0, words(there)
    assert words(there) == words(here)
    on_spark = run(*fit, *lines("--engine spark --master local[2]"))
    assert on_spark.returncode == 0, words(on_spark)
    assert words(on_spark) == words(here)
    theirs = json.loads(here.stdout)
    for ran in (there, on_spark):
        ours = json.loads(ran.stdout)
        assert list(ours["se"].values()) == pytest.approx(list(theirs["se"].values()), rel=1e-10)


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        ("--engine dask --scheduler tcp://127.0.0.1:1", 4, "no Dask scheduler answers at tcp://127.0.0.1:1"),
        ("--engine dask --scheduler nonsense://x", 4, "no Dask scheduler answers at nonsense://x"),
        ("--engine spark --master nonsense", 2, "--master must be local[2], yarn, spark://host:port or k8s://..."),
        ("--engine spark --master spark://127.0.0.1:1", 4, "no Spark master answers at 127.0.0.1:1: "),
        ("--engine spark --master spark://127.0.0.1", 2, "--master must be local[2], yarn, spark://host:port"),
        ("--engine spark --master local[0]", 2, "--master must be local[2], yarn, spark://host:port"),
        ("--engine dask --scheduler tcp://127.0.0.1", 2, "--scheduler must be tcp://host:port"),
        ("--engine ray", 2, "the engine must be dask, spark or, for a database, sql: it is 'ray'"),
        ("--engine spark --workers 2", 2, "--workers is for --engine dask"),
        ("--engine dask --master local", 2, "--master is for --engine spark"),
        ("--engine dask --workers 0", 2, "--workers must be at least 1"),
        ("--workers 2", 2, "need another --engine"),
        ("--engine dask --by town", 2, "makes one fit, on processors, and takes no --by"),
    ],
)  # fmt: skip
def test_what_is_not_there(options: str, code: int, sentence: str, small: Path) -> None:
    ran = run("fit", str(small), "-y", "y", "-x", "a,b", *lines(options))
    assert sentence in words(ran)
    assert ran.returncode == code
    assert ran.stdout == b""
    assert len(words(ran).splitlines()) == 1


def test_without_java(small: Path) -> None:
    ran = run("fit", str(small), "-y", "y", "-x", "a,b", "--engine", "spark", PATH="/nowhere", JAVA_HOME="")
    assert ran.returncode == 4
    assert "Java" in words(ran)


def test_rows_that_are_no_files(small: Path) -> None:
    ran = run("fit", "-", "-y", "y", "--engine", "dask", stdin="x,y\n1,2\n2,4\n3,5\n")
    assert ran.returncode == 2
    assert "standard input" in words(ran)


def test_a_scheduler_without_workers(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("leastwise.engines.dask.PATIENCE", 2)
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as cluster:
        empty = pytest.raises(lw.EngineError, match="has no workers")
        with empty, lw.spread(small, "dask", scheduler=cluster.scheduler_address):
            pass


CLUSTER = """
import sys
from distributed import LocalCluster
cluster = LocalCluster(n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=":0")
print(cluster.scheduler_address, flush=True)
sys.stdin.read()
"""


def test_a_scheduler_that_is_lost_in_mid_run(large: Path) -> None:
    pytest.importorskip("distributed")
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as cluster:
        address = cluster.stdout.readline().decode().strip()
        with (
            pytest.raises(lw.EngineError, match="scheduler was lost"),
            lw.spread(large, "dask", scheduler=address) as rows,
        ):
            fit_rows(chosen(rows), Options(), lambda done: os.kill(cluster.pid, signal.SIGKILL))
