from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import hypothesis
import pytest
from hypothesis import HealthCheck

hypothesis.settings.register_profile("leastwise", deadline=None, max_examples=40, derandomize=True,
                                     suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
hypothesis.settings.load_profile("leastwise")


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Chromium, without a screen."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing: apt-get install chromium, or name it in CHROMIUM")
        pytest.skip("Chromium is missing: apt-get install chromium, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()
