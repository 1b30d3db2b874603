"""The tutorial, run afresh, prints what it is committed with. `python tests/test_tutorial.py` runs it and keeps that.

Words are compared as they are and numbers to six digits, so that another BLAS or another processor does not matter.
Cells tagged "rounding" print how many digits agree, which is rounding itself: there, numbers may differ by 2.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

TUTORIAL = Path(__file__).parent.parent / "examples" / "tutorial.ipynb"
RUN = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", coalesce_streams=True).execute()
nbformat.write(notebook, sys.argv[1])
"""
WIDGET = "application/vnd.jupyter.widget-view+json"
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
MATHS = re.compile(r"^## \d+\.|\$\$.*?\$\$|\$.*?\$|`.*?`|\]\(.*?\)", re.DOTALL | re.MULTILINE)
KEY = "0.001 15 90.8 855 22,042 99.3 0.004933 0.004932 4,652 5,027 1.66 1.98"


def executed(folder: Path) -> dict[str, Any]:
    """The tutorial after a run of all of its cells in a process apart, in this folder."""
    copy = folder / TUTORIAL.name
    copy.write_bytes(TUTORIAL.read_bytes())
    own = {
        name: str(folder) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    command = [sys.executable, "-c", RUN, copy.name]
    done = subprocess.run(command, cwd=folder, env=os.environ | own, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return json.loads(copy.read_text("utf-8"))


def outputs(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """What the cell shows, less the widgets, which show nothing without a kernel."""
    return [output for output in cell.get("outputs", ()) if WIDGET not in output.get("data", ())]


def shown(cell: dict[str, Any]) -> str:
    """All the words of the cell's outputs; of a picture those that stand for it."""
    return "".join(
        "".join(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in outputs(cell)
    )


def picture(cell: dict[str, Any]) -> str:
    return unquote("".join("".join(output.get("data", {}).get("text/html", "")) for output in outputs(cell)))


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return json.loads(TUTORIAL.read_text("utf-8"))


@pytest.fixture(scope="module")
def code(committed: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in committed["cells"] if cell["cell_type"] == "code"]


def test_it_prints_what_it_is_committed_with(code: list[dict[str, Any]], tmp_path: Path) -> None:
    again = [cell for cell in executed(tmp_path)["cells"] if cell["cell_type"] == "code"]
    for before, after in zip(code, again, strict=True):
        assert NUMBER.sub("#", shown(after)) == NUMBER.sub("#", shown(before)), before["source"]
        room = {"abs": 2.0} if "rounding" in before["metadata"].get("tags", ()) else {"rel": 1e-6, "abs": 1e-9}
        assert numbers(shown(after)) == pytest.approx(numbers(shown(before)), **room), before["source"]
        assert numbers(picture(after)) == pytest.approx(numbers(picture(before)), abs=0.11), before["source"]


def test_it_is_committed_as_run_from_top_to_bottom_without_a_warning(code: list[dict[str, Any]]) -> None:
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert not [output for cell in code for output in outputs(cell) if "stderr" in output.get("name", "")]
    assert TUTORIAL.stat().st_size < 400_000


def test_it_names_no_path_and_the_kernel_that_everybody_has(
    committed: dict[str, Any], code: list[dict[str, Any]]
) -> None:
    assert committed["metadata"]["kernelspec"]["name"] == "python3"
    assert not re.search(r"/(home|work|tmp|usr|root)/|0x[0-9a-f]{6}", "".join(map(shown, code)))


def test_every_number_of_the_prose_is_printed(committed: dict[str, Any], code: list[dict[str, Any]]) -> None:
    printed = {*numbers("".join(map(shown, code))), *numbers("".join("".join(cell["source"]) for cell in code))}
    for said in said_in(committed):
        places = len(said.partition(".")[2])
        value = abs(float(said.replace(",", "")))
        assert any(round(abs(number), places) == value for number in printed), f"the prose says {said}"


def test_the_prose_says_what_matters(committed: dict[str, Any]) -> None:
    assert set(KEY.split()) <= {*said_in(committed)}


def test_every_file_that_is_linked_is_there(committed: dict[str, Any]) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", prose(committed)):
        assert (TUTORIAL.parent / target).exists(), target


def prose(notebook: dict[str, Any]) -> str:
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")


def said_in(notebook: dict[str, Any]) -> Iterator[str]:
    """The numbers of the prose, as they are written, without headings, formulas, code and links."""
    return (found.rstrip(",") for found in NUMBER.findall(MATHS.sub(" ", prose(notebook))))


def clean(notebook: dict[str, Any]) -> dict[str, Any]:
    """It without what differs from run to run: times, versions, widgets that have no kernel any more."""
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
        if "outputs" in cell:
            cell["outputs"] = outputs(cell)
    return notebook | {
        "metadata": {"kernelspec": notebook["metadata"]["kernelspec"], "language_info": {"name": "python"}}
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        done = clean(executed(Path(place)))
    TUTORIAL.write_text(json.dumps(done, indent=1, ensure_ascii=False) + "\n", "utf-8")
