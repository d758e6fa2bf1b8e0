"""Points along the skeletons of a run, on volumes whose skeletons are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from inference_cases import (
    code_model,
    drain,
    draw_boxes,
    encode,
    make_run,
    noise,
    unet_model,
)

from skoots import segment
from skoots.errors import RunError
from skoots.events import BlockDone
from skoots.inference import skeleton_points as module
from skoots.inference.skeleton_points import skeleton_points
from skoots.run.folder import RunFolder
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS: dict[str, Any] = {
    "tile_zyx": (16, 16, 16),
    "halo_zyx": (0, 0, 0),
    "device": "cpu",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.skoots.zarr"


def points_of(path: Path, **asked: Any) -> tuple[Any, Any]:
    return drain(skeleton_points(path, **asked))[1]


def bar(path: Path, **asked: Any) -> None:
    """Segment a bar of 7 x 7 voxels along X, through five blocks, all of it skeleton.

    ::

        Y
        |   . . . . . . . . . .
        |   . # # # # # # # # .     Z, Y = 17 ... 23, X = 4 ... 75
        |   . . . . . . . . . .
        +---------------------- X
    """
    shape = (40, 40, 80)
    solid = np.zeros(shape, bool)
    solid[17:24, 17:24, 4:76] = True
    image = encode(np.zeros((3, *shape), np.int64), solid, solid)
    drain(segment(open_source(image, **asked), code_model(), path, **BLOCKS))


def test_a_skeleton_of_one_voxel_is_one_point_at_its_place(path: Path) -> None:
    image, labels = draw_boxes((20, 30, 40), (10, 10, 10))
    drain(segment(image, code_model(), path, **BLOCKS))
    points, ids = points_of(path)
    assert points.dtype == np.float32
    assert ids.dtype == np.uint32
    np.testing.assert_array_equal(ids, np.arange(1, 25))
    np.testing.assert_array_equal(labels[tuple(points.astype(int).T)], ids)
    np.testing.assert_array_equal(points[0], [5, 5, 5])


def test_a_thick_skeleton_becomes_one_line_through_all_blocks(path: Path) -> None:
    bar(path)
    events, (points, ids) = drain(skeleton_points(path, spacing=3))
    assert (ids == 1).all()
    assert np.abs(points[:, :2] - 20).max() <= 1.5
    along = np.sort(points[:, 2])
    assert np.diff(along).max() <= 3.5
    assert np.diff(along).min() >= 2
    assert along[0] < 10
    assert along[-1] > 70
    done = [e for e in events if isinstance(e, BlockDone)]
    assert [e.done for e in done] == list(range(1, 46))


def test_points_are_closer_where_voxels_are_larger(path: Path, tmp_path: Path) -> None:
    bar(path)
    other = tmp_path / "b.skoots.zarr"
    bar(other, voxel_size=(0.01, 0.01, 0.03))
    plain, deep = points_of(path, spacing=3)[0], points_of(other, spacing=3)[0]
    assert len(deep) == pytest.approx(3 * len(plain), rel=0.2)


def test_ids_are_those_of_the_labels_as_they_are_now(path: Path) -> None:
    image, _ = draw_boxes((16, 16, 32), (8, 8, 8))
    drain(segment(image, code_model(), path, **BLOCKS))
    array = RunFolder.open(path).labels
    labels = array[...]
    labels[labels == 3] = 77
    labels[labels == 5] = 0
    array[...] = labels
    ids = set(points_of(path)[1].tolist())
    assert ids == {1, 2, *range(4, 17), 77} - {5}


def test_points_of_a_resampled_run_lie_in_the_image(path: Path) -> None:
    low = {"SKELETON_THRESHOLD": 0.45, "PROBABILITY_THRESHOLD": 0.45}
    model = unet_model(object_diameter=8.0, inference={**low, "MIN_OBJECT_VOXELS": 1})
    image = noise((24, 32, 40)).repeat(2, 0).repeat(2, 1).repeat(2, 2)
    drain(segment(image, model, path, diameter=16.0, device="cpu"))
    run = RunFolder.open(path)
    assert run.plan.shape_zyx == (24, 32, 40)
    points, ids = points_of(path, spacing=1)
    assert len(ids) > 10
    at = tuple(np.floor(points + 0.5).astype(int).T)
    np.testing.assert_array_equal(run.labels[...][at], ids)


def test_with_very_many_cells_points_are_further_apart_and_no_object_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bar(path)
    usual, _ = points_of(path, spacing=2)
    monkeypatch.setattr(module, "MOST_CELLS", 100)
    fewer, ids = points_of(path, spacing=2)
    assert 0 < len(fewer) < len(usual)
    assert (ids == 1).all()


def test_a_run_that_found_nothing_has_no_points(path: Path) -> None:
    nothing = np.zeros((16, 16, 16), np.uint8)
    drain(segment(nothing, code_model(), path, **BLOCKS))
    points, ids = points_of(path)
    assert points.shape == (0, 3)
    assert ids.shape == (0,)


def test_labels_that_are_not_final_are_refused(path: Path) -> None:
    make_run(path, (16, 16, 16), (16, 16, 16))
    with pytest.raises(RunError, match=r"not final.*--resume"):
        points_of(path)
