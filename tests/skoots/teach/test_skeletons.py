"""Skeletons follow what is painted, and what somebody moved is what training reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from skoots.events import result_of
from skoots.teach import TeachProject
from skoots.teach.materials import write_materials
from skoots.teach.painted import look
from skoots.teach.skeleton_store import RECORD, Skeleton, read_moved, write_moved
from skoots.teach.skeletons import follow_objects, settle, skeleton_points
from skoots.train.data.taught_boxes import TaughtBox
from skoots.train.dataloader import load_pairs
from skoots.train.generate_skeletons import skeletonize_labels
from skoots.volume.axes import points_to_zyx, zyx_to_xyz
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.teach import Example

SHAPE = (24, 80, 90)
SIZE = (0.04, 0.02, 0.02)


@pytest.fixture
def example(tmp_path: Path) -> Example:
    """Two bars along X, a short and a long one, in a box."""
    project = TeachProject.create(tmp_path / "cells.skoots-project")
    grey = np.random.default_rng(1).integers(0, 255, SHAPE, np.uint8)
    found = project.add(open_source(grey, voxel_size=SIZE))
    found.labels[4:9, 10:19, 10:30] = 3
    found.labels[4:9, 30:39, 10:60] = 9
    found.set_boxes([TaughtBox((2, 6, 6), (16, 44, 70))])
    return found


def followed(example: Example, known: Any = None, touched: Any = None) -> Any:
    table = result_of(look(example)).objects
    job = follow_objects(
        example.labels, table, example.voxel_size, known or {}, touched
    )
    return result_of(job)


def test_a_skeleton_is_the_one_that_training_would_make(example: Example) -> None:
    found = followed(example)
    volume = zyx_to_xyz(np.asarray(example.labels[...]).astype(np.int64))
    y, x, z = 0.02, 0.02, 0.04
    for key, points in skeletonize_labels(volume, spacing=(y, x, z)).items():
        expected = np.unique(points_to_zyx(points), axis=0)
        np.testing.assert_allclose(found[key].points, expected, atol=1e-4)


@pytest.mark.parametrize("corner", [(3, 9, 0), (3, 9, 20)], ids=["cut", "within"])
def test_a_large_object_has_its_axis_at_half_size(corner: Any) -> None:
    z, y, x = np.mgrid[:21, :101, :300]
    tube = ((z - 10) / 10) ** 2 + ((y - 50) / 50) ** 2 <= 1
    points = skeleton_points(tube & (x >= 0), corner, (60, 200, 330), None)
    points = points - np.array(corner)
    assert (abs(points[:, 0] - 10) < 2).all()
    assert np.ptp(points[:, 2]) > 180
    voxels = np.rint(points).astype(int)
    assert tube[tuple(voxels.T)].all()


def test_only_what_changed_is_thinned_again(example: Example) -> None:
    first = followed(example)
    example.labels[4:9, 10:19, 30:33] = 3
    again = followed(example, first, [((0, 24), (0, 20), (0, 90))])
    assert again[9] is first[9]
    assert again[3].digest != first[3].digest
    assert again[3].box == ((4, 9), (10, 19), (10, 33))
    example.labels[4:9, 30:39, 10:60] = 0
    assert set(followed(example, again, None)) == {3}


def test_another_stroke_in_the_same_chunk_changes_nothing(example: Example) -> None:
    first = followed(example)
    example.labels[20:22, 70:75, 70:80] = 12
    again = followed(example, first, [((0, 24), (0, 80), (0, 90))])
    assert again[3] is first[3]
    assert set(again) == {3, 9, 12}


def moved_to(one: Skeleton, points: Any) -> Skeleton:
    return Skeleton(one.box, one.digest, np.array(points, np.float32))


def test_what_was_moved_is_there_again(example: Example) -> None:
    (short, _) = followed(example).values()
    write_moved(example.path, {3: moved_to(short, [(5, 12, 14), (6.5, 12, 20)])})
    (read,) = read_moved(example.path).values()
    assert (read.box, read.digest) == (short.box, short.digest)
    np.testing.assert_array_equal(read.points, [(5, 12, 14), (6.5, 12, 20)])
    (example.path / RECORD).write_text("{", encoding="utf-8")
    assert read_moved(example.path) == {}


def test_a_damaged_file_is_not_overwritten(example: Example) -> None:
    for content in ("{", "[1]"):
        (example.path / RECORD).write_text(content, encoding="utf-8")
        write_moved(example.path, followed(example))
    assert set(read_moved(example.path)) == {3, 9}
    kept = {p.name: p.read_text() for p in example.path.glob("skeletons.damaged*")}
    assert kept == {"skeletons.damaged.json": "{", "skeletons.damaged-2.json": "[1]"}


@pytest.mark.parametrize("grid", [SHAPE, (48, 40, 45)], ids=["same", "other"])
def test_training_uses_moved_points_and_makes_the_rest(
    example: Example, tmp_path: Path, grid: Any
) -> None:
    points = [(5, 12, 14), (5, 12, 20), (7, 16, 20)]
    write_moved(example.path, {3: moved_to(followed(example)[3], points)})
    painted = result_of(look(example))
    (path,) = write_materials(
        example, painted, example.boxes, grid, (2, 4, 4), tmp_path / "out"
    )
    (volume,) = load_pairs(path.parent)
    corner = (0, 2, 2) if grid == SHAPE else (2, 0, 0)
    step = np.array(grid) / SHAPE
    there = (np.array(points) + 0.5) * step - 0.5 - corner
    read = np.sort(points_to_zyx(np.asarray(volume.skeletons[3])), axis=0)
    np.testing.assert_allclose(read, np.sort(there, axis=0), atol=0.51)
    assert len(volume.skeletons[9]) > 5, "which was made"
    assert not volume.notices


triples = st.tuples(*[st.integers(-3, 14)] * 3)


@given(
    st.lists(triples, min_size=1, max_size=8),
    st.lists(st.tuples(*[st.floats(-4, 15)] * 3), min_size=1, max_size=8),
)
@settings(deadline=None)
def test_points_settle_in_a_part_as_they_do_in_the_whole(
    solid: list[Any], points: list[Any]
) -> None:
    whole = np.zeros((9, 12, 11), bool)
    where = np.clip(solid, 0, np.array(whole.shape) - 1)
    whole[tuple(where.T)] = True
    corner, stop = where.min(axis=0), where.max(axis=0) + 1
    part = whole[tuple(map(slice, corner, stop))]
    at = np.array(points + [np.array(one) - 0.5 for one in points])
    found = settle(at, part, tuple(corner.tolist()), whole.shape)
    np.testing.assert_array_equal(found, settle(at, whole))
    assert whole[tuple(np.rint(found).astype(int).T)].all()


def test_a_moved_point_does_not_ask_for_the_whole_image(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, plain = [], ndimage.distance_transform_edt

    def transform(mask: Any, **wish: Any) -> Any:
        asked.append(mask.shape)
        return plain(mask, **wish)

    write_moved(example.path, {3: moved_to(followed(example)[3], [(5, 21, 14)])})
    painted = result_of(look(example))
    monkeypatch.setattr(ndimage, "distance_transform_edt", transform)
    write_materials(example, painted, example.boxes, SHAPE, (2, 4, 4), tmp_path / "out")
    assert (5, 12, 20) in asked, "the object, and the point beside it"
    assert max(map(np.prod, asked)) < np.prod(SHAPE) / 10


@pytest.mark.parametrize(
    ("stroke", "number"), [((28, 30), 0), ((30, 33), 3)], ids=["erased", "painted on"]
)
def test_a_moved_skeleton_does_not_outlive_its_object(
    example: Example, tmp_path: Path, stroke: tuple[int, int], number: int
) -> None:
    write_moved(example.path, {3: moved_to(followed(example)[3], [(5, 12, 14)])})
    example.labels[4:9, 10:19, slice(*stroke)] = number
    painted = result_of(look(example))
    (path,) = write_materials(
        example, painted, example.boxes, SHAPE, (2, 4, 4), tmp_path / "out"
    )
    assert not list(path.parent.glob("*.trch"))
