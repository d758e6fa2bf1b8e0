"""Pictures of samples."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.quiver import Quiver
from training_cases import tiny_settings, write_rods
from transform_cases import make_balls, settings_for
from volume_cases import two_bars, write_pair

from skoots.train.merged_transform import BackgroundTransformFromCfg, TransformFromCfg
from skoots.train.preview import (
    draw_sample,
    draw_vectors,
    label_colours,
    write_preview,
    write_previews,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    # larger than the volume along X: the first and the last ten rows are not known
    return TransformFromCfg(settings_for((100, 70, 40)), seed=0)(make_balls())


def test_each_sample_becomes_a_picture(sample: dict[str, Any], tmp_path: Path) -> None:
    paths = list(write_previews([sample, sample], tmp_path / "new"))
    assert [p.name for p in paths] == ["preview_000.png", "preview_001.png"]
    picture = imread(paths[0])
    assert picture.shape[1] > picture.shape[0] > 300
    assert np.ptp(picture[..., :3]) > 0.9


def test_a_picture_is_drawn_only_when_it_is_asked_for(
    sample: dict[str, Any], tmp_path: Path
) -> None:
    made = write_previews(iter([sample, {}]), tmp_path)
    next(made)
    assert [p.name for p in tmp_path.iterdir()] == ["preview_000.png"]


def test_a_preview_says_what_is_odd_of_the_data(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = two_bars()
    broken[:, :, 7] = 0
    write_pair(tmp_path / "data", labels=broken)
    with caplog.at_level(logging.WARNING, logger="skoots"):
        list(write_preview(tiny_settings(tmp_path / "data"), tmp_path, 0))
    (message,) = caplog.messages
    assert "several pieces" in message


def test_arrows_end_on_the_skeleton(sample: dict[str, Any]) -> None:
    panel = Figure().subplots()
    draw_vectors(panel, sample)
    (arrows,) = [c for c in panel.collections if isinstance(c, Quiver)]
    ends = np.stack([arrows.Y + arrows.V, arrows.X + arrows.U])
    voxels = np.stack([arrows.Y, arrows.X]).astype(int)
    middle = sample["masks"].shape[3] // 2
    baked = sample["baked_skeleton"][:2, voxels[0], voxels[1], middle].numpy()
    np.testing.assert_allclose(ends, baked, atol=1e-4)
    assert len(voxels.T) > 10


def test_the_plane_is_drawn_that_shows_most_of_objects(sample: dict[str, Any]) -> None:
    masks = torch.zeros_like(sample["masks"])
    masks[0, 20:40, 20:40, 31] = 5
    title = draw_sample({**sample, "masks": masks}).get_suptitle()
    assert "plane 31," in title


def test_only_what_is_not_known_is_hatched(sample: dict[str, Any]) -> None:
    panel = draw_sample(sample).axes[0]
    (hatched,) = [c for c in panel.collections if isinstance(c, ContourSet)]
    assert hatched.hatches == ["////"]
    rows = np.concatenate([path.vertices[:, 1] for path in hatched.get_paths()])
    assert rows.min() < 0
    assert rows.max() > 98
    assert not ((rows > 10) & (rows < 89)).any()


def test_neighbouring_ids_have_other_colours() -> None:
    colours = label_colours(np.array([[1, 2, 3, 4]]))[0]
    gaps = np.abs(colours[:, None] - colours).sum(axis=2) + 9 * np.eye(4)
    assert gaps.min() > 0.3


def test_a_sample_without_objects_can_be_drawn(tmp_path: Path) -> None:
    volume = {"image": torch.zeros((1, 30, 30, 10))}
    empty = BackgroundTransformFromCfg(settings_for())(volume)
    assert len(list(write_previews([empty], tmp_path))) == 1


def test_a_preview_shows_what_the_settings_name(tmp_path: Path) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"))
    first = list(write_preview(settings, tmp_path / "one", 2))
    again = list(write_preview(settings, tmp_path / "two", 2))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    assert first[0].read_bytes() != first[1].read_bytes()


def test_drawing_leaves_the_state_of_pyplot_alone() -> None:
    code = "import sys, skoots.train.preview as p; assert 'matplotlib.pyplot' not in "
    code += "sys.modules, p"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own
