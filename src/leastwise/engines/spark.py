"""Apache Spark: one small row (id, bytes) a piece out of DataFrame.mapInArrow, sorted and added up here."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from ..tree import one_thread, total
from ..types import DataError, EngineError, LeastwiseError, UsageError

SCHEMA = "id long, result binary"
PAUSE = 0.1
PATIENCE = 10
"""Seconds in which a master must answer."""
MASTERS = re.compile(
    r"(local(\[(\*|[1-9]\d*)(,\d+)?\])?|local-cluster\[.*\]|yarn|k8s://.+|spark://[^,]+:\d+(,[^,]+:\d+)*)$"
)


@dataclass(frozen=True, slots=True)
class SparkPieces:
    """The partitions of a DataFrame, each one or more pieces; `read` has their numbers and the arguments of a task."""

    frame: Any
    read: Callable[[Iterator[Any]], Iterator[tuple[int, tuple[Any, ...]]]]
    rows: Sequence[int]

    def total(self, task: Callable[..., Any], watch: Callable[[int], None]) -> Any:
        """What `task` makes of each piece, added up by the fixed tree. Raises EngineError."""
        with _in_words(), _watched(self.frame.sparkSession, self.rows, watch):
            found = sorted(self._done(task).collect(), key=lambda row: row.id)
        if not found:
            raise DataError("the frame has no rows: it needs at least two")
        with one_thread():
            return total(map(_result, found))

    def each(self, task: Callable[..., Any]) -> Iterator[Any]:
        """What `task` makes of each piece, in order, one partition ahead. Raises EngineError."""
        with _in_words():
            for row in self._done(task).toLocalIterator(prefetchPartitions=True):
                yield _result(row)

    def _done(self, task: Callable[..., Any]) -> Any:
        read = self.read

        def run(batches: Iterator[Any]) -> Iterator[Any]:
            for number, piece in read(batches):
                yield _row(number, task, piece)

        with _quiet():
            return self.frame.mapInArrow(run, SCHEMA)


def _row(number: int, task: Callable[..., Any], piece: tuple[Any, ...]) -> Any:
    """The result as a batch of one row; a mistake of the user's is one too, since Spark would wrap it in a trace."""
    import pyarrow

    try:
        result = task(*piece)
    except LeastwiseError as error:
        result = error
    columns = [pyarrow.array([number], pyarrow.int64()), pyarrow.array([pickle.dumps(result)], pyarrow.binary())]
    return pyarrow.RecordBatch.from_arrays(columns, ["id", "result"])


def _result(row: Any) -> Any:
    result = pickle.loads(bytes(row.result))  # noqa: S301 our own workers wrote it
    if isinstance(result, LeastwiseError):
        raise result
    return result


@contextmanager
def _watched(session: Any, rows: Sequence[int], watch: Callable[[int], None]) -> Iterator[None]:
    """Tells `watch` how many rows are done, by the tasks that are; not over Spark Connect, which does not say."""
    try:
        context = session.sparkContext
    except PySparkException:
        yield
        return
    before, group, done = context.getLocalProperty("spark.jobGroup.id"), f"leastwise-{uuid4().hex}", Event()
    context.setLocalProperty("spark.jobGroup.id", group)
    teller = Thread(target=_tell, args=(context.statusTracker(), group, rows, watch, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
        context.setLocalProperty("spark.jobGroup.id", before)


def _tell(tracker: Any, group: str, rows: Sequence[int], watch: Callable[[int], None], done: Event) -> None:
    while not done.wait(PAUSE):
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
        stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
        if tasks := sum(stage.numCompletedTasks for stage in stages if stage):
            watch(sum(rows[:tasks]))


@contextmanager
def on_spark(master: str | None) -> Iterator[Callable[[Sequence[Any]], SparkPieces]]:
    """What lays pieces on the Spark session that there is, or on one that ends with this."""
    with session(master) as started:
        yield lambda pieces: _laid(started, pieces)


def _laid(session: Any, pieces: Sequence[Any]) -> SparkPieces:
    numbered = list(pieces)

    def read(batches: Iterator[Any]) -> Iterator[tuple[int, tuple[Any, ...]]]:
        for batch in batches:
            yield from ((number, (numbered[number],)) for number in batch.column(0).to_pylist())

    # One partition a piece, so that a piece is what is sent to a core, and what is done again.
    frame = session.range(0, len(numbered), 1, max(len(numbered), 1))
    return SparkPieces(frame, read, [piece.rows for piece in numbered])


def of_frame(frame: Any) -> SparkPieces:
    """A Spark DataFrame, each partition of which is a piece: its number, and its rows as an Arrow table."""
    return SparkPieces(frame, _partition, [])


def frame_schema(frame: Any) -> Any:
    """The columns of a Spark DataFrame as an Arrow schema."""
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(frame.schema, timezone="UTC")


def _partition(batches: Iterator[Any]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    import pyarrow
    from pyspark import TaskContext

    rows = list(batches)
    if rows:
        number = TaskContext.get().partitionId()
        yield number, (number, pyarrow.Table.from_batches(rows).combine_chunks())


@contextmanager
def session(master: str | None) -> Iterator[Any]:
    """The Spark session that there is, or one of `master` that ends with this. Raises EngineError."""
    there = SparkSession.getActiveSession()
    if there is not None and master is None:
        yield there
        return
    if there is not None:
        raise EngineError("there is a Spark session already: leave out --master, or stop that session")
    started = _started(master or "local[*]")
    try:
        yield started
    finally:
        started.stop()


def _with_retries(master: str) -> str:
    """A local master that does a task again whose process died, as all others do."""
    return re.sub(r"^local\[(\d+|\*)\]$", r"local[\1,4]", "local[1]" if master == "local" else master)


def _started(master: str) -> Any:
    if not MASTERS.match(master):
        raise UsageError(f"--master must be local[2], yarn, spark://host:port or k8s://...: it is {master!r}")
    if master.startswith("spark://"):
        _answers(master.removeprefix("spark://").split(","))
    java = Path(os.environ.get("JAVA_HOME", "")) / "bin" / "java"
    if not (shutil.which("java") or java.is_file()):
        raise EngineError("Spark needs Java 17 or newer, and there is none: install it, or set JAVA_HOME")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {"spark.ui.showConsoleProgress": "false", "spark.log.level": "OFF", "spark.ui.enabled": "false"}
    try:
        with _quiet(), _own_stderr():
            return (
                SparkSession.builder.master(_with_retries(master))
                .appName("leastwise")
                .config(map=settings)
                .getOrCreate()
            )
    except Exception as error:
        raise EngineError(f"Spark does not start with --master {master}: {_reason(error)}") from None


def _answers(places: Sequence[str]) -> None:
    """EngineError where no host:port answers: Spark tries for a minute, and then says less."""
    for place in places:
        host, _, port = place.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
            return
        except (OSError, OverflowError) as error:
            reason = _first_line(error)
    raise EngineError(f"no Spark master answers at {','.join(places)}: {reason}; start one, or leave --master out")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Spark's warning that there is a newer pandas, which is not used here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
        yield


@contextmanager
def _own_stderr() -> Iterator[None]:
    """A file that a process started in here has as its stderr, since Java greets there whatever its settings say."""
    with tempfile.TemporaryFile() as log:
        kept = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextmanager
def _in_words() -> Iterator[None]:
    from py4j.protocol import Py4JError

    try:
        yield
    except LeastwiseError:
        raise
    except AttributeError:
        raise EngineError("the Spark session of the frame has been stopped: read it in a new one") from None
    except (PySparkException, Py4JError, OSError) as error:
        raise EngineError(f"Spark failed: {_reason(error)}") from None


def _reason(error: BaseException) -> str:
    """The last error that the traces name, or else the first line of the message."""
    lines = re.findall(r"^(?:: |Caused by: )?((?:\w+\.)*\w*(?:Error|Exception): .*)$", str(error), re.MULTILINE)
    found = lines[-1] if lines else _first_line(error)
    python = "; set PYSPARK_PYTHON to a Python that has it" if found.startswith("ModuleNotFoundError") else ""
    return f"{found}{python}"


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
