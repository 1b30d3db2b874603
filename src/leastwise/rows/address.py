"""The address of a database as a connection of Ibis, and what its drivers complain about in one sentence."""

from __future__ import annotations

import re
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ..types import DataError, EngineError, LeastwiseError, UsageError
from ..words import listing

FORMS = "postgres://user@host/database, duckdb://FILE or sqlite://FILE"
SCHEMES = {"postgres": "PostgreSQL", "postgresql": "PostgreSQL", "duckdb": "DuckDB", "sqlite": "SQLite"}
QUICK = """select set_config(name, '-1', false) from pg_settings
where name in ('jit_inline_above_cost', 'jit_optimize_above_cost')"""
"""Compiling a thousand sums with all optimisations takes seconds, and adding them up takes longer without any."""
PATIENCE = 10
"""Seconds that a server has to answer, unless the url says connect_timeout."""


def is_address(name: str) -> bool:
    """Whether `name` is the url of a database."""
    return name.partition("://")[0] in SCHEMES and "://" in name


def embedded(path: str) -> str:
    """The scheme of a database file by its first bytes, or nothing. Raises DataError where it cannot be opened."""
    try:
        with open(path, "rb") as file:
            magic = file.read(16)
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}") from None
    if magic[:15] == b"SQLite format 3":
        return "sqlite"
    return "duckdb" if magic[8:12] == b"DUCK" else ""


def connect(address: str) -> tuple[Any, str]:
    """A connection of Ibis to a url, or to a DuckDB or SQLite file, that writes nothing; and its name for people.

    Raises UsageError for what is no such address, DataError for a file and EngineError for a server that cannot be
    opened. No message holds the password.
    """
    scheme, found, rest = address.partition("://")
    if not found and Path(address).exists() and (scheme := embedded(address)):
        rest = address
    if scheme not in SCHEMES:
        raise UsageError(f"{without_password(address)} is no address of a database: write {FORMS}")
    try:
        import ibis  # noqa: F401
    except ImportError:
        raise UsageError("databases are read through Ibis: pip install 'leastwise[sql]'") from None
    if SCHEMES[scheme] == "PostgreSQL":
        return _postgres(address), without_password(address)
    path = rest.partition("?")[0]
    return _file(scheme, path), path


def without_password(address: str) -> str:
    """An address without its password."""
    return re.sub(r"([?&])password=[^&]*&?", r"\1", re.sub(r"(://[^/:@]*):.*@", r"\1@", address)).rstrip("?&")


@contextmanager
def asked(label: str) -> Iterator[None]:
    """A context in which what a database, its driver or Ibis complains about becomes one sentence that names `label`.

    Raises EngineError where the server is not there (any more), DataError for the rest.
    """
    try:
        yield
    except Exception as error:
        if not _of_a_driver(error):
            raise
        raise _sentence(error, label) from None


@contextmanager
def opening(label: str) -> Iterator[None]:
    """`asked`, without the warnings of Ibis that it uses what newer drivers deprecate."""
    with asked(label), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _of_a_driver(error: Exception) -> bool:
    """PEP 249: all exceptions of a driver have one ancestor, called Error."""
    roots = {"Error", "IbisError", "SqlglotError", "ArrowException"}
    return any(kind.__name__ in roots for kind in type(error).__mro__)


def _sentence(error: Exception, label: str) -> LeastwiseError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    kinds = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(error).__mro__}
    line = re.sub(r"^connection failed: |\x1b\[\d*m", "", lines[0]).rstrip(".:")
    if "psycopg.OperationalError" in kinds:
        return EngineError(f"{label} cannot be reached: {line}")
    return DataError(f"{label} cannot be read: {line}")


def _postgres(address: str) -> Any:
    import ibis
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    label, given = without_password(address), urlsplit(address)
    if given.netloc.count("@") > 1:
        raise UsageError(f"the address of {label} has more than one @: write one that is part of a password as %40")
    secrets = {address, given.password or "", unquote(given.password or "")}
    try:
        settings = {"connect_timeout": PATIENCE, "application_name": "leastwise", **conninfo_to_dict(address)}
        connection = psycopg.connect(**settings, autocommit=True)
        connection.execute("set session characteristics as transaction read only")
        connection.execute(QUICK)
        return _closing(ibis.postgres.from_connection(connection), connection)
    except psycopg.ProgrammingError as error:
        raise UsageError(f"{label} cannot be read as an address: {_without(secrets, str(error))}") from None
    except psycopg.Error as error:
        raise _sentence(type(error)(_without(secrets, str(error))), label) from None


def _without(secrets: set[str], text: str) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text.strip()


def _file(scheme: str, path: str) -> Any:
    import sqlite3

    import ibis

    if not Path(path).is_file():
        raise DataError(f"there is no file {path!r}: mend the path behind {scheme}://")
    if embedded(path) != scheme:
        raise DataError(
            f"{path} is no {SCHEMES[scheme]} file: give the url of what it is, {listing(['duckdb://', 'sqlite://'])}"
        )
    with opening(path):
        if scheme == "duckdb":
            return ibis.duckdb.connect(path, read_only=True)
        uri = f"{Path(path).absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True)
        return _closing(ibis.sqlite.from_connection(connection), connection)


def _closing(backend: Any, connection: Any) -> Any:
    """Ibis' backend, with which its connection ends."""
    weakref.finalize(backend, connection.close)
    return backend
