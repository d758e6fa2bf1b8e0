"""In three dimensions a coarse copy stands for large labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from inference_cases import code_model, draw_boxes
from napari.components import ViewerModel
from napari.utils.notifications import notification_manager
from overlay_cases import finished_run, open_run

from napari_skoots.controllers.labels_in_3d import LabelsIn3D
from napari_skoots.labels_array import ZarrLabels
from skoots.run import coarse_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.open_run import OpenRun

    Opened = tuple[ViewerModel, OpenRun, NDArray[Any]]

STEPS = (1, 4, 4)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    monkeypatch.setattr(coarse_labels, "coarse_steps", lambda *_: STEPS)
    image, labels = draw_boxes((16, 64, 48), (8, 20, 20))
    path = finished_run(
        tmp_path / "a.skoots.zarr", image, code_model(), tile_zyx=(8, 32, 32)
    )
    viewer = ViewerModel()
    run = open_run(viewer, path)
    yield viewer, run, labels
    run.labels.close()


def begun(qtbot: QtBot, viewer: ViewerModel, run: OpenRun) -> LabelsIn3D:
    shown = LabelsIn3D(viewer, run, interval_ms=20)
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(lambda: shown.layer is not None and shown.layer.data.any())
    return shown


def test_it_stands_where_the_labels_are_and_shows_what_they_hold(
    qtbot: QtBot, opened: Opened
) -> None:
    viewer, run, labels = opened
    shown = begun(qtbot, viewer, run)
    layer = shown.layer
    assert layer is not None
    expected = labels[:, ::4, ::4]
    qtbot.waitUntil(lambda: np.array_equal(layer.data, expected), timeout=5000)
    assert not run.layer.visible
    assert not layer.editable
    low = layer.data_to_world((-0.5, -0.5, -0.5))
    np.testing.assert_allclose(low, run.layer.data_to_world((-0.5, -0.5, -0.5)))
    high = np.array(layer.data.shape) - 0.5
    theirs = np.array(labels.shape) - 0.5
    np.testing.assert_allclose(
        layer.data_to_world(high), run.layer.data_to_world(theirs)
    )
    np.testing.assert_allclose(layer.get_color(3), run.layer.get_color(3))
    shown.close()


def test_back_in_two_dimensions_everything_is_as_before(
    qtbot: QtBot, opened: Opened
) -> None:
    viewer, run, _ = opened
    before = list(viewer.layers), viewer.layers.selection.active
    shown = begun(qtbot, viewer, run)
    viewer.dims.ndisplay = 2
    assert (list(viewer.layers), viewer.layers.selection.active) == before
    assert run.layer.visible
    shown.close()


def test_the_labels_are_never_read_whole(
    qtbot: QtBot, opened: Opened, largest: list[int]
) -> None:
    viewer, run, labels = opened
    shown = begun(qtbot, viewer, run)
    viewer.dims.ndisplay = 2
    assert max(largest, default=0) <= labels[0].size
    shown.close()
    viewer.dims.ndisplay = 3  # and without the copy they are
    assert max(largest) == labels.size


@pytest.fixture
def largest(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many voxels of labels were read at once."""
    read: list[int] = []
    keep = ZarrLabels.__getitem__

    def record(self: ZarrLabels, key: Any) -> NDArray[Any]:
        found = keep(self, key)
        read.append(np.size(found))
        return found

    monkeypatch.setattr(ZarrLabels, "__getitem__", record)
    return read


def test_a_click_on_the_eye_of_the_hidden_labels_reads_nothing_and_says_why(
    qtbot: QtBot,
    opened: Opened,
    largest: list[int],
    make_napari_viewer: Callable[..., Any],
) -> None:
    _, run, labels = opened
    viewer = make_napari_viewer()
    viewer.add_layer(run.layer)
    shown = begun(qtbot, viewer, run)
    said: list[str] = []
    notification_manager.notification_ready.connect(lambda n: said.append(n.message))
    run.layer.visible = True
    assert not run.layer.visible
    assert len(said) == 1
    assert "(coarse, 3D)" in said[0]
    assert max(largest, default=0) <= labels[0].size
    run.labels[4:8, 8:24, 8:24] = 77
    viewer.dims.ndisplay = 2
    viewer.dims.set_current_step(0, 5)
    assert run.layer.visible
    assert (run.layer._slice.image.raw[8:24, 8:24] == 77).all()
    shown.close()


def test_hidden_labels_that_are_shown_in_three_dimensions_come_as_a_copy(
    qtbot: QtBot, opened: Opened, largest: list[int]
) -> None:
    viewer, run, labels = opened
    run.layer.visible = False
    shown = LabelsIn3D(viewer, run)
    viewer.dims.ndisplay = 3
    run.layer.visible = True
    assert shown.layer is not None
    assert not run.layer.visible
    assert max(largest, default=0) <= labels[0].size
    viewer.dims.ndisplay = 2
    assert run.layer.visible
    shown.close()


def test_it_follows_what_is_written(qtbot: QtBot, opened: Opened) -> None:
    viewer, run, labels = opened
    shown = begun(qtbot, viewer, run)
    run.labels[4:8, 8:24, 8:24] = 77
    labels[4:8, 8:24, 8:24] = 77
    layer = shown.layer
    assert layer is not None
    expected = labels[:, ::4, ::4]
    qtbot.waitUntil(lambda: np.array_equal(layer.data, expected), timeout=5000)
    shown.close()


@pytest.mark.parametrize("gone", ["labels", "copy"])
def test_it_goes_with_the_labels_and_gives_them_back(
    qtbot: QtBot, opened: Opened, largest: list[int], gone: str
) -> None:
    viewer, run, labels = opened
    shown = begun(qtbot, viewer, run)
    layer = shown.layer
    assert layer is not None
    viewer.layers.remove(run.layer if gone == "labels" else layer)
    assert layer not in viewer.layers
    assert shown.layer is None
    assert run.layer.visible == (gone == "labels")
    assert max(largest, default=0) <= labels[0].size
    viewer.dims.ndisplay = 2
    assert run.layer.visible
    shown.close()


def test_labels_that_the_user_hid_stay_hidden(opened: Opened) -> None:
    viewer, run, _ = opened
    run.layer.visible = False
    shown = LabelsIn3D(viewer, run)
    viewer.dims.ndisplay = 3
    assert shown.layer is None
    viewer.dims.ndisplay = 2
    assert not run.layer.visible
    shown.close()


def test_small_labels_are_shown_as_they_are(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer, run, _ = opened
    monkeypatch.setattr(coarse_labels, "coarse_steps", lambda *_: (1, 1, 1))
    shown = LabelsIn3D(viewer, run)
    viewer.dims.ndisplay = 3
    assert shown.layer is None
    assert run.layer.visible
    shown.close()


def test_labels_that_come_in_three_dimensions_come_as_a_copy(
    qtbot: QtBot, opened: Opened
) -> None:
    viewer, run, _ = opened
    viewer.layers.remove(run.layer)
    viewer.dims.ndisplay = 3
    shown = LabelsIn3D(viewer, run)
    shown.add_labels()
    assert list(viewer.layers) == [run.layer, shown.layer]
    assert not run.layer.visible
    viewer.dims.ndisplay = 2
    assert run.layer.visible
    shown.close()
    viewer.dims.ndisplay = 3
    assert list(viewer.layers) == [run.layer]  # it follows no more
    qtbot.wait(50)


def test_in_a_window(
    qtbot: QtBot, opened: Opened, make_napari_viewer: Callable[..., Any]
) -> None:
    _, run, _ = opened
    viewer = make_napari_viewer()
    viewer.add_layer(run.layer)
    shown = begun(qtbot, viewer, run)
    qtbot.wait(100)
    viewer.dims.ndisplay = 2
    assert run.layer.visible
    shown.close()
