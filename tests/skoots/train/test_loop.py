"""The smallest loop learns, and does so again from the same seed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path  # noqa: TC003 - fixtures say it

import numpy as np
import pytest
import tifffile
import torch

from skoots.errors import TrainingError
from skoots.events import TrainStep
from skoots.model.unet import UNet
from skoots.train.loop import Recipe, train
from skoots.train.sample import Augmentation, Sample, Sampler
from skoots.train.volumes import TrainingVolume, load_volumes

RADIUS = 2.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three bright rods in a dark noisy volume, along Z, Y and X."""
    labels = np.zeros((24, 64, 64), np.uint16)
    labels[4:20, 8:16, 8:16] = 7
    labels[8:14, 20:60, 40:48] = 300
    labels[14:20, 44:52, 4:36] = 9
    noise = np.random.default_rng(0).normal(0, 8, labels.shape)
    image = np.clip(60 + 120 * (labels > 0) + noise, 0, 255).astype(np.uint8)
    path = tmp_path_factory.mktemp("rods")
    tifffile.imwrite(path / "rods.labels.tif", labels)
    tifffile.imwrite(
        path / "rods.tif",
        image,
        imagej=True,
        resolution=(100.0, 100.0),
        metadata={"axes": "ZYX", "spacing": 0.01, "unit": "um"},
    )
    return path


@pytest.fixture(scope="module")
def volumes(folder: Path) -> list[TrainingVolume]:
    return load_volumes(folder)


def _sampler(volumes: list[TrainingVolume], seed: int = 0) -> Sampler:
    return Sampler(
        volumes, skeleton_radius=RADIUS, seed=seed, augmentation=Augmentation()
    )


def test_a_volume_is_turned_normalised_and_knows_its_size(
    volumes: list[TrainingVolume],
) -> None:
    (volume,) = volumes
    assert volume.image.shape == (64, 64, 24)
    assert abs(volume.image.mean()) < 1e-4
    assert volume.image.std() == pytest.approx(1, abs=1e-4)
    assert set(volume.skeletons) == {7, 9, 300}
    assert volume.voxel_size == pytest.approx((0.01, 0.01, 0.01))
    # rods of 1024, 1536 and 1920 voxels: a ball of the middle one
    assert volume.diameter == pytest.approx((6 * 1536 / np.pi) ** (1 / 3))


def test_a_folder_without_annotations_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"Put NAME\.tif and NAME\.labels\.tif"):
        load_volumes(tmp_path)


def test_labels_of_another_shape_are_named(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 8, 8), np.uint8))
    tifffile.imwrite(tmp_path / "a.labels.tif", np.zeros((5, 8, 9), np.uint8))
    with pytest.raises(TrainingError, match=r"a\.tif .*\(5, 8, 8\).*\(5, 8, 9\)"):
        load_volumes(tmp_path)


def _draw(volumes: list[TrainingVolume], count: int) -> list[Sample]:
    sampler = _sampler(volumes)
    return [sampler.draw() for _ in range(count)]


def test_offsets_of_a_sample_lead_to_its_skeleton(
    volumes: list[TrainingVolume],
) -> None:
    seen = 0
    for sample in _draw(volumes, 12):
        foreground = sample.foreground[0, 0] > 0
        skeleton = sample.skeleton[0, 0] > 0
        distance = sample.offsets[0].norm(dim=0)
        # the skeleton mask is the foreground that lies near its own skeleton
        assert (distance[skeleton] <= RADIUS + 1e-4).all()
        assert (distance[foreground & ~skeleton] > RADIUS - 1e-4).all()
        assert not (skeleton & ~foreground).any()
        assert (sample.offsets[0][:, ~foreground] == 0).all()
        assert (sample.weight[0, 0][foreground] == 1).all()
        seen += int(foreground.sum())
    assert seen > 1000, "test invalid: no foreground was drawn"


def test_a_single_slice_is_repeated_and_points_in_its_plane(
    volumes: list[TrainingVolume],
) -> None:
    flat = [s for s in _draw(volumes, 40) if s.image.shape[-1] == 8]
    assert flat, "test invalid: no single slice was drawn"
    for sample in flat:
        assert (sample.image == sample.image[..., :1]).all()
        assert (sample.offsets[:, 2] == 0).all()


def _losses(volumes: list[TrainingVolume], count: int) -> list[float]:
    """Give the first losses of a training of 60 steps."""
    torch.manual_seed(0)
    network = UNet(dims=(8, 8, 16), depths=(1, 1, 1))
    recipe = Recipe(steps=60, vector_scaling=(20.0, 20.0, 20.0), bfloat16=False)
    job = train(network, _sampler(volumes), recipe)
    return [event.loss for event in islice(job, count) if isinstance(event, TrainStep)]


def test_the_loss_falls_and_the_same_seed_gives_the_same_losses(
    volumes: list[TrainingVolume], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skoots.train.sample.CROPS", (((32, 32, 16), 1.0),))
    losses = _losses(volumes, 60)
    # although the embedding loss grows stricter on the way
    assert np.mean(losses[-15:]) < 0.9 * np.mean(losses[:5])
    assert _losses(volumes, 6) == losses[:6]


def test_a_loss_that_is_no_number_stops_the_training(
    volumes: list[TrainingVolume],
) -> None:
    network = UNet(dims=(4, 8), depths=(1,))
    with torch.no_grad():
        network.head.bias.fill_(float("nan"))
    with pytest.raises(TrainingError, match="at step 0"):
        list(train(network, _sampler(volumes), Recipe(steps=2, bfloat16=False)))
