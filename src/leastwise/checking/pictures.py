"""Stand-ins for libraries that draw, where they are not installed: a check looks at numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableSequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

DRAWING = ("matplotlib", "seaborn", "plotly", "mpl_toolkits", "IPython")


class Blank:
    """Anything may be asked of it, called or iterated: it is nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Blank()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return Blank()

    def __iter__(self) -> Iterator[Any]:
        return iter((Blank(), Blank()))

    def __getitem__(self, key: Any) -> Any:
        return Blank()


class BlankModule(ModuleType):
    """A module of such."""

    __path__: MutableSequence[str] = []  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Blank()


class Pictures(MetaPathFinder, Loader):
    """The last finder: it makes such modules where no other has found one."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Of the libraries that draw alone."""
        above, _, _ = name.rpartition(".")
        blank = isinstance(sys.modules.get(above), BlankModule) if above else name in DRAWING
        return ModuleSpec(name, self, is_package=True) if blank else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty one."""
        return BlankModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""
