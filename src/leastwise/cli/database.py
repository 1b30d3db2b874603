"""`--engine sql`: tables that already live in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types import UsageError

if TYPE_CHECKING:
    from ..rows.source import Source


def source_of(data: str, table: str | None, sql: str | None, engine: str | None, url: str | None) -> Source:
    """The source that DATA, --table and --sql name, or with --engine sql the table or query of a database."""
    from ..rows.database import open_database
    from ..rows.files import open_source

    if engine != "sql":
        if url is not None:
            raise UsageError("--url is for --engine sql: add that")
        return open_source(data, table, sql)
    if url is not None and data != "article":
        raise UsageError("--url and DATA are both addresses of a database: give one of them")
    if url is None and data == "article":
        raise UsageError("--engine sql needs the database: --url postgres://user@host/database, or a file")
    return open_database(url or data, table, sql)
