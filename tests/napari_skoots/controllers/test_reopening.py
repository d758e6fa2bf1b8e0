"""A run folder opened tomorrow: everything is there again, as far as it can be."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from inference_cases import noise
from napari.components import ViewerModel
from napari.layers import Labels, Layer
from session_cases import (
    SHAPE,
    TIMEOUT,
    Gate,
    expected_labels,
    free,
    labels_of,
    message,
    put_before,
    ready,
    save_image,
    segment_begun,
)

from napari_skoots.controllers.engine import EngineState
from napari_skoots.plugin import read_run
from napari_skoots.state.views import Where
from skoots.errors import RunError
from skoots.run.receipt import receipt_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session

    New = Callable[[Any], Session]


def make_run(qtbot: QtBot, session: Session, image: Path, **wishes: Any) -> Path:
    """Segment an image and close the viewer."""
    session.open_paths([image])
    session.wishes.set(where=Where.WHOLE, **wishes)
    out = session.wishes.out
    assert out is not None
    session.segment()
    free(qtbot, session)
    session.close()
    return out


def stop_run(qtbot: QtBot, session: Session, image: Path, gate: Gate) -> Path:
    """Begin to segment an image, cancel after two tiles and close the viewer."""
    session.open_paths([image])
    session.wishes.set(where=Where.WHOLE)
    out = session.wishes.out
    assert out is not None
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 2)
    session.board.cancel()
    gate.open()
    free(qtbot, session)
    session.close()
    return out


@pytest.fixture
def tomorrow(qtbot: QtBot, new_session: New) -> Callable[[], Session]:
    """Another viewer."""
    return lambda: ready(qtbot, new_session(ViewerModel()))


def ask(session: Session) -> list[str]:
    question = session.segmenting.question
    return [] if question is None else [key for key, _ in question.answers]


def noted(session: Session) -> list[str]:
    said: list[str] = []
    session.noted.connect(said.append)
    return said


def test_a_finished_run_comes_back_with_its_image_and_settings(
    qtbot: QtBot, session: Session, tmp_path: Path, tomorrow: Callable[[], Session]
) -> None:
    image = save_image(tmp_path / "cells.tif")
    run = make_run(qtbot, session, image, config={"HOPS": 3}, diameter=12.0)
    again = tomorrow()
    said = noted(again)
    again.open_paths([run])
    picture, labels = again.viewer.layers
    assert (picture.name, labels.name) == ("cells", "cells labels")
    np.testing.assert_array_equal(np.asarray(labels.data), labels_of(run))
    assert tuple(labels.scale) == pytest.approx(tuple(picture.scale))
    assert again.images.layer is picture
    assert again.models.current == "tiny"
    assert again.wishes.out == run
    assert again.wishes.config == {"HOPS": 3}
    view = again.results.view
    assert view is not None
    assert view.final
    assert view.objects == len(np.unique(labels_of(run))) - 1
    assert (said, ask(again)) == ([], [])


def test_a_voxel_size_that_was_typed_comes_back_and_is_in_the_receipt(
    qtbot: QtBot, session: Session, tmp_path: Path, tomorrow: Callable[[], Session]
) -> None:
    image = save_image(tmp_path / "cells.tif", voxel=None)
    typed = (0.05, 0.02, 0.005)  # half of the model's, so that it is resampled
    session.open_paths([image])
    session.images.set_voxel_size(typed)
    session.wishes.set(where=Where.WHOLE, resample=True)
    run = session.wishes.out
    assert run is not None
    session.segment()
    free(qtbot, session)
    session.close()
    assert "--voxel-size 0.05,0.02,0.005" in receipt_of(run).command_line
    again = tomorrow()
    again.open_paths([run])
    assert again.images.voxel_size == typed
    assert again.wishes.resamples
    said = noted(again)
    again.segment()
    again.answer("Go on with it")
    free(qtbot, again)
    assert (said, ask(again)) == ([], [])
    assert "finished already" in message(again)


def test_an_unfinished_run_can_be_resumed_to_the_labels_of_one_without_a_stop(
    qtbot: QtBot,
    session: Session,
    tmp_path: Path,
    models_folder: Path,
    gate: Gate,
    tomorrow: Callable[[], Session],
) -> None:
    image = save_image(tmp_path / "cells.tif")
    run = stop_run(qtbot, session, image, gate)
    again = tomorrow()
    again.open_paths([run])
    assert ask(again) == ["Resume", "Finish what is done", "Not now"]
    again.answer("Resume")
    free(qtbot, again)
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))
    assert len(again.viewer.layers) == 2


def test_what_is_done_of_an_unfinished_run_can_be_finished_without_its_image(
    qtbot: QtBot,
    session: Session,
    tmp_path: Path,
    gate: Gate,
    tomorrow: Callable[[], Session],
) -> None:
    image = save_image(tmp_path / "cells.tif")
    run = stop_run(qtbot, session, image, gate)
    image.unlink()
    again = tomorrow()
    said = noted(again)
    again.open_paths([run])
    assert said == [f"The image is no longer at {image}. Drop it to go on."]
    (labels,) = again.viewer.layers
    assert tuple(labels.scale) == pytest.approx((0.05, 0.02, 0.01))
    again.answer("Finish what is done")
    free(qtbot, again)
    assert "objects in" in message(again)
    view = again.results.view
    assert view is not None
    assert view.final


def test_resume_before_the_image_is_there_says_so_and_asks_again(
    qtbot: QtBot,
    session: Session,
    tmp_path: Path,
    models_folder: Path,
    gate: Gate,
    tomorrow: Callable[[], Session],
) -> None:
    image = save_image(tmp_path / "cells.tif")
    run = stop_run(qtbot, session, image, gate)
    moved = tmp_path / "elsewhere" / "cells.tif"
    moved.parent.mkdir()
    shutil.move(image, moved)
    again = tomorrow()
    told: list[Exception] = []
    again.told.connect(told.append)
    again.open_paths([run])
    again.answer("Resume")
    assert [str(error) for error in told] == ["Choose an image first."]
    assert ask(again) == ["Resume", "Finish what is done", "Not now"]
    again.open_paths([moved])
    again.answer("Resume")
    free(qtbot, again)
    np.testing.assert_array_equal(labels_of(run), expected_labels(moved, models_folder))
    assert not moved.with_name("cells.skoots.zarr").exists()


def test_resume_before_the_model_is_loaded_says_so_and_asks_again(
    qtbot: QtBot,
    session: Session,
    tmp_path: Path,
    models_folder: Path,
    gate: Gate,
    tomorrow: Callable[[], Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = stop_run(qtbot, session, save_image(tmp_path / "cells.tif"), gate)
    again = tomorrow()
    told: list[Exception] = []
    again.told.connect(told.append)
    monkeypatch.setattr(again.engine, "state", EngineState.LOADING)
    again.open_paths([run])
    again.answer("Resume")
    monkeypatch.undo()
    assert [str(error) for error in told] == ["Loading the engine…"]
    assert "Resume" in ask(again)


def test_a_run_is_not_offered_for_another_image_that_is_open(
    qtbot: QtBot,
    session: Session,
    tmp_path: Path,
    tomorrow: Callable[[], Session],
) -> None:
    """Else "start over" would delete the run of one image for another."""
    image = save_image(tmp_path / "cells.tif")
    run = make_run(qtbot, session, image)
    image.unlink()
    again = tomorrow()
    again.open_paths([save_image(tmp_path / "other.tif", seed=4), run])
    assert again.images.name == "other"
    assert again.wishes.out == tmp_path / "other.skoots.zarr"


def test_an_image_that_is_open_under_another_path_is_known_by_its_voxels(
    qtbot: QtBot, session: Session, tmp_path: Path, tomorrow: Callable[[], Session]
) -> None:
    image = save_image(tmp_path / "cells.tif")
    run = make_run(qtbot, session, image)
    moved = tmp_path / "moved.tif"
    shutil.move(image, moved)
    again = tomorrow()
    said = noted(again)
    again.open_paths([save_image(tmp_path / "other.tif", seed=4), moved, run])
    assert said == []
    assert again.images.name == "moved"
    assert again.wishes.out == run
    assert len(again.viewer.layers) == 3


def test_the_run_of_an_image_in_memory_comes_back_alone(
    qtbot: QtBot, session: Session, tomorrow: Callable[[], Session]
) -> None:
    layer = session.viewer.add_image(noise(SHAPE), name="cells")
    layer.scale, layer.units = (0.05, 0.02, 0.01), ("um", "um", "um")
    session.wishes.set(where=Where.WHOLE)
    out = session.wishes.out
    assert out is not None
    session.segment()
    free(qtbot, session)
    again = tomorrow()
    said = noted(again)
    again.open_paths([out])
    assert len(said) == 1
    assert "in memory" in said[0]
    (labels,) = again.viewer.layers
    assert tuple(labels.scale) == pytest.approx((0.05, 0.02, 0.01))
    np.testing.assert_array_equal(np.asarray(labels.data), labels_of(out))


@pytest.mark.parametrize("channel", [0, 1])
def test_the_channel_of_the_run_is_chosen(
    qtbot: QtBot,
    session: Session,
    tmp_path: Path,
    tomorrow: Callable[[], Session],
    channel: int,
) -> None:
    image = tmp_path / "cells.tif"
    volume = np.stack([noise(SHAPE, seed) for seed in range(2)], 1)
    tifffile.imwrite(image, volume, imagej=True, metadata={"axes": "ZCYX"})
    session.open_paths([image])
    session.images.choose(session.images.choices[channel][0])
    session.wishes.set(where=Where.WHOLE)
    run = session.wishes.out
    assert run is not None
    session.segment()
    free(qtbot, session)
    assert "objects in" in message(session)
    session.close()
    again = tomorrow()
    again.open_paths([run])
    assert again.images.layer is not None
    assert again.images.layer.name == f"cells channel {channel}"
    assert again.wishes.out == run


def test_a_time_point_of_the_run_is_chosen(
    qtbot: QtBot, session: Session, tmp_path: Path, tomorrow: Callable[[], Session]
) -> None:
    image = tmp_path / "cells.tif"
    volume = np.stack([noise(SHAPE, seed) for seed in range(3)])
    tifffile.imwrite(image, volume, imagej=True, metadata={"axes": "TZYX"})
    session.open_paths([image])
    session.images.set_time(2)
    session.wishes.set(where=Where.WHOLE)
    run = session.wishes.out
    assert run is not None
    session.segment()
    free(qtbot, session)
    assert "objects in" in message(session)
    session.close()
    again = tomorrow()
    again.open_paths([run])
    assert again.images.choice == {"time": 2}
    assert again.wishes.out == run


def test_a_run_that_is_open_is_shown_and_not_opened_twice(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    image = save_image(tmp_path / "cells.tif")
    session.open_paths([image])
    session.wishes.set(where=Where.WHOLE)
    session.segment()
    free(qtbot, session)
    run = tmp_path / "cells.skoots.zarr"
    session.open_paths([run, run])
    assert len(session.viewer.layers) == 2
    session.viewer.layers.remove(session.viewer.layers[-1])
    session.open_paths([tmp_path / "elsewhere" / ".." / "cells.skoots.zarr"])
    session.open_paths([run])
    assert [layer.name for layer in session.viewer.layers] == ["cells", "cells labels"]


def test_a_run_opened_while_another_is_made_leaves_both_as_they_should_be(
    qtbot: QtBot,
    session: Session,
    tmp_path: Path,
    models_folder: Path,
    gate: Gate,
    tomorrow: Callable[[], Session],
) -> None:
    other = make_run(qtbot, session, save_image(tmp_path / "other.tif", seed=4))
    again = tomorrow()
    image = save_image(tmp_path / "cells.tif")
    again.open_paths([image])
    again.wishes.set(where=Where.WHOLE)
    put_before(again, gate)
    segment_begun(qtbot, again, gate, 2)
    working = again.viewer.layers["cells labels"]
    again.open_paths([other])
    gate.open()
    free(qtbot, again)
    assert not getattr(working, "locked", False)
    run = tmp_path / "cells.skoots.zarr"
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))
    np.testing.assert_array_equal(np.asarray(working.data), labels_of(run))
    assert ask(again) == []


def test_cancelled_while_another_run_is_open_the_offer_is_about_the_right_one(
    qtbot: QtBot,
    session: Session,
    tmp_path: Path,
    gate: Gate,
    tomorrow: Callable[[], Session],
) -> None:
    other = make_run(qtbot, session, save_image(tmp_path / "other.tif", seed=4))
    before = labels_of(other)
    again = tomorrow()
    again.open_paths([save_image(tmp_path / "cells.tif")])
    again.wishes.set(where=Where.WHOLE)
    put_before(again, gate)
    segment_begun(qtbot, again, gate, 2)
    again.open_paths([other])
    again.board.cancel()
    gate.open()
    free(qtbot, again)
    assert again.segmenting.question is not None
    assert again.segmenting.question.text == "cells.skoots.zarr is not finished."
    again.answer("Finish what is done")
    free(qtbot, again)
    assert labels_of(tmp_path / "cells.skoots.zarr").any()
    np.testing.assert_array_equal(labels_of(other), before)


def test_a_damaged_run_is_said_and_opens_nothing(
    qtbot: QtBot, session: Session, tmp_path: Path, tomorrow: Callable[[], Session]
) -> None:
    run = make_run(qtbot, session, save_image(tmp_path / "cells.tif"))
    (run / "state" / "plan.json").write_text("{")
    again = tomorrow()
    told: list[Exception] = []
    again.told.connect(told.append)
    again.open_paths([run])
    assert [type(error) for error in told] == [RunError]
    assert len(again.viewer.layers) == 0


def test_thresholds_of_a_reopened_run_can_be_changed(
    qtbot: QtBot, session: Session, tmp_path: Path, tomorrow: Callable[[], Session]
) -> None:
    run = make_run(qtbot, session, save_image(tmp_path / "cells.tif"))
    before = labels_of(run)
    again = tomorrow()
    again.open_paths([run])
    qtbot.waitUntil(lambda: again.models.checkpoint is not None, timeout=TIMEOUT)
    again.set_config({"PROBABILITY_THRESHOLD": 0.5})
    assert ask(again) == ["Update labels", "Not now"]
    again.answer("Update labels")
    free(qtbot, again)
    assert 0 < (labels_of(run) > 0).sum() < (before > 0).sum()
    np.testing.assert_array_equal(
        np.asarray(again.viewer.layers["cells labels"].data), labels_of(run)
    )


def dropped(viewer: ViewerModel, run: Path) -> Labels:
    """Let napari open a run by the plugin's reader, as a drop on the canvas does."""
    read = read_run(str(run))
    assert read is not None
    (data,) = read(str(run))
    layer = viewer.add_layer(Layer.create(*data))
    assert isinstance(layer, Labels)
    return layer


def test_a_run_that_is_dropped_on_the_canvas_is_opened_as_on_the_panel(
    qtbot: QtBot, session: Session, tmp_path: Path, tomorrow: Callable[[], Session]
) -> None:
    image = save_image(tmp_path / "cells.tif")
    run = make_run(qtbot, session, image)
    again = tomorrow()
    plain = dropped(again.viewer, run)
    qtbot.waitUntil(lambda: plain not in again.viewer.layers)
    assert [layer.name for layer in again.viewer.layers] == ["cells", "cells labels"]
    opened = again.segmenting.current
    assert opened is not None
    assert opened.layer is again.viewer.layers["cells labels"]
    opened.labels[0, 0, 0] = 9
    assert labels_of(run)[0, 0, 0] == 9
    assert again.results.view is not None
    more = dropped(again.viewer, run)
    qtbot.waitUntil(lambda: more not in again.viewer.layers)
    assert [layer.name for layer in again.viewer.layers] == ["cells", "cells labels"]
    assert again.segmenting.current is opened


def test_a_run_that_was_dropped_before_the_panel_came_is_opened_with_it(
    qtbot: QtBot, session: Session, tmp_path: Path, new_session: New
) -> None:
    run = make_run(qtbot, session, save_image(tmp_path / "cells.tif"))
    viewer = ViewerModel()
    plain = dropped(viewer, run)
    again = new_session(viewer)
    qtbot.waitUntil(lambda: plain not in viewer.layers)
    assert [layer.name for layer in viewer.layers] == ["cells", "cells labels"]
    assert again.segmenting.current is not None
