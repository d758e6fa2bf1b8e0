"""What a network in training finds is one layer, where the user lets it be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari.components import ViewerModel

from napari_skoots.controllers.teaching.outlook import NAME, Outlook
from napari_skoots.layers.source import is_overlay
from skoots.events import Predicted

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import LayerList
    from napari.layers import Labels


class Desk:
    """A viewer with a teaching layer, and predictions in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.viewer = ViewerModel()
        self.painted: Labels = self.viewer.add_labels(
            np.zeros((8, 20, 30), np.uint32),
            name="teaching",
            scale=(0.04, 0.02, 0.02),
            translate=(1.0, 2.0, 3.0),
        )
        self.outlook = Outlook(self.viewer)

    @property
    def layers(self) -> LayerList:
        return self.viewer.layers

    def show(self, start: tuple[int, int, int], labels: Any, **changes: Any) -> None:
        path = self.folder / "prediction-1.npz"
        np.savez_compressed(path, labels=labels, start_zyx=np.array(start))
        box = tuple((a, a + n) for a, n in zip(start, labels.shape, strict=True))
        painted = changes.get("painted", self.painted)
        self.outlook.show(Predicted(1, path, "rods", box, 1, 0.1, 0.1), painted)  # type: ignore[arg-type]


def ones(*shape: int) -> Any:
    return np.ones(shape, np.uint32)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_it_lies_on_what_is_painted(desk: Desk) -> None:
    desk.show((2, 5, 7), ones(3, 4, 5))
    layer = desk.layers[NAME]
    np.testing.assert_allclose(
        layer.data_to_world((0, 0, 0)), desk.painted.data_to_world((2, 5, 7))
    )
    np.testing.assert_allclose(
        layer.data_to_world((2, 3, 4)), desk.painted.data_to_world((4, 8, 11))
    )
    assert is_overlay(layer), "it is no choice of the panel"


def test_whoever_paints_goes_on_painting(desk: Desk) -> None:
    desk.layers.selection.active = desk.painted
    desk.show((0, 0, 0), ones(3, 4, 5))
    assert desk.layers.selection.active is desk.painted


def test_the_next_one_takes_its_place(desk: Desk) -> None:
    desk.show((0, 0, 0), ones(3, 4, 5))
    layer = desk.layers[NAME]
    desk.show((4, 10, 20), 2 * ones(4, 6, 8))
    assert list(desk.layers) == [desk.painted, layer]
    np.testing.assert_array_equal(layer.data, 2 * ones(4, 6, 8))
    np.testing.assert_allclose(
        layer.data_to_world((0, 0, 0)), desk.painted.data_to_world((4, 10, 20))
    )


def test_removed_it_stays_away_until_the_next_training(desk: Desk) -> None:
    desk.show((0, 0, 0), ones(3, 4, 5))
    desk.layers.remove(desk.layers[NAME])
    desk.show((0, 0, 0), ones(3, 4, 5))
    desk.show((0, 0, 0), ones(3, 4, 5))
    assert list(desk.layers) == [desk.painted]
    desk.outlook.hide()
    desk.show((0, 0, 0), ones(3, 4, 5))
    assert NAME in desk.layers


def test_in_the_end_it_goes(desk: Desk) -> None:
    desk.outlook.hide()
    desk.show((0, 0, 0), ones(3, 4, 5))
    desk.outlook.hide()
    assert list(desk.layers) == [desk.painted]


def test_without_a_teaching_layer_nothing_is_shown(desk: Desk) -> None:
    desk.show((0, 0, 0), ones(3, 4, 5), painted=None)
    assert list(desk.layers) == [desk.painted]
