"""Walks on which every version of `follow_vectors` must agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from skoots.kernels.follow_vectors.walk import Walk


@dataclass(frozen=True, slots=True)
class Case:
    """A random field of vectors, with gaps, over a few skeletons."""

    shape: tuple[int, int, int] = (13, 9, 21)
    scale: tuple[float, float, float] = (6.0, 7.0, 3.5)
    core: tuple[tuple[int, int], ...] | None = None
    origin: tuple[int, int, int] = (0, 0, 0)
    volume_shape: tuple[int, int, int] | None = None
    labelled: float = 0.05
    still: float = 0.2
    broken: float = 0.0
    halves: bool = False

    def vectors(self, dtype: torch.dtype) -> torch.Tensor:
        """Vectors of which some are zero, and some no numbers."""
        random = np.random.default_rng(1)
        v = random.integers(-127, 128, (3, *self.shape))
        v[:, random.random(self.shape) < self.still] = 0
        if dtype == torch.int8:
            return torch.from_numpy(v.astype(np.int8))
        real = (v / 127).astype(np.float32)
        if self.halves:
            real = np.rint(real * 4) / np.float32(4)
        for bad in (np.nan, np.inf, -np.inf, 1e38):
            real[random.random(real.shape) < self.broken] = bad
        return torch.from_numpy(real.astype(np.float32))

    def labels(self) -> torch.Tensor:
        """Few labelled voxels, with the bits of any uint32 but the one escaped has."""
        random = np.random.default_rng(2)
        ids = random.integers(-(2**31), -1, self.shape) * random.choice([-1, 1])
        here = random.random(self.shape) < self.labelled
        return torch.from_numpy((ids * here).astype(np.int32))

    def foreground(self) -> torch.Tensor:
        """About half of the voxels."""
        random = np.random.default_rng(3)
        return torch.from_numpy(random.random(self.shape) < 0.5)

    def walk(self, dtype: torch.dtype, hops: int, first_hit: bool) -> Walk:
        """The problem as the twins take it."""
        unit = 127 if dtype == torch.int8 else 1
        a, b, c = self.scale
        whole = ((0, self.shape[0]), (0, self.shape[1]), (0, self.shape[2]))
        return Walk(
            self.vectors(dtype),
            self.labels(),
            self.foreground().view(torch.uint8),
            (a / unit, b / unit, c / unit),
            hops,
            first_hit,
            whole if self.core is None else self.core,
            self.origin,
            self.shape if self.volume_shape is None else self.volume_shape,
        )


CASES = {
    "odd sizes": Case(),
    "all still": Case(still=1.1),
    "no labels": Case(labelled=0.0),
    "all labels": Case(labelled=1.1),
    "a single slice": Case(shape=(1, 17, 33)),
    "a single row": Case(shape=(1, 1, 40)),
    "a block of lanes": Case(shape=(4, 8, 8)),
    "a block of lanes and one": Case(shape=(1, 1, 257)),
    "a block of lanes less one": Case(shape=(1, 5, 51)),
    "no voxels": Case(shape=(5, 0, 5)),
    "an empty core": Case(core=((3, 3), (0, 9), (0, 21))),
    "a core": Case(core=((2, 10), (1, 9), (5, 18))),
    "a region within a volume": Case(
        core=((4, 9), (2, 7), (5, 16)), origin=(30, 20, 10), volume_shape=(90, 60, 70)
    ),
    "a region at the near face": Case(
        core=((0, 8), (0, 5), (0, 12)), volume_shape=(90, 60, 70)
    ),
    "a region at the far face": Case(
        core=((4, 13), (4, 9), (8, 21)), origin=(77, 51, 49), volume_shape=(90, 60, 70)
    ),
    "vectors that are no numbers": Case(broken=0.05),
    "steps of half a voxel": Case(halves=True, scale=(2.0, 6.0, 2.0)),
    "far beyond the volume": Case(scale=(1e6, 3e9, 1e20)),
    "no scale": Case(scale=(0.0, 1.0, 0.0)),
}
