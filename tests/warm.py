"""`python -m leastwise` as a fresh process runs it, forked from one that has its libraries loaded.

The commands are started hundreds of times, and loading takes longer than most of what they do.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import subprocess
import sys
import tempfile
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory
from typing import NoReturn

import leastwise
from leastwise.cli import main

LIBRARIES = (
    "scipy.linalg",
    "scipy.stats",
    "duckdb",
    "pyarrow.parquet",
    "narwhals",
    "pandas",
    "formulaic",
    "pydantic",
    "torch",
)


def start(arguments: list[str], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run the command with these arguments and this input, in this environment and directory."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("in", "out", "error")]
        Path(files[0]).write_bytes(stdin)
        job = {"arguments": arguments, "files": files, "environment": dict(os.environ), "folder": str(Path.cwd())}
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        out, error = (Path(name).read_bytes() for name in files[1:])
    return subprocess.CompletedProcess(arguments, code, out, error)


@cache
def _server() -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", __file__]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(started.communicate)
    return started


def _serve() -> None:
    """For each job on stdin, its exit code on stdout; ends when stdin does."""
    for name in (*LIBRARIES, *(module.name for module in walk_packages(leastwise.__path__, "leastwise."))):
        if not name.endswith(("__main__", "engines.dask", "engines.spark")):
            import_module(name)
    gc.freeze()
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            _work(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _work(job: dict) -> NoReturn:
    how = (os.O_RDONLY, *2 * [os.O_WRONLY | os.O_CREAT])
    for number, (name, flags) in enumerate(zip(job["files"], how, strict=True)):
        os.dup2(os.open(name, flags), number)
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    # What the end of an interpreter would have removed goes with the job.
    tempfile.tempdir = str(Path(job["files"][0]).parent)
    sys.argv = ["leastwise", *job["arguments"]]
    code: object = 1
    try:
        main()
    except SystemExit as done:
        code = done.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without the end of an interpreter that shares its memory, which takes seconds.
    os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    _serve()
