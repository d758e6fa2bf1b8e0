"""Whole volumes and held-out boxes are scored as they would be segmented.

The network here calls a voxel object where its normalised intensity is above a level,
and all of an object is its skeleton: so objects are bright pieces, known exactly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch
from torch import Tensor, nn

from skoots.config import Settings
from skoots.errors import SourceNotFoundError, TrainingError
from skoots.events import result_of
from skoots.model.checkpoint import Normalization
from skoots.train.data.annotated import AnnotatedVolume
from skoots.train.data.channels import open_channels
from skoots.train.data.lazy_volume import LazyVolume
from skoots.train.data.taught_boxes import TaughtBox
from skoots.train.instance_score import InstanceScore, score_volumes
from skoots.volume.axes import zyx_to_xyz

if TYPE_CHECKING:
    from pathlib import Path

    from skoots._types import Shape3

SETTINGS = Settings.from_dict(
    {
        "SKOOTS": {"VECTOR_SCALING": [8, 8, 8]},
        "INFERENCE": {
            "SKELETON_DILATIONS_3D": 0,
            "SKELETON_DILATIONS_2D": 0,
            "MIN_SKELETON_VOXELS": 1,
            "MIN_OBJECT_VOXELS": 1,
            "HALO": [8, 8, 8],
        },
    }
)


class Threshold(nn.Module):
    """Calls a voxel object above a level of its normalised intensity."""

    factor = 8
    in_channels = 1

    def __init__(self, level: float) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor([level]))

    def forward(self, x: Tensor) -> Tensor:
        sure = (100 * (x - self.level)).sigmoid()
        return torch.cat([0 * x, 0 * x, 0 * x, sure, sure], dim=1)


def _write(folder: Path, name: str, image: Any, labels: Any) -> AnnotatedVolume:
    tifffile.imwrite(folder / f"{name}.tif", image)
    tifffile.imwrite(folder / f"{name}.labels.tif", labels)
    values, ids = (
        torch.from_numpy(np.ascontiguousarray(zyx_to_xyz(array)))[None]
        for array in (image, labels.astype(np.int32))
    )
    return AnnotatedVolume(
        name=name,
        image_path=folder / f"{name}.tif",
        labels_path=folder / f"{name}.labels.tif",
        shape_zyx=image.shape,
        voxel_size=None,
        image=values,
        masks=ids,
        skeletons={},
    )


def _on_disk(volume: AnnotatedVolume) -> AnnotatedVolume:
    channels, x, y, z = volume.image.shape
    read = open_channels(volume.image_path, volume.shape_zyx).read
    return replace(volume, image=LazyVolume(read, (channels, x, y, z), torch.uint8))


def _sparse(volume: AnnotatedVolume, *boxes: TaughtBox) -> AnnotatedVolume:
    nothing = torch.zeros(volume.masks.shape, dtype=torch.bool)
    return replace(volume, background=nothing, boxes=boxes)


@pytest.fixture
def volume(tmp_path: Path) -> AnnotatedVolume:
    """Four bright cubes in the corners of one plane of blocks."""
    labels = np.zeros((16, 40, 40), np.uint16)
    for number, (y, x) in enumerate(((4, 4), (4, 24), (24, 4), (24, 24)), start=1):
        labels[4:12, y : y + 8, x : x + 8] = 10 * number
    image = np.where(labels > 0, 200, 50).astype(np.uint8)
    return _write(tmp_path, "cubes", image, labels)


def _score(
    network: nn.Module, *volumes: AnnotatedVolume, tmp_path: Path
) -> InstanceScore:
    scratch = tmp_path / "scratch"
    job = score_volumes(
        network,  # type: ignore[arg-type]  # stands in for a network
        SETTINGS,
        Normalization("volume"),
        volumes,
        "cpu",
        scratch,
    )
    result = result_of(job)
    assert not scratch.exists() or not list(scratch.iterdir())
    return result


def _box(*edges: tuple[int, int]) -> tuple[Shape3, Shape3]:
    """Give the first voxel and the one beyond the last, Z, Y, X."""
    (z0, z1), (y0, y1), (x0, x1) = edges
    return (z0, y0, x0), (z1, y1, x1)


@pytest.mark.parametrize("held", [True, False], ids=["in memory", "on disk"])
def test_a_perfect_network_scores_one(
    volume: AnnotatedVolume, tmp_path: Path, *, held: bool
) -> None:
    volume = volume if held else _on_disk(volume)
    result = _score(Threshold(0.0), volume, tmp_path=tmp_path)
    assert result == InstanceScore(1, 1, 1, 1, 1, 4, 4, 1, 1)


def test_what_a_killed_training_left_is_no_obstacle(
    volume: AnnotatedVolume, tmp_path: Path
) -> None:
    (tmp_path / "scratch" / "validation.skoots.zarr" / "labels").mkdir(parents=True)
    assert _score(Threshold(0.0), volume, tmp_path=tmp_path).f1_50 == 1


def test_networks_of_several_channels_say_what_to_set(
    volume: AnnotatedVolume, tmp_path: Path
) -> None:
    network = Threshold(0.0)
    network.in_channels = 3
    with pytest.raises(TrainingError, match=r"SCORE_VALIDATIONS to 0"):
        _score(network, volume, tmp_path=tmp_path)


def test_a_network_that_finds_nothing_scores_zero(
    volume: AnnotatedVolume, tmp_path: Path
) -> None:
    result = _score(Threshold(99.0), volume, tmp_path=tmp_path)
    assert result == InstanceScore(0, 0, 0, 0, 0, 4, 0, 1)


def test_a_network_that_gives_no_numbers_scores_zero(
    volume: AnnotatedVolume, tmp_path: Path
) -> None:
    result = _score(Threshold(float("nan")), volume, tmp_path=tmp_path)
    assert result == InstanceScore(0, 0, 0, 0, 0, 4, 0, 1)


def test_the_network_stays_as_it_is(volume: AnnotatedVolume, tmp_path: Path) -> None:
    network = Threshold(0.0).train()
    _score(network, volume, tmp_path=tmp_path)
    assert network.training
    assert network.level.dtype == torch.float32
    assert network.level.requires_grad


def test_volumes_count_by_their_objects(
    volume: AnnotatedVolume, tmp_path: Path
) -> None:
    labels = tifffile.imread(volume.labels_path)
    labels[:, :20] = 0
    labels[:, :, :20] = 0  # one object is left, of which nothing can be seen
    dark = _write(tmp_path, "dark", np.full_like(labels, 7), labels)
    result = _score(Threshold(0.5), volume, dark, tmp_path=tmp_path)
    assert result.f1_50 == pytest.approx(4 / 5)
    assert result.regions == 2
    assert result.objects_truth == 5


def test_of_a_sparse_volume_the_held_out_box_is_scored_inside_alone(
    volume: AnnotatedVolume, tmp_path: Path
) -> None:
    # the second and the fourth cube lie in the box; the first is not labelled at all
    labels = tifffile.imread(volume.labels_path)
    labels[labels == 10] = 0
    tifffile.imwrite(volume.labels_path, labels)
    boxes = (
        TaughtBox(*_box((0, 16), (0, 40), (0, 20))),
        TaughtBox(*_box((0, 16), (0, 40), (20, 40)), held_out=True),
    )
    sparse = _sparse(volume, *boxes)
    result = _score(Threshold(0.0), sparse, tmp_path=tmp_path)
    assert result == InstanceScore(1, 1, 1, 1, 1, 2, 2, 1, 1)
    # without a held-out box all are scored: there is a cube too much in the first
    shown = replace(sparse, boxes=(boxes[0], replace(boxes[1], held_out=False)))
    result = _score(Threshold(0.0), shown, tmp_path=tmp_path)
    assert (result.objects_truth, result.objects_predicted, result.regions) == (3, 4, 2)
    # one of one is right among two: 2/3; two of two are right: 1
    assert result.f1_50 == pytest.approx((1 * 2 / 3 + 2 * 1) / 3)


def test_a_box_is_normalised_as_the_volume_that_it_is_part_of(
    tmp_path: Path,
) -> None:
    # half the volume is brighter than its mean: inside the box everything is
    image = np.full((16, 32, 160), 10, np.uint8)
    image[:, :, 80:] = 90
    image[4:12, 8:24, 136:152] = 100
    labels = (image >= 90).astype(np.uint16)
    box = TaughtBox(*_box((0, 16), (0, 32), (128, 160)), held_out=True)
    volume = _sparse(_write(tmp_path, "half", image, labels), box)
    result = _score(Threshold(0.5), volume, tmp_path=tmp_path)
    assert result.semantic_iou == 1


def test_volumes_without_labels_or_boxes_are_left_out(
    volume: AnnotatedVolume, tmp_path: Path
) -> None:
    blank = replace(volume, labels_path=None)
    unboxed = _sparse(volume)
    assert _score(Threshold(0.0), blank, unboxed, tmp_path=tmp_path) == InstanceScore()


def test_a_missing_image_is_an_error(volume: AnnotatedVolume, tmp_path: Path) -> None:
    gone = replace(_on_disk(volume), image_path=tmp_path / "gone.tif")
    with pytest.raises(SourceNotFoundError, match=r"gone\.tif"):
        _score(Threshold(0.0), gone, tmp_path=tmp_path)
