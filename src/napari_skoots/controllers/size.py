"""How large objects are, here and in what a model was trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skoots._types import VoxelSize
    from skoots.model.checkpoint import Checkpoint
    from skoots.run.scale import Scale


@dataclass(frozen=True, slots=True)
class Size:
    """Diameters of typical objects, in voxels of the plane."""

    model: float | None
    """Of the model's training data, where they are known."""

    expected: float | None
    """In this image, if they are as large in micrometres as those of the model."""

    typed: float | None
    """In this image, as the user said."""

    found: tuple[float, float] = (0.0, math.inf)
    """Least and greatest size that the model finds, of that of its own objects."""

    scale: Scale | None = None
    """How the voxels compare, as the engine sees it; None where it is not known."""

    trained: VoxelSize | None = None
    """Voxel size of the training data along Z, Y, X, in micrometres, if it is known."""

    @property
    def here(self) -> float | None:
        """In this image, as far as is known."""
        return self.typed or self.expected

    @property
    def factor(self) -> float | None:
        """How many times larger objects are here than the model knows them."""
        if self.here is None or not self.model:
            return None
        return self.here / self.model

    @property
    def offer(self) -> str:
        """Say why resampling helps; empty where it would not."""
        if self.scale is None or self.scale.fits:
            return ""
        factor = self.factor
        least, most = self.found
        if factor is None or least <= factor <= most:
            return self._about_planes()
        large = factor > 1
        times = factor if large else 1 / factor
        how = "larger" if large else "smaller"
        here, there = _in_short(self.here), _in_short(self.model)
        if self.typed is None:
            return (
                f"Objects such as the model's would measure {here} voxels here, "
                f"{times:.1f} times {how} than where it was trained ({there})."
            )
        return (
            f"Objects measure {here} voxels here and {there} where the model was "
            f"trained: {times:.1f} times {how}."
        )

    def advice(self, *, resampled: bool) -> str:
        """Say what follows from the offer; empty where there is none."""
        if not self.offer or self.scale is None:
            return ""
        if not self.scale.possible:
            return (
                "That is too far apart to resample. Check the voxel size, and the "
                "size of objects."
            )
        if resampled:
            return "The image is resampled as it is read."
        more = math.prod(self.scale.zooms)
        if self.scale.by_itself:
            return "Without resampling they are found badly."
        return (
            f"Without resampling they are found badly; with it there are {more:.0f} "
            "times as many voxels to work on."
        )

    @property
    def hint(self) -> str:
        """Say what the model finds, where nobody knows how large objects are here."""
        if self.here is not None or self.scale is not None:
            return ""
        if self.model:
            least, most = (factor * self.model for factor in self.found)
            return (
                f"The model finds objects of {least:.0f} to {most:.0f} voxels across. "
                "If yours are of another size, set it here."
            )
        if self.trained is None:
            return ""
        nm = " × ".join(f"{1000 * edge:.4g}" for edge in self.trained)
        return f"The model is made for voxels of {nm} nm. Type the size of yours above."

    def _about_planes(self) -> str:
        least, most = self.found
        nearer = 1 / self.scale.zooms[0] if self.scale else 1.0
        if least <= nearer <= most:
            return "Voxels have another size than those that the model is made for."
        times = nearer if nearer > 1 else 1 / nearer
        how = "nearer to each other" if nearer > 1 else "farther apart"
        return f"Planes are {times:.1f} times {how} than where the model was trained."


def sizes(
    checkpoint: Checkpoint | None,
    voxel_size: VoxelSize | None,
    typed: float | None,
    planes: int = 2,
) -> Size:
    """Compare the objects of an image with those of a model.

    Parameters
    ----------
    checkpoint : Checkpoint or None
        The model, once it is loaded.
    voxel_size : tuple of float or None
        Of the image along Z, Y, X, in micrometres.
    typed : float or None
        Diameter of an object of the image in voxels, if the user said so.
    planes : int
        Of the image; one alone has no depth.
    """
    if checkpoint is None:
        return Size(None, None, typed)
    there, model = checkpoint.voxel_size, checkpoint.object_diameter
    from skoots.run.scale import compare  # noqa: PLC0415 - a model is there: loaded

    expected = None
    if model and there and voxel_size:
        expected = model * there[2] / voxel_size[2]
    found = checkpoint.config.TRAINER.SCALE_RANGE
    scale = compare(checkpoint, voxel_size, planes, typed)
    return Size(model, expected, typed, found, scale, there)


def _in_short(diameter: float | None) -> str:
    if diameter is None:
        return ""
    return f"{diameter:.0f}" if diameter >= 10 else f"{diameter:.2g}"
