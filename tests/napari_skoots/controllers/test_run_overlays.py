"""Skeletons and probability of a run, on and off, where its labels lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from inference_cases import code_model, draw_boxes, noise, unet_model
from napari.components import ViewerModel
from napari.layers import Image, Points
from overlay_cases import finished_run, open_run

from napari_skoots.controllers.board import Board
from napari_skoots.controllers.run_overlays import RunOverlays
from skoots.errors import RunError
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.open_run import OpenRun

    Opened = tuple[ViewerModel, OpenRun, NDArray[Any]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    image, labels = draw_boxes((16, 40, 48), (8, 20, 12))
    path = finished_run(tmp_path / "a.skoots.zarr", image, code_model())
    viewer = ViewerModel()
    run = open_run(viewer, path)
    yield viewer, run, labels
    run.labels.close()


def assert_same_place(layer: Any, labels: Any) -> None:
    """Fail unless the near and the far face of both are at the same place."""
    for mine, theirs in zip(
        (np.zeros(3), np.array(layer.data.shape)),
        (np.zeros(3), np.array(labels.data.shape)),
        strict=True,
    ):
        np.testing.assert_allclose(
            layer.data_to_world(mine - 0.5), labels.data_to_world(theirs - 0.5)
        )


def test_skeletons_are_points_on_their_objects(qtbot: QtBot, opened: Opened) -> None:
    viewer, run, labels = opened
    overlays, board = RunOverlays(viewer, run), Board()
    active = viewer.layers.selection.active
    overlays.show_skeletons(board, shown=True)
    assert overlays.skeletons_shown  # the button is down while they are read
    qtbot.waitUntil(lambda: not board.busy, timeout=60_000)
    points = viewer.layers[-1]
    assert isinstance(points, Points)
    z, y, x = np.rint(points.data).astype(int).T
    np.testing.assert_array_equal(labels[z, y, x], points.features["label"])
    assert set(points.features["label"]) == set(np.unique(labels))
    np.testing.assert_allclose(points.scale, run.layer.scale)
    np.testing.assert_allclose(points.translate, run.layer.translate)
    assert viewer.layers.selection.active is active
    overlays.show_skeletons(board, shown=False)
    assert list(viewer.layers) == [run.layer]
    assert not overlays.skeletons_shown


def test_the_user_may_think_better_of_it(qtbot: QtBot, opened: Opened) -> None:
    viewer, run, _ = opened
    overlays, board = RunOverlays(viewer, run), Board()
    overlays.show_skeletons(board, shown=True)
    overlays.show_skeletons(board, shown=False)
    qtbot.waitUntil(lambda: not board.busy, timeout=60_000)
    assert list(viewer.layers) == [run.layer]


def test_one_job_at_a_time(qtbot: QtBot, opened: Opened) -> None:
    viewer, run, _ = opened
    overlays, board = RunOverlays(viewer, run), Board()
    overlays.show_skeletons(board, shown=True)
    other = RunOverlays(viewer, run)
    with pytest.raises(RunError, match="running"):
        other.show_skeletons(board, shown=True)
    assert not other.skeletons_shown
    qtbot.waitUntil(lambda: not board.busy, timeout=60_000)


def test_the_probability_is_an_image_on_the_labels(opened: Opened) -> None:
    viewer, run, _ = opened
    overlays = RunOverlays(viewer, run)
    heard: list[bool] = []
    overlays.changed.connect(lambda: heard.append(overlays.probability_shown))
    overlays.show_probability(shown=True)
    layer = viewer.layers[-1]
    assert isinstance(layer, Image)
    assert np.asarray(layer.data[3]).min() == 255  # a box is foreground everywhere
    assert_same_place(layer, run.layer)
    viewer.layers.remove(layer)  # by hand
    assert heard[-1] is False
    overlays.show_probability(shown=True)
    overlays.hide()
    assert list(viewer.layers) == [run.layer]


def test_of_a_resampled_run_it_lies_on_the_labels_as_well(tmp_path: Path) -> None:
    source = open_source(noise((16, 32, 32)), voxel_size=(0.05, 0.02, 0.02))
    model = unet_model(voxel_size=(0.05, 0.05, 0.05))
    path = finished_run(tmp_path / "a.skoots.zarr", source, model, resample=True)
    viewer = ViewerModel()
    run = open_run(viewer, path)
    RunOverlays(viewer, run).show_probability(shown=True)
    layer = viewer.layers[-1]
    assert layer.data.shape == (16, 13, 13)
    assert_same_place(layer, run.layer)
    run.labels.close()
