"""A progress bar on stderr, from the second second on, and only on a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..words import number

if TYPE_CHECKING:
    import rich.progress

PATIENCE = 1.0
PAUSE = 0.1
ROWS = ("reading rows", "predicting")


class Progress:
    """Called with (what, how far) as often as you like; what counts rows runs to `rows`, the rest to `epochs`."""

    def __init__(self, epochs: int, rows: int | None = None) -> None:
        self.epochs, self.rows = epochs, rows
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
            self.tasks[what] = self.bar.add_task(what, total=self.rows if what in ROWS else self.epochs)
        self.bar.update(self.tasks[what], completed=done)


def _rate() -> Any:
    """So many a second."""
    import rich.progress
    from rich.text import Text

    class Rate(rich.progress.ProgressColumn):
        def render(self, task: rich.progress.Task) -> Text:
            return Text("" if task.speed is None else f"{number(task.speed, 3)}/s")

    return Rate()


def _bar() -> rich.progress.Progress:
    import rich.progress
    from rich.console import Console

    console = Console(stderr=True)
    return rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        _rate(),
        rich.progress.TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not (console.is_terminal and sys.stderr.isatty()),
    )
