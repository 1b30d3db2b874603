"""Names for arrays and the errors every station raises. Axes: n rows, p features."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Vector = NDArray[Any]
Matrix = NDArray[Any]


class LeastwiseError(ValueError):
    """A user's mistake, in one sentence: what, where, and how to mend it."""

    exit_code = 2


class UsageError(LeastwiseError):
    """The request is wrong whatever the data holds: exit code 2."""


class DataError(LeastwiseError):
    """The data cannot be read or used as asked: exit code 3."""

    exit_code = 3


class NotFiniteError(DataError):
    """Some number is nan or infinite; whoever knows the columns can say which."""


class EngineError(LeastwiseError):
    """An engine, a cluster or a database could not be reached, or was lost: exit code 4."""

    exit_code = 4
