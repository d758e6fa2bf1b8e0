"""What grey values mean."""

from __future__ import annotations

import numpy as np
import pytest

from skoots.train.transforms.intensity import Intensity


@pytest.mark.parametrize(
    ("values", "mirror"),
    [
        (np.array([3, 9], np.uint8), 255),
        (np.array([3, 900], np.uint16), 65535),
        (np.array([3, 900], np.int32), 65535),
        (np.array([-3, 900], np.int32), 897),
        (np.array([0, 100_000], np.int64), 100_000),
        (np.array([-0.5, 2.0], np.float32), 1.5),
    ],
    ids=["8 bit", "16 bit", "16 bit, widened", "signed", "wide", "float"],
)
def test_inversion_fits_the_kind_of_image(values: np.ndarray, mirror: float) -> None:
    assert Intensity.of(values).mirror == mirror


def test_statistics_are_those_of_all_values() -> None:
    values = (
        np.random.default_rng(0).integers(0, 60_000, (40, 30, 20)).astype(np.uint16)
    )
    found = Intensity.of(values)
    assert found.mean == pytest.approx(values.mean())
    assert found.std == pytest.approx(values.std())


def test_a_few_hot_voxels_do_not_stretch_the_range() -> None:
    values = np.random.default_rng(0).normal(100, 10, 10_000).astype(np.float32)
    values[:5] = 1e6
    found = Intensity.of(values)
    assert 60 < found.low < 100 < found.high < 140


def test_what_is_not_finite_does_not_count() -> None:
    found = Intensity.of(np.array([1.0, np.nan, 3.0, np.inf], np.float32))
    assert (found.mean, found.std, found.mirror) == (2.0, 1.0, 4.0)


@pytest.mark.parametrize("fill", [0, 7])
def test_a_constant_image_can_still_be_normalised(fill: int) -> None:
    for dtype in (np.uint8, np.uint16, np.float32):
        found = Intensity.of(np.full((4, 4), fill, dtype))
        assert found.std == 1
        assert found.span > 0
