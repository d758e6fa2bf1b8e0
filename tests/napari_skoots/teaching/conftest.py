"""An exercise that is closed in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exercise_cases import Taught
    from pytestqt.qtbot import QtBot


@pytest.fixture
def taught(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Taught]:
    """An exercise on a viewer without a window or a layer."""
    from exercise_cases import Taught  # noqa: PLC0415 - needs napari

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = Taught(qtbot, tmp_path)
    yield made
    made.close()
