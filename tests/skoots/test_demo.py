"""The picture that the demo draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tifffile
from skimage.io import imread

from skoots.demo import demo, write_overlay

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_overlay_shows_three_planes_grey_outside_and_coloured_inside(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(50, 200, (8, 10, 12), dtype=np.uint8)
    labels = np.zeros(image.shape, np.uint32)
    labels[:, 2:6, 3:9] = 70_000

    write_overlay(tmp_path / "overlay.png", image, labels)

    picture = imread(tmp_path / "overlay.png").astype(int)
    assert picture.shape == (20, 3 * 24, 3)
    coloured = np.ptp(picture, axis=-1) > 0
    inside = np.hstack([labels[0] > 0] * 3).repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(coloured, inside)


def test_an_empty_result_leaves_the_picture_grey(tmp_path: Path) -> None:
    image = np.full((4, 6, 6), 9, np.uint8)
    write_overlay(tmp_path / "overlay.png", image, np.zeros(image.shape, np.uint32))
    assert not np.ptp(imread(tmp_path / "overlay.png").astype(int), axis=-1).any()


def test_the_demo_segments_the_sample_once_and_uses_the_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo(out=tmp_path, viewer=False)

    labels = tifffile.imread(tmp_path / "medulla_instances.tif")
    assert labels.shape == (64, 224, 224)
    assert labels.dtype == np.uint32
    assert len(np.unique(labels)) > 5
    assert imread(tmp_path / "medulla_overlay.png").shape == (448, 1344, 3)
    summary = capsys.readouterr().out
    assert "objects" in summary
    assert "medulla_instances.tif" in summary.replace("\n", "")
    tissue, following = summary.splitlines()[-2:]
    assert "some mitochondria are missed" in tissue
    assert following.endswith("skoots segment YOUR.tif --model mito-em")

    plan = tmp_path / "medulla.skoots.zarr" / "state" / "plan.json"
    written = plan.stat().st_mtime_ns
    demo(out=tmp_path, viewer=False)
    assert plan.stat().st_mtime_ns == written
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "medulla_instances.tif"), labels
    )
