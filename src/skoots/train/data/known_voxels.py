"""What the files beside an image say of its voxels: object, background or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from skoots.errors import TrainingError
from skoots.train.data.channels import open_channels
from skoots.train.data.readers import BackgroundReader, MasksReader
from skoots.train.data.taught_boxes import read_boxes

if TYPE_CHECKING:
    from skoots._types import Shape3
    from skoots.train.data.channels import Channels
    from skoots.train.data.label_volume import LabelVolume
    from skoots.train.data.pairs import Pair
    from skoots.train.data.taught_boxes import TaughtBox

BOXES = ".boxes.json"
"""How the name of a file of taught boxes ends."""

_LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class KnownVoxels:
    """What the files beside an image say of its voxels."""

    boxes: tuple[TaughtBox, ...]
    """All of them, those that are held out too."""

    masks: MasksReader
    background: BackgroundReader | None
    """None where labels are dense: all that is no object is background."""

    def notices(self, pair: Pair) -> list[str]:
        """Say if a network would learn from objects alone."""
        taught = any(not box.held_out for box in self.boxes)
        if self.background is None or taught or self.background.said is not None:
            return []
        name = pair.beside(BOXES).name
        return [f"{name} has no box to learn from: no background is known there"]


def read_known(pair: Pair, labels: LabelVolume) -> KnownVoxels:
    """Read the boxes and the background beside labels.

    Raises
    ------
    TrainingError
        If boxes are not of their form, or the background has another shape.
    """
    written = pair.beside(BOXES)
    boxes = read_boxes(written, labels.shape_zyx) if written.exists() else ()
    said = _said_background(pair, labels.shape_zyx)
    sparse = said is not None or written.exists()
    background = BackgroundReader(labels.channels, boxes, said) if sparse else None
    large = max(labels.objects) > _LARGEST_INT32
    dtype = torch.int64 if large else torch.int32
    return KnownVoxels(boxes, MasksReader(labels.channels, boxes, dtype), background)


def _said_background(pair: Pair, shape_zyx: Shape3) -> Channels | None:
    paths = [pair.beside(f".background{end}") for end in (".tif", ".tiff", ".zarr")]
    there = [path for path in paths if path.exists()]
    if not there:
        return None
    said = open_channels(there[0], shape_zyx)
    if said.shape_zyx != shape_zyx or len(said.sources) > 1:
        raise TrainingError(
            f"{there[0]} has the shape {said.shape_zyx} in {len(said.sources)} "
            f"channels and its labels {shape_zyx} (Z, Y, X). Save one volume of that "
            "shape, above 0 where there is surely background."
        )
    return said
