"""Where work on pieces of rows is done: an engine maps a task over them and adds up what comes by one fixed tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ..types import EngineError, UsageError

ENGINES = ("dask", "spark")


def opened(
    engine: str, scheduler: str | None = None, workers: int | None = None, master: str | None = None
) -> AbstractContextManager[Callable[[Sequence[Any]], Any]]:
    """A context that gives what lays pieces on `engine`. Raises UsageError for an option that it does not have."""
    if engine not in ENGINES:
        raise UsageError(f"the engine must be dask, spark or, for a database, sql: it is {engine!r}")
    given = {"--scheduler": ("dask", scheduler), "--workers": ("dask", workers), "--master": ("spark", master)}
    for option, (own, value) in given.items():
        if value is not None and own != engine:
            raise UsageError(f"{option} is for --engine {own}: leave it out")
    if "" in (scheduler, master):
        raise UsageError("the address of a scheduler or master must not be empty")
    if scheduler is not None and re.match(r"tcp://(?!.*:\d+/?$)", scheduler):
        raise UsageError(f"--scheduler must be tcp://host:port: it is {scheduler!r}")
    if scheduler is not None and workers is not None:
        raise UsageError("a --scheduler has its own workers: leave --workers out")
    if workers is not None and workers < 1:
        raise UsageError(f"--workers must be at least 1: it is {workers}")
    try:
        if engine == "dask":
            from .dask import on_dask

            return on_dask(scheduler, workers)
        from .spark import on_spark

        return on_spark(master)
    except ModuleNotFoundError as error:
        raise EngineError(f"{error.name} is missing: pip install 'leastwise[{engine}]'") from None
