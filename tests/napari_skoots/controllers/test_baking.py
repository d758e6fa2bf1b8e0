"""Skeletons of any Labels layer: layers that lie on it, and a file for training."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari.components import ViewerModel
from napari.layers import Image, Points, Vectors
from qtpy.QtWidgets import QPushButton

from napari_skoots.controllers.bake_binding import BakeBinding
from napari_skoots.controllers.baking import Baking
from napari_skoots.controllers.board import Board
from napari_skoots.dock import BakeSkeletonsWidget
from napari_skoots.jobs import Job
from napari_skoots.layers.opening import volume_layer
from napari_skoots.widgets.bake_form import BakeForm
from napari_skoots.widgets.bake_panel import BakePanel
from skoots.train.data.skeleton_files import (
    find_skeletons,
    read_skeletons,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session

SCALE = (0.05, 0.02, 0.01)


def rods() -> NDArray[np.uint16]:
    """Three rods along X."""
    labels = np.zeros((8, 30, 40), np.uint16)
    for number, y in enumerate((1, 11, 21), 1):
        labels[2:6, y : y + 7, 3:37] = 10 * number
    return labels


@pytest.fixture
def baking(qtbot: QtBot) -> Iterator[tuple[ViewerModel, BakePanel, Board]]:
    viewer, panel, board = ViewerModel(), BakePanel(), Board()
    BakeBinding(panel, viewer, Baking(viewer, board), board)
    yield viewer, panel, board
    with suppress(RuntimeError):  # a test may have deleted it
        panel.close()
        panel.deleteLater()
    qtbot.wait(1)


def bake(qtbot: QtBot, panel: BakePanel, board: Board) -> None:
    """Press the button and wait for the end."""
    panel.form.bake()
    qtbot.waitUntil(lambda: not board.busy, timeout=60_000)


def running() -> Job:
    """Give the job that bakes; a model may be loaded at the same time."""
    (job,) = (job for job in Job._running if job.title.startswith("Skeletons"))
    return job


def last_points(viewer: ViewerModel) -> Points:
    layer = viewer.layers[-1]
    assert isinstance(layer, Points)
    return layer


def message(board: Board) -> str:
    assert board.view is not None
    assert board.view.message is not None
    return board.view.message.text


def as_dask(array: NDArray[Any]) -> Any:
    return pytest.importorskip("dask.array").from_array(array, chunks=(4, 16, 16))


def as_zarr(array: NDArray[Any]) -> Any:
    return zarr.array(array, chunks=(4, 16, 16))


def as_levels(array: NDArray[Any]) -> Any:
    return [array, array[::2, ::2, ::2]]


@pytest.mark.parametrize(
    "kind", [np.asarray, as_dask, as_zarr, as_levels], ids=lambda kind: kind.__name__
)
def test_any_labels_get_points_that_lie_on_their_objects(
    qtbot: QtBot,
    baking: tuple[ViewerModel, BakePanel, Board],
    kind: Callable[[NDArray[Any]], Any],
) -> None:
    viewer, panel, board = baking
    labels = viewer.add_labels(
        kind(rods()),
        name="cells",
        scale=SCALE,
        translate=(1, 2, 3),
        units=("um", "um", "um"),
        axis_labels=("z", "y", "x"),
    )
    bake(qtbot, panel, board)
    points = last_points(viewer)
    assert points.name == "cells skeletons"
    for key in ("scale", "translate"):
        np.testing.assert_allclose(getattr(points, key), getattr(labels, key))
    assert (points.units, points.axis_labels) == (labels.units, labels.axis_labels)
    z, y, x = np.rint(points.data).astype(int).T
    np.testing.assert_array_equal(rods()[z, y, x], points.features["label"])
    assert set(points.features["label"]) == {10, 20, 30}
    assert points.features["label"].dtype == float
    colours = {tuple(c) for c in points.face_color}
    assert len(colours) == 3
    assert len(viewer.layers) == 2


def test_arrows_and_distances_come_on_request(
    qtbot: QtBot, baking: tuple[ViewerModel, BakePanel, Board]
) -> None:
    viewer, panel, board = baking
    viewer.add_labels(rods(), name="cells", scale=SCALE, units=("um",) * 3)
    panel.form.set_wishes(arrows=True, distance=True)
    bake(qtbot, panel, board)
    distance, arrows, _ = viewer.layers[1:]
    assert isinstance(distance, Image)
    assert isinstance(arrows, Vectors)
    np.testing.assert_allclose(distance.scale, SCALE)
    assert (np.asarray(distance.data)[rods() == 0] == 0).all()
    assert 0.05 < distance.data.max() < 0.3  # micrometres
    start, way = arrows.data[:, 0], arrows.data[:, 1]
    z, y, x = np.rint(start + way).astype(int).T
    zs, ys, xs = start.astype(int).T
    np.testing.assert_array_equal(rods()[z, y, x], rods()[zs, ys, xs])


def test_the_voxel_size_comes_from_the_layer_and_can_be_changed(
    qtbot: QtBot, baking: tuple[ViewerModel, BakePanel, Board]
) -> None:
    viewer, panel, board = baking
    viewer.add_labels(rods(), scale=(50, 20, 10), units=("nm",) * 3)
    assert panel.form.wish is not None
    assert panel.form.wish.voxel_size == pytest.approx(SCALE)
    panel.form.set_wishes(distance=True)
    bake(qtbot, panel, board)
    first = viewer.layers[-2].data.max()
    panel.form.set_voxel_size((0.5, 0.2, 0.1), physical=True)
    bake(qtbot, panel, board)
    assert viewer.layers[-2].data.max() == pytest.approx(10 * first, rel=1e-4)


def test_skeletons_are_saved_where_training_finds_them(
    qtbot: QtBot, baking: tuple[ViewerModel, BakePanel, Board], tmp_path: Path
) -> None:
    viewer, panel, board = baking
    path = tmp_path / "cells.labels.tif"
    tifffile.imwrite(path, rods(), metadata={"axes": "ZYX"})
    data, keywords, _ = volume_layer(path, "labels", "cells")
    viewer.add_labels(data, **keywords)
    panel.form.set_wishes(save=True)
    bake(qtbot, panel, board)
    found, stale = find_skeletons(path)
    assert found == tmp_path / "cells.skeletons.trch"
    assert not stale
    points = read_skeletons(found, (8, 30, 40))
    assert list(points) == [10, 20, 30]
    for key, rows in points.items():
        x, y, z = np.rint(rows).astype(int).T  # the engine's X is the file's Y
        assert (rods()[z, x, y] == key).all()


def test_labels_from_no_file_ask_for_a_place(
    qtbot: QtBot,
    baking: tuple[ViewerModel, BakePanel, Board],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer, panel, board = baking
    viewer.add_labels(rods())
    panel.form.set_wishes(save=True)
    monkeypatch.setattr(BakeForm, "ask", lambda _: None)
    panel.form.bake()
    assert not board.busy  # the user thought better of it
    monkeypatch.setattr(BakeForm, "ask", lambda _: tmp_path / "a.skeletons.trch")
    bake(qtbot, panel, board)
    assert (tmp_path / "a.skeletons.trch").is_file()


def test_where_nothing_may_be_written_the_points_are_shown_all_the_same(
    qtbot: QtBot,
    baking: tuple[ViewerModel, BakePanel, Board],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer, panel, board = baking
    viewer.add_labels(rods())
    panel.form.set_wishes(save=True)
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "a.skeletons.trch"
    monkeypatch.setattr(BakeForm, "ask", lambda _: place)
    bake(qtbot, panel, board)
    last_points(viewer)
    assert "cannot be written" in message(board)


def test_labels_without_objects_are_refused_in_words(
    qtbot: QtBot, baking: tuple[ViewerModel, BakePanel, Board]
) -> None:
    viewer, panel, board = baking
    viewer.add_labels(np.zeros((4, 5, 6), np.uint8), name="empty")
    bake(qtbot, panel, board)
    assert len(viewer.layers) == 1
    assert "no objects" in message(board)


def test_cancelled_it_adds_nothing(
    qtbot: QtBot, baking: tuple[ViewerModel, BakePanel, Board]
) -> None:
    viewer, panel, board = baking
    viewer.add_labels(rods())
    panel.form.bake()
    job = running()
    job.pause()  # so that it cannot be faster
    panel.footer.cancel_requested.emit()
    qtbot.waitUntil(lambda: not board.busy, timeout=60_000)
    assert len(viewer.layers) == 1


@pytest.mark.parametrize("gone", ["panel", "layer"])
def test_the_job_outlives_the_panel_and_the_layer(
    qtbot: QtBot, baking: tuple[ViewerModel, BakePanel, Board], gone: str
) -> None:
    viewer, panel, board = baking
    layer = viewer.add_labels(rods(), name="cells")
    panel.form.bake()
    if gone == "panel":
        panel.deleteLater()
    else:
        viewer.layers.remove(layer)
    qtbot.waitUntil(lambda: not board.busy, timeout=60_000)
    assert last_points(viewer).name == "cells skeletons"


def test_labels_of_one_plane_get_points_in_that_plane(
    qtbot: QtBot, baking: tuple[ViewerModel, BakePanel, Board]
) -> None:
    viewer, panel, board = baking
    viewer.add_labels(rods()[4], scale=SCALE[1:])
    panel.form.set_wishes(arrows=True, distance=True)
    bake(qtbot, panel, board)
    assert viewer.dims.ndim == 2
    assert last_points(viewer).data.shape[1] == 2
    np.testing.assert_allclose(last_points(viewer).scale, SCALE[1:])


def test_of_several_times_the_one_that_is_shown_is_baked(
    qtbot: QtBot, baking: tuple[ViewerModel, BakePanel, Board]
) -> None:
    viewer, panel, board = baking
    times = np.stack([np.zeros_like(rods()), rods()])
    viewer.add_labels(times, axis_labels=("t", "z", "y", "x"))
    viewer.dims.set_current_step(0, 1)
    bake(qtbot, panel, board)
    assert set(last_points(viewer).features["label"]) == {10, 20, 30}


def test_the_form_offers_the_labels_that_there_are(
    baking: tuple[ViewerModel, BakePanel, Board],
) -> None:
    viewer, panel, _ = baking
    assert panel.form.wish is None
    viewer.add_image(np.zeros((4, 4, 4)))
    assert panel.form.wish is None
    first = viewer.add_labels(rods(), name="first")
    assert panel.form.wish is not None
    assert panel.form.wish.layer == str(first.unique_id)
    viewer.add_labels(rods(), name="second", metadata={"skoots": {"overlay": True}})
    assert panel.form.layers == ["first"]
    first.name = "other"
    assert panel.form.layers == ["other"]
    viewer.layers.remove(first)
    assert panel.form.wish is None


def test_the_form_may_be_closed_and_shows_the_job_again_when_it_is_opened(
    qtbot: QtBot,
    new_session: Callable[[Any], Session],
    make_napari_viewer: Callable[..., Any],
) -> None:
    viewer = make_napari_viewer()
    viewer.add_labels(rods(), name="cells")
    session = new_session(viewer)
    _, panel = viewer.window.add_plugin_dock_widget("napari-skoots", "Bake skeletons")
    panel.form.bake()
    job = running()
    job.pause()  # so that it cannot be faster
    assert session.board.busy
    assert viewer.window._task_status_manager.is_busy()  # napari asks before it closes
    panel.parent().destroyOnClose()  # what the cross in its title does
    qtbot.wait(50)
    _, again = viewer.window.add_plugin_dock_widget("napari-skoots", "Bake skeletons")
    assert again is not panel
    again.form.bake()  # a second job is not begun
    assert running() is job
    again.footer.cancel_requested.emit()
    qtbot.waitUntil(lambda: not session.board.busy, timeout=60_000)
    assert message(session.board) == "Cancelled. No layer is added."
    bake(qtbot, again, session.board)
    assert last_points(viewer).name == "cells skeletons"
    assert "3 objects" in message(session.board)


def test_a_job_that_runs_is_shown_and_waited_for(
    qtbot: QtBot, baking: tuple[ViewerModel, BakePanel, Board]
) -> None:
    viewer, panel, board = baking
    viewer.add_labels(rods(), name="cells")
    panel.form.bake()
    job = running()
    job.pause()
    viewer.add_labels(rods(), name="more")
    button = panel.form.native.findChild(QPushButton)
    assert button.text() == "Bake skeletons"
    assert not button.isEnabled()
    job.resume()
    qtbot.waitUntil(lambda: not board.busy, timeout=60_000)
    assert button.isEnabled()


def test_a_viewer_that_is_closed_ends_the_job(
    qtbot: QtBot,
    new_session: Callable[[Any], Session],
    make_napari_viewer: Callable[..., Any],
) -> None:
    viewer = make_napari_viewer()
    new_session(viewer)
    viewer.add_labels(rods(), name="cells")
    panel = BakeSkeletonsWidget(viewer)
    viewer.window.add_dock_widget(panel, name="Bake skeletons")
    panel.form.set_wishes(arrows=True, distance=True)
    panel.form.bake()
    viewer.close()
    qtbot.waitUntil(lambda: not Job._running, timeout=60_000)
