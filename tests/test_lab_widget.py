"""The widget: its messages without a notebook, and all of it in JupyterLab, in an executed notebook and a live one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import leastwise as lw
from leastwise.lab import Widget
from leastwise.types import DataError, UsageError

CELLS = [
    "from leastwise.lab import Widget\nwidget = Widget('article', rate=0.002)\nwidget",
    "print('rate', widget.state['rate'], 'epochs', widget.state['epochs'], 'theta', widget.state['theta'])",
    "widget.state = {**widget.state, 'rate': 0.004, 'epochs': 30, 'at': 30}",
]


def told(widget: Widget, **asked: object) -> dict:
    """What the widget answers a message."""
    sent = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget._answer(widget, asked, [])
    return sent[0]


def test_messages_are_answered_and_mistakes_told() -> None:
    widget = Widget("article")
    assert told(widget, id=1, kind="set", told={"id": "article"})["answer"]["n"] == 15
    assert told(widget, id=2, kind="set", told={"id": "other"}) == {
        "id": 2,
        "error": "there is no set 'other' here any more: open or upload it again",
    }
    for asked in (
        {"id": 3, "kind": "nothing", "told": {}},
        {"id": 4},
        {"id": 5, "kind": "agree", "told": {"start": "x"}},
    ):
        assert "error" in told(widget, **asked)


def test_it_takes_what_fit_takes(tmp_path: Path) -> None:
    X = np.arange(20.0).reshape(10, 2) ** 2
    widget = Widget(X, X @ [1.0, 2.0] + 3)
    assert widget.info["own"]["n"] == 10
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n2,3\n4,4\n")
    assert Widget(path, "b").info["own"]["names"] == ["a"]
    with pytest.raises(DataError):
        Widget(str(tmp_path / "none.csv"), "b")
    with pytest.raises((DataError, UsageError)):
        Widget(np.ones((5, 1)), np.arange(5.0))


@contextmanager
def jupyter(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address of a JupyterLab on a folder."""
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--port=0",
        "--IdentityProvider.token=t",
    ]
    with subprocess.Popen(
        [*command, f"--ServerApp.root_dir={folder}"], stderr=subprocess.PIPE, text=True, env=environment
    ) as started:
        try:
            lines = (re.search(r"(http://(?:localhost|127\.0\.0\.1):\d+)/lab", line) for line in started.stderr)
            yield next(found[1] for found in lines if found)
        finally:
            started.terminate()


def test_it_renders_in_an_executed_notebook_and_lives_in_a_running_one(browser, tmp_path: Path) -> None:
    import nbformat

    folder, path = tmp_path / "notes", tmp_path / "notes" / "lab.ipynb"
    folder.mkdir()
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS[:1]])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, path)
    environment = {
        **os.environ,
        **{f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")},
    }
    for words in (["execute", "--inplace"], ["trust"]):
        subprocess.run(
            [sys.executable, "-m", "jupyter", *words, str(path)], env=environment, check=True, capture_output=True
        )
    with jupyter(folder, environment) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/lab/tree/lab.ipynb?token=t")
        # As it was executed: nothing has been run here.
        page.wait_for_selector(".leastwise-lab .verdict .words:not(:empty)", timeout=60_000)
        assert "at learning rate 0.002" in page.locator(".verdict .words").inner_text()
        assert page.locator(".leastwise-lab svg.board").count() == 3
        # And run anew, it asks Python.
        page.locator(".jp-InputArea-editor").first.click()
        page.keyboard.press("Shift+Enter")
        page.wait_for_selector(".badge.agrees", timeout=60_000)
        assert float(page.locator(".badge").get_attribute("data-numpy")) > 14
        page.get_by_label("learning rate", exact=True).fill("0.003")
        page.keyboard.press("Enter")
        page.wait_for_timeout(600)
        _run(page, CELLS[1], 2)
        said = page.locator(".jp-OutputArea-output pre").last.inner_text()
        kept = lw.descend("article", learning_rate=0.003).history
        assert said.startswith("rate 0.003 epochs 15 theta")
        numbers = [float(part) for part in re.findall(r"-?\d+\.\d+", said.partition("theta")[2])]
        assert np.allclose(numbers, [kept.coef[-1, 0], kept.intercept[-1]], rtol=1e-9)
        _run(page, CELLS[2], 3)
        page.wait_for_selector(
            ".leastwise-lab .verdict .words >> text=after 30 epochs at learning rate 0.004", timeout=20_000
        )
        page.close()
    assert {re.split(r"[/:]", url)[3] for url in asked if url.startswith("http")} <= {"localhost", "127.0.0.1"}


def _run(page, code: str, prompt: int) -> None:
    """Type a cell at the end, run it, and wait until it is done."""
    page.locator(".jp-Cell .jp-InputArea-editor").last.click()
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(f".jp-InputPrompt >> text=[{prompt}]:", timeout=30_000)
