"""The object that FILE.py:NAME, FILE.ipynb:NAME or package:NAME names."""

from __future__ import annotations

import ast
import importlib
import linecache
import sys
import tokenize
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..types import DataError, UsageError
from .names import raised
from .notebooks import text_of
from .pictures import Pictures

FORMS = "FILE.py:NAME, FILE.ipynb:NAME or package:NAME"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was named, and what is to be said about how it was found."""

    target: Any
    notes: tuple[str, ...] = ()


def loaded(where: str) -> Loaded:
    """Run a file, statement by statement, or import a package, and take a name (dotted for a method) out of it.

    Statements that fail are left out where the name is there without them: a script may read a file, or draw, after
    the function that is wanted. Raises UsageError or DataError with a sentence.
    """
    path, _, name = where.rpartition(":")
    if not path or not name:
        raise UsageError(f"say what to check as {FORMS}: it is {where!r}")
    if path.lower().endswith((".py", ".ipynb")):
        module, failed = _run(Path(path))
    else:
        module, failed = _imported(path), []
    missing = object()
    target = _named(module, name, missing)
    if target is missing:
        raise DataError(_nothing(path, name, module, failed))
    return Loaded(target, tuple(f"{path}: {said}, and was left out" for said in failed[:3]))


def _named(module: Any, name: str, missing: object) -> Any:
    found = module
    for part in name.split("."):
        found = getattr(found, part, missing)
    return found


def _nothing(path: str, name: str, module: Any, failed: list[str]) -> str:
    own = getattr(module, "__name__", None)
    there = [
        known for known, value in vars(module).items()
        if callable(value) and not known.startswith("_") and getattr(value, "__module__", own) == own
    ]  # fmt: skip
    why = f"; {failed[0]}" if failed else ""
    return f"{path} has no {name!r}: it has {', '.join(there[:12]) or 'nothing to call'}{why}"


def _run(path: Path) -> tuple[Any, list[str]]:
    """The module that a file makes, and a sentence for each statement that failed."""
    if not path.is_file():
        there = path.exists() or path.is_symlink()
        raise DataError(f"{str(path)[:200]} is no file" if there else f"there is no file {str(path)[:200]}")
    text = _text(path)
    try:
        tree = ast.parse(text, str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        place = f"{path}, line {line}" if line else str(path)
        raise DataError(f"{place} is no Python 3: {getattr(error, 'msg', error)}") from None
    module = _module(path)
    sys.meta_path.append(Pictures())
    linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    return module, list(_statements(tree, module, path))


def _text(path: Path) -> str:
    if path.suffix.lower() == ".ipynb":
        return text_of(path)
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (UnicodeDecodeError, SyntaxError):
        raise DataError(f"{path} is not in UTF-8: save it as UTF-8, or name its encoding in its first line") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def _module(path: Path) -> types.ModuleType:
    """An empty one, within its package where its folder is one."""
    root, names = path.resolve().parent, [path.stem]
    while (root / "__init__.py").is_file():
        root, names = root.parent, [root.name, *names]
    module = types.ModuleType(".".join(names))
    module.__file__ = str(path)
    module.__package__ = ".".join(names[:-1])
    sys.modules.setdefault(module.__name__, module)
    # After Python's own: a neighbour called random.py is not what others import.
    sys.path += [str(path.resolve().parent), str(root)]
    return module


def _statements(tree: ast.Module, module: Any, path: Path) -> Iterator[str]:
    for node in tree.body:
        try:
            exec(compile(ast.Module([node], []), str(path), "exec"), vars(module))  # noqa: S102
        except BaseException as error:
            yield f"line {node.lineno} fails ({raised(error, False)})"


def _imported(name: str) -> Any:
    sys.path.append(str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(f"{name} could not be imported: {error}") from None
    except BaseException as error:
        raise DataError(f"{name} could not be imported: {raised(error)}") from None
