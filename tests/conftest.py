from __future__ import annotations

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
