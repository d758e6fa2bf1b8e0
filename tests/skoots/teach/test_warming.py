"""What is done once, so that the first real step comes soon, leaves nothing behind."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest

from skoots.events import TrainStep
from skoots.teach import warming

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any


def test_a_step_is_made_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    steps: list[TrainStep] = []
    places: list[Path] = []
    plain = warming.teach

    def teach(*values: Any, **wish: Any) -> Iterator[Any]:
        for event in plain(*values, **wish):
            if isinstance(event, TrainStep):
                steps.append(event)
                places.append(values[0].path)
                assert tmp_path in places[0].parents
                assert places[0].exists()
            yield event

    monkeypatch.setattr(warming, "teach", teach)
    warming.warm_up(threads=1)
    assert [event.step for event in steps] == [1], "a real training, and no longer"
    assert not places[0].parent.exists()


def test_without_room_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(OSError, match="missing"):
        warming.warm_up(threads=1)
