"""Data sets of annotated volumes, as the published package documents them.

    data/
      train/
        cells.tif              grey values
        cells.labels.tif       ids
        cells.skeletons.trch   made when missing, and when older than the labels

An item is a plain dictionary: `image`, (C, X, Y, Z); `masks`, (1, X, Y, Z), with the
ids of the file; `skeletons`, {id: (N, 3)}; `baked_skeleton` and `skele_masks`, None
until a transform makes them; and, where labels are sparse, `background`, (1, X, Y, Z).
X is the row axis of a TIFF.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from skoots.events import result_of
from skoots.train.data.items import as_they_are
from skoots.train.data.load_volume import load_background, load_pair
from skoots.train.data.memory import memory_budget
from skoots.train.data.multi_dataset import MultiDataset, skeleton_colate
from skoots.train.data.pairs import find_images, find_pairs
from skoots.train.data.volume_set import VolumeSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from skoots.train.data.annotated import AnnotatedVolume
    from skoots.train.data.items import Item
    from skoots.train.data.pairs import Folders, Pair

    Transform = Callable[[Item], Item]

__all__ = ["BackgroundDataset", "MultiDataset", "dataset", "skeleton_colate"]

_LOG = logging.getLogger(__name__)
PAD = 100
"""By how many voxels a crop may reach over a border, if nobody says."""

T = TypeVar("T")


class dataset(VolumeSet):  # noqa: N801 - the documented name
    """Volumes with labels and skeletons, from one folder or several.

    Parameters
    ----------
    path : path, or list of path
        Folders that hold ``NAME.tif`` and ``NAME.labels.tif``, or the same as zarr.
    transforms : callable, optional
        Takes and gives an item, a dictionary.
    pad_size : int
        By how many voxels a crop may reach over the border of its volume, where the
        image is reflected. Volumes and statistics stay as they are.
    device : str or torch.device
        Where items are put out.
    sample_per_image : int
        How often each volume is sampled.

    Raises
    ------
    TrainingError
        If an image has no labels or labels of another shape, or labels hold no ids or
        no objects.
    SourceError, SkeletonError
        If a file cannot be read.

    Notes
    -----
    What the user should know of the data is logged as a warning, and kept in
    `volumes`. A volume of which more than half of the free memory would be needed is
    read from the disk, part by part; then items hold `LazyVolume`.
    """

    def __init__(
        self,
        path: Folders,
        transforms: Transform | None = None,
        pad_size: int = PAD,
        device: str | torch.device = "cpu",
        sample_per_image: int = 1,
    ) -> None:
        volumes = _said(load_pairs(path))
        super().__init__(
            volumes, transforms or as_they_are, pad_size, device, sample_per_image
        )


class BackgroundDataset(VolumeSet):
    """Images without any object, from one folder or several; no labels are needed.

    Parameters
    ----------
    path : path, or list of path
        Folders that hold images, as TIFF or zarr.
    transforms, device, sample_per_image, pad_size
        As those of `dataset`.
    """

    def __init__(
        self,
        path: Folders,
        transforms: Transform | None = None,
        device: str | torch.device = "cpu",
        sample_per_image: int = 1,
        pad_size: int = PAD,
    ) -> None:
        volumes = _said(load_images(path))
        super().__init__(
            volumes, transforms or as_they_are, pad_size, device, sample_per_image
        )


def load_pairs(path: Folders) -> list[AnnotatedVolume]:
    """Load what `dataset` holds, and leave what is odd of it to be read there."""

    def load(pair: Pair, budget: int) -> AnnotatedVolume:
        return result_of(load_pair(pair, budget))

    return _load_all(find_pairs(path), load)


def load_images(path: Folders) -> list[AnnotatedVolume]:
    """Load what `BackgroundDataset` holds, and say nothing."""
    return _load_all(find_images(path), load_background)


def _load_all(
    found: Sequence[T], load: Callable[[T, int], AnnotatedVolume]
) -> list[AnnotatedVolume]:
    """Load volumes into memory while there is room."""
    budget = memory_budget()
    volumes = []
    for one in found:
        volume = load(one, budget)
        budget -= volume.bytes_held
        volumes.append(volume)
    return volumes


def _said(volumes: list[AnnotatedVolume]) -> list[AnnotatedVolume]:
    """Log what is odd of volumes."""
    for volume in volumes:
        for notice in volume.notices:
            _LOG.warning("%s", notice)
    return volumes
