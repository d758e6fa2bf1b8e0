"""The picture that the demo draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage.io import imread

from skoots.demo import write_overlay

if TYPE_CHECKING:
    from pathlib import Path


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
