"""Voxels that are no numbers reach neither crops nor statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from volume_cases import SHAPE, grey, write_pair

from skoots.config import get_cfg_defaults
from skoots.errors import TrainingError
from skoots.train import dataloader
from skoots.train.dataloader import BackgroundDataset, dataset
from skoots.train.merged_transform import TransformFromCfg

if TYPE_CHECKING:
    from pathlib import Path

BAD = {(2, 3, 4): np.nan, (3, 8, 9): np.inf, (5, 11, 14): -np.inf}


@pytest.fixture(params=[1 << 30, 0], ids=["in memory", "on disk"])
def _budget(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataloader, "memory_budget", lambda: request.param)


def damaged() -> np.ndarray:
    image = grey(dtype="float32")
    for place, value in BAD.items():
        image[place] = value
    return image


@pytest.mark.usefixtures("_budget")
@pytest.mark.parametrize("kind", [dataset, BackgroundDataset])
def test_the_mean_of_all_others_stands_for_what_is_no_number(
    tmp_path: Path, kind: type[dataset | BackgroundDataset]
) -> None:
    image = damaged()
    good = image[np.isfinite(image)].astype(np.float64)
    write_pair(tmp_path / "d", image=image, store="zarr")
    data = kind(tmp_path / "d")
    seen = data[0]["image"][:, :, :, :][0].numpy()
    expected = np.moveaxis(np.where(np.isfinite(image), image, good.mean()), 0, -1)
    np.testing.assert_allclose(seen, expected, rtol=1e-6)
    (volume,) = data.volumes
    (text,) = volume.notices
    assert text.startswith("cells.zarr: 3 of 1,080 voxels are infinite or no numbers")
    assert data.numel() == good.size
    assert data.std() == pytest.approx(good.std())
    assert volume.intensity.std == pytest.approx(good.std())


@pytest.mark.usefixtures("_budget")
def test_crops_of_a_damaged_image_are_all_numbers(tmp_path: Path) -> None:
    write_pair(tmp_path / "d", image=damaged(), store="zarr")
    crop = {"CROP_WIDTH": 8, "CROP_HEIGHT": 8, "CROP_DEPTH": 4}
    cfg = get_cfg_defaults().merge({"AUGMENTATION": crop})
    data = dataset(tmp_path / "d", TransformFromCfg(cfg), sample_per_image=20)
    assert all(torch.isfinite(item["image"]).all() for item in data)


def test_what_is_measured_follows_a_change_of_the_image(tmp_path: Path) -> None:
    write_pair(tmp_path / "d", image=damaged())
    data = dataset(tmp_path / "d")
    mean = data.mean()
    assert data.map(lambda image: image + 7, "image").mean() == pytest.approx(mean + 7)


def test_an_image_without_any_number_is_refused(tmp_path: Path) -> None:
    write_pair(tmp_path / "d", image=np.full(SHAPE, np.nan, np.float32))
    with pytest.raises(TrainingError, match=r"cells\.tif has no voxel that is"):
        dataset(tmp_path / "d")
