"""What a benchmark of the window says of phases, however short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("pytestqt")

from pulse import Pulse

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_a_phase_that_is_over_before_a_tick_is_one_gap(qtbot: QtBot) -> None:
    pulse = Pulse()
    pulse.phase = "short"
    pulse.phase = ""
    assert pulse.report()["short"]["longest"] >= 0
    pulse.phase = "long"
    qtbot.wait(200)  # it is said in tenths of a second
    pulse.phase = ""
    ticked = pulse.report()["long"]["seconds"]
    assert pulse.report().keys() == {"short", "long"}
    assert 0 < ticked < 10
