"""--engine and what goes with it: where the work on the rows is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from ..types import UsageError

if TYPE_CHECKING:
    from ..rows.source import Source

ENGINE: Any = typer.Option(
    "--engine", metavar="dask|spark|sql", help="Who sums the rows: processes, machines, the database."
)
SCHEDULER: Any = typer.Option("--scheduler", metavar="tcp://...", help="Of --engine dask [default: one started here].")
WORKERS: Any = typer.Option("--workers", metavar="N", help="Processes of --engine dask [default: one a core].")
MASTER: Any = typer.Option("--master", metavar="URL", help="Of --engine spark [default: local[*]].")


@dataclass(frozen=True, slots=True)
class Where:
    """The engine that was asked for, if any, and its options."""

    engine: str | None
    scheduler: str | None = None
    workers: int | None = None
    master: str | None = None

    def alone(self, many: Sequence[str], device: str | None) -> None:
        """UsageError where a cluster is asked for what it does not do."""
        if not self.far:
            return
        for what in (*many, *(["--device"] if device else [])):
            raise UsageError(f"--engine {self.engine} makes one fit, on processors, and takes no {what}: leave it out")

    @property
    def far(self) -> bool:
        """Whether it is a cluster. Raises UsageError for options of one without it."""
        if self.engine in (None, "sql") and self != Where(self.engine):
            raise UsageError("--scheduler, --workers and --master need another --engine: name dask or spark")
        return self.engine not in (None, "sql")

    @contextmanager
    def spread(self, source: Source) -> Iterator[Source]:
        """The source on the engine; as it is where none was asked for. Raises UsageError, EngineError."""
        if not self.far:
            yield source
            return
        assert self.engine is not None
        from ..rows.spread import spread

        with spread(
            source, self.engine, scheduler=self.scheduler, workers=self.workers, master=self.master
        ) as elsewhere:
            yield elsewhere
