"""What ``--init`` writes fits the data that it was measured on, and can be trained."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch

from skoots.config import Settings, get_cfg_defaults, validate_cfg
from skoots.errors import TrainingError
from skoots.events import EpochDone
from skoots.train.check import check_training
from skoots.train.dataloader import dataset
from skoots.train.engine import train
from skoots.train.first.settings import (
    make_first_settings,
    write_first_settings,
)
from skoots.train.merged_transform import TransformFromCfg
from skoots.train.objective import REACH
from skoots.train.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CPU = torch.device("cpu")
GIB = 1 << 30
Edges = tuple[float, float, float]


def _write(
    folder: Path,
    labels: NDArray[Any],
    voxel: Edges | None = None,
    *,
    name: str = "a",
    channels: int = 1,
) -> Path:
    """Write labels and an image of them; `voxel` are edges along Z, Y, X, in um."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    image = (60 + 90 * (labels > 0) + rng.normal(0, 9, labels.shape)).astype(np.uint8)
    if channels > 1:
        image = np.stack([image] * channels, axis=1)
    axes = "ZCYX" if channels > 1 else "ZYX"
    size: dict[str, Any] = {"metadata": {"axes": axes}}
    if voxel is not None:
        z, y, x = voxel
        size = {
            "resolution": (1 / x, 1 / y),
            "metadata": {"axes": axes, "spacing": z, "unit": "um"},
        }
    tifffile.imwrite(folder / f"{name}.tif", image, imagej=True, **size)
    tifffile.imwrite(folder / f"{name}.labels.tif", labels)
    return folder


def _plates_and_rods(shape: tuple[int, int, int]) -> NDArray[np.uint16]:
    """Give objects of all kinds: a plate, slanted and bent rods, a ball, a speck."""
    labels = np.zeros(shape, np.uint16)
    z, y, x = np.meshgrid(*map(np.arange, shape), indexing="ij")
    deep, high, wide = shape
    labels[(abs(z - deep // 2) < 2) & (y < high // 3) & (x > wide // 2)] = 5
    slant = abs(y - high // 2 - (x - wide // 2) // 3) < 4
    labels[slant & (z > deep // 4) & (labels == 0)] = 9
    bent = abs(x - wide // 5 - 6 * np.sin(y / 9)) < 4
    labels[bent & (y > high // 2) & (labels == 0)] = 300
    ball = (z - deep / 2) ** 2 + (y - high / 5) ** 2 + (x - wide / 5) ** 2
    labels[(ball < 80) & (labels == 0)] = 21
    labels[deep // 2, 2, 2] = 40
    return labels


KINDS = {
    "isotropic": ((32, 56, 60), (0.02, 0.02, 0.02)),
    "a little deeper": ((32, 56, 60), (0.028, 0.02, 0.02)),
    "anisotropic": ((20, 64, 64), (0.12, 0.03, 0.03)),
    "flat voxels": ((40, 48, 48), (0.02, 0.06, 0.06)),
    "oblong pixels": ((24, 64, 48), (0.05, 0.02, 0.03)),
    "thin": ((6, 72, 72), (0.02, 0.02, 0.02)),
    "thin, anisotropic": ((5, 64, 80), (0.3, 0.1, 0.1)),
    "no voxel size": ((32, 48, 48), None),
}


@pytest.fixture(scope="module", params=KINDS)
def data(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Path:
    shape, voxel = KINDS[request.param]
    folder: Path = tmp_path_factory.mktemp("first") / "cells"
    return _write(folder, _plates_and_rods(shape), voxel)


def _settings(folder: Path) -> Settings:
    return Settings.from_dict(make_first_settings(folder, "cpu").values)


def _longest(baked: Any, masks: Any) -> NDArray[np.float64]:
    """Longest ways along X, Y, Z from voxels of objects to where they should point."""
    places = np.argwhere(masks.numpy() > 0)
    if not len(places):
        return np.zeros(3)
    goals = baked.numpy()[:, *places.T].T
    longest: NDArray[np.float64] = np.abs(goals - places).max(axis=0)
    return longest


def test_no_target_vector_is_longer_than_the_network_can_answer(data: Path) -> None:
    settings = _settings(data)
    reach = REACH * np.array(settings.SKOOTS.VECTOR_SCALING)
    transform = TransformFromCfg(settings)
    volumes = dataset(str(data), transform)
    (volume,) = volumes.volumes
    for sample in [
        *(volumes.sample(0, np.random.default_rng(seed)) for seed in range(40)),
        _as_it_is(volume, settings),
    ]:
        longest = _longest(sample["baked_skeleton"], sample["masks"][0])
        assert (longest <= reach + 1e-3).all(), (longest, reach)


def test_a_point_that_is_nearest_in_enlarged_crops_alone_is_within_reach(
    tmp_path: Path,
) -> None:
    # Seen from its corner a bent sheet ends 15 voxels ahead, 19 voxels above; enlarged
    # in the plane, 21 ahead.
    labels = np.zeros((20, 48, 64), np.uint16)
    labels[0:2, 10:26, 4:60] = 1
    labels[:, 10:12, 4:60] = 1
    folder = _write(tmp_path / "data", labels, (0.01, 0.01, 0.01))
    ends = [(x, y, z) for x, z in ((25, 0), (10, 19)) for y in range(4, 60)]
    torch.save({1: torch.tensor(ends).float()}, folder / "a.skeletons.trch")
    settings = _settings(folder)
    reach = REACH * np.array(settings.SKOOTS.VECTOR_SCALING)
    volumes = dataset(str(folder), TransformFromCfg(settings))
    longest = np.zeros(3)
    for seed in range(30):
        sample = volumes.sample(0, np.random.default_rng(seed))
        found = _longest(sample["baked_skeleton"], sample["masks"][0])
        longest = np.maximum(longest, found)
    assert (longest <= reach).all()
    assert longest[2] > 17  # as it is, the longest way along Z is 15


def _as_it_is(volume: Any, settings: Settings) -> dict[str, Any]:
    """Give a whole volume with its targets."""
    keys = ("CROP_WIDTH", "CROP_HEIGHT", "CROP_DEPTH")
    size = dict(zip(keys, volume.image.shape[1:], strict=True))
    whole = TransformFromCfg(settings.merge({"AUGMENTATION": size})).plain()
    item = {k: getattr(volume, k) for k in ("image", "masks", "skeletons")}
    return whole(item, rng=np.random.default_rng(0))


def test_what_is_written_is_read_again_and_starts_a_training(
    data: Path, tmp_path: Path
) -> None:
    first = make_first_settings(data, "cpu")
    path = tmp_path / "deep" / "first.yaml"
    write_first_settings(path, first)
    read = validate_cfg(get_cfg_defaults().merge_from_file(path))
    assert read == Settings.from_dict(first.values)
    check_training(read)
    text = path.read_text(encoding="utf-8")
    for reason in (*first.reasons.values(), *first.found):
        assert f"# {reason}" in text


def test_each_reason_belongs_to_a_value(data: Path) -> None:
    first = make_first_settings(data, "cpu")
    for name in first.reasons:
        section, key = name.split(".")
        assert key in first.values[section]


def test_the_anisotropy_is_that_of_the_voxels(tmp_path: Path) -> None:
    folder = _write(tmp_path, _plates_and_rods((20, 48, 48)), (0.09, 0.06, 0.03))
    settings = _settings(folder)
    # along X, Y, Z of the network, which calls the rows of a file X
    assert pytest.approx((2, 1, 3), rel=0.01) == settings.SKOOTS.ANISOTROPY
    baked = settings.AUGMENTATION.BAKE_SKELETON_ANISOTROPY
    assert baked == settings.SKOOTS.ANISOTROPY


def test_without_a_voxel_size_voxels_count_as_cubes_and_the_file_says_so(
    tmp_path: Path,
) -> None:
    folder = _write(tmp_path / "data", _plates_and_rods((24, 40, 40)))
    first = make_first_settings(folder, "cpu")
    assert first.values["SKOOTS"]["ANISOTROPY"] == [1.0, 1.0, 1.0]
    assert "no volume says its voxel size" in first.reasons["SKOOTS.ANISOTROPY"]
    assert any("voxel unknown" in line for line in first.found)


def test_folders_train_and_val_are_found(tmp_path: Path) -> None:
    labels = _plates_and_rods((16, 40, 40))
    train_folder = _write(tmp_path / "cells" / "train", labels)
    alone = _settings(tmp_path / "cells")
    assert (str(train_folder),) == alone.TRAIN.TRAIN_DATA_DIR
    assert alone.TRAIN.VALIDATION_DATA_DIR == ()
    held_out = _write(tmp_path / "cells" / "val", labels)
    both = _settings(tmp_path / "cells")
    assert (str(held_out),) == both.TRAIN.VALIDATION_DATA_DIR
    assert len(both.TRAIN.VALIDATION_SAMPLE_PER_IMAGE) == 1


def test_a_folder_val_that_cannot_be_used_is_refused_at_once(tmp_path: Path) -> None:
    labels = _plates_and_rods((16, 40, 40))
    _write(tmp_path / "train", labels)
    held_out = _write(tmp_path / "val", labels)
    (held_out / "a.labels.tif").unlink()
    with pytest.raises(TrainingError, match="val holds no labelled image"):
        make_first_settings(tmp_path, "cpu")


@pytest.mark.parametrize(
    ("train_voxel", "val_voxel", "said"),
    [
        ((0.09, 0.03, 0.03), (0.03, 0.03, 0.03), "voxel 0.03 x 0.03 x 0.03 um"),
        ((0.09, 0.03, 0.03), (0.0901, 0.03, 0.03), None),
        ((0.09, 0.03, 0.03), None, None),  # nothing is known of it
        (None, (0.03, 0.03, 0.03), "voxel 0.03 x 0.03 x 0.03 um"),
    ],
)
def test_another_voxel_size_of_val_is_said(
    tmp_path: Path, train_voxel: Edges | None, val_voxel: Edges | None, said: str | None
) -> None:
    labels = _plates_and_rods((16, 40, 40))
    _write(tmp_path / "train", labels, train_voxel)
    _write(tmp_path / "val", labels, val_voxel)
    found = make_first_settings(tmp_path, "cpu").found
    lines = [line for line in found if line.startswith("val: a.tif")]
    assert len(lines) == (said is not None)
    assert all(str(said) in line for line in lines)


@pytest.mark.parametrize("store", ["a.tif", "a.zarr"])
def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path, store: str) -> None:
    _write(tmp_path, _plates_and_rods((16, 40, 40)))
    (tmp_path / "a.zarr").mkdir()
    with pytest.raises(TrainingError, match=r"is a file\. Give the folder it lies in"):
        make_first_settings(tmp_path / store, "cpu")


def test_what_a_user_may_want_to_change_says_what_it_does(tmp_path: Path) -> None:
    folder = _write(tmp_path / "data", _plates_and_rods((16, 40, 40)))
    reasons = make_first_settings(folder, "cpu").reasons
    for name in (
        "TRAIN.NUM_EPOCHS",
        "TRAIN.TRAIN_SAMPLE_PER_IMAGE",
        "TRAIN.TRAIN_BATCH_SIZE",
        "TRAIN.LEARNING_RATE",
        "TRAIN.LOSS_EMBED",
        "TRAIN.SIGMA_DECAY",
        "TRAINER.SIGMA_FLOOR",
        "TRAINER.CENTRE_JITTER",
        "TRAINER.EMA_DECAY",
        "INFERENCE.HOPS",
        "INFERENCE.FIRST_HIT",
        "INFERENCE.MIN_SKELETON_VOXELS",
    ):
        assert name in reasons


def test_samples_are_shared_out_among_volumes(tmp_path: Path) -> None:
    for name in "abc":
        _write(tmp_path, _plates_and_rods((16, 32, 40)), name=name)
    train_settings = _settings(tmp_path).TRAIN
    assert train_settings.TRAIN_BATCH_SIZE == 3
    assert train_settings.TRAIN_SAMPLE_PER_IMAGE == (100,)  # a hundred steps


def test_a_training_of_two_channels_comes_to_its_end(tmp_path: Path) -> None:
    labels = _plates_and_rods((16, 32, 32))
    for name in ("train", "val"):
        _write(tmp_path / "two" / name, labels, channels=2)
    values = make_first_settings(tmp_path / "two", "cpu").values
    settings = Settings.from_dict(values).merge(
        {
            "MODEL": {"DIMS": [4, 8], "DEPTHS": [1]},
            "TRAIN": {
                "NUM_EPOCHS": 1,
                "SIGMA_DECAY": [],
                "TRAIN_SAMPLE_PER_IMAGE": [values["TRAIN"]["TRAIN_BATCH_SIZE"]],
                "VALIDATION_SAMPLE_PER_IMAGE": [1],
            },
        }
    )
    assert settings.MODEL.IN_CHANNELS == 2
    project = Project.create(tmp_path / "run", settings)
    events = list(train(project.path, device="cpu", threads=1))
    (epoch,) = (e for e in events if isinstance(e, EpochDone))
    assert set(epoch.validation) == {"loss", "embedding", "probability", "skeleton"}


def test_sparsely_labelled_data_is_measured_inside_what_is_trained_on(
    tmp_path: Path,
) -> None:
    labels = np.zeros((16, 40, 60), np.uint16)
    labels[4:12, 4:12, 4:12] = 1
    labels[4:12, 4:36, 40:50] = 2  # larger, and held out
    folder = _write(tmp_path / "data", labels)
    boxes = [
        {"start": [0, 0, 0], "stop": [16, 40, 30]},
        {"start": [0, 0, 30], "stop": [16, 40, 60], "held_out": True},
    ]
    (folder / "a.boxes.json").write_text(json.dumps({"boxes": boxes}))
    first = make_first_settings(folder, "cpu")
    assert any("1 objects of 512 to 512 voxels" in line for line in first.found)


def test_a_folder_without_labels_is_an_error(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 16, 16), np.uint8))
    with pytest.raises(TrainingError):
        make_first_settings(tmp_path, "cpu")
