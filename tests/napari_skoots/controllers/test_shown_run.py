"""A run is held as long as its labels are shown, and no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from filelock import FileLock, Timeout
from session_cases import Gate, free, labels_of, put_before, save_image, segment_begun

from napari_skoots.state.views import Where
from skoots.run.layout import LOCK, STATE

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session
    from napari_skoots.controllers.shown_run import ShownRun


def held(run: Path) -> bool:
    """Whether another program would be refused."""
    lock = FileLock(run / STATE / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def opened_of(session: Session) -> ShownRun:
    opened = session.segmenting.current
    assert opened is not None
    return opened


def segment(qtbot: QtBot, session: Session, image: Path) -> ShownRun:
    session.open_paths([image])
    session.wishes.set(where=Where.WHOLE)
    session.segment()
    free(qtbot, session)
    return opened_of(session)


def test_a_run_is_given_back_with_its_layer_and_taken_again(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    opened = segment(qtbot, session, save_image(tmp_path / "cells.tif"))
    assert held(opened.path)
    session.viewer.layers.remove(opened.layer)
    assert not held(opened.path)
    session.open_paths([opened.path])
    assert opened_of(session) is opened
    assert held(opened.path)
    session.viewer.dims.set_current_step(0, 5)
    opened.layer.brush_size = 3
    opened.layer.paint((5, 10, 10), 77)
    assert labels_of(opened.path)[5, 10, 10] == 77
    assert opened.layer._slice.image.raw[10, 10] == 77
    opened.layer.undo()
    assert labels_of(opened.path)[5, 10, 10] != 77


def test_in_three_dimensions_it_is_taken_again_without_a_look_at_all_of_it(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skoots.run import coarse_labels  # noqa: PLC0415 - zarr

    monkeypatch.setattr(coarse_labels, "coarse_steps", lambda *_: (1, 4, 4))
    opened = segment(qtbot, session, save_image(tmp_path / "cells.tif"))
    session.viewer.dims.ndisplay = 3
    session.viewer.layers.remove(opened.layer)
    session.open_paths([opened.path])
    assert opened.in_3d.layer is not None
    assert np.size(opened.layer._slice.image.raw) <= opened.labels[0].size
    session.viewer.dims.ndisplay = 2
    assert opened.layer.visible


def test_closed_in_three_dimensions_nothing_of_it_stays(
    qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skoots.run import coarse_labels  # noqa: PLC0415 - zarr

    monkeypatch.setattr(coarse_labels, "coarse_steps", lambda *_: (1, 4, 4))
    opened = segment(qtbot, session, save_image(tmp_path / "cells.tif"))
    session.viewer.dims.ndisplay = 3
    opened.close()
    assert [layer.name for layer in session.viewer.layers] == ["cells"]
    assert np.size(opened.layer._slice.image.raw) <= opened.labels[0].size
    assert not held(opened.path)


def test_a_layer_that_is_removed_while_labels_are_made_leaves_the_run_to_the_job(
    qtbot: QtBot, session: Session, tmp_path: Path, gate: Gate
) -> None:
    session.open_paths([save_image(tmp_path / "cells.tif")])
    session.wishes.set(where=Where.WHOLE)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 2)
    opened = opened_of(session)
    session.viewer.layers.remove(opened.layer)
    assert held(opened.path)
    gate.open()
    free(qtbot, session)
    assert not held(opened.path)
    session.answer("Show the labels")
    assert held(opened.path)
    opened.labels[0, 0, 0] = 5
    np.testing.assert_array_equal(np.asarray(opened.layer.data), labels_of(opened.path))


def test_a_session_that_ends_gives_back_all_runs(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    first = segment(qtbot, session, save_image(tmp_path / "first.tif"))
    second = segment(qtbot, session, save_image(tmp_path / "second.tif", seed=1))
    assert first is not second
    assert held(first.path)
    session.close()
    assert not held(first.path)
    assert not held(second.path)


def test_a_run_that_another_program_has_can_be_painted_when_that_is_done(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    opened = segment(qtbot, session, save_image(tmp_path / "cells.tif"))
    session.viewer.layers.remove(opened.layer)
    other = FileLock(opened.path / STATE / LOCK)
    other.acquire(timeout=0)
    opened.show()
    assert not opened.layer.editable
    other.release()
    qtbot.waitUntil(lambda: bool(opened.layer.editable), timeout=5000)
    opened.layer.data[2, :4, :4] = 77
    assert (labels_of(opened.path)[2, :4, :4] == 77).all()
