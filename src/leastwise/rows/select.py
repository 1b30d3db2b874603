"""What Python callers hand over, arrays or a path, as the columns of one regression."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..types import UsageError
from .arrays import of_arrays
from .source import Selection


def select(X: Any, y: Any, weight: Any, x: Sequence[str] | str | None, names: Sequence[str] | None) -> Selection:
    """Arrays or frames X, y, weight with `names`; or a path X whose columns y, weight and x are named."""
    if not isinstance(X, str | os.PathLike):
        return of_arrays(X, y, weight, names)
    if not all(name is None or isinstance(name, str) for name in (y, weight)):
        raise UsageError("with a path, y and weight must be the names of columns")
    from .files import open_source

    return open_source(os.fspath(X)).design(y, [x] if isinstance(x, str) else x, weight)
