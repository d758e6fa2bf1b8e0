"""What the manifest promises, asked of the real viewer."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari._app_model import get_app_model
from napari.utils._proxies import PublicOnlyProxy
from session_cases import (
    free,
    message,
    put_before,
    save_image,
    save_model,
    segment_begun,
)
from teach_fakes import FakeComparing

from napari_skoots.controllers.keys import CompareKey
from napari_skoots.controllers.preferences import read_preferences
from napari_skoots.controllers.session import Session
from napari_skoots.labels_array import ZarrLabels
from napari_skoots.state.teaching import ComparisonView, ScoreView, Side
from napari_skoots.state.views import Where

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    Open = Callable[..., tuple[Any, Any, Any]]


pytestmark = pytest.mark.viewer

SCORE = ScoreView(0.5, 1, 2, 3)
COMPARISON = ComparisonView(SCORE, SCORE, True, Side.AFTER, "mine")


def run(command: str) -> None:
    """Execute a command as the palette does."""
    get_app_model().commands.execute_command(f"napari-skoots.{command}").result()


def test_each_widget_can_be_reached_by_its_name(
    qtbot: QtBot,
    models_folder: Path,
    make_napari_viewer: Callable[..., Any],
    new_session: Callable[[Any], Session],
) -> None:
    viewer = make_napari_viewer()
    new_session(viewer)
    for name in ("SKOOTS", "Load model", "Bake skeletons", "Train on labels"):
        _, widget = viewer.window.add_plugin_dock_widget("napari-skoots", name)
        assert widget.parent() is not None
        assert any(name in shown for shown in viewer.window.dock_widgets)


def test_the_panel_comes_back_by_its_command(
    qtbot: QtBot, open_viewer: Open, mock_app_model: Any
) -> None:
    viewer, panel, _ = open_viewer(show=True)
    dock = panel.parent()
    dock.hide()
    assert not panel.isVisible()
    run("show_panel")
    assert panel.isVisible()
    dock.destroyOnClose()
    run("show_panel")
    names = [name for name in viewer.window.dock_widgets if "SKOOTS" in name]
    assert len(names) == 1
    (again,) = (viewer.window.dock_widgets[name] for name in names)
    assert again.isVisible()


def test_commands_do_what_their_buttons_do(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path
) -> None:
    viewer, _, session = open_viewer()
    session.open_paths([save_image(tmp_path / "cells.tif")])
    run("preview")
    free(qtbot, session)
    assert "SKOOTS preview" in viewer.layers
    session.wishes.set(where=Where.WHOLE)
    run("segment")
    assert session.board.busy
    free(qtbot, session)
    run("table")
    free(qtbot, session)
    features = viewer.layers["cells labels"].features
    labels = np.asarray(viewer.layers["cells labels"].data)
    ids, voxels = np.unique(labels[labels > 0], return_counts=True)
    np.testing.assert_array_equal(features["index"], ids)
    np.testing.assert_array_equal(features["voxels"], voxels)
    np.testing.assert_allclose(features["volume_um3"], voxels * 0.05 * 0.02 * 0.01)
    viewer.layers.remove("cells labels")
    run("table")
    free(qtbot, session)
    assert viewer.layers.selection.active is viewer.layers["cells labels"]
    run("show_skeletons")
    free(qtbot, session)
    assert "cells skeletons" in viewer.layers
    run("show_skeletons")
    assert "cells skeletons" not in viewer.layers
    run("show_probability")
    assert "cells probability" in viewer.layers
    run("show_probability")
    assert "cells probability" not in viewer.layers


def test_commands_without_an_image_break_nothing(
    qtbot: QtBot, open_viewer: Open
) -> None:
    viewer, _, session = open_viewer()
    for command in (
        "preview",
        "segment",
        "pause",
        "cancel",
        "table",
        "show_skeletons",
        "show_probability",
        "teach",
        "train",
        "show_before_or_after",
        "accept_objects",
        "draw_box",
    ):
        run(command)
        assert not session.board.busy
    assert len(viewer.layers) == 0


def test_the_teach_tab_comes_by_its_command(qtbot: QtBot, open_viewer: Open) -> None:
    viewer, panel, _ = open_viewer(show=True)
    assert panel.tabs.currentWidget() is panel.segment
    run("teach")
    assert panel.tabs.currentWidget() is panel.teach
    panel.parent().hide()
    _, alone = viewer.window.add_plugin_dock_widget("napari-skoots", "Train on labels")
    alone.teach.source.image_requested.emit()
    assert panel.tabs.currentWidget() is panel.segment
    assert panel.isVisible()


def test_pause_and_cancel_are_commands(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, gate: Any
) -> None:
    _, _, session = open_viewer()
    session.open_paths([save_image(tmp_path / "cells.tif")])
    session.wishes.set(where=Where.WHOLE)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    states = []
    for command in ("pause", "pause", "cancel", "pause"):
        run(command)
        states.append(session.board.view.state.value)
    assert states == ["paused", "running", "cancelling", "cancelling"]
    gate.open()
    free(qtbot, session)
    assert message(session) == "Cancelled. What is done is kept and can be resumed."


def test_b_preserves_labels_in_layers_that_are_not_compared(
    make_napari_viewer: Callable[..., Any],
) -> None:
    viewer = make_napari_viewer()
    painted, after = (
        viewer.add_labels(np.zeros((4, 8, 8), np.uint8)) for _ in range(2)
    )
    toggled: list[str] = []
    comparing = FakeComparing([])
    held = CompareKey(viewer, comparing, lambda: toggled.append("B"))
    keyboard = viewer.window._qt_viewer._key_map_handler

    def press(layer: Any) -> None:
        viewer.layers.selection.active = layer
        keyboard.press_key("B")

    comparing.show_view(view=COMPARISON, layers=(after,))
    press(painted)
    assert (painted.preserve_labels, toggled) == (True, [])
    press(after)
    assert (after.preserve_labels, toggled) == (False, ["B"])
    press(None)
    assert toggled == ["B", "B"]
    comparing.show_view(view=None, layers=())
    press(after)
    assert (after.preserve_labels, toggled) == (True, ["B", "B"])
    held.close()


def test_samples_open(make_napari_viewer: Callable[..., Any]) -> None:
    viewer = make_napari_viewer()
    expected = {
        "mito": (["Image"], "micrometer"),
        "chloroplast": (["Image", "Labels"], "micrometer"),
        "nuclei": (["Image", "Labels"], "pixel"),
    }
    for sample, (kinds, unit) in expected.items():
        viewer.layers.clear()
        viewer.open_sample("napari-skoots", sample)
        assert [type(layer).__name__ for layer in viewer.layers] == kinds
        for layer in viewer.layers:
            assert {str(found) for found in layer.units} == {unit}
        assert len({layer.data.shape for layer in viewer.layers}) == 1


def test_a_run_folder_opens_with_napari_itself(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path
) -> None:
    viewer, _, session = open_viewer()
    session.open_paths([save_image(tmp_path / "cells.tif")])
    session.wishes.set(where=Where.WHOLE)
    session.segment()
    free(qtbot, session)
    viewer.layers.clear()
    (layer,) = viewer.open(str(tmp_path / "cells.skoots.zarr"), plugin="napari-skoots")
    assert isinstance(layer.data, ZarrLabels)
    assert tuple(layer.scale) == pytest.approx((0.05, 0.02, 0.01))


def named(session: Session, name: str) -> bool:
    return session.images.name == name and name in session.viewer.layers


def test_images_dropped_on_the_canvas_are_chosen_if_wanted(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path
) -> None:
    viewer, _, session = open_viewer()
    session.open_paths([save_image(tmp_path / "first.tif")])
    for name, wanted in (("second", False), ("third", True)):
        session.set_choose_dropped(wanted)
        viewer.open(str(save_image(tmp_path / f"{name}.tif", seed=2)), plugin="napari")
        qtbot.waitUntil(partial(named, session, name if wanted else "first"))
        assert isinstance(viewer.layers[name].data, np.ndarray) != wanted
        scale = tuple(viewer.layers[name].scale)
        assert scale == pytest.approx((0.05, 0.02, 0.01) if wanted else (1, 1, 1))


def test_the_model_that_was_chosen_is_remembered(
    qtbot: QtBot, open_viewer: Open, models_folder: Path
) -> None:
    pytest.importorskip("napari", minversion="0.9", reason="settings of plugins")
    save_model(models_folder, "yeast", seed=2)
    _, panel, session = open_viewer()
    assert session.models.current == "tiny"
    panel.segment.model.model_chosen.emit("yeast")
    assert session.models.current == "yeast"
    assert read_preferences().model == "yeast"
    _, _, later = open_viewer()
    assert later.models.current == "yeast"


def test_a_new_label_comes_by_its_key(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path
) -> None:
    viewer, _, session = open_viewer()
    session.open_paths([save_image(tmp_path / "cells.tif")])
    session.wishes.set(where=Where.WHOLE)
    session.segment()
    free(qtbot, session)
    layer = viewer.layers["cells labels"]
    largest = int(np.asarray(layer.data).max())
    keymap = {str(key).lower(): act for key, act in layer.keymap.items()}
    keymap["m"](layer)
    assert layer.selected_label > largest


def test_the_session_of_a_viewer_is_one_whoever_asks(
    qtbot: QtBot, open_viewer: Open
) -> None:
    viewer, _, session = open_viewer()
    assert Session.of(viewer) is Session.of(PublicOnlyProxy(viewer)) is session


def test_a_closed_viewer_leaves_no_session(qtbot: QtBot, open_viewer: Open) -> None:
    viewer, _, session = open_viewer()
    before = len(Session._sessions)
    viewer.close()
    qtbot.waitUntil(lambda: len(Session._sessions) == before - 1, timeout=5000)
    assert session not in Session._sessions.values()


def test_a_program_may_end_with_the_viewer_open() -> None:
    script = (
        "import napari; from napari_skoots.dock import SkootsWidget; "
        "viewer = napari.Viewer(show=False); "
        "viewer.window.add_dock_widget(SkootsWidget(viewer))"
    )
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_triton_is_loaded_beside_a_window_that_the_processor_draws() -> None:
    if find_spec("triton") is None:  # importing it here would end this process, too
        pytest.skip("no triton")
    script = (
        "import napari, numpy; viewer = napari.Viewer(show=False); "
        "viewer.add_image(numpy.zeros((8, 8))); viewer.screenshot(flash=False); "
        "from skoots.kernels.dispatch import load_triton; load_triton(); "
        "viewer.close(); import triton; print(triton.language.__name__)"
    )
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "triton.language")
