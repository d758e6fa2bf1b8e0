"""A session as a whole: what is dropped on it, and clicks in any order."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari.components import ViewerModel
from session_cases import (
    expected_labels,
    free,
    idle,
    labels_of,
    ready,
    save_image,
    save_model,
)

from napari_skoots.controllers.session import Session
from napari_skoots.state.views import Where

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot


def test_each_viewer_has_one_session(
    qtbot: QtBot, new_session: Callable[[Any], Session]
) -> None:
    viewer, other = ViewerModel(), ViewerModel()
    first = new_session(viewer)
    assert Session.of(viewer) is first
    assert new_session(other) is not first
    first.close()
    assert Session.of(viewer) is not first
    Session.of(viewer).close()


def test_what_cannot_be_opened_is_said_and_the_rest_is_opened(
    session: Session, tmp_path: Path
) -> None:
    told: list[Exception] = []
    session.told.connect(told.append)
    folder = tmp_path / "folder"
    folder.mkdir()
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    bad = [tmp_path / "gone.tif", folder, text, tmp_path / "gone.skoots.zarr"]
    session.open_paths([*bad, save_image(tmp_path / "cells.tif")])
    assert len(told) == len(bad)
    for path, error in zip(bad, told, strict=True):
        assert path.name in str(error)
    assert [layer.name for layer in session.viewer.layers] == ["cells"]


def test_a_run_that_died_before_its_plan_is_no_image(
    session: Session, tmp_path: Path
) -> None:
    told: list[Exception] = []
    session.told.connect(told.append)
    run = tmp_path / "cells.skoots.zarr"
    (run / "state").mkdir(parents=True)
    session.open_paths([run])
    assert "is not a run of SKOOTS, or one that died" in str(told[0])
    assert len(session.viewer.layers) == 0


def test_an_image_a_model_and_a_run_may_be_dropped_together(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    image = save_image(tmp_path / "cells.tif")
    session.open_paths([image])
    session.wishes.set(where=Where.WHOLE)
    session.segment()
    free(qtbot, session)
    session.close()
    again = ready(qtbot, Session.of(ViewerModel()))
    model = save_model(tmp_path / "new", "mine", seed=2)
    again.open_paths([tmp_path / "cells.skoots.zarr", model])
    qtbot.waitUntil(lambda: again.models.current == "mine", timeout=10_000)
    assert len(again.viewer.layers) == 2
    again.close()
    idle(qtbot)


class Monkey:
    """Does what comes to its mind."""

    def __init__(self, session: Session, folder: Path, seed: int) -> None:
        self._session = session
        self._folder = folder
        self._rng = np.random.default_rng(seed)
        self.done: list[str] = []

    def act(self) -> None:
        """Do one of all the things below."""
        names = [name for name in dir(self) if name.startswith("do_")]
        name = str(self._rng.choice(names))
        self.done.append(name.removeprefix("do_"))
        getattr(self, name)()

    def do_segment(self) -> None:
        self._session.segment()

    def do_segment_twice(self) -> None:
        self._session.segment()
        self._session.segment()

    def do_preview(self) -> None:
        self._session.preview()

    def do_answer(self) -> None:
        question = self._session.segmenting.question
        if question is not None:
            keys = [key for key, _ in question.answers]
            self._session.answer(str(self._rng.choice(keys)))

    def do_cancel(self) -> None:
        self._session.board.cancel()

    def do_pause(self) -> None:
        self._session.board.pause()

    def do_resume(self) -> None:
        self._session.board.resume()

    def do_open(self) -> None:
        self._session.open_paths([self._folder / "cells.tif"])

    def do_open_run(self) -> None:
        self._session.open_paths([self._folder / "cells.skoots.zarr"])

    def do_delete_run(self) -> None:
        if not self._session.board.busy:
            shutil.rmtree(self._folder / "cells.skoots.zarr", ignore_errors=True)

    def do_remove_layer(self) -> None:
        layers = self._session.viewer.layers
        if layers:
            layers.remove(layers[int(self._rng.integers(len(layers)))])

    def do_rename(self) -> None:
        for layer in self._session.viewer.layers:
            layer.name = f"layer {self._rng.integers(9)}"

    def do_axes(self) -> None:
        self._session.images.set_axes(str(self._rng.choice(["ZYX", "ZY", "XYZ", ""])))

    def do_where(self) -> None:
        where = [Where.VIEW, Where.WHOLE, Where.WHOLE, Where.BOX]
        self._session.wishes.set(where=where[int(self._rng.integers(4))])

    def do_thresholds(self) -> None:
        value = float(self._rng.choice([0.4, 0.45, 0.5]))
        self._session.set_config({"PROBABILITY_THRESHOLD": value})

    def do_turn(self) -> None:
        dims = self._session.viewer.dims
        dims.ndisplay = 5 - dims.ndisplay

    def do_move(self) -> None:
        self._session.viewer.dims.set_current_step(0, int(self._rng.integers(16)))

    def do_table(self) -> None:
        self._session.attempt(self._session.results.measure)

    def do_skeletons(self) -> None:
        results = self._session.results
        self._session.attempt(lambda: results.show_skeletons(shown=True))

    def do_receipt(self) -> None:
        self._session.attempt(lambda: self._session.results.receipt)

    def do_accept(self) -> None:
        self._session.previewing.accept()

    def do_dismiss(self) -> None:
        self._session.previewing.dismiss()

    def do_voxel_size(self) -> None:
        self._session.images.set_voxel_size((0.05, 0.02, 0.01))
        self._session.images.apply_voxel_size()


@pytest.mark.parametrize("seed", range(2))
def test_clicks_in_any_order_break_nothing(
    qtbot: QtBot, session: Session, tmp_path: Path, models_folder: Path, seed: int
) -> None:
    """In the end a run can be finished, and its labels are right."""
    image = save_image(tmp_path / "cells.tif")
    monkey = Monkey(session, tmp_path, seed)
    monkey.do_open()
    for turn in range(60):
        monkey.act()
        if turn % 3 == 0:
            qtbot.wait(int(monkey._rng.integers(60)))
    session.board.resume()
    free(qtbot, session)
    session.close()
    idle(qtbot)
    again = ready(qtbot, Session.of(ViewerModel()))
    again.open_paths([image])
    again.wishes.set(where=Where.WHOLE)
    run = tmp_path / "cells.skoots.zarr"
    again.segment()
    if again.segmenting.question is not None:
        again.answer("Start over")
        again.answer("Delete and start over")
    free(qtbot, again)
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))
    again.close()
    idle(qtbot)
