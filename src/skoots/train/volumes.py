"""Annotated volumes, held in memory and ready to be sampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skoots.errors import TrainingError
from skoots.train.generate_skeletons import skeletonize_labels
from skoots.volume.axes import zyx_to_xyz
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import VoxelSize

LABELS = ".labels.tif"


@dataclass(frozen=True, slots=True)
class TrainingVolume:
    """One image, its objects and their skeletons."""

    name: str

    image: NDArray[np.float32]
    """(X, Y, Z), normalised to mean 0 and standard deviation 1."""

    labels: NDArray[np.int32]
    """(X, Y, Z); 0 is background."""

    skeletons: Mapping[int, NDArray[np.float32]]
    """(N, 3) points of each object along X, Y, Z, in voxels."""

    voxel_size: VoxelSize | None

    @property
    def diameter(self) -> float:
        """Median over objects of the diameter of a ball as large, in voxels."""
        _, counts = np.unique(self.labels[self.labels > 0], return_counts=True)
        return float(np.median((6 * counts / np.pi) ** (1 / 3)))


def load_volumes(folder: Path) -> list[TrainingVolume]:
    """Read every ``NAME.tif`` that has a ``NAME.labels.tif`` beside it.

    Parameters
    ----------
    folder : Path
        Where the images and their labels lie.

    Returns
    -------
    list of TrainingVolume
        Sorted by name.

    Raises
    ------
    TrainingError
        If there is none, or an image and its labels differ in shape.
    """
    found = sorted(folder.glob(f"*{LABELS}"))
    if not found:
        raise TrainingError(
            f"{folder} holds no annotated volume. Put NAME.tif and NAME{LABELS} there."
        )
    return [_load(path) for path in found]


def _load(labels_path: Path) -> TrainingVolume:
    name = labels_path.name.removesuffix(LABELS)
    image = open_source(labels_path.with_name(f"{name}.tif"))
    truth = open_source(labels_path)
    if image.shape != truth.shape:
        raise TrainingError(
            f"{name}.tif has the shape {image.shape} and its labels {truth.shape} "
            "(Z, Y, X). Annotate the image as it is."
        )
    grey = image.read(whole(image.shape)).astype(np.float32)
    labels = np.ascontiguousarray(zyx_to_xyz(truth.read(whole(truth.shape))), np.int32)
    normalised = (grey - grey.mean()) / max(float(grey.std()), 1e-6)
    return TrainingVolume(
        name=name,
        image=np.ascontiguousarray(zyx_to_xyz(normalised)),
        labels=labels,
        skeletons=skeletonize_labels(labels),
        voxel_size=image.voxel_size,
    )
