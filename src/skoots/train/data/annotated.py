"""An annotated volume: an image, the ids of its objects and what else is known.

With dense labels each voxel that belongs to no object is background. With sparse ones
(boxes or a background beside the labels) only some are; the others are unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from torch import Tensor

from skoots.train.data.dataset_statistics import Moments, moments_of, values_of
from skoots.train.data.lazy_volume import LazyVolume
from skoots.train.transforms.intensity import Intensity

if TYPE_CHECKING:
    from pathlib import Path

    from skoots._types import Shape3, VoxelSize
    from skoots.train.data.finite_grey import GreyValues
    from skoots.train.data.lazy_volume import Volume
    from skoots.train.data.taught_boxes import TaughtBox


@dataclass(frozen=True, eq=False)
class AnnotatedVolume:
    """One volume of a data set. What it holds is never changed, only replaced."""

    name: str
    """What its image is called."""

    image_path: Path
    labels_path: Path | None
    """None where there is no object at all."""

    shape_zyx: Shape3
    """Extent, in voxels."""

    voxel_size: VoxelSize | None
    """Edge lengths along Z, Y, X, in micrometres."""

    image: Volume
    """(C, X, Y, Z), grey values."""

    masks: Volume
    """(1, X, Y, Z), int32 or int64: ids of the objects, 0 elsewhere."""

    skeletons: dict[int, Tensor]
    """Points of each object, (N, 3), float32, along X, Y, Z in voxels."""

    background: Volume | None = None
    """(1, X, Y, Z), bool: what is surely background; None if all that is no object."""

    boxes: tuple[TaughtBox, ...] = ()
    """All taught boxes, those that are held out too."""

    notices: tuple[str, ...] = ()
    """What the user should know about the data."""

    grey: GreyValues | None = None
    """What is known of the image where some of its voxels were no numbers: of the
    others. None if all count."""

    @property
    def sparse(self) -> bool:
        """Whether there are voxels of which nothing is known."""
        return self.background is not None

    @property
    def lazy(self) -> bool:
        """Whether it is read from the disk part by part."""
        return isinstance(self.image, LazyVolume)

    @property
    def bytes_held(self) -> int:
        """Memory that it takes."""
        parts = (self.image, self.masks, self.background, *self.skeletons.values())
        held = (part for part in parts if isinstance(part, Tensor))
        return sum(tensor.untyped_storage().nbytes() for tensor in held)

    @cached_property
    def intensity(self) -> Intensity:
        """The range and spread of the grey values; of a sample on disk."""
        return self.grey.intensity if self.grey else Intensity.of(values_of(self.image))

    @cached_property
    def moments(self) -> Moments:
        """Number, sum and spread of all grey values, each counted once."""
        return self.grey.moments if self.grey else moments_of(self.image)
