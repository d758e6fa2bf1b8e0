"""Change the intensities of a crop: light and dark, contrast, noise, shade, blur.

Settings speak of intensities from 0 to 1, which are `Intensity.low` to `high` of the
volume. Nothing is cut off at the ends: the network gets whatever numbers there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from skoots.kernels.sample_crop.reference import reflect

if TYPE_CHECKING:
    from torch import Tensor

    from skoots.config.augmentation import AugmentationConfig
    from skoots.config.augmentation_extra import AugmentationExtraConfig
    from skoots.config.settings import Settings
    from skoots.train.transforms.intensity import Intensity

_SHADE_VOX = 24
"""A shade changes over about so many voxels."""

_FAR = 3.0
"""Deviations of a blur after which it is cut off."""


def recolour(
    rng: np.random.Generator, image: Tensor, settings: Settings, values: Intensity
) -> tuple[Tensor, bool]:
    """Change the intensities of a crop by chance.

    Parameters
    ----------
    rng : Generator
        Moves on by each draw.
    image : Tensor, (C, X, Y, Z), float32
        Values of the file. It is changed.
    settings : Settings
        Sections AUGMENTATION and AUGMENTATION_EXTRA.
    values : Intensity
        Of the volume.

    Returns
    -------
    image : Tensor, (C, X, Y, Z), float32
    inverted : bool
        Whether light and dark have changed places.
    """
    usual, extra = settings.AUGMENTATION, settings.AUGMENTATION_EXTRA
    rate = usual.BRIGHTNESS_RATE if extra.INVERT_RATE is None else extra.INVERT_RATE
    inverted = bool(rng.random() < rate)
    if inverted:
        image.neg_().add_(values.mirror)
        values = _mirrored(values)
    if rng.random() < extra.GAMMA_RATE:
        image = _bend_scale(rng, image, extra, values)
    _shift_and_stretch(rng, image, usual, values)
    if rng.random() < extra.SHADE_RATE:
        image += rng.uniform(0, extra.SHADE) * values.std * _smooth_field(rng, image)
    if rng.random() < extra.BLUR_RATE:
        image = blur(image, rng.uniform(*extra.BLUR_RANGE))
    if rng.random() < usual.NOISE_RATE:
        deviation = rng.uniform(0, usual.NOISE_GAMMA) * values.span
        image.add_(_noise(rng, image), alpha=deviation)
    return image, inverted


def blur(image: Tensor, deviation: float) -> Tensor:
    """Blur (C, X, Y, Z) by a Gaussian of this deviation, in voxels; reflect the rim."""
    reach = int(np.ceil(_FAR * deviation))
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * np.square(steps / max(deviation, 1e-6)))
    weights /= weights.sum()
    for axis in (1, 2, 3):
        extent = image.shape[axis]
        index = reflect(torch.arange(-reach, extent + reach), extent)
        padded = image.index_select(axis, index.to(image.device))
        image = torch.zeros_like(image)
        for step, weight in enumerate(weights.tolist()):
            image.add_(padded.narrow(axis, step, extent), alpha=weight)
    return image


def _mirrored(values: Intensity) -> Intensity:
    """Statistics of the inverted volume."""
    return type(values)(
        mean=values.mirror - values.mean,
        std=values.std,
        mirror=values.mirror,
        low=values.mirror - values.high,
        high=values.mirror - values.low,
    )


def _bend_scale(
    rng: np.random.Generator,
    image: Tensor,
    limits: AugmentationExtraConfig,
    values: Intensity,
) -> Tensor:
    """Raise intensities to a power; what lies beyond low and high is cut off."""
    power = float(np.exp(rng.uniform(*np.log(limits.GAMMA_RANGE))))
    unit = ((image - values.low) / values.span).clamp_(0, 1)
    return unit.pow_(power).mul_(values.span).add_(values.low)


def _shift_and_stretch(
    rng: np.random.Generator,
    image: Tensor,
    limits: AugmentationConfig,
    values: Intensity,
) -> None:
    """Change brightness, and contrast about the mean of each channel, in place."""
    shift, stretch = 0.0, 1.0
    if rng.random() < limits.BRIGHTNESS_RATE:
        shift = rng.uniform(*limits.BRIGHTNESS_RANGE) * values.span
    if rng.random() < limits.CONTRAST_RATE:
        stretch = rng.uniform(*limits.CONTRAST_RANGE)
    if stretch != 1:
        mean = image.mean(dim=(1, 2, 3), keepdim=True)
        image.mul_(stretch).add_(mean * (1 - stretch) + shift)
    elif shift:
        image.add_(shift)


def _smooth_field(rng: np.random.Generator, image: Tensor) -> Tensor:
    """Draw a field of deviation about 1 that changes over some voxels. (1, X, Y, Z)."""
    coarse = [max(2, n // _SHADE_VOX + 1) for n in image.shape[1:]]
    values = torch.from_numpy(rng.standard_normal(coarse, np.float32))[None, None]
    shape = list(image.shape[1:])
    field = functional.interpolate(
        values.to(image.device), size=shape, mode="trilinear", align_corners=True
    )
    return field[0]


def _noise(rng: np.random.Generator, image: Tensor) -> Tensor:
    """Draw numbers of deviation 1, on the processor: the same for every device."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    return torch.randn(image.shape, generator=generator).to(image.device)
