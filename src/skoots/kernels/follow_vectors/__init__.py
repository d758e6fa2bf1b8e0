"""Walk along the vectors to the skeleton: the id of each voxel."""

from __future__ import annotations

from skoots.kernels.follow_vectors.op import follow_vectors
from skoots.kernels.follow_vectors.walk import ESCAPED

__all__ = ["ESCAPED", "follow_vectors"]
