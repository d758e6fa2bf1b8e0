"""The folders that shipped models are trained in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import prepare
import pytest
import tifffile
from prepare import LEVELS

from skoots.config import get_cfg_defaults
from skoots.volume.source import open_source

HERE = Path(prepare.__file__).parent


@pytest.mark.parametrize("model", LEVELS)
def test_settings_name_the_folders_that_are_made(model: str) -> None:
    train = get_cfg_defaults().merge_from_file(HERE / f"{model}.yaml").TRAIN
    made = {f"train/{level.name}" for level in LEVELS[model]["train"]}
    drawn = {"train/synthetic"} if model == "nuclei" else set()
    named = {"/".join(Path(path).parts[-2:]) for path in train.TRAIN_DATA_DIR}
    assert named == made | drawn
    assert len(train.TRAIN_SAMPLE_PER_IMAGE) == len(train.TRAIN_DATA_DIR)


def _write_data(data: Path) -> None:
    labels = np.zeros((12, 24, 24), np.uint16)
    labels[2:10, 4:20, 4:20] = 1
    for part in ("train", "val"):
        (data / part).mkdir(parents=True)
        for end in (".tif", ".labels.tif"):
            tifffile.imwrite(
                data / part / f"cut{end}",
                labels,
                imagej=True,
                resolution=(100, 100),
                metadata={"axes": "ZYX", "spacing": 0.01, "unit": "um"},
            )


def test_a_folder_is_made_with_its_levels_and_voxel_sizes(tmp_path: Path) -> None:
    _write_data(tmp_path / "data")
    prepare.prepare("mito-em", tmp_path / "data", tmp_path / "out")
    coarse = open_source(tmp_path / "out" / "train" / "30x10nm" / "cut.tif")
    assert coarse.shape == (4, 24, 24)
    assert coarse.voxel_size == pytest.approx((0.03, 0.01, 0.01))
    assert (tmp_path / "out" / "mito-em.yaml").is_file()


@pytest.mark.parametrize(
    ("fold", "held_out", "kept"),
    [
        ((1, 3), (0, 8), {"right": (9, 24)}),
        ((2, 3), (8, 16), {"left": (0, 7), "right": (17, 24)}),
        ((3, 3), (16, 24), {"left": (0, 15)}),
    ],
)
def test_a_fold_keeps_columns_from_the_training(
    tmp_path: Path,
    fold: tuple[int, int],
    held_out: tuple[int, int],
    kept: dict[str, tuple[int, int]],
) -> None:
    _write_data(tmp_path / "data")
    prepare.prepare("mito-em", tmp_path / "data", tmp_path / "out", fold)
    whole = tifffile.imread(tmp_path / "data" / "train" / "cut.tif")
    found = tifffile.imread(tmp_path / "out" / "val" / "10nm" / "cut.tif")
    np.testing.assert_array_equal(found, whole[..., slice(*held_out)])
    sides = sorted((tmp_path / "out" / "train" / "10nm").glob("*.labels.tif"))
    assert [path.name for path in sides] == [f"cut_{side}.labels.tif" for side in kept]
    for path, columns in zip(sides, kept.values(), strict=True):
        np.testing.assert_array_equal(
            tifffile.imread(path), whole[..., slice(*columns)]
        )
