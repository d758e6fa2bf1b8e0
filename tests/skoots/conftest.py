"""No test pulls the plug: none needs to wait for the disk."""

from __future__ import annotations

import pytest

from skoots.run import storage


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_sync", lambda path: None)
