"""Take a crop out of a volume through one map, for voxels and points alike."""

from __future__ import annotations

from skoots.kernels.sample_crop.bend import Bend
from skoots.kernels.sample_crop.crop_map import CropMap
from skoots.kernels.sample_crop.op import sample_labels, sample_linear

__all__ = ["Bend", "CropMap", "sample_labels", "sample_linear"]
