"""Load what lies beside an image into an annotated volume, in memory or from disk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from skoots.errors import TrainingError
from skoots.events import Notice
from skoots.train.data.annotated import AnnotatedVolume
from skoots.train.data.channels import open_channels
from skoots.train.data.finite_grey import fill_grey
from skoots.train.data.held_out_points import points_outside
from skoots.train.data.known_voxels import read_known
from skoots.train.data.label_volume import open_labels
from skoots.train.data.lazy_volume import LazyVolume
from skoots.train.data.memory import fits
from skoots.train.data.pieces import count_pieces_of_all, notice_pieces
from skoots.train.data.readers import ImageReader
from skoots.train.data.said_intensity import INTENSITY_END, said_intensity
from skoots.train.data.skeleton_files import find_skeletons
from skoots.train.data.skeletonize import ensure_skeletons, kept_back
from skoots.volume.axes import triple_to_xyz, zyx_to_xyz
from skoots.volume.naming import image_name
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.train.data.channels import Channels
    from skoots.train.data.finite_grey import GreyValues
    from skoots.train.data.known_voxels import KnownVoxels
    from skoots.train.data.label_volume import LabelVolume
    from skoots.train.data.lazy_volume import Reader, Volume
    from skoots.train.data.pairs import Pair
    from skoots.train.data.readers import BackgroundReader
    from skoots.volume.tiling import Box

    Points = dict[int, NDArray[np.float32]]


def load_pair(pair: Pair, budget: int) -> Generator[Event, None, AnnotatedVolume]:
    """Load an image, its labels and its skeletons, which are made where they miss.

    Parameters
    ----------
    pair : Pair
        Where they are.
    budget : int
        A volume that takes more bytes stays on disk.

    Yields
    ------
    StageStarted, ObjectsDone, Notice

    Raises
    ------
    TrainingError
        If image and labels differ in shape, or the labels hold no ids or no objects.
    SourceError
        If a file is no volume.
    """
    shape = open_channels(pair.labels).shape_zyx
    image = open_channels(pair.image, shape)
    if image.shape_zyx != shape:
        raise TrainingError(
            f"{pair.image} has the shape {image.shape_zyx} and {pair.labels} "
            f"{shape} (Z, Y, X). Label the image as it is."
        )
    held = fits(image, budget)
    labels = open_labels(pair.labels, in_memory=held)
    said: list[str] = []
    size = image.voxel_size or labels.channels.voxel_size
    skeletons = yield from kept_back(_skeletons(labels, size, held=held), said)
    known = read_known(pair, labels)
    masks = _volume(known.masks, shape, known.masks.dtype, held=held)
    grey, values, odd = _image(image, held=held)
    values = said_intensity(pair.beside(INTENSITY_END), grey, values)
    said += [*odd, *known.notices(pair)]
    yield from (Notice(text) for text in said)
    return AnnotatedVolume(
        name=pair.name,
        image_path=pair.image,
        labels_path=pair.labels,
        shape_zyx=shape,
        voxel_size=size,
        image=grey,
        masks=masks,
        skeletons=_taught(skeletons, labels, known),
        background=_background(known.background, shape, held=held),
        boxes=known.boxes,
        notices=tuple(said),
        grey=values,
    )


def load_background(path: Path, budget: int) -> AnnotatedVolume:
    """Load an image without any object; no labels are needed.

    Parameters
    ----------
    path : Path
        A TIFF or a zarr folder.
    budget : int
        A volume that takes more bytes stays on disk.
    """
    image = open_channels(path)
    held = fits(image, budget)
    grey, values, odd = _image(image, held=held)
    # One zero that is shown everywhere: it takes no memory.
    nothing = torch.zeros(1, 1, 1, 1, dtype=torch.int32)
    return AnnotatedVolume(
        name=image_name(path),
        image_path=path,
        labels_path=None,
        shape_zyx=image.shape_zyx,
        voxel_size=image.voxel_size,
        image=grey,
        masks=nothing.expand(1, *triple_to_xyz(image.shape_zyx)),
        skeletons={},
        notices=odd,
        grey=values,
    )


def _skeletons(
    labels: LabelVolume, size: VoxelSize | None, *, held: bool
) -> Generator[Event, None, Points]:
    """Give the skeletons, and say if objects are in several pieces."""
    found, _ = find_skeletons(labels.path)
    if held and found is not None:  # who makes skeletons counts the pieces itself
        ids = labels.channels.read(whole(labels.shape_zyx))[0]
        yield from notice_pieces(labels.path, count_pieces_of_all(ids))
    return (yield from ensure_skeletons(labels, voxel_size=size))


def _image(
    image: Channels, *, held: bool
) -> tuple[Volume, GreyValues | None, tuple[str, ...]]:
    """Give the grey values, what is known of them and what is odd of them."""
    reader = ImageReader(image)
    shape, count = image.shape_zyx, len(image.sources)
    volume = _volume(reader, shape, reader.dtype, count, held=held)
    volume, values, said = fill_grey(volume, image.path)
    notes = (f"{image.path.name}: {note}" for note in image.sources[0].notes)
    return volume, values, (*notes, *said)


def _background(
    reader: BackgroundReader | None, shape_zyx: Shape3, *, held: bool
) -> Volume | None:
    if reader is None:
        return None
    return _volume(reader, shape_zyx, torch.bool, held=held)


def _volume(
    reader: Reader,
    shape_zyx: Shape3,
    dtype: torch.dtype,
    channels: int = 1,
    *,
    held: bool,
) -> Volume:
    lazy = LazyVolume(reader, (channels, *triple_to_xyz(shape_zyx)), dtype)
    return lazy.load() if held else lazy


def _taught(
    skeletons: Points, labels: LabelVolume, known: KnownVoxels
) -> dict[int, Tensor]:
    """Give skeletons to learn from: without what lies in boxes that are held out."""
    held_out = [taught.box for taught in known.boxes if taught.held_out]
    left: Points = {}
    for key, box in labels.objects.items():
        points = skeletons[key]
        if any(map(partial(_touch, box), held_out)):
            ids = known.masks(box, slice(None))[0]
            start = np.array([span.start for span in triple_to_xyz(box)])
            seen = np.argwhere(zyx_to_xyz(ids) == key) + start
            points = points_outside(points, held_out, seen.astype(np.float32))
        if len(points):
            left[key] = points
    return {key: torch.from_numpy(points) for key, points in left.items()}


def _touch(box: Box, other: Box) -> bool:
    pairs = zip(box, other, strict=True)
    return all(a.start < b.stop and b.start < a.stop for a, b in pairs)
