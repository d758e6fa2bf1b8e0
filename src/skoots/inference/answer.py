"""What the network says of a tile, in the form in which it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from skoots.errors import NotFiniteError
from skoots.inference.quantise import quantise
from skoots.volume.axes import zyx_to_xyz
from skoots.volume.tiling import box_slices

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from skoots._types import Shape3
    from skoots.volume.tiling import Box, Tile

    Network = Callable[[Tensor], Tensor]


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

    Raises
    ------
    NotFiniteError
        If the network says something that is no number.
    """
    x = torch.from_numpy(zyx_to_xyz(image))[None, None]
    z, y, x_ = box_slices(tile.kept)
    core = network(x)[0, :, y, x_, z]
    _check_finite(core)
    return Answer(*quantise(core))


def _check_finite(core: Tensor) -> None:
    # one number of all, without a copy: a number that is none is the largest
    if torch.isfinite(core.amax()):
        return
    raise NotFiniteError(
        "The network's answer is not a number, not even in float32. The model's "
        "weights or the image's values do not work: check the image for extreme "
        "values, or use another model."
    )
