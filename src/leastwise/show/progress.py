"""A progress bar on stderr, from the second second on, and only on a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rich.progress

PATIENCE = 1.0
PAUSE = 0.1


class Progress:
    """Called with (what, how far) as often as you like; what is not "reading rows" runs to `epochs`."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.due = time.monotonic() + PATIENCE
        self.bar: rich.progress.Progress | None = None
        self.tasks: dict[str, rich.progress.TaskID] = {}

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar:
            self.bar.stop()

    def __call__(self, what: str, done: int) -> None:
        if time.monotonic() < self.due and not (self.bar and done == self.epochs):
            return
        self.due = time.monotonic() + PAUSE
        if self.bar is None:
            self.bar = _bar()
            self.bar.start()
        if what not in self.tasks:
            self.tasks[what] = self.bar.add_task(what, total=None if what == "reading rows" else self.epochs)
        self.bar.update(self.tasks[what], completed=done)


def _bar() -> rich.progress.Progress:
    import rich.progress
    from rich.console import Console

    console = Console(stderr=True)
    return rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not (console.is_terminal and sys.stderr.isatty()),
    )
