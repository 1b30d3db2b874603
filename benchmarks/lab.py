"""The lab in Chromium: the work of a frame while a point is dragged, and the time until the badge is there."""

from __future__ import annotations

import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import leastwise as lw

MOVES, FRAME = 120, 16.0
LAB = "document.querySelector('[data-leastwise-lab]').lab"
MEASURE = """
window.frames_ = [];
const next = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (work) => next((now) => {
  const begin = performance.now();
  work(now);
  const scripts = performance.now() - begin, after = new MessageChannel();
  after.port1.onmessage = () => window.frames_.push([scripts, performance.now() - begin]);
  after.port2.postMessage(0);
});
"""
CASES = {
    "15 points, 15 epochs": (15, "rate=0.001&epochs=15"),
    "15 points, 22,042 epochs": (15, "rate=0.001&epochs=22042"),
    "15 points, 100,000 epochs": (15, "rate=0.001&epochs=100000"),
    "1,000 points, 15 epochs": (1000, "rate=0.001&epochs=15"),
    "1,000 points, 15 epochs, residual squares": (1000, "rate=0.001&epochs=15&squares=yes"),
    "1,000 points, 22,042 epochs": (1000, "rate=0.001&epochs=22042"),
    "1,000 points, 15 epochs, a mistake (LW103)": (1000, "rate=0.000001&epochs=15&mistake=LW103"),
}


def main() -> None:
    """Print the tables."""
    from importlib.metadata import version

    from playwright.sync_api import sync_playwright

    rows = []
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, (points, settings) in CASES.items():
            rows.append((name, *dragged(browser, address, points, settings)))
        versions = f"{browser.version} (no GPU), playwright {version('playwright')}"
        print("## The lab: the work of a frame while a point is dragged\n")
        print(f"{MOVES} moves of the pointer in headless")
        print(f"Chromium {versions}; after each drag the page's least-squares slope was")
        print(
            "that of `lw.fit` on the rows that it then had. Milliseconds: of its scripts alone, and with style, layout"
        )
        print(f"and painting (a frame at 60 Hz has {FRAME:g}); from letting go to the badge.\n")
        print("| case | scripts, median | whole frame, median | 95th percentile | badge after |\n|---|---|---|---|---|")
        for name, scripts, whole, slow, badge in rows:
            print(f"| {name} | {scripts:.1f} | {whole:.1f} | {slow:.1f} | {badge:.0f} |")
        browser.close()
    print()


@contextmanager
def served() -> Iterator[str]:
    """The address of a lab."""
    command = [sys.executable, "-m", "leastwise", "lab", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as started:
        assert started.stdout is not None
        try:
            yield started.stdout.readline().strip().partition("#")[0]
        finally:
            started.terminate()


def dragged(browser: Any, address: str, points: int, settings: str) -> tuple[float, float, float, float]:
    """Milliseconds of scripts, of the whole frame, of its 95th percentile, and from letting go to the badge."""
    rng = np.random.default_rng(1)
    x = np.linspace(0, 24, points).round(3)
    y = (36 + 1.8 * x + rng.normal(0, 3, points)).round(3)
    rows = ";".join(f"{a:g},{b:g}" for a, b in zip(x, y, strict=True))
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(MEASURE)
    page.goto(f"{address}#data=article&{settings}&names=x,y&start=-0.4,-0.05&rows={rows}")
    page.wait_for_selector(".badge:not(.waiting):not(.off)")
    dot = page.locator(f'[data-row="{points // 2}"]')
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    page.evaluate("window.frames_.length = 0")
    for k in range(MOVES):
        page.mouse.move(left + 20 * math.sin(k / 9), top + 60 * math.sin(k / 13))
    frames = page.evaluate("window.frames_")
    asked = page.evaluate(f"{LAB}.asked")
    begin = time.perf_counter()
    page.mouse.up()
    while page.evaluate(f"{LAB}.asked") == asked or page.locator(".badge.waiting").count():
        page.wait_for_timeout(5)
    badge = 1000 * (time.perf_counter() - begin)
    checked(page)
    page.close()
    scripts, whole = ([frame[k] for frame in frames] for k in (0, 1))
    return statistics.median(scripts), statistics.median(whole), statistics.quantiles(whole, n=20)[-1], badge


def checked(page: Any) -> None:
    """The answer on the page is that of `lw.fit` on its rows."""
    found = np.array(page.evaluate(f"{LAB}.state.rows"))
    shown = float(page.locator('[data-fact="x, least squares"]').inner_text())
    assert math.isclose(shown, lw.fit(found[:, 0], found[:, 1]).coef[0], rel_tol=1e-6)


if __name__ == "__main__":
    main()
