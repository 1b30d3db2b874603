"""The object that FILE.py:NAME, FILE.ipynb:NAME or package:NAME names."""

from __future__ import annotations

import ast
import importlib
import json
import linecache
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..types import DataError, UsageError
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
    if path.endswith((".py", ".ipynb")):
        module, failed = _run(Path(path))
    else:
        module, failed = _imported(path), []
    target = _named(module, name)
    if target is None:
        raise DataError(_nothing(path, name, module, failed))
    return Loaded(target, tuple(f"{path}: {said}, and was left out" for said in failed[:3]))


def _named(module: Any, name: str) -> Any:
    found = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _nothing(path: str, name: str, module: Any, failed: list[str]) -> str:
    if failed:
        return f"{path} has no {name!r}, since {failed[0]}"
    own = getattr(module, "__name__", None)
    there = [
        known for known, value in vars(module).items()
        if callable(value) and not known.startswith("_") and getattr(value, "__module__", own) == own
    ]  # fmt: skip
    return f"{path} has no {name!r}: it has {', '.join(there[:12]) or 'nothing to call'}"


def _run(path: Path) -> tuple[Any, list[str]]:
    """The module that a file makes, and a sentence for each statement that failed."""
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    try:
        text = _cells(path) if path.suffix == ".ipynb" else path.read_text("utf-8-sig")
        tree = ast.parse(text, str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        place = f"{path}, line {line}" if line else str(path)
        raise DataError(f"{place} is no Python 3: {getattr(error, 'msg', error)}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    module = _module(path)
    sys.meta_path.append(Pictures())
    linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    return module, list(_statements(tree, module, path))


def _module(path: Path) -> types.ModuleType:
    """An empty one, within its package where its folder is one."""
    root, names = path.resolve().parent, [path.stem]
    while (root / "__init__.py").is_file():
        root, names = root.parent, [root.name, *names]
    module = types.ModuleType(".".join(names))
    module.__file__ = str(path)
    module.__package__ = ".".join(names[:-1])
    sys.modules.setdefault(module.__name__, module)
    sys.path[:0] = [str(path.resolve().parent), str(root)]
    return module


def _statements(tree: ast.Module, module: Any, path: Path) -> Iterator[str]:
    for node in tree.body:
        try:
            exec(compile(ast.Module([node], []), str(path), "exec"), vars(module))  # noqa: S102
        except (Exception, SystemExit) as error:
            yield f"line {node.lineno} fails ({type(error).__name__}: {str(error).strip()[:160]})"


def _cells(path: Path) -> str:
    """The code cells of a notebook as one text; what is no Python in them, such as %matplotlib, as comments."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{path} is no notebook of the present format (nbformat 4): save it anew") from None
    return "\n\n".join(_python(cell) for cell in code)


def _python(cell: str) -> str:
    if cell.lstrip().startswith("%%"):
        return "\n".join(f"# {line}" for line in cell.splitlines())
    lines = [f"pass  # {line}" if line.lstrip()[:1] in ("%", "!", "?") else line for line in cell.splitlines()]
    text = "\n".join(lines)
    try:
        ast.parse(text)
    except SyntaxError:
        return "\n".join(f"# {line}" for line in cell.splitlines())
    return text


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(f"{name} could not be imported: {error}") from None
    except (Exception, SystemExit) as error:
        raise DataError(f"{name} could not be imported: {type(error).__name__}: {error}") from None
