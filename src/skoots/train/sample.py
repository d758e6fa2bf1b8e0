"""Draw one crop with its targets.

The way of the data: a random map (`warp`), one sampling of image and labels through it,
the skeleton points through the same map, the nearest point of its own skeleton for each
voxel, and changes of intensity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

from skoots.kernels.nearest_point import nearest_point, pack_points
from skoots.train.generate_skeletons import skeletonize_labels
from skoots.train.warp import Warp, draw_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from skoots._types import Shape3
    from skoots.train.volumes import TrainingVolume


@dataclass(frozen=True, slots=True)
class Sample:
    """One crop, as the loss wants it; every tensor has a batch axis."""

    image: Tensor
    """(1, 1, X, Y, Z), float32, normalised."""

    offsets: Tensor
    """(1, 3, X, Y, Z), float32: to the nearest own skeleton point, in voxels."""

    foreground: Tensor
    """(1, 1, X, Y, Z), float32."""

    skeleton: Tensor
    """(1, 1, X, Y, Z), float32: foreground near its own skeleton."""

    weight: Tensor
    """(1, 1, X, Y, Z), float32: 0 where nothing is known."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far a crop may differ from what is on disk."""

    aligned_rate: float = 0.4
    """Share of crops that are only turned and flipped along the axes: they keep every
    voxel as it is. All others are smoothed by sampling, and a network that saw nothing
    else takes the noise of a real image for something new."""
    max_angle_deg: float = 45.0
    max_log_scale: float = 0.35
    contrast: tuple[float, float] = (0.6, 1.4)
    brightness_sd: float = 0.4
    noise_sd: float = 0.35
    noise_rate: float = 0.35
    blur_vox: float = 1.2
    blur_rate: float = 0.2
    gamma: float = 0.35
    gamma_rate: float = 0.3
    shade_sd: float = 0.5
    """Of a smooth field that darkens and lightens places, in deviations of the image:
    what an object is must not hang on how dark it is."""
    shade_rate: float = 0.4


CROPS: tuple[tuple[Shape3, float], ...] = (
    ((96, 96, 48), 0.7),
    ((144, 144, 24), 0.15),
    ((168, 168, 16), 0.1),
    ((232, 232, 1), 0.05),
)
"""Extents of crops along X, Y, Z in voxels, all of one cost, and how often each is
drawn. Thin ones teach the network to do without depth."""

SLICE_DEPTH = 8
"""A single slice is repeated so often, as a tile of one slice is padded."""

MOSTLY = 0.7
"""Share of a crop that should lie in the volume; what does not teaches nothing."""

NEAR_OBJECT_RATE = 0.7
"""Share of the crops that are centred near an object; the rest lies anywhere."""


class Sampler:
    """An endless row of samples from one seed.

    Parameters
    ----------
    volumes : list of TrainingVolume
    skeleton_radius : float
        In voxels: the skeleton mask is the foreground so near to its own skeleton.
    seed : int
    augmentation : Augmentation
    """

    def __init__(
        self,
        volumes: list[TrainingVolume],
        *,
        skeleton_radius: float,
        seed: int,
        augmentation: Augmentation,
    ) -> None:
        self._volumes = volumes
        self._radius = skeleton_radius
        self._rng = np.random.default_rng(seed)
        self._augmentation = augmentation
        sizes = np.array([v.image.size for v in volumes], float)
        self._share = sizes / sizes.sum()

    def draw(self) -> Sample:
        """Draw the next sample."""
        volume = self._volumes[self._rng.choice(len(self._volumes), p=self._share)]
        warp = self._draw_warp(volume)
        image, labels = warp.sample(volume.image, volume.labels)
        return self._targets(volume, warp, self._recolour(image), labels)

    def _draw_warp(self, volume: TrainingVolume) -> Warp:
        """Draw maps until one shows mostly voxels of the volume, at most five."""
        shapes, rates = zip(*CROPS, strict=True)
        shape = shapes[self._rng.choice(len(shapes), p=rates)]
        for _ in range(5):
            warp = self._draw_any_warp(volume, shape)
            if warp.known_share(volume.image.shape) > MOSTLY:
                break
        return warp

    def _draw_any_warp(self, volume: TrainingVolume, shape: Shape3) -> Warp:
        rng, limits = self._rng, self._augmentation
        extent = np.array(volume.image.shape)
        if volume.skeletons and rng.random() < NEAR_OBJECT_RATE:
            points = volume.skeletons[rng.choice(list(volume.skeletons))]
            centre = rng.choice(points) + rng.uniform(-16, 16, 3)
        else:
            centre = rng.uniform(0, extent)
        aligned = rng.random() < limits.aligned_rate
        angle = 0.0 if aligned else np.deg2rad(limits.max_angle_deg)
        matrix = draw_matrix(rng, angle, 0.0 if aligned else limits.max_log_scale)
        # keep at least the middle of the crop where something is known
        margin = np.minimum(np.abs(matrix) @ np.array(shape) / 4, (extent - 1) / 2)
        centre = np.clip(centre, margin, extent - 1 - margin)
        warp = Warp(matrix, centre, shape)
        return warp.on_voxels() if aligned else warp

    def _targets(
        self,
        volume: TrainingVolume,
        warp: Warp,
        image: NDArray[np.float32],
        labels: NDArray[np.int32],
    ) -> Sample:
        here = {int(i) for i in np.unique(labels) if i > 0}
        if warp.shape[2] == 1:  # what lies above and below a slice is not its skeleton
            skeletons = skeletonize_labels(np.maximum(labels, 0))
        else:
            skeletons = {i: warp.to_crop(volume.skeletons[i]) for i in here}
        mask = torch.from_numpy(labels)
        nearest, distance = nearest_point(
            mask, pack_points(skeletons), (1.0, 1.0, 1.0), distance=True
        )
        assert distance is not None  # noqa: S101 - it was asked for
        foreground = mask > 0
        near = foreground & (distance <= self._radius)
        offsets = (nearest - _mesh(warp.shape)) * foreground
        depth = SLICE_DEPTH if warp.shape[2] == 1 else 1
        image_, offsets, *masks = (
            t.repeat_interleave(depth, dim=-1)
            for t in (torch.from_numpy(image), offsets, foreground, near, mask >= 0)
        )
        fore, near, known = (m[None, None].float() for m in masks)
        return Sample(image_[None, None], offsets[None], fore, near, known)

    def _recolour(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        rng, limits = self._rng, self._augmentation
        if rng.random() < limits.gamma_rate:
            low, high = np.percentile(image, (0.5, 99.5))
            unit = np.clip((image - low) / max(high - low, 1e-3), 0, 1)
            power = np.exp(rng.uniform(-limits.gamma, limits.gamma))
            image = (low + (high - low) * unit**power).astype(np.float32)
        image = image * np.float32(rng.uniform(*limits.contrast))
        image += np.float32(rng.uniform(-1, 1) * limits.brightness_sd)
        if rng.random() < limits.shade_rate:
            image += limits.shade_sd * rng.uniform() * _smooth_field(rng, image.shape)
        if rng.random() < limits.blur_rate:
            image = ndimage.gaussian_filter(image, rng.uniform(0.3, limits.blur_vox))
        if rng.random() < limits.noise_rate:
            noise = rng.standard_normal(image.shape, np.float32)
            image += noise * np.float32(rng.uniform(0, limits.noise_sd))
        return image


def _smooth_field(
    rng: np.random.Generator, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Draw a field of deviation about 1 that changes over some twenty voxels."""
    coarse = [max(2, n // 24 + 1) for n in shape]
    values = torch.from_numpy(rng.standard_normal(coarse, np.float32))[None, None]
    field = functional.interpolate(values, size=shape, mode="trilinear")
    smooth: NDArray[np.float32] = field[0, 0].numpy()
    return smooth


def _mesh(shape: Shape3) -> Tensor:
    axes = (torch.arange(n, dtype=torch.float32) for n in shape)
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))
