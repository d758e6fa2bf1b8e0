"""Changes of intensity, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage
from transform_cases import settings_for

from skoots.train.transforms.colour import blur, recolour
from skoots.train.transforms.intensity import Intensity

EIGHT_BIT = Intensity(100.0, 30.0, 255.0, 0.0, 255.0)


def crop_of(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand((1, *shape), generator=generator) * 255


def changed(
    image: torch.Tensor, values: Intensity = EIGHT_BIT, **settings: Any
) -> tuple[torch.Tensor, bool]:
    cfg = settings_for(**settings)
    return recolour(np.random.default_rng(0), image.clone(), cfg, values)


def test_nothing_happens_when_no_rate_asks_for_it() -> None:
    image = crop_of(6, 5, 4)
    found, inverted = changed(image)
    assert torch.equal(found, image)
    assert not inverted


def test_defect_36_brightness_counts_in_shares_of_black_to_white() -> None:
    image = crop_of(6, 5, 4)
    extra = {"INVERT_RATE": 0.0}
    found, _ = changed(
        image, extra=extra, BRIGHTNESS_RATE=1.0, BRIGHTNESS_RANGE=(0.1, 0.1)
    )
    torch.testing.assert_close(found, image + 25.5)


def test_inversion_mirrors_values() -> None:
    image = crop_of(6, 5, 4)
    found, inverted = changed(image, extra={"INVERT_RATE": 1.0})
    torch.testing.assert_close(found, 255 - image)
    assert inverted


def test_without_a_rate_of_its_own_inversion_is_as_frequent_as_brightness() -> None:
    cfg = settings_for(BRIGHTNESS_RATE=0.3)
    rng = np.random.default_rng(0)
    image = crop_of(1, 1, 1)
    flags = [recolour(rng, image.clone(), cfg, EIGHT_BIT)[1] for _ in range(2000)]
    assert np.mean(flags) == pytest.approx(0.3, abs=0.04)


def test_contrast_stretches_about_the_mean_of_the_crop() -> None:
    image = crop_of(6, 5, 4)
    found, _ = changed(image, CONTRAST_RATE=1.0, CONTRAST_RANGE=(2.0, 2.0))
    torch.testing.assert_close(found, 2 * image - image.mean())


def test_noise_has_no_mean_and_at_most_the_deviation_that_was_asked_for() -> None:
    image = torch.zeros((1, 40, 40, 40))
    cfg = settings_for(NOISE_RATE=1.0, NOISE_GAMMA=0.2)
    rng = np.random.default_rng(0)
    deviations = []
    for _ in range(30):
        noise, _ = recolour(rng, image.clone(), cfg, EIGHT_BIT)
        assert abs(float(noise.mean())) < 0.02 * 255 * 0.2
        deviations.append(float(noise.std()) / 255)
    assert max(deviations) < 0.201
    assert np.mean(deviations) == pytest.approx(0.1, abs=0.04)


def test_gamma_bends_the_scale_between_black_and_white() -> None:
    image = crop_of(6, 5, 4)
    extra = {"GAMMA_RATE": 1.0, "GAMMA_RANGE": (2.0, 2.0)}
    found, _ = changed(image, extra=extra)
    torch.testing.assert_close(found, image**2 / 255, rtol=1e-4, atol=1e-3)


def test_a_shade_is_smooth() -> None:
    image = torch.zeros((2, 60, 60, 30))
    found, _ = changed(image, extra={"SHADE_RATE": 1.0, "SHADE": 1.0})
    assert torch.equal(found[0], found[1])
    steps = torch.diff(found, dim=1).abs().max()
    assert float(found.std()) > 1
    assert steps < 0.15 * (found.max() - found.min())


@pytest.mark.parametrize("deviation", [0.4, 1.2, 3.0])
def test_a_blur_is_that_of_scipy(deviation: float) -> None:
    image = crop_of(9, 3, 1)
    reach = int(np.ceil(3 * deviation))
    expected = ndimage.gaussian_filter(
        image[0].numpy(), deviation, mode="mirror", radius=reach
    )
    np.testing.assert_allclose(blur(image, deviation)[0], expected, atol=1e-2)


def test_black_and_white_change_places_with_the_image() -> None:
    # a 16 bit image that fills little of its range; brightness after inversion
    values = Intensity(1000.0, 100.0, 65535.0, 800.0, 1200.0)
    image = torch.full((1, 2, 2, 2), 1000.0)
    found, _ = changed(
        image,
        values,
        extra={"INVERT_RATE": 1.0, "GAMMA_RATE": 1.0, "GAMMA_RANGE": (1.0, 1.0)},
    )
    torch.testing.assert_close(found, 65535 - image)
