"""What a user does in the real viewer, and what is seen then."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from app_model.types import KeyBinding
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QLabel, QPushButton
from session_cases import (
    TIMEOUT,
    Gate,
    expected_labels,
    free,
    idle,
    labels_of,
    message,
    put_before,
    ready,
    save_image,
    save_model,
    segment_begun,
)

from napari_skoots.controllers.session import Session
from napari_skoots.jobs import Job
from napari_skoots.state.views import Where

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    Open = Callable[..., tuple[Any, Any, Any]]


pytestmark = pytest.mark.viewer


def drop(panel: Any, *paths: Path) -> None:
    """Drag files onto the panel and let go, as the mouse would."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    plain = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(20, 20), copy, data, left, plain)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(20, 20), copy, data, left, plain)
    QApplication.sendEvent(panel, event)
    assert event.isAccepted()


def button(panel: Any, text: str) -> QPushButton:
    """Find a button that can be pressed now."""
    found = [
        each
        for each in panel.findChildren(QPushButton)
        if each.text() == text and each.isVisibleTo(panel)
    ]
    assert len(found) == 1, f"{len(found)} buttons {text!r}"
    return found[0]


def press(panel: Any, text: str) -> None:
    pressed = button(panel, text)
    assert pressed.isEnabled(), pressed.toolTip()
    pressed.click()


def choose_all(session: Session) -> None:
    session.wishes.set(where=Where.WHOLE)


def test_dropped_previewed_segmented_saved_and_opened_again(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, models_folder: Path
) -> None:
    image = save_image(tmp_path / "cells.tif")
    viewer, panel, session = open_viewer(show=True)
    drop(panel, image)
    assert [layer.name for layer in viewer.layers] == ["cells"]
    assert tuple(viewer.layers[0].scale) == pytest.approx((0.05, 0.02, 0.01))

    press(panel, "Preview")
    free(qtbot, session)
    preview = viewer.layers["SKOOTS preview"]
    assert "objects in" in message(session)
    press(panel, "Dismiss")
    assert preview not in viewer.layers

    choose_all(session)
    press(panel, "Segment")
    free(qtbot, session)
    run = tmp_path / "cells.skoots.zarr"
    expected = expected_labels(image, models_folder)
    np.testing.assert_array_equal(labels_of(run), expected)
    labels = viewer.layers["cells labels"]
    copy = tmp_path / "copy.tif"
    labels.selected = True
    viewer.layers.selection = {labels}
    saved = viewer.layers.save(str(copy), selected=True, plugin="napari-skoots")
    assert saved == [str(copy)]
    np.testing.assert_array_equal(tifffile.imread(copy), expected)

    drop(panel, run)
    assert [layer.name for layer in viewer.layers] == ["cells", "cells labels"]
    viewer.layers.clear()
    drop(panel, run)
    np.testing.assert_array_equal(
        np.asarray(viewer.layers["cells labels"].data), expected
    )


def test_preview_where_the_cursor_is_and_segment_by_their_keys(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path
) -> None:
    viewer, panel, session = open_viewer()
    drop(panel, save_image(tmp_path / "cells.tif"))
    viewer.cursor.position = (0.4, 0.6, 0.45)
    _key(viewer, "Shift-Space")
    assert session.board.busy
    free(qtbot, session)
    preview = viewer.layers["SKOOTS preview"]
    corner = np.asarray(preview.data_to_world((0, 0, 0)))
    end = np.asarray(preview.data_to_world(np.array(preview.data.shape) - 1))
    assert (corner <= (0.4, 0.6, 0.45)).all()
    assert (end >= (0.4, 0.6, 0.45)).all()
    press(panel, "Keep")
    assert preview in viewer.layers
    assert preview.name == "cells preview 1"
    choose_all(session)
    _key(viewer, "Shift-Enter")
    free(qtbot, session)
    assert labels_of(tmp_path / "cells.skoots.zarr").any()


def _key(viewer: Any, name: str) -> None:
    """Press a key as the canvas hears it."""
    keymap = {str(KeyBinding.from_str(str(k))): act for k, act in viewer.keymap.items()}
    keymap[str(KeyBinding.from_str(name.replace("-", "+")))](viewer)


def test_paused_resumed_cancelled_and_gone_on_with_by_buttons(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, models_folder: Path, gate: Gate
) -> None:
    image = save_image(tmp_path / "cells.tif")
    _, panel, session = open_viewer()
    drop(panel, image)
    choose_all(session)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    press(panel, "Pause")
    gate.let(1)
    press(panel, "Resume")
    press(panel, "Cancel")
    assert not button(panel, "Cancel").isEnabled()
    gate.open()
    free(qtbot, session)
    press(panel, "Resume")
    free(qtbot, session)
    run = tmp_path / "cells.skoots.zarr"
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))


def test_the_panel_may_be_closed_and_opened_while_a_run_is_made(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, gate: Gate
) -> None:
    viewer, panel, session = open_viewer()
    drop(panel, save_image(tmp_path / "cells.tif"))
    choose_all(session)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    panel.parent().destroyOnClose()  # what the cross in its title does
    qtbot.wait(50)
    gate.let(1)
    qtbot.waitUntil(gate.waiting.is_set, timeout=TIMEOUT)
    assert session.board.busy
    _, again = viewer.window.add_plugin_dock_widget("napari-skoots", "SKOOTS")
    assert again is not panel
    assert Session.of(viewer) is session
    assert button(again, "Pause").isEnabled()
    gate.open()
    free(qtbot, session)
    assert "objects in" in message(session)
    assert button(again, "Segment").isEnabled()


def test_the_labels_may_be_removed_while_they_are_made(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, gate: Gate
) -> None:
    viewer, panel, session = open_viewer()
    drop(panel, save_image(tmp_path / "cells.tif"))
    choose_all(session)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    viewer.layers.remove("cells labels")
    gate.open()
    free(qtbot, session)
    press(panel, "Show the labels")
    assert "cells labels" in viewer.layers


def test_3d_while_labels_are_made_and_back(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, models_folder: Path, gate: Gate
) -> None:
    image = save_image(tmp_path / "cells.tif")
    viewer, panel, session = open_viewer(show=True)
    drop(panel, image)
    choose_all(session)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    viewer.dims.ndisplay = 3
    gate.let(2)
    qtbot.wait(400)
    viewer.dims.ndisplay = 2
    viewer.dims.ndisplay = 3
    gate.open()
    free(qtbot, session)
    viewer.dims.ndisplay = 2
    assert viewer.layers["cells labels"].visible
    run = tmp_path / "cells.skoots.zarr"
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))


@pytest.mark.parametrize("tiles", [0, 2])
def test_the_viewer_may_be_closed_while_a_run_is_made(
    qtbot: QtBot,
    open_viewer: Open,
    tmp_path: Path,
    models_folder: Path,
    gate: Gate,
    tiles: int,
) -> None:
    image = save_image(tmp_path / "cells.tif")
    viewer, panel, session = open_viewer(show=True)
    drop(panel, image)
    choose_all(session)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, tiles)
    viewer.close()
    qtbot.wait(50)
    gate.open()
    idle(qtbot)
    run = tmp_path / "cells.skoots.zarr"
    viewer, panel, session = open_viewer()
    drop(panel, run)
    press(panel, "Resume")
    free(qtbot, session)
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))


def test_the_viewer_may_be_closed_while_a_preview_is_made(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, gate: Gate
) -> None:
    viewer, panel, session = open_viewer()
    drop(panel, save_image(tmp_path / "cells.tif"))
    put_before(session, gate)
    gate.close()
    session.preview_view()
    qtbot.waitUntil(gate.waiting.is_set, timeout=TIMEOUT)
    viewer.close()
    qtbot.wait(50)
    gate.open()
    idle(qtbot)
    qtbot.wait(50)


def test_the_viewer_may_be_closed_while_the_model_is_loaded(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path
) -> None:
    viewer, panel, session = open_viewer(wait=False)
    drop(panel, save_image(tmp_path / "cells.tif"))
    session.engine.load()
    viewer.close()
    idle(qtbot)
    qtbot.wait(50)


def test_a_paused_run_ends_with_its_viewer(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, gate: Gate
) -> None:
    viewer, panel, session = open_viewer()
    drop(panel, save_image(tmp_path / "cells.tif"))
    choose_all(session)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    session.board.pause()
    gate.open()
    viewer.close()
    idle(qtbot)


def test_two_viewers_have_two_sessions_and_cannot_write_one_run(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, models_folder: Path, gate: Gate
) -> None:
    image = save_image(tmp_path / "cells.tif")
    _, panel, session = open_viewer()
    _, other_panel, other = open_viewer()
    assert session is not other
    for each in (panel, other_panel):
        drop(each, image)
    choose_all(session)
    choose_all(other)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    assert not other.board.busy
    other.segment()
    other.answer("Resume")
    free(qtbot, other)
    assert "writ" in message(other)
    gate.open()
    free(qtbot, session)
    run = tmp_path / "cells.skoots.zarr"
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))


def test_a_damaged_model_is_said_in_the_panel_and_by_napari(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.trch"
    broken.write_bytes(b"no model")
    _, panel, session = open_viewer()
    notification_manager.records.clear()
    drop(panel, broken)
    idle(qtbot)
    said = [record.message for record in notification_manager.records]
    assert len(said) == 1
    assert "broken.trch" in said[0]
    texts = _texts(panel.footer)
    assert any("broken.trch" in text for text in texts), texts
    assert session.models.current == "tiny"


def test_a_failed_run_is_said_in_the_footer_with_a_remedy_and_by_napari(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path
) -> None:
    _, panel, session = open_viewer()
    drop(panel, save_image(tmp_path / "cells.tif"))
    choose_all(session)
    run = tmp_path / "cells.skoots.zarr"
    run.write_text("a file that is in the way")
    notification_manager.records.clear()
    press(panel, "Segment")
    free(qtbot, session)
    said = [record.message for record in notification_manager.records]
    assert len(said) == 1
    assert said[0].startswith("Segment cells: ")
    assert str(run) in said[0]
    assert any(str(run) in text for text in _texts(panel.footer))
    assert button(panel, "Copy details").isEnabled()
    assert button(panel, "Segment").isEnabled()


def _texts(widget: Any) -> list[str]:
    labels = widget.findChildren(QLabel)
    return [label.text() for label in labels if label.isVisibleTo(widget)]


def test_a_dropped_model_is_imported_and_chosen(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, models_folder: Path
) -> None:
    _, panel, session = open_viewer()
    drop(panel, save_model(tmp_path / "mine", "mine", seed=3))
    qtbot.waitUntil(lambda: session.models.current == "mine", timeout=TIMEOUT)
    qtbot.waitUntil(lambda: session.models.checkpoint is not None, timeout=TIMEOUT)
    assert (models_folder / "mine.skoots").is_file()


def test_painting_while_labels_are_made_is_kept(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, gate: Gate
) -> None:
    viewer, panel, session = open_viewer()
    drop(panel, save_image(tmp_path / "cells.tif"))
    choose_all(session)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    labels = viewer.layers["cells labels"]
    viewer.dims.set_current_step(0, 8)
    labels.selected_label = labels.data.next_label()
    labels.brush_size = 6
    for place in ((8, 10, 10), (8, 20, 40)):
        labels.paint(place, labels.selected_label)
    gate.open()
    free(qtbot, session)
    written = labels_of(tmp_path / "cells.skoots.zarr")
    assert written[8, 10, 10] == written[8, 20, 40] == labels.selected_label
    labels.undo()
    assert labels_of(tmp_path / "cells.skoots.zarr")[8, 20, 40] != labels.selected_label


def test_the_folder_of_an_open_run_may_be_deleted(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path
) -> None:
    viewer, panel, session = open_viewer()
    drop(panel, save_image(tmp_path / "cells.tif"))
    choose_all(session)
    press(panel, "Segment")
    free(qtbot, session)
    shutil.rmtree(tmp_path / "cells.skoots.zarr")
    viewer.dims.set_current_step(0, 3)
    viewer.dims.set_current_step(0, 4)
    qtbot.wait(300)
    press(panel, "Segment")
    free(qtbot, session)
    assert labels_of(tmp_path / "cells.skoots.zarr").any()
    assert [layer.name for layer in viewer.layers] == ["cells", "cells labels"]


@pytest.mark.usefixtures("_no_thread_is_left")
def test_nothing_of_a_viewer_is_touched_from_another_thread(
    qtbot: QtBot,
    models_folder: Path,
    make_napari_viewer_proxy: Callable[..., Any],
    tmp_path: Path,
) -> None:
    """The proxy raises where a thread does what only the window's may do."""
    viewer = make_napari_viewer_proxy()
    session = ready(qtbot, Session.of(viewer))
    session.viewer = viewer
    for part in (session.segmenting, session.previewing, session.images):
        part._viewer = viewer
    session.open_paths([save_image(tmp_path / "cells.tif")])
    choose_all(session)
    session.preview_view()
    free(qtbot, session)
    assert "objects in" in message(session)
    session.segment()
    free(qtbot, session)
    assert "objects in" in message(session)
    session.close()
    assert not Job._running
