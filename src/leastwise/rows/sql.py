"""Names and texts as SQL writes them."""

from __future__ import annotations

import glob
from collections.abc import Sequence


def sql_name(name: str) -> str:
    """A column or table name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    """A text in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def sql_texts(texts: Sequence[str]) -> str:
    """A DuckDB list of texts."""
    return f"[{', '.join(map(sql_text, texts))}]"


def sql_paths(paths: Sequence[str]) -> str:
    """A DuckDB list of paths, taken as they are and not as patterns."""
    return sql_texts([glob.escape(path) for path in paths])


def sql_doubles(names: Sequence[str]) -> str:
    """Columns as float64, for a select."""
    return ", ".join(f"cast({sql_name(name)} as double) as {sql_name(name)}" for name in names)
