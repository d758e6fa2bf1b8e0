"""How far from the rim of a tile a network's answer still depends on the rim.

Where a tile ends, a network sees nothing; beyond some distance from there it no longer
matters. That distance, in multiples of the network's factor, is the halo. It is less
than the receptive field, in which most voxels have next to no weight, so it is measured
on real volumes, along one axis at a time::

    wide    |-------------- reach ---------------|-------------- reach ---------------|
    halves  |---------------- near --------------|---------------- far ---------------|
                             distance 2, 1, 0 <- cut -> 0, 1, 2

The network is asked about a wide part of the volume, and again about its two halves.
All outer rims are the same both times; what differs comes from the cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from skoots.model.precision import prepare
from skoots.model.prediction import Prediction
from skoots.volume.axes import xyz_to_zyx, zyx_to_xyz
from skoots.volume.tiling import Span, box_slices, pad_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from skoots._types import Shape3
    from skoots.config import Settings
    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT
    from skoots.volume.tiling import Box

TOLERANCE = 0.01
"""Share of the voxels of objects that may differ at any distance beyond the halo."""

VECTOR_TOLERANCE = 1.0
"""Voxels by which a vector may differ."""

LEAST_VOXELS = 200
"""Voxels of objects at one distance from which on their share says something."""

REACH, ACROSS, PARTS = 64, 96, 4
"""How far to look, how wide the parts are, in voxels, and how many there are."""


@dataclass(frozen=True, slots=True, eq=False)
class RimEffect:
    """What a rim changes along one axis, by the distance from it."""

    differing: NDArray[np.int64]
    """(reach,): voxels of objects whose answer differs, so many voxels from the rim."""

    voxels: NDArray[np.int64]
    """(reach,): voxels of objects that were compared."""

    def needed(self, factor: int, tolerance: float = TOLERANCE) -> int:
        """Give the least multiple of `factor` beyond which the answers were alike.

        Parameters
        ----------
        factor : int
            The network's down-sampling, in voxels.
        tolerance : float
            Share of voxels that may differ at each distance.

        Returns
        -------
        int
            Voxels; 0 if the rim changes nothing, or nothing was compared.
        """
        unlike = np.flatnonzero(self.differing > tolerance * self.voxels)
        last = int(unlike[-1]) + 1 if unlike.size else 0
        return -(-last // factor) * factor

    def settled(self, factor: int, tolerance: float = TOLERANCE) -> bool:
        """Tell whether enough was seen, at `needed` and beyond, to rely on it."""
        beyond = self.voxels[self.needed(factor, tolerance) :]
        return beyond.size >= factor and bool(beyond[:factor].min() >= LEAST_VOXELS)


class _Answer(NamedTuple):
    foreground: NDArray[np.bool_]
    """(Z, Y, X)"""
    skeleton: NDArray[np.bool_]
    """(Z, Y, X); the skeleton of the foreground."""
    vectors: NDArray[np.float32]
    """(3, Z, Y, X), in voxels; components in the network's order."""


def measure_rims(
    network: UNet | UNeXT,
    volumes: Iterable[NDArray[np.float32]],
    settings: Settings,
    *,
    reach: int = REACH,
    across: int = ACROSS,
    parts: int = PARTS,
) -> tuple[RimEffect, RimEffect, RimEffect]:
    """Measure what the rim of a tile changes, along each axis.

    A voxel's answer differs where its foreground or skeleton decision flips, or where
    its vector moves by more than `VECTOR_TOLERANCE`. Voxels count that are foreground
    in one of the two answers: of the background there is so much that it would hide
    what happens to objects. The same input gives the same numbers.

    A volume smaller than the parts to be measured is used as far as it goes, on the
    network's grid; one of fewer than two factors along an axis says nothing of that
    axis. It is no error, for thin stacks are trained on too: `choose_halo` falls back.

    Parameters
    ----------
    network : UNet or UNeXT
        With its trained weights; a copy works in float32 on the processor.
    volumes : iterable of ndarray, (Z, Y, X), float32
        Images, normalised as the network was trained.
    settings : Settings
        The thresholds of INFERENCE and the vector scaling of SKOOTS are read.
    reach : int
        The largest distance from a rim to look at, in voxels.
    across : int
        Extent of a part along the other two axes, in voxels.
    parts : int
        Parts of each volume to look at for each axis, spread evenly over it.

    Returns
    -------
    tuple of RimEffect
        Along Z, Y, X.
    """
    factor = network.factor
    predict = prepare(network, torch.device("cpu"), "float32")

    def ask(image: NDArray[np.float32]) -> _Answer:
        return _ask(predict, image, settings, factor)

    images = list(volumes)
    effects = []
    for axis in range(3):
        effect = RimEffect(np.zeros(0, np.int64), np.zeros(0, np.int64))
        for image in images:
            for box in _choose_parts(image.shape, axis, factor, (reach, across), parts):
                found = _cut_in_half(ask, image[box_slices(box)], axis)
                effect = _add(effect, found)
        effects.append(effect)
    z, y, x = effects
    return z, y, x


def choose_halo(
    effects: Sequence[RimEffect],
    factor: int,
    fallback: Shape3,
    tolerance: float = TOLERANCE,
) -> Shape3:
    """Turn what was measured into a halo.

    Parameters
    ----------
    effects : sequence of RimEffect
        Along Z, Y, X, as `measure_rims` gives them.
    factor : int
        The network's down-sampling, in voxels.
    fallback : tuple of int
        Voxels along Z, Y, X: the least halo of an axis that is not settled, because the
        volumes are too small there, show too few objects, or are not large enough to
        see the rim's influence end.
    tolerance : float
        Share of voxels that may differ at each distance beyond the halo.

    Returns
    -------
    tuple of int
        Voxels along Z, Y, X; a measured one is a multiple of `factor`.
    """
    z, y, x = (
        effect.needed(factor, tolerance)
        if effect.settled(factor, tolerance)
        else max(effect.needed(factor, tolerance), least)
        for effect, least in zip(effects, fallback, strict=True)
    )
    return z, y, x


def _choose_parts(
    shape: tuple[int, ...], axis: int, factor: int, size: tuple[int, int], count: int
) -> list[Box]:
    """Spread boxes over a volume, on the grid and with an even length along `axis`."""
    reach, across = size
    lengths = [min(n, max(1, across // factor) * factor) for n in shape]
    lengths[axis] = 2 * (min(reach, shape[axis] // 2) // factor * factor)
    if lengths[axis] == 0:
        return []
    spans = [
        [Span(i, i + length) for i in range(0, n - length + 1, length)]
        for n, length in zip(shape, lengths, strict=True)
    ]
    boxes: list[Box] = list(product(spans[0], spans[1], spans[2]))
    few = np.linspace(0, len(boxes) - 1, min(count, len(boxes))).round().astype(int)
    return [boxes[i] for i in few]


def _cut_in_half(
    ask: Callable[[NDArray[np.float32]], _Answer],
    image: NDArray[np.float32],
    axis: int,
) -> RimEffect:
    """Compare the answer about a part with those about its two halves."""
    wide = ask(image)
    near, far = (ask(half) for half in np.split(image, 2, axis))
    whole_again = _Answer(
        *(np.concatenate(two, axis - 3) for two in zip(near, far, strict=True))
    )
    voxels = wide.foreground | whole_again.foreground
    differing = voxels & _differ(wide, whole_again)
    return RimEffect(_by_distance(differing, axis), _by_distance(voxels, axis))


def _differ(one: _Answer, other: _Answer) -> NDArray[np.bool_]:
    """Tell where a decision or a vector is another one, (Z, Y, X)."""
    apart = np.linalg.norm(one.vectors - other.vectors, axis=0) > VECTOR_TOLERANCE
    flipped = (one.foreground != other.foreground) | (one.skeleton != other.skeleton)
    different: NDArray[np.bool_] = flipped | apart
    return different


def _by_distance(mask: NDArray[np.bool_], axis: int) -> NDArray[np.int64]:
    """Count voxels on both sides of the middle by their distance from it, (reach,)."""
    counts = mask.sum(axis=tuple({0, 1, 2} - {axis}), dtype=np.int64)
    near, far = np.split(counts, 2)
    folded: NDArray[np.int64] = near[::-1] + far
    return folded


def _add(one: RimEffect, other: RimEffect) -> RimEffect:
    """Pool two measurements, of which one may reach further."""
    length = max(one.voxels.size, other.voxels.size)

    def total(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.pad(a, (0, length - a.size)) + np.pad(b, (0, length - b.size))

    return RimEffect(
        total(one.differing, other.differing), total(one.voxels, other.voxels)
    )


def _ask(
    predict: Callable[[Tensor], Tensor],
    image: NDArray[np.float32],
    settings: Settings,
    factor: int,
) -> _Answer:
    """Ask the network about an image (Z, Y, X) of any extent."""
    z, y, x = image.shape
    padded = pad_tile(image, (-z % factor, -y % factor, -x % factor))
    tile = np.ascontiguousarray(zyx_to_xyz(padded), np.float32)
    out = xyz_to_zyx(predict(torch.from_numpy(tile)[None, None])[0])[:, :z, :y, :x]
    said = Prediction.split(out.float())
    rules = settings.INFERENCE
    foreground = said.probability[0] > rules.PROBABILITY_THRESHOLD
    skeleton = foreground & (said.skeleton[0] > rules.SKELETON_THRESHOLD)
    scale = torch.tensor(settings.SKOOTS.VECTOR_SCALING, dtype=torch.float32)
    vectors = said.vectors * scale.view(3, 1, 1, 1)
    return _Answer(foreground.numpy(), skeleton.numpy(), vectors.numpy())
