"""What every version of `follow_vectors` is given, checked and filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

    from skoots._types import Shape3

Core: TypeAlias = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""Start and stop along each of the three axes."""

ESCAPED: Final = -1
"""The answer where a walk leaves the region that was loaded, inside the volume."""

FAR: Final = float(2**30)
"""Farther than any volume is long; displacements are cut here before they are
integers."""


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A region of a volume, and the rules for walking in it.

    Parameters
    ----------
    vectors : Tensor, (3, A, B, C), int8 or float32
        Components in the order of the axes.
    labels : Tensor, (A, B, C), int32
        Ids of the skeletons.
    foreground : Tensor, (A, B, C), uint8
        Voxels that ask for an id.
    scale : tuple of float
        What a stored component of one is in voxels.
    hops : int
        Steps at most.
    first_hit : bool
        Whether the first labelled voxel ends the walk.
    core : tuple of (int, int)
        Part of the region that is answered.
    origin : tuple of int
        Place of the region's first voxel in the volume.
    volume_shape : tuple of int
        Extent of the volume, at whose faces walks are held.
    """

    vectors: Tensor
    labels: Tensor
    foreground: Tensor
    scale: tuple[float, float, float]
    hops: int
    first_hit: bool
    core: Core
    origin: Shape3
    volume_shape: Shape3

    @property
    def core_shape(self) -> Shape3:
        """Extent of the core."""
        (a0, a1), (b0, b1), (c0, c1) = self.core
        return a1 - a0, b1 - b0, c1 - c0
