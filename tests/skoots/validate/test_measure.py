"""Volumes, places and sizes of objects, against the same counted voxel by voxel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from inference_cases import code_model, drain

from skoots.errors import ShapeError
from skoots.events import BlockDone
from skoots.run.scale import grid_shape
from skoots.run.wishes import Wishes
from skoots.validate import measure
from skoots.validate.measure import ObjectTable, measure_objects, typical_diameter
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path


class Boxed:
    """Labels that can only be read in small boxes, as those of a huge volume."""

    def __init__(self, voxels: Any, chunks: tuple[Any, ...], most: int) -> None:
        self.shape, self.dtype, self.chunks = voxels.shape, voxels.dtype, chunks
        self._voxels, self._most = voxels, most

    def __getitem__(self, key: tuple[slice, ...]) -> Any:
        part = self._voxels[key]
        assert part.size <= self._most
        return part


def table_of(labels: Any, *size: Any) -> ObjectTable:
    return drain(measure_objects(labels, *size))[1]


def assert_counted(table: ObjectTable, labels: Any) -> None:
    ids = np.unique(labels[labels > 0])
    np.testing.assert_array_equal(table.ids, ids)
    assert len(table) == len(ids)
    for row, number in enumerate(ids):
        places = np.argwhere(labels == number)
        assert table.voxels[row] == len(places)
        np.testing.assert_allclose(table.centroid_zyx[row], places.mean(axis=0))
        low, high = table.box_zyx[row].T
        np.testing.assert_array_equal(low, places.min(axis=0))
        np.testing.assert_array_equal(high, places.max(axis=0) + 1)
        faces = np.array(labels.shape) > 1
        at_face = ((low == 0) | (high == labels.shape))[faces].any()
        assert table.at_face[row] == at_face


@settings(deadline=None, max_examples=40)
@given(
    labels=arrays(
        np.int32, st.tuples(*[st.integers(1, 9)] * 3), elements=st.integers(-2, 6)
    ),
    chunks=st.tuples(*[st.integers(1, 5)] * 3),
)
def test_every_object_is_measured_as_if_voxel_by_voxel(
    labels: Any, chunks: tuple[int, int, int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "_BOX_VOXELS", 1)
        patch.setattr(measure, "_GATHERED", 3)
        table = table_of(Boxed(labels, chunks, math.prod(chunks)))
    assert_counted(table, labels)


@pytest.mark.parametrize(
    "ids",
    [
        np.array([0, 1, 2**32 - 1], np.uint32),
        np.array([0, 7, 2**63 + 1], np.uint64),
        np.array([-9, 2**40], np.int64),
        np.array([False, True]),
    ],
    ids=["uint32", "uint64", "int64", "bool"],
)
def test_ids_may_be_any_numbers(ids: Any) -> None:
    labels = ids[np.random.default_rng(0).integers(0, len(ids), (5, 6, 7))]
    table = table_of(labels)
    np.testing.assert_array_equal(table.ids, ids[ids > 0])
    assert table.voxels.sum() == (labels > 0).sum()


def test_a_zarr_array_is_read_in_its_chunks(tmp_path: Path) -> None:
    labels = np.random.default_rng(0).integers(0, 50, (20, 33, 30), dtype=np.uint32)
    array = zarr.create_array(tmp_path / "a", data=labels, chunks=(8, 8, 8))
    assert_counted(table_of(array), labels)


def test_the_sizes_of_uneven_chunks_are_understood() -> None:
    labels = np.ones((4, 6, 8), np.uint8)
    assert_counted(table_of(Boxed(labels, ((3, 1), (6,), (4, 4)), 192)), labels)


def test_volumes_are_in_cubic_micrometres() -> None:
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[1:3, 1:3, 1:3] = 5
    assert table_of(labels).volume_um3 is None
    volumes = table_of(labels, (0.5, 0.1, 0.2)).volume_um3
    assert volumes == pytest.approx([8 * 0.01])


def test_what_touches_a_face_is_said_and_the_plane_of_a_slice_is_no_face() -> None:
    labels = np.zeros((1, 6, 6), np.uint8)
    labels[0, 2:4, 2:4] = 1
    labels[0, 5, 0] = 2
    np.testing.assert_array_equal(table_of(labels).at_face, [False, True])


def test_no_objects_are_an_empty_table() -> None:
    table = table_of(np.zeros((3, 4, 5), np.uint16), (1, 1, 1))
    assert len(table) == 0
    assert table.centroid_zyx.shape == (0, 3)
    assert table.box_zyx.shape == (0, 3, 2)
    assert typical_diameter(table.voxels) is None


def test_each_box_that_is_read_is_an_event() -> None:
    labels = Boxed(np.ones((32, 8, 8), np.uint8), (16, 512, 512), 1 << 11)
    events, _ = drain(measure_objects(labels))
    done = [e for e in events if isinstance(e, BlockDone)]
    assert [(e.stage, e.done, e.total) for e in done] == [("measure", 1, 1)]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.ones((4, 4), np.uint8), "no volume"),
        (np.ones((0, 4, 4), np.uint8), "no volume"),
        (np.ones((2, 2, 2), np.float32), "no ids"),
    ],
    ids=["2D", "empty", "float"],
)
def test_what_holds_no_labels_is_refused(labels: Any, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        table_of(labels)


def test_the_typical_diameter_is_that_of_balls() -> None:
    reach = np.indices((41, 41, 41)) - 20
    ball = (reach**2).sum(axis=0) <= 10.5**2
    assert typical_diameter([int(ball.sum())]) == pytest.approx(21, rel=0.01)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ((0.01, 0.01, 0.01), (0.01, 0.01, 0.01)),
        ((0.05, 0.01, 0.01), (0.01, 0.01, 0.01)),
        ((0.02, 0.02, 0.02), (0.06, 0.02, 0.02)),
        ((0.05, 0.01, 0.01), None),
    ],
    ids=["alike", "deep image", "deep model", "a model that does not say"],
)
def test_a_measured_diameter_brings_objects_to_the_size_of_the_models(
    here: Any, there: Any
) -> None:
    model = code_model(voxel_size=there, object_diameter=24.0)
    image = open_source(np.zeros((400, 500, 500), np.uint8), voxel_size=here)
    voxels = [3000]
    diameter = typical_diameter(voxels, here, there)
    grid = grid_shape(image.shape, here, model, Wishes(diameter=diameter))
    scale = math.prod(grid) / math.prod(image.shape)
    assert typical_diameter([round(voxels[0] * scale)]) == pytest.approx(24, rel=0.01)
