"""What is measured in annotated volumes, against counting and against brute force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from volume_cases import write_boxes, write_pair

from skoots.errors import TrainingError
from skoots.train.dataloader import dataset
from skoots.train.first import measure
from skoots.train.first.measure import measure_volumes

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.train.data.annotated import AnnotatedVolume


def _blocks() -> Any:
    """Give a bar of 2 x 3 x 12 voxels and a column of 9 x 4 x 4, along Z, Y, X."""
    labels = np.zeros((12, 16, 24), np.uint16)
    labels[1:3, 1:4, 2:14] = 8
    labels[2:11, 8:12, 16:20] = 500
    return labels


def _image(labels: Any, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 255, labels.shape).astype(np.uint8)


def _write(folder: Path, labels: Any, edges: tuple[float, float, float]) -> Path:
    """Write a pair whose voxels have these edges along Z, Y, X, in micrometres."""
    write_pair(folder, labels=labels, image=_image(labels))
    z, y, x = edges
    tifffile.imwrite(
        folder / "cells.tif",
        _image(labels),
        imagej=True,
        resolution=(1 / x, 1 / y),
        metadata={"axes": "ZYX", "spacing": z, "unit": "um"},
    )
    return folder


def _brute_force(
    volume: AnnotatedVolume, spacing: tuple[float, ...]
) -> tuple[Any, float]:
    """Longest ways along the axes, and longest way of all, to the nearest points."""
    longest, way = np.zeros(3), 0.0
    masks = volume.masks[0:1, :, :, :][0].numpy()
    for key, points in volume.skeletons.items():
        voxels = np.argwhere(masks == key)
        apart = points.numpy()[None] - voxels[:, None]
        distance = np.linalg.norm(apart * spacing, axis=-1)
        nearest = distance.argmin(axis=1)
        way = max(way, distance.min(axis=1).max())
        taken = np.abs(apart[np.arange(len(voxels)), nearest])
        longest = np.maximum(longest, taken.max(axis=0))
    return longest, float(way)


@settings(deadline=None, max_examples=12, derandomize=True)
@given(
    edges=st.tuples(*[st.sampled_from([0.02, 0.05, 0.1])] * 3),
    slab=st.sampled_from([1, 16 * 12 * 3, 1 << 25]),
)
def test_ways_are_those_of_brute_force_in_one_slab_or_in_many(
    tmp_path_factory: pytest.TempPathFactory,
    edges: tuple[float, float, float],
    slab: int,
) -> None:
    folder = _write(tmp_path_factory.mktemp("data") / "a", _blocks(), edges)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "_SLAB_VOXELS", slab)
        found = measure_volumes(folder)
    z, y, x = edges
    assert found.spacing == pytest.approx(np.array([y, x, z]) / min(edges), rel=1e-3)
    longest, way = _brute_force(dataset(str(folder)).volumes[0], found.spacing)
    assert found.longest_way == pytest.approx(way, rel=1e-4)
    # of points that are equally near either may be taken
    assert np.linalg.norm(np.array(found.longest) * found.spacing) >= way - 1e-3
    assert max(found.longest) <= longest.max() + way


def test_objects_are_counted_voxel_by_voxel(tmp_path: Path) -> None:
    write_pair(tmp_path, labels=_blocks(), image=_image(_blocks()))
    found = measure_volumes(tmp_path)
    assert sorted(found.volumes) == [2 * 3 * 12, 9 * 4 * 4]
    assert found.shapes == ((16, 24, 12),)
    assert found.deepest == 9
    assert found.channels == 1
    # the median of balls of 72 and 144 voxels
    assert found.diameter == pytest.approx(
        np.mean([(6 * n / np.pi) ** (1 / 3) for n in (72, 144)])
    )


def test_volumes_of_a_folder_are_measured_together(tmp_path: Path) -> None:
    one, other = _blocks(), _blocks()[:, :12, :15].copy()
    write_pair(tmp_path, "one", labels=one, image=_image(one))
    write_pair(tmp_path, "other", labels=other, image=_image(other))
    found = measure_volumes(tmp_path)
    assert found.shapes == ((16, 24, 12), (12, 15, 12))
    assert sorted(found.volumes) == [72, 72, 144]


def test_the_same_id_in_two_volumes_is_two_objects(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_pair(tmp_path, name, labels=_blocks(), image=_image(_blocks()))
    assert len(measure_volumes(tmp_path).volumes) == 4


def test_voxels_are_measured_in_micrometres(tmp_path: Path) -> None:
    found = measure_volumes(_write(tmp_path / "a", _blocks(), (0.2, 0.05, 0.1)))
    assert found.voxel_size == pytest.approx((0.2, 0.05, 0.1))
    # along X, Y, Z of the network, which calls the rows of a file X
    assert found.spacing == pytest.approx((1, 2, 4))
    # a voxel counts as 1 x 2 x 4 cubes
    larger = (6 * 144 * 8 / np.pi) ** (1 / 3), (6 * 72 * 8 / np.pi) ** (1 / 3)
    assert found.diameter == pytest.approx(np.mean(larger))


def test_contrast_is_the_deviation_of_the_range(tmp_path: Path) -> None:
    image = np.where(_blocks() > 0, 151, 100).astype(np.uint8)
    write_pair(tmp_path, labels=_blocks(), image=image)
    assert measure_volumes(tmp_path).contrast == pytest.approx(image.std() / 255)


def test_what_is_held_out_is_not_measured(tmp_path: Path) -> None:
    write_pair(tmp_path, labels=_blocks(), image=_image(_blocks()))
    write_boxes(
        tmp_path, ([0, 0, 0], [12, 16, 15], False), ([0, 0, 15], [12, 16, 24], True)
    )
    assert list(measure_volumes(tmp_path).volumes) == [72]


def test_a_folder_without_annotated_volumes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingError):
        measure_volumes(tmp_path)


def test_voxels_near_their_skeletons_are_counted(tmp_path: Path) -> None:
    edges = (0.02, 0.01, 0.01)
    folder = _write(tmp_path / "near", _blocks(), edges)
    measured = measure_volumes(folder)
    item = dataset(folder)[0]
    gaps = []
    for key, points in item["skeletons"].items():
        voxels = np.argwhere(item["masks"][0].numpy() == key)
        ways = (voxels[:, None] - points.numpy()) * measured.spacing
        gaps.append(np.linalg.norm(ways, axis=2).min(axis=1))
    apart = np.concatenate(gaps)
    counted = [(apart <= radius).sum() for radius in range(1, measure.REACH + 1)]
    assert measured.near.tolist() == counted
    assert measured.skeleton_share(3) == pytest.approx(counted[2] / (12 * 16 * 24))
