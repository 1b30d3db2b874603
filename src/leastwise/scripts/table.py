"""The kinds of scripts."""

from __future__ import annotations

from collections.abc import Callable

from ..types import UsageError
from ..words import listing
from .arrays import jax_script, numpy_script
from .recipe import Recipe
from .sklearn_script import sklearn_script
from .torch_script import module_script, torch_script

KINDS: dict[str, Callable[[Recipe], str]] = {
    "numpy": numpy_script,
    "torch": torch_script,
    "torch-module": module_script,
    "sklearn": sklearn_script,
    "jax": jax_script,
}


def script(kind: str, recipe: Recipe) -> str:
    """A standalone script that makes a descent again and prints where it ended. Raises UsageError."""
    known(kind)
    return KINDS[kind](recipe)


def known(kind: str) -> None:
    """UsageError where there is no such kind."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise UsageError(f"--emit must be one of {listing(list(KINDS))}: it is {kind!r}")
