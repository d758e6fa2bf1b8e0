"""What the network says of a tile, in the form in which it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from skoots.model.prediction import Prediction
from skoots.volume.axes import vectors_to_zyx, xyz_to_zyx, zyx_to_xyz
from skoots.volume.tiling import box_slices

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from skoots._types import Shape3
    from skoots.volume.tiling import Box, Tile

    Network = Callable[[Tensor], Tensor]

LEAST_PROBABILITY = 0.1
"""Vectors of voxels less probable than this are stored as 0: then they compress to
about half a byte a voxel. No threshold below it makes sense."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The network's answer for a box, as it is stored."""

    probability: NDArray[np.uint8]
    """(Z, Y, X)"""

    skeleton: NDArray[np.uint8]
    """(Z, Y, X)"""

    vectors: NDArray[np.int8]
    """(3, Z, Y, X), along Z, Y, X."""

    @classmethod
    def empty(cls, shape: Shape3) -> Answer:
        """Nothing anywhere."""
        return cls(
            np.zeros(shape, np.uint8),
            np.zeros(shape, np.uint8),
            np.zeros((3, *shape), np.int8),
        )

    def put(self, box: Box, part: Answer) -> None:
        """Store the answer for a part of the box, in its coordinates."""
        z, y, x = box_slices(box)
        self.probability[z, y, x] = part.probability
        self.skeleton[z, y, x] = part.skeleton
        self.vectors[:, z, y, x] = part.vectors


def ask_network(network: Network, tile: Tile, image: NDArray[np.float32]) -> Answer:
    """Run the network on one tile and keep its core, quantised on the device.

    Parameters
    ----------
    network : callable
        From (1, 1, X, Y, Z) float32 to (1, 5, X, Y, Z), on its device.
    tile : Tile
        What was read and what of it is kept.
    image : ndarray, (Z, Y, X), float32
        Normalised and padded.

    Returns
    -------
    Answer
        Of the tile's core.
    """
    x = torch.from_numpy(zyx_to_xyz(image))[None, None]
    z, y, x_ = box_slices(tile.kept)
    core = network(x)[:, :, y, x_, z].float()
    answer = Prediction.split(core)
    known = answer.probability[0] >= LEAST_PROBABILITY
    vectors = (answer.vectors[0] * 127).round_().to(torch.int8) * known
    return Answer(
        probability=_to_bytes(answer.probability),
        skeleton=_to_bytes(answer.skeleton),
        vectors=vectors_to_zyx(vectors.cpu().numpy()),
    )


def _to_bytes(channel: Tensor) -> NDArray[np.uint8]:
    """Turn (1, 1, X, Y, Z) from 0 to 1 into (Z, Y, X) from 0 to 255."""
    bytes_ = (channel[0, 0] * 255).round_().to(torch.uint8)
    stored: NDArray[np.uint8] = xyz_to_zyx(bytes_.cpu().numpy())
    return stored
