"""Which volumes are held in memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import psutil

from skoots.train.data.readers import grey_type

if TYPE_CHECKING:
    from skoots.train.data.channels import Channels

_ID_BYTES = 4


def memory_budget() -> int:
    """Give the bytes that volumes may take: half of what is free."""
    return int(psutil.virtual_memory().available) // 2


def fits(image: Channels, budget: int) -> bool:
    """Tell whether an image and its ids, as tensors, take no more bytes than that."""
    voxels = math.prod(image.shape_zyx)
    each = len(image.sources) * grey_type(image.dtype).itemsize + _ID_BYTES
    return voxels * each <= budget
