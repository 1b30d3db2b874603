"""Killed processes, full disks, files that are cut or damaged: nothing half-written, one sentence, exit code 3."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow
import pytest
from pyarrow.parquet import write_table

import leastwise as lw
from leastwise import atomic
from test_cli import run, words


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faults") / "d.parquet"
    duckdb.sql(f"copy (select i::double x, 2*i+1 + random() y, random() z from range(6000000) t(i)) to '{path}'")
    return path


@pytest.fixture(scope="module")
def model(large: Path) -> Path:
    path = large.with_name("m.json")
    assert run("fit", str(large), "-y", "y", "-x", "x", "--save", str(path)).returncode == 0
    return path


def running(command: list[str]) -> Iterator[bool]:
    """Whether the process still runs, asked often; it is killed when asked no more."""
    started = subprocess.Popen([sys.executable, "-m", "leastwise", *command], stderr=subprocess.DEVNULL)
    try:
        while started.poll() is None:
            yield True
            time.sleep(0.005)
        yield False
    finally:
        started.kill()
        started.wait()


def writes_into(folder: Path) -> bool:
    """Whether some process has a file in `folder` that has grown, with a name or without."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if folder in link.readlink().parents and link.stat().st_size > 1000:
                return True
        except OSError:
            continue
    return any(path.stat().st_size > 1000 for path in folder.iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at open files in /proc")
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_predict_killed_in_the_middle(suffix: str, large: Path, model: Path, tmp_path: Path) -> None:
    seen = False
    for alive in running(["predict", str(model), str(large), "-o", str(tmp_path / f"p.{suffix}")]):
        seen = alive and writes_into(tmp_path)
        if seen or not alive:
            break
    assert seen, "it wrote, and was not done"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("after", [0.3, 0.6, 0.9, 1.2])
def test_summarise_killed_at_any_time(after: float, large: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.tri"
    begin = time.monotonic()
    for _ in running(["summarise", str(large), "-y", "y", "-o", str(out)]):
        if time.monotonic() > begin + after:
            break
    assert list(tmp_path.iterdir()) in ([], [out])
    assert not out.exists() or lw.Triangle.load(out).n == 6_000_000


def test_no_files_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than on Linux, a hidden file takes their place."""
    monkeypatch.setattr(atomic, "_nameless", lambda folder: None)
    atomic.write_text(tmp_path / "a", "one")

    def fail() -> None:
        with atomic.replacing(tmp_path / "a") as new:
            assert new.parent == tmp_path
            new.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["one"]


def test_no_links_to_files_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*names: object, **options: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    atomic.write_text(tmp_path / "a", "one")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["one"]


def limited(size: int):
    """Files may not grow beyond `size` bytes: what a full disk does, in a place where no disk is full."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("command", ["predict csv", "predict parquet", "fit", "summarise", "html"])
def test_a_full_disk(command: str, large: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / f"out.{command.split()[-1]}"
    small = large.with_name("small.csv")
    small.write_text("x,y\n" + "".join(f"{k},{k * k % 11}\n" for k in range(100)))
    arguments = {
        "fit": ["fit", str(small), "--save", str(out)],
        "summarise": ["summarise", str(small), "-o", str(out)],
        "html": ["fit", str(small), "--html", str(out)],
    }.get(command, ["predict", str(model), str(large), "-o", str(out)])
    out.write_text("what was there before")
    ran = subprocess.run(
        [sys.executable, "-m", "leastwise", *arguments], capture_output=True, preexec_fn=limited(100), check=False
    )
    assert ran.returncode == 3, words(ran)
    assert "cannot be written: File too large" in words(ran)
    assert "Traceback" not in words(ran)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["what was there before"]


def assert_refused(ran: subprocess.CompletedProcess[bytes], name: str) -> None:
    """One sentence that names the file, and exit code 3."""
    assert ran.returncode == 3, words(ran)
    assert len(words(ran).splitlines()) == 1
    assert name in words(ran)


@pytest.mark.parametrize("keep", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_parquet(keep: float, large: Path, tmp_path: Path) -> None:
    content = large.read_bytes()
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(content[: int(len(content) * keep)])
    for command in (["fit", str(cut), "-y", "y"], ["summarise", str(cut), "-y", "y", "-o", str(tmp_path / "t.tri")]):
        assert_refused(run(*command), "cut.parquet")
    assert list(tmp_path.iterdir()) == [cut]


def test_a_damaged_parquet(model: Path, tmp_path: Path) -> None:
    """The end is whole, and a page in the middle is not; gzip carries a checksum."""
    x = np.arange(200_000.0)
    bad, out = tmp_path / "bad.parquet", tmp_path / "p.csv"
    write_table(pyarrow.table({"x": x, "y": 2 * x}), bad, compression="gzip", use_dictionary=False)
    content = bytearray(bad.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    bad.write_bytes(content)
    for command in (["fit", str(bad), "-y", "y"], ["predict", str(model), str(bad), "-o", str(out)]):
        assert_refused(run(*command), "bad.parquet")
    assert list(tmp_path.iterdir()) == [bad]


def test_a_damaged_triangle_and_a_newer_model(model: Path, tmp_path: Path) -> None:
    tri = tmp_path / "t.tri"
    lw.Triangle.of([[1.0], [2], [4]], [1.0, 2, 3]).save(tri)
    content = bytearray(tri.read_bytes())
    content[-3] ^= 1
    tri.write_bytes(content)
    ran = run("fit", str(tri))
    assert (ran.returncode, "is damaged" in words(ran)) == (3, True)
    newer = json.loads(model.read_text()) | {"schema": "leastwise.model/9"}
    (tmp_path / "new.json").write_text(json.dumps(newer))
    ran = run("predict", str(tmp_path / "new.json"), "article")
    assert (ran.returncode, "is of version leastwise.model/9" in words(ran)) == (3, True)
