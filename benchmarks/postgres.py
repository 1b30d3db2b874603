"""A PostgreSQL server of one's own, in a temporary folder, for the tests and the benchmark."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

USER, PASSWORD = "leastwise", "s3cret"
SETTINGS = ("fsync=off", "full_page_writes=off", "shared_buffers=256MB", "max_wal_size=4GB")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its programs, its `folder` (with the socket and the data) and its TCP `port`."""

    programs: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Where it listens, with user and password."""
        return f"postgres://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def control(self, *words: str) -> None:
        """pg_ctl: start, or stop with -m fast or immediate."""
        log = self.folder / "log"
        _as_nobody([self.programs / "pg_ctl", "-D", self.folder / "data", "-l", log, "-w", "-t", "30", *words])

    def start(self) -> None:
        """Start it, on its socket and its port."""
        given = [f"port={self.port}", f"unix_socket_directories={self.folder}", "listen_addresses=127.0.0.1", *SETTINGS]
        self.control("-o", " ".join(f"-c {setting}" for setting in given), "start")


def programs() -> Path | None:
    """The folder of initdb and pg_ctl: Debian's newest, or that on the PATH; None where there is none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return Path(found).parent if found else None


@contextmanager
def running() -> Iterator[Server]:
    """A new server, gone again with all its data. Raises FileNotFoundError where PostgreSQL is not installed."""
    where = programs()
    if where is None:
        raise FileNotFoundError("PostgreSQL is missing: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="leastwise-postgres-"))
    server = Server(where, folder, _free_port())
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, "postgres")
        trusted = ["--username", USER, "--pwfile", secret, "--auth-local=trust", "--auth-host=scram-sha-256"]
        _as_nobody([where / "initdb", "-D", folder / "data", "--no-sync", "--encoding=UTF8", "--locale=C", *trusted])
        server.start()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.control("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def load(url: str, table: str, columns: Mapping[str, Any]) -> None:
    """A new table of doubles (n,), through the binary COPY."""
    import psycopg

    fields = [part for name in columns for part in ((f"length of {name}", ">i4"), (name, ">f8"))]
    rows = np.empty(len(next(iter(columns.values()))), [("fields", ">i2"), *fields])
    rows["fields"] = len(columns)
    for name, values in columns.items():
        rows[f"length of {name}"], rows[name] = 8, values
    kinds = ", ".join(f'"{name}" double precision' for name in columns)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f'create unlogged table "{table}" ({kinds})')
        with cursor.copy(f'copy "{table}" from stdin (format binary)') as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            copy.write(rows.data.cast("B"))
            copy.write(b"\xff\xff")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'vacuum analyze "{table}"')


def _as_nobody(command: Sequence[object]) -> None:
    """Run one of PostgreSQL's programs, which refuse to be run by root."""
    words = [*(["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []), *map(str, command)]
    ran = subprocess.run(words, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {ran.stderr}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
