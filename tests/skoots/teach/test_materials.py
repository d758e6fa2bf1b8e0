"""What a training reads is what was painted, on the grid that the network will see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from skoots.events import result_of
from skoots.teach import TeachProject
from skoots.teach.materials import labels_on_grid, write_materials
from skoots.teach.painted import look
from skoots.train.data.taught_boxes import TaughtBox
from skoots.train.dataloader import load_pairs
from skoots.volume.axes import xyz_to_zyx
from skoots.volume.resample import ResampledSource
from skoots.volume.source import open_source
from skoots.volume.statistics import sample_statistics
from skoots.volume.tiling import Span, whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.teach import Example

SHAPE = (24, 80, 90)
SIZE = (0.04, 0.02, 0.02)


def grey(dtype: Any = np.uint8) -> NDArray[Any]:
    values = np.random.default_rng(3).normal(100, 20, SHAPE)
    values[:, :, 60:] += 60  # a part is not like the whole
    return values.astype(dtype)


@pytest.fixture
def example(tmp_path: Path) -> Example:
    project = TeachProject.create(tmp_path / "cells.skoots-project")
    found = project.add(open_source(grey(), voxel_size=SIZE))
    found.labels[4:10, 10:20, 10:22] = 3
    found.labels[6:12, 22:30, 12:20] = 9
    found.set_boxes(
        [
            TaughtBox((2, 6, 6), (16, 34, 30)),
            TaughtBox((2, 21, 6), (16, 34, 30), held_out=True),
        ]
    )
    return found


def written(example: Example, grid: Any, folder: Path, margin: Any = (2, 4, 4)) -> Any:
    painted = result_of(look(example))
    return write_materials(example, painted, example.boxes, grid, margin, folder)


def test_on_its_own_grid_a_part_is_as_it_was_painted(
    example: Example, tmp_path: Path
) -> None:
    (path,) = written(example, SHAPE, tmp_path / "out")
    (volume,) = load_pairs(path.parent)
    assert volume.shape_zyx == (18, 36, 32)  # the box and its margin, within the image
    region = np.s_[0:18, 2:38, 2:34]
    np.testing.assert_array_equal(xyz_to_zyx(volume.image[0].numpy()), grey()[region])
    held_out = np.array(example.labels[region])
    held_out[2:16, 19:32, 4:28] = 0  # training does not see it
    np.testing.assert_array_equal(xyz_to_zyx(volume.masks[0].numpy()), held_out)
    assert volume.voxel_size == pytest.approx(SIZE)
    known, kept = volume.boxes
    assert (known.start_zyx, known.stop_zyx) == ((2, 4, 4), (16, 32, 28))
    assert (kept.start_zyx, kept.held_out) == ((2, 19, 4), True)
    of_all = sample_statistics(example.image())
    assert volume.intensity.mean == pytest.approx(of_all.mean)
    assert volume.intensity.std == pytest.approx(of_all.std)


def test_on_another_grid_it_is_what_the_network_will_see(
    example: Example, tmp_path: Path
) -> None:
    grid = (48, 40, 45)
    (path,) = written(example, grid, tmp_path / "out")
    (volume,) = load_pairs(path.parent)
    scaled = ResampledSource(example.image(), grid).read(whole(grid))
    depth, high, wide = volume.shape_zyx
    region = np.s_[2 : 2 + depth, 0:high, 0:wide]
    assert (depth, high, wide) == (32, 21, 19)
    found = xyz_to_zyx(volume.image[0].numpy()).astype(float)
    np.testing.assert_allclose(found, scaled[region], atol=0.5)
    assert volume.voxel_size == pytest.approx((0.02, 0.04, 0.04))
    assert volume.boxes[0].start_zyx == (2, 3, 3)
    assert set(np.unique(volume.masks.numpy())) >= {0, 3}


@pytest.mark.parametrize("grid", [SHAPE, (48, 40, 45), (24, 81, 271), (5, 9, 7)])
def test_labels_of_a_part_are_those_of_the_whole_grid(grid: Any) -> None:
    labels = np.random.default_rng(1).integers(0, 9, SHAPE, np.uint32)
    everything = labels_on_grid(labels, grid, whole(grid))
    assert everything.shape == grid
    region = (Span(1, 4), Span(2, 9), Span(3, 6))
    part = labels_on_grid(labels, grid, region)
    np.testing.assert_array_equal(part, everything[1:4, 2:9, 3:6])
    if grid == SHAPE:
        np.testing.assert_array_equal(everything, labels)


def test_what_lies_far_apart_becomes_several_volumes(
    example: Example, tmp_path: Path
) -> None:
    example.labels[18:22, 60:70, 70:80] = 12  # and in no box
    first, second = written(example, SHAPE, tmp_path / "out")
    one, other = load_pairs(first.parent)
    assert (one.name, other.name) == (first.stem, second.stem)
    assert set(one.skeletons) == {3}, "9 is held out"
    assert set(other.skeletons) == {12}
    assert not other.boxes
    assert (~other.background.numpy()).all(), "of what nobody painted nobody knows"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.int16])
def test_grey_values_of_any_type_stay_what_they_are(tmp_path: Path, dtype: Any) -> None:
    project = TeachProject.create(tmp_path / "cells.skoots-project")
    example = project.add(open_source(grey(dtype)))
    example.labels[4:10, 10:20, 10:22] = 3
    example.teach_everything()
    (path,) = written(example, SHAPE, tmp_path / "out")
    (volume,) = load_pairs(path.parent)
    assert volume.voxel_size is None
    found = xyz_to_zyx(volume.image[0].numpy()).astype(float)
    np.testing.assert_array_equal(found, grey(dtype).astype(float))
