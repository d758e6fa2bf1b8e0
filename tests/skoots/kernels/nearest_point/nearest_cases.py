"""Problems on which every version of `nearest_point` must agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from skoots.kernels.nearest_point.pack import BLOCK


@dataclass(frozen=True, slots=True)
class Case:
    """Random labels and skeletons, and the axes' scale."""

    shape: tuple[int, int, int] = (13, 9, 17)
    sizes: tuple[int, ...] = (1, 5, 40)
    fill: float = 0.4
    spacing: tuple[float, float, float] = (1.0, 1.0, 3.0)
    whole: bool = False
    labels_without_points: int = 0
    first_id: int = 1
    clumped: bool = False

    def labels(self, dtype: torch.dtype = torch.int32) -> torch.Tensor:
        """Objects as noise, or as boxes of about the size of a brick."""
        random = np.random.default_rng(1)
        n = len(self.sizes) + self.labels_without_points
        drawn = random.integers(0, max(n, 1), self.shape)
        if self.clumped:
            coarse = random.integers(0, max(n, 1), [s // 7 + 1 for s in self.shape])
            for axis, size in enumerate(self.shape):
                coarse = coarse.repeat(7, axis=axis).take(range(size), axis=axis)
            drawn = coarse
        filled = (random.random(self.shape) < self.fill) & (n > 0)
        return torch.from_numpy(np.where(filled, drawn + self.first_id, 0)).to(dtype)

    def skeletons(self) -> dict[int, np.ndarray]:
        """Points within the volume and outside of it."""
        random = np.random.default_rng(2)
        found = {}
        for i, size in enumerate(self.sizes):
            points = random.uniform(-6, np.array(self.shape) + 6, (size, 3))
            found[self.first_id + i] = np.rint(points) if self.whole else points
        return found


CASES = {
    "odd sizes": Case(),
    "points round a block": Case(sizes=(BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 1)),
    "many ties on whole points": Case(whole=True, spacing=(1.0, 1.0, 1.0)),
    "a thousand points": Case(sizes=(1000, 1), whole=True),
    "one point": Case(sizes=(1,)),
    "anisotropy": Case(spacing=(0.25, 7.0, 1.5), sizes=(90, 20)),
    "no objects": Case(sizes=()),
    "labels without points": Case(labels_without_points=2),
    "only labels without points": Case(sizes=(), labels_without_points=3),
    "all voxels": Case(fill=1.1, clumped=True, sizes=(70,) * 4),
    "bricks exactly": Case(shape=(8, 16, 8), clumped=True),
    "a brick and one": Case(shape=(9, 17, 9), clumped=True),
    "a brick less one": Case(shape=(7, 15, 7)),
    "a single slice": Case(shape=(1, 19, 23)),
    "a single column": Case(shape=(1, 1, 40)),
    "nothing": Case(shape=(0, 5, 5)),
    "huge ids": Case(first_id=2**31 - 4),
}
