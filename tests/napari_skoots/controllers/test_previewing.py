"""A look before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from session_cases import TIMEOUT, Gate, free, message, put_before, save_image

from napari_skoots.state.views import Where

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session

NAME = "SKOOTS preview"


@pytest.fixture
def image(session: Session, tmp_path: Path) -> Any:
    session.open_paths([save_image(tmp_path / "cells.tif")])
    return session.images.layer


def preview(qtbot: QtBot, session: Session) -> Any:
    session.preview()
    free(qtbot, session)
    return session.viewer.layers[NAME]


def test_it_lies_where_it_was_asked_for_and_writes_nothing(
    qtbot: QtBot, session: Session, image: Any, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    image.translate = (1.0, 2.0, 3.0)
    point = (1 + 8 * 0.05, 2 + 20 * 0.02, 3 + 30 * 0.01)
    session.viewer.cursor.position = point
    layer = preview(qtbot, session)
    low = np.asarray(layer.data_to_world((-0.5, -0.5, -0.5)))
    high = np.asarray(layer.data_to_world(np.array(layer.data.shape) - 0.5))
    assert (low <= point).all()
    assert (high >= point).all()
    assert tuple(layer.scale) == pytest.approx(tuple(image.scale))
    voxel = (low - np.asarray(image.data_to_world((-0.5, -0.5, -0.5)))) / image.scale
    np.testing.assert_allclose(voxel, voxel.round(), atol=1e-6)
    assert sorted(tmp_path.iterdir()) == before
    view = session.previewing.view
    assert view is not None
    assert view.objects == len(np.unique(layer.data)) - 1
    assert "objects in" in message(session)


def test_accepted_it_is_a_layer_like_any_other(
    qtbot: QtBot, session: Session, image: Any
) -> None:
    first = preview(qtbot, session)
    session.previewing.accept()
    assert session.previewing.view is None
    assert (first.name, "skoots" in first.metadata) == ("cells preview 1", False)
    second = preview(qtbot, session)
    session.previewing.accept()
    assert second.name == "cells preview 2"
    assert first in session.viewer.layers


def test_dismissed_it_is_gone(qtbot: QtBot, session: Session, image: Any) -> None:
    preview(qtbot, session)
    session.previewing.dismiss()
    assert [layer.name for layer in session.viewer.layers] == ["cells"]
    assert session.previewing.view is None
    session.previewing.dismiss()
    session.previewing.accept()
    assert [layer.name for layer in session.viewer.layers] == ["cells"]


def test_the_next_takes_the_place_of_the_one_before(
    qtbot: QtBot, session: Session, image: Any
) -> None:
    first = preview(qtbot, session)
    second = preview(qtbot, session)
    assert first not in session.viewer.layers
    assert second in session.viewer.layers
    assert len(session.viewer.layers) == 2


def test_removed_by_hand_nothing_is_left_to_answer(
    qtbot: QtBot, session: Session, image: Any
) -> None:
    preview(qtbot, session)
    session.viewer.layers.remove(NAME)
    assert session.previewing.view is None


def test_labels_take_its_place(qtbot: QtBot, session: Session, image: Any) -> None:
    preview(qtbot, session)
    session.wishes.set(where=Where.WHOLE)
    session.segment()
    free(qtbot, session)
    assert [layer.name for layer in session.viewer.layers] == ["cells", "cells labels"]


def test_a_preview_is_no_image_and_no_result(
    qtbot: QtBot, session: Session, image: Any
) -> None:
    session.viewer.layers.selection.active = image
    preview(qtbot, session)
    assert session.images.layer is image
    assert session.results.view is None
    assert session.viewer.layers.selection.active is image


def test_where_nothing_of_the_image_is_seen_it_says_so(
    qtbot: QtBot, session: Session, image: Any
) -> None:
    session.viewer.add_image(
        np.zeros((4, 8, 8), np.uint8), translate=(500, 0, 0), units=("um",) * 3
    )
    session.viewer.dims.set_point(0, 501)
    session.viewer.cursor.position = (501, 0, 0)
    told: list[Exception] = []
    session.told.connect(told.append)
    session.preview()
    assert [str(error) for error in told] == [
        "Nothing of the image is in the view. Move the view."
    ]
    assert not session.board.busy


def test_an_image_that_goes_meanwhile_does_no_harm(
    qtbot: QtBot, session: Session, image: Any, gate: Gate
) -> None:
    put_before(session, gate)
    gate.close()
    session.preview()
    qtbot.waitUntil(gate.waiting.is_set, timeout=TIMEOUT)
    session.viewer.layers.clear()
    gate.open()
    free(qtbot, session)
    assert NAME in session.viewer.layers


def test_cancelled_it_shows_nothing(
    qtbot: QtBot, session: Session, image: Any, gate: Gate
) -> None:
    put_before(session, gate)
    gate.close()
    session.preview()
    qtbot.waitUntil(gate.waiting.is_set, timeout=TIMEOUT)
    session.board.cancel()
    gate.open()
    free(qtbot, session)
    assert NAME not in session.viewer.layers
    assert message(session) == "Cancelled. Nothing is changed."
