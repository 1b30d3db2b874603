"""Imports go from a later station to an earlier one, or within a folder; heavy parts come only when used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "src" / "leastwise"
STATIONS = [
    "version", "types", "words", "atomic", "tree", "engines", "rows", "summary", "penalty", "problem", "solution",
    "settings", "methods",
    "descent", "convergence", "forecast", "penalised", "shrink", "gather", "crossval", "advice", "agreement",
    "timing", "compare", "sweep", "infer", "collinearity", "robust", "influence", "passes", "account", "export",
    "fitted", "diagnosis", "solve", "regressions", "groups", "windows", "targets", "checking", "noise", "trainer",
    "training", "distributed", "estimators", "scripts", "saved", "predict", "lab", "show", "cli", "__init__",
    "__main__",
]  # fmt: skip
FILES = sorted(HOUSE.rglob("*.py"))
HEAVY = (
    "torch", "sklearn", "pandas", "dask", "distributed", "pyspark", "ibis", "psycopg", "starlette", "uvicorn",
    "anywidget", "duckdb", "pyarrow", "scipy",
)  # fmt: skip


def station(parts: tuple[str, ...]) -> str:
    return parts[0].removesuffix(".py") if parts else "__init__"


def imported(path: Path) -> list[str]:
    """The station of everything in the house that a file imports."""
    here = path.relative_to(HOUSE).parts[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level + 1]
            module = tuple(node.module.split(".")) if node.module else ()
            names = [base + module] if base + module else [(alias.name,) for alias in node.names]
            found += [station(name) for name in names]
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not any(name.split(".")[0] == "leastwise" for name in names), "inside the house imports are relative"
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_only_go_back(path: Path) -> None:
    own = station(path.relative_to(HOUSE).parts)
    for other in imported(path):
        assert STATIONS.index(other) <= STATIONS.index(own), f"{own} may not import {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("command", [["-c", "import leastwise"], ["-m", "leastwise", "--help"]], ids=["import", "help"])
def test_heavy_parts_stay_out(command: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")}
    assert "numpy" in loaded or "--help" in command
    assert not [name for name in HEAVY if name in loaded]


def test_every_public_function_says_what_it_does() -> None:
    silent = []
    for path in FILES:
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and node in tree.body and not ast.get_docstring(node):
                silent.append(f"{path.name}:{node.name}")
    assert not silent
