"""Take the pictures of docs/lab.md: the page of `leastwise lab` in light, dark and narrow, out of a real Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
KEPT = "kept=raw;sgd;0.004;60;-0.4167578474054706,-0.056266827226329474;"
SHOTS = {
    "light": (1280, 1460, "light", f"data=article&rate=0.001&epochs=60&{KEPT}"),
    "dark": (1280, 1460, "dark", "data=article&mistake=LW109&rate=0.001&epochs=60&squares=yes"),
    "narrow": (390, 1500, "light", "data=diverging"),
}


def main() -> None:
    """Write docs/lab-light.png, lab-dark.png and lab-narrow.png."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "leastwise", "lab", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started, sync_playwright() as playwright:
        address = started.stdout.readline().strip().partition("#")[0]
        chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, (width, height, scheme, settings) in SHOTS.items():
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(f"{address}#{settings}")
            page.wait_for_selector(".badge.agrees", timeout=60_000)
            page.wait_for_timeout(3000)
            page.screenshot(path=HERE / f"lab-{name}.png")
            page.close()
        browser.close()
        started.terminate()


if __name__ == "__main__":
    main()
