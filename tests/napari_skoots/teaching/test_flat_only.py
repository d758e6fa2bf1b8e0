"""A teaching layer that is too large for three dimensions is hidden there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from exercise_cases import SHAPE
from napari.utils.notifications import notification_manager

from napari_skoots.controllers.teaching import flat_only
from napari_skoots.labels_array import ZarrLabels

if TYPE_CHECKING:
    from exercise_cases import Taught

PLANE = SHAPE[1] * SHAPE[2]


@pytest.fixture
def largest(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many voxels of labels were read at once, where more than few are too many."""
    read: list[int] = []
    keep = ZarrLabels.__getitem__

    def record(self: ZarrLabels, key: Any) -> Any:
        found = keep(self, key)
        read.append(np.size(found))
        return found

    monkeypatch.setattr(flat_only, "MOST_VOXELS", PLANE)
    monkeypatch.setattr(ZarrLabels, "__getitem__", record)
    return read


def test_it_is_hidden_in_3d_before_all_is_read_and_comes_back_in_2d(
    taught: Taught, largest: list[int]
) -> None:
    taught.open_image()
    layer = taught.new_layer()
    for _ in range(2):
        taught.viewer.dims.ndisplay = 3
        assert not layer.visible
        taught.viewer.dims.ndisplay = 2
        assert layer.visible
    assert max(largest) <= PLANE


def test_a_click_on_its_eye_in_3d_reads_nothing_and_says_why(
    taught: Taught, largest: list[int]
) -> None:
    taught.open_image()
    layer = taught.new_layer()
    taught.viewer.dims.ndisplay = 3
    said: list[str] = []
    notification_manager.notification_ready.connect(lambda n: said.append(n.message))
    layer.visible = True
    assert not layer.visible
    assert ["too large for 3D" in text for text in said] == [True]
    assert max(largest) <= PLANE


def test_made_in_3d_it_waits_for_2d(taught: Taught, largest: list[int]) -> None:
    taught.open_image()
    taught.viewer.dims.ndisplay = 3
    layer = taught.new_layer()
    assert not layer.visible
    taught.viewer.dims.ndisplay = 2
    assert layer.visible
    assert max(largest) <= PLANE


def test_one_that_the_user_hid_stays_hidden(taught: Taught, largest: list[int]) -> None:
    taught.open_image()
    layer = taught.new_layer()
    layer.visible = False
    taught.viewer.dims.ndisplay = 3
    taught.viewer.dims.ndisplay = 2
    assert not layer.visible
    assert max(largest) <= PLANE


def test_a_small_one_is_shown_in_3d(taught: Taught) -> None:
    taught.open_image()
    layer = taught.new_layer()
    taught.viewer.dims.ndisplay = 3
    assert layer.visible
