"""The data of a training: what is said of it, and where it is kept."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
import torch
from training_cases import tiny_settings, write_rods
from volume_cases import grey, two_bars, write_pair

from skoots.train.data.skeletonize import prepare_skeletons
from skoots.train.sources import load_sources

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_odd_of_the_data_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = two_bars()
    broken[:, :, 7] = 0
    write_pair(tmp_path / "d", labels=broken)
    background = {
        "BACKGROUND_DATA_DIR": [str(tmp_path / "d")],
        "BACKGROUND_SAMPLE_PER_IMAGE": [1],
        "BACKGROUND_STORE_DATA_ON_GPU": [False],
    }
    settings = tiny_settings(tmp_path / "d", **background)
    with caplog.at_level(logging.WARNING, logger="skoots"):
        events = list(prepare_skeletons(tmp_path / "d"))
        notes = load_sources(settings, torch.device("cpu")).notes
    assert not [event for event in events if hasattr(event, "message")]
    assert [note for note in notes if "several pieces" in note] == list(notes)
    assert len(notes) == 1
    assert not caplog.messages


def test_data_goes_to_the_gpu_only_if_all_that_is_held_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pair(tmp_path / "d", image=grey(dtype="uint16"))  # 4 bytes each, ids as well
    free = 2 * 7 * grey().size
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free, free))
    wanted = {"TRAIN_STORE_DATA_ON_GPU": [True], "TRANSFORM_DEVICE": "cpu"}
    settings = tiny_settings(tmp_path / "d", **wanted)
    sources = load_sources(settings, torch.device("cuda"))
    assert any("do not fit beside the network" in note for note in sources.notes)
    assert sources.training.volumes[0].image.device.type == "cpu"


def test_the_first_folder_says_at_which_scale_a_model_works(tmp_path: Path) -> None:
    write_rods(tmp_path / "fine")
    (tmp_path / "coarse").mkdir()
    for end in (".tif", ".labels.tif"):
        half = tifffile.imread(tmp_path / "fine" / f"rods{end}")[::2, ::2, ::2]
        for name in ("a", "b", "c"):
            tifffile.imwrite(
                tmp_path / "coarse" / f"{name}{end}",
                half,
                imagej=True,
                resolution=(50.0, 50.0),
                metadata={"axes": "ZYX", "spacing": 0.02, "unit": "um"},
            )
    settings = tiny_settings(
        tmp_path / "fine",
        TRAIN_DATA_DIR=[str(tmp_path / "fine"), str(tmp_path / "coarse")],
        TRAIN_SAMPLE_PER_IMAGE=[4, 4],
        TRAIN_STORE_DATA_ON_GPU=[False, False],
    )
    sources = load_sources(settings, torch.device("cpu"))
    assert sources.voxel_size == pytest.approx((0.01, 0.01, 0.01))
    # a ball of the middle rod's 1536 voxels
    assert sources.object_diameter == pytest.approx((6 * 1536 / np.pi) ** (1 / 3))
