"""Skeletons follow what is painted; points that the user moved are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from exercise_cases import Taught

from skoots.errors import StorageError
from skoots.teach import skeleton_store
from skoots.teach.skeleton_store import read_moved

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def painted(taught: Taught) -> Any:
    """A teaching layer with two bars, whose skeletons are shown."""
    taught.open_image()
    layer = taught.new_layer()
    layer.data[4:9, 10:19, 10:30] = 3
    layer.data[4:9, 30:39, 10:60] = 9
    taught.exercise.set_skeletons(True)
    taught.counted()
    return layer


def points(taught: Taught) -> Any:
    return taught.viewer.layers["cells skeletons"]


def of(taught: Taught, number: int) -> Any:
    layer = points(taught)
    places = layer.data.copy()
    places[:, 0] = layer.features["z"]
    return places[np.asarray(layer.features["label"]) == number]


def test_skeletons_lie_in_their_objects_and_follow_them(
    taught: Taught, painted: Any
) -> None:
    assert taught.exercise.view.skeletons
    assert np.ptp(of(taught, 9)[:, 2]) > 30
    np.testing.assert_allclose(of(taught, 9)[:, 0], 6, atol=1)
    painted.data[4:9, 30:39, 30:60] = 0
    taught.counted()
    assert np.ptp(of(taught, 9)[:, 2]) < 20
    painted.data[4:9, 10:19, 10:30] = 0
    taught.counted()
    assert not len(of(taught, 3))
    assert taught.viewer.layers.selection.active is painted
    taught.exercise.set_skeletons(False)
    assert "cells skeletons" not in taught.viewer.layers
    assert not taught.exercise.view.skeletons


def test_moved_points_are_stored_and_stay(taught: Taught, painted: Any) -> None:
    layer, before = points(taught), of(taught, 3)
    place = int(np.flatnonzero(np.asarray(layer.features["label"]) == 9)[0])
    moved = layer.data.copy()
    moved[place] = (5, 32, 12)
    layer.data = moved
    taught.exercise.flush()
    path = taught.exercise.example.path
    assert set(read_moved(path)) == {9}
    assert [5, 32, 12] in read_moved(path)[9].points.tolist()
    painted.data[4:9, 10:19, 30:33] = 3  # another object
    taught.counted()
    assert [5, 32, 12] in of(taught, 9).tolist()
    assert not np.array_equal(of(taught, 3), before)
    taught.exercise.set_skeletons(False)
    taught.exercise.set_skeletons(True)
    taught.counted()
    assert [5, 32, 12] in of(taught, 9).tolist()


def test_when_the_object_is_painted_further_its_moved_points_wait_for_an_undo(
    taught: Taught, painted: Any
) -> None:
    layer = points(taught)
    layer.data = layer.data + (0.0, 0.25, 0.0)
    taught.exercise.flush()
    before = of(taught, 3)
    painted.data[4:9, 10:19, 30:33] = 3
    taught.counted()
    assert "More was painted of object 3" in taught.noted[-1]
    assert not np.array_equal(of(taught, 3), before)
    painted.data[4:9, 10:19, 30:33] = 0
    taught.counted()
    np.testing.assert_allclose(of(taught, 3), before)
    taught.exercise.flush()
    assert set(read_moved(taught.exercise.example.path)) == {3, 9}
    assert len(taught.noted) == 1


def test_what_is_moved_in_an_object_as_it_is_now_counts(
    taught: Taught, painted: Any
) -> None:
    layer = points(taught)
    layer.data = layer.data + (0.0, 0.25, 0.0)
    taught.exercise.flush()
    painted.data[4:9, 10:19, 30:33] = 3
    taught.counted()
    layer.add(np.array([[5.0, 11.0, 12.0]]))
    taught.exercise.flush()
    moved = read_moved(taught.exercise.example.path)
    assert [5.0, 11.0, 12.0] in moved[3].points.tolist()
    assert moved[3].box[2] == (10, 33)


def test_points_that_cannot_be_stored_are_tried_again(
    taught: Taught, painted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(skeleton_store, "write_atomically", full_disk)
        points(taught).data = points(taught).data + (0.0, 0.25, 0.0)
        with pytest.raises(StorageError, match="Make room"):
            taught.exercise.flush()
        assert "is full" in str(taught.told[-1])
    path = taught.exercise.example.path
    assert not read_moved(path)
    taught.exercise.flush()
    assert set(read_moved(path)) == {3, 9}


def test_a_damaged_file_is_kept_and_named(
    taught: Taught, painted: Any, qtbot: Any, tmp_path: Path
) -> None:
    path = taught.exercise.example.path
    taught.exercise.close()
    (path / skeleton_store.RECORD).write_text("{", encoding="utf-8")
    other = Taught(qtbot, tmp_path)
    try:
        other.open_image()
        other.new_layer()
        assert "is damaged" in other.noted[-1]
        assert (path / "skeletons.damaged.json").read_text(encoding="utf-8") == "{"
    finally:
        other.close()


def test_a_point_that_is_added_belongs_to_the_object_around_it(
    taught: Taught, painted: Any
) -> None:
    layer, count = points(taught), len(of(taught, 3))
    layer.add(np.array([[5.0, 11.0, 12.0]]))
    taught.exercise.flush()
    assert len(of(taught, 3)) == count + 1
    assert set(read_moved(taught.exercise.example.path)) == {3}


def test_an_object_without_points_gets_new_ones(taught: Taught, painted: Any) -> None:
    layer, before = points(taught), of(taught, 3)
    layer.selected_data = set(
        np.flatnonzero(np.asarray(layer.features["label"]) == 3).tolist()
    )
    layer.remove_selected()
    assert not len(of(taught, 3))
    taught.counted()
    np.testing.assert_array_equal(of(taught, 3), before)
    assert set(read_moved(taught.exercise.example.path)) == set()


def test_another_sitting_has_the_moved_points(
    taught: Taught, painted: Any, qtbot: Any, tmp_path: Path
) -> None:
    layer = points(taught)
    layer.data = layer.data + (0.0, 0.25, 0.0)
    expected = of(taught, 9)
    taught.exercise.close()
    other = Taught(qtbot, tmp_path)
    try:
        other.open_image()
        other.new_layer()
        other.exercise.set_skeletons(True)
        other.counted()
        np.testing.assert_allclose(of(other, 9), expected)
    finally:
        other.close()


def test_points_are_seen_a_little_beside_their_plane(
    taught: Taught, painted: Any
) -> None:
    layer, places = points(taught), of(taught, 9)
    true_z = float(places[0, 0])
    taught.go_to(round(true_z) + 1)
    assert (layer.data[:, 0] == round(true_z) + 1).all()
    np.testing.assert_array_equal(of(taught, 9), places)
    moved = layer.data.copy()
    moved[-1, 1] += 1  # within the plane
    layer.data = moved
    taught.go_to(20)
    taught.exercise.flush()
    assert (of(taught, 9)[:, 0] == true_z).all(), "its own plane is remembered"
    np.testing.assert_allclose(layer.data[:, 0], layer.features["z"])
    assert set(read_moved(taught.exercise.example.path)) == {9}
    taught.viewer.dims.ndisplay = 3
    taught.go_to(round(true_z))
    np.testing.assert_allclose(layer.data[:, 0], layer.features["z"])
