"""What labels teach a network, to look at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
import torch

from skoots.errors import TrainingError
from skoots.events import BlockDone, Notice, ObjectsDone, StageStarted, result_of
from skoots.lib.skeleton import bake_skeleton
from skoots.train import bake_labels as module
from skoots.train.bake_labels import MOST_ARROWS, bake_labels
from skoots.train.generate_skeletons import skeletonize_labels
from skoots.volume.axes import xyz_to_zyx, zyx_to_xyz
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (0.05, 0.02, 0.01)


def rods(shape: tuple[int, int, int] = (12, 40, 60)) -> NDArray[np.uint32]:
    """Rods along X, two apart in Y; each third one crosses the seam of a block."""
    labels = np.zeros(shape, np.uint32)
    for number, y in enumerate(range(1, shape[1] - 6, 8), 1):
        labels[3:9, y : y + 6, 2 : shape[2] - 3 * (number % 3)] = 1000 * number
    return labels


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", (8, 16, 16))


def test_each_object_has_points_of_its_own_on_its_own_voxels() -> None:
    labels = rods()
    baked = result_of(bake_labels(open_source(labels, voxel_size=SIZE)))
    assert set(baked.ids) == set(np.unique(labels)) - {0}
    z, y, x = np.rint(baked.places).astype(int).T
    np.testing.assert_array_equal(labels[z, y, x], baked.ids)
    assert baked.arrows is None
    assert baked.distance is None


def test_points_are_those_that_training_makes_of_the_same_labels() -> None:
    labels = rods()
    baked = result_of(bake_labels(open_source(labels), voxel_size=SIZE))
    spacing = (SIZE[1], SIZE[2], SIZE[0])
    expected = skeletonize_labels(zyx_to_xyz(labels.astype(np.int64)), spacing=spacing)
    assert list(baked.points) == list(expected)
    for key, points in expected.items():
        np.testing.assert_array_equal(baked.points[key], points)


@pytest.mark.usefixtures("small_blocks")
def test_block_by_block_gives_what_the_whole_volume_gives() -> None:
    labels = rods()
    job = bake_labels(open_source(labels, voxel_size=SIZE), arrows=True, distance=True)
    baked = result_of(job)
    whole, distance = bake_skeleton(
        torch.from_numpy(zyx_to_xyz(labels).astype(np.int64)),
        {key: torch.from_numpy(points) for key, points in baked.points.items()},
        (SIZE[1], SIZE[2], SIZE[0]),
        return_distance=True,
    )
    np.testing.assert_allclose(
        baked.distance, xyz_to_zyx(distance[0].numpy()), rtol=1e-5, atol=1e-6
    )
    arrows = baked.arrows
    assert arrows is not None
    assert arrows.steps == (1, 1, 1)
    z, y, x = arrows.starts.astype(int).T
    np.testing.assert_array_equal(labels[z, y, x], arrows.ids)
    ends = whole.numpy()[:, y, x, z]  # the network's X is the file's Y
    np.testing.assert_allclose(
        arrows.starts + arrows.ways, ends[[2, 0, 1]].T, rtol=1e-5, atol=1e-4
    )


@pytest.mark.usefixtures("small_blocks")
def test_arrows_are_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ARROWS", 500)
    labels = np.ones((16, 48, 48), np.uint8)
    source = open_source(labels, voxel_size=(0.04, 0.02, 0.01))
    arrows = result_of(bake_labels(source, arrows=True)).arrows
    assert arrows is not None
    assert 100 < len(arrows.ids) <= 500
    assert arrows.steps[0] == 1  # each plane has some
    assert arrows.steps[1] < arrows.steps[2]  # evenly far apart in micrometres
    for axis, step in enumerate(arrows.steps):
        assert len(np.unique(arrows.starts[:, axis] % step)) == 1
        assert arrows.starts[:, axis].max() >= labels.shape[axis] - 2 * step


def test_labels_on_a_single_plane_keep_their_arrows() -> None:
    labels = np.zeros((9, 400, 400), np.uint8)
    labels[5, 10:390, 10:390] = 1
    arrows = result_of(bake_labels(open_source(labels), arrows=True)).arrows
    assert arrows is not None
    assert MOST_ARROWS / 4 < len(arrows.ids) <= MOST_ARROWS
    assert set(arrows.starts[:, 0]) == {5}


def test_it_tells_how_far_it_is_and_stops_when_it_is_closed() -> None:
    source = open_source(rods())
    job = bake_labels(source, arrows=True)
    events = [next(job) for _ in range(4)]
    job.close()
    stages = {e.stage for e in events if isinstance(e, StageStarted | BlockDone)}
    assert stages >= {"find", "skeletonize"}
    told: list[Any] = list(bake_labels(source, arrows=True))
    assert any(isinstance(e, ObjectsDone) for e in told)
    assert told[-1].stage == "bake"
    assert told[-1].done == told[-1].total


def test_objects_in_pieces_are_said() -> None:
    labels = np.zeros((4, 8, 20), np.uint8)
    labels[:, :, :5] = labels[:, :, 10:] = 1
    notes = [e for e in bake_labels(open_source(labels)) if isinstance(e, Notice)]
    assert "several pieces" in notes[0].message


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros((4, 4, 4), np.uint8), "no objects"),
        (np.ones((4, 4, 4), np.float32), "whole numbers"),
        (np.full((4, 4, 4), -1, np.int16), "from -1"),
    ],
    ids=["empty", "grey", "negative"],
)
def test_what_are_no_labels_is_refused(labels: NDArray[Any], said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        result_of(bake_labels(open_source(labels)))


def test_distances_that_do_not_fit_into_memory_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        psutil, "virtual_memory", lambda: SimpleNamespace(available=1000)
    )
    with pytest.raises(TrainingError, match="GB of memory are free"):
        next(bake_labels(open_source(rods()), distance=True))
