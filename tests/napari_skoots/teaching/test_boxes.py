"""Boxes are seen on each of their planes, and what is drawn is what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from exercise_cases import SHAPE
from hypothesis import given
from hypothesis import strategies as st

from napari_skoots.controllers.teaching import stored_soon
from napari_skoots.controllers.teaching.box_geometry import (
    box_of,
    planes_for,
    rectangle_of,
)
from skoots.errors import StorageError, TrainingError
from skoots.teach import example_record
from skoots.teach.example import Example
from skoots.train.data.taught_boxes import TaughtBox

if TYPE_CHECKING:
    from exercise_cases import Taught

DEPTH = SHAPE[0]


@st.composite
def boxes(draw: Any) -> TaughtBox:
    starts = [draw(st.integers(0, n - 1)) for n in SHAPE]
    stops = [draw(st.integers(a + 1, n)) for a, n in zip(starts, SHAPE, strict=True)]
    (a, b, c), (d, e, f) = starts, stops
    return TaughtBox((a, b, c), (d, e, f))


@given(boxes())
def test_a_box_that_is_drawn_and_read_is_the_same(box: TaughtBox) -> None:
    planes = (box.start_zyx[0], box.stop_zyx[0] - 1)
    assert box_of(rectangle_of(box, 3), planes, SHAPE) == box


@pytest.mark.parametrize(
    ("rows", "voxels"),
    [((10, 20), (10, 21)), ((9.6, 20.4), (10, 21)), ((9.4, 20.6), (9, 22))],
)
def test_a_box_has_all_voxels_that_the_rectangle_covers_a_part_of(
    rows: tuple[float, float], voxels: tuple[int, int]
) -> None:
    top, bottom = rows
    vertices = np.array([(3, top, 4), (3, bottom, 9)], float)
    box = box_of(vertices, (0, 5), SHAPE)
    assert box is not None
    assert (box.start_zyx[1], box.stop_zyx[1]) == voxels


def test_beside_the_image_is_no_box() -> None:
    vertices = np.array([(3, -30, 4), (3, -4, 9)], float)
    assert box_of(vertices, (0, 5), SHAPE) is None


def test_a_new_box_is_as_deep_as_what_it_meets() -> None:
    vertices = np.array([(30, 10, 10), (30, 40, 40)], float)
    met = [[(20, 28), (35, 50), (5, 11)], [(26, 40), (12, 14), (12, 14)]]
    beside = [[(0, 60), (41, 50), (12, 14)]]
    objects = np.array(met + beside)
    assert planes_for(vertices, objects, 30, 100) == (19, 40)
    assert planes_for(vertices, objects, 60, 100) == (19, 60), "its own plane too"
    none = np.zeros((0, 3, 2), int)
    assert planes_for(vertices, none, 30, 100) == (22, 38)
    assert planes_for(vertices, none, 2, 6) == (0, 5)


def drawn(taught: Taught, plane: int = 12) -> Any:
    taught.open_image()
    taught.new_layer()
    taught.go_to(plane)
    taught.draw((10, 30), (10, 40))
    return taught.boxes


def z_of(layer: Any, place: int = 0) -> float:
    return float(layer.data[place][0, 0])


def test_a_rectangle_comes_along_to_its_planes_and_to_no_other(
    taught: Taught,
) -> None:
    layer = drawn(taught)
    assert taught.exercise.example.boxes == (TaughtBox((4, 10, 10), (21, 31, 41)),)
    stored = (taught.exercise.example.path / "example.json").stat().st_mtime_ns
    for plane in (4, 15, 20):
        taught.go_to(plane)
        assert z_of(layer) == plane
    for plane in (3, 22):
        taught.go_to(plane)
        assert z_of(layer) != plane
        assert 4 <= z_of(layer) <= 20
    taught.exercise.flush()
    assert (taught.exercise.example.path / "example.json").stat().st_mtime_ns == stored


def test_a_selected_rectangle_stays_selected_on_its_way(taught: Taught) -> None:
    layer = drawn(taught)
    taught.draw((40, 50), (40, 50))
    layer.mode = "select"
    layer.selected_data = {0}
    taught.go_to(13)
    assert set(layer.selected_data) == {0}
    assert layer.mode == "select"
    taught.qtbot.wait(50)
    assert taught.exercise.view.box.number == 1
    taught.exercise.set_held_out(True)
    taught.exercise.flush()
    assert [box.held_out for box in taught.exercise.example.boxes] == [True, False]
    first, second = np.asarray(layer.edge_color)
    assert not np.allclose(first, second)
    assert list(layer.features["label"]) == ["1 held out", "2"]


def test_planes_of_a_box_can_be_said(taught: Taught) -> None:
    layer = drawn(taught)
    taught.exercise.set_planes(14, 99)
    view = taught.exercise.view.box
    assert (view.first, view.last, view.planes) == (14, DEPTH - 1, DEPTH)
    assert z_of(layer) == 14
    taught.exercise.flush()
    (box,) = taught.exercise.example.boxes
    assert (box.start_zyx[0], box.stop_zyx[0]) == (14, DEPTH)
    layer.remove([0])
    taught.exercise.flush()
    assert taught.exercise.example.boxes == ()
    with pytest.raises(TrainingError, match="There is no box"):
        taught.exercise.set_planes(1, 2)


def test_the_box_of_an_object_has_its_planes(taught: Taught) -> None:
    taught.open_image()
    taught.new_layer().data[6:9, 12:20, 12:20] = 1
    taught.counted()
    taught.go_to(7)
    taught.draw((10, 30), (10, 40))
    (box,) = taught.exercise.example.boxes
    assert (box.start_zyx[0], box.stop_zyx[0]) == (5, 10)


def test_a_moved_rectangle_is_another_box(taught: Taught) -> None:
    layer = drawn(taught)
    layer.data = [layer.data[0] + (0, 5, 0)]
    taught.exercise.flush()
    assert taught.exercise.example.boxes == (TaughtBox((4, 15, 10), (21, 36, 41)),)


CORNERS = np.array([(12, 10, 10), (12, 10, 40), (12, 30, 40), (12, 30, 10)], float)
SLANTED = np.array([(12, 10, 25), (12, 20, 40), (12, 30, 25), (12, 20, 10)], float)
AROUND = TaughtBox((4, 10, 10), (21, 31, 41))


def begun(taught: Taught, plane: int = 12) -> Any:
    taught.open_image()
    taught.new_layer()
    taught.go_to(plane)
    return taught.boxes


def assert_drawn_as(layer: Any, box: TaughtBox, plane: int) -> None:
    assert list(layer.shape_type) == ["rectangle"]
    (shape,) = layer.data
    expected = rectangle_of(box, plane)
    np.testing.assert_array_equal(shape[:, 0], plane)
    np.testing.assert_allclose(
        sorted(map(tuple, shape)), sorted(map(tuple, expected)), atol=1e-4
    )


@pytest.mark.parametrize(
    ("kind", "vertices"),
    [
        ("ellipse", CORNERS),
        ("polygon", CORNERS),
        ("polygon", SLANTED),
        ("path", CORNERS[:3]),
        ("line", CORNERS[::2]),
        ("rectangle", SLANTED),
    ],
)
def test_any_shape_is_drawn_as_the_rectangle_around_it_that_it_counts_as(
    taught: Taught, kind: str, vertices: Any
) -> None:
    layer = begun(taught)
    layer.add(vertices, shape_type=kind)
    taught.exercise.flush()
    assert taught.exercise.example.boxes == (AROUND,)
    assert_drawn_as(layer, AROUND, 12)
    taught.go_to(13)
    assert_drawn_as(layer, AROUND, 13)
    assert taught.exercise.example.boxes == (AROUND,)


def test_a_rectangle_that_is_turned_is_upright_again_and_stays_selected(
    taught: Taught,
) -> None:
    layer = drawn(taught)
    taught.draw((40, 50), (40, 50))
    upright = layer.data[1].copy()
    layer.mode, layer.selected_data = "select", {0}
    layer.data = [SLANTED, layer.data[1]]  # as the handle does
    layer.selected_data = {0}
    taught.exercise.flush()
    assert taught.exercise.example.boxes[0] == AROUND
    assert list(layer.shape_type) == ["rectangle"] * 2
    np.testing.assert_allclose(np.ptp(layer.data[0], axis=0), (0, 21, 31))
    np.testing.assert_array_equal(layer.data[1], upright, "it is drawn as it was")
    assert (layer.mode, set(layer.selected_data)) == ("select", {0})


def test_a_polygon_is_left_alone_until_it_is_finished(taught: Taught) -> None:
    layer = begun(taught)
    layer._is_creating = True  # as napari does from the first click to the last
    layer.add(SLANTED, shape_type="polygon")
    taught.exercise.flush()
    assert list(layer.shape_type) == ["polygon"]
    np.testing.assert_array_equal(layer.data[0], SLANTED)
    layer._is_creating = False
    taught.qtbot.waitUntil(lambda: list(layer.shape_type) == ["rectangle"])
    taught.exercise.flush()
    assert taught.exercise.example.boxes == (AROUND,)


def test_a_shape_beside_the_image_stays_as_it_is(taught: Taught) -> None:
    layer = begun(taught)
    layer.add(SLANTED - (0, 80, 0), shape_type="polygon")
    taught.exercise.flush()
    assert list(layer.shape_type) == ["polygon"]
    assert taught.exercise.example.boxes == ()


def test_a_slip_of_the_mouse_is_no_box(taught: Taught) -> None:
    taught.open_image()
    taught.new_layer()
    taught.draw((10, 10.2), (10, 10.2))
    assert taught.exercise.example.boxes == ()
    assert len(taught.boxes.data) == 0


def test_drawn_across_planes_it_has_these(taught: Taught) -> None:
    taught.open_image()
    taught.new_layer()
    taught.viewer.dims.order = (1, 0, 2)
    corners = [(3, 20, 10), (3, 20, 40), (9, 20, 40), (9, 20, 10)]
    taught.boxes.add(np.array(corners, float), shape_type="rectangle")
    taught.exercise.flush()
    assert taught.exercise.example.boxes == (TaughtBox((3, 12, 10), (10, 29, 41)),)
    taught.viewer.dims.order = (0, 1, 2)
    taught.go_to(5)
    assert np.ptp(taught.boxes.data[0][:, 0]) == 0
    assert z_of(taught.boxes) == 5
    taught.exercise.flush()
    assert taught.exercise.example.boxes == (TaughtBox((3, 12, 10), (10, 29, 41)),)


def test_in_three_dimensions_boxes_stay_where_they_are(taught: Taught) -> None:
    layer = drawn(taught)
    taught.viewer.dims.ndisplay = 3
    taught.go_to(17)
    assert z_of(layer) == 12
    taught.viewer.dims.ndisplay = 2
    assert z_of(layer) == taught.plane


def test_everything_hides_the_boxes_until_it_is_taken_back(taught: Taught) -> None:
    layer = drawn(taught)
    before = taught.exercise.example.boxes
    taught.exercise.set_everything(True)
    assert taught.exercise.example.boxes == (TaughtBox((0, 0, 0), SHAPE),)
    view = taught.counted()
    assert (view.everything, view.boxes, view.box) == (True, 1, None)
    assert not layer.visible
    with pytest.raises(TrainingError, match="whole image is one box"):
        taught.exercise.draw_box()
    taught.exercise.set_everything(False)
    assert layer.visible
    assert taught.exercise.example.boxes == before
    assert taught.counted().boxes == 1


def test_drawing_begins_where_the_user_looks(taught: Taught) -> None:
    layer = drawn(taught)
    taught.viewer.layers.remove(layer)
    taught.exercise.draw_box()
    assert taught.viewer.layers.selection.active is taught.boxes
    assert taught.boxes.mode == "add_rectangle"
    assert len(taught.boxes.data) == 1


def full_disk(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def test_boxes_that_cannot_be_stored_are_kept_until_they_can(
    taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_soon, "_AGAIN_MS", 20)
    taught.open_image()
    taught.new_layer()
    with monkeypatch.context() as patch:
        patch.setattr(example_record, "write_atomically", full_disk)
        with pytest.raises(StorageError, match="Make room"):
            taught.draw((5, 25), (5, 25))
        assert "is full" in str(taught.told[-1])
        taught.qtbot.wait(100)
        assert len(taught.told) == 1, "what is tried again is not said again"
        with pytest.raises(StorageError):
            taught.exercise.set_everything(True)
        assert not taught.exercise.view.everything
    taught.qtbot.waitUntil(lambda: len(taught.exercise.example.boxes) == 1)
    assert len(Example(taught.exercise.example.path).boxes) == 1


def test_boxes_that_could_not_be_stored_are_stored_in_the_end(
    taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught.open_image()
    taught.new_layer()
    path = taught.exercise.example.path
    with monkeypatch.context() as patch:
        patch.setattr(example_record, "write_atomically", full_disk)
        with pytest.raises(StorageError, match="Make room"):
            taught.draw((5, 25), (5, 25))
    taught.exercise.close()
    assert len(Example(path).boxes) == 1


def test_boxes_of_another_viewer_are_seen_and_stay(taught: Taught) -> None:
    layer = drawn(taught)
    other = Example(taught.exercise.example.path)
    added = TaughtBox((1, 40, 40), (4, 50, 50))
    other.set_boxes([*other.boxes, added])
    taught.go_to(2)
    taught.draw((30, 35), (5, 10))
    assert len(layer.data) == 3
    assert added in Example(other.path).boxes
    other.look_again()
    other.teach_everything()
    taught.exercise._counting._watching.touch(other.path)
    assert taught.counted().everything
    assert not layer.visible
