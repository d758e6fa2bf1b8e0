"""Volumes to measure with: curved tubes that never overlap; numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Tubes:
    """Labelled tubes and their middle lines."""

    labels: np.ndarray
    """(A, B, C) int32, 1 to K."""

    points: np.ndarray
    """(N, 3) int64, the middle lines, one after the other."""

    owner: np.ndarray
    """(N,) int64, to which tube a point belongs."""

    def skeletons(self) -> dict[int, np.ndarray]:
        """Give the points of each tube, float32."""
        return {
            int(i): self.points[self.owner == i].astype(np.float32)
            for i in np.unique(self.owner)
        }


def make_tubes(
    shape: Shape, count: int, length: int, radius: float, seed: int
) -> Tubes:
    """Lay tubes until there are so many; the first to come keeps a voxel."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    ball = _ball(radius)
    points, owner = [], []
    for number in range(1, count + 1):
        line = _line(rng, shape, length)
        while labels[tuple(line.T)].any():  # its middle must be its own
            line = _line(rng, shape, length)
        around = (line[:, None] + ball).reshape(-1, 3)
        inside = ((around >= 0) & (around < shape)).all(axis=1)
        where = tuple(around[inside].T)
        labels[where] = np.where(labels[where] == 0, number, labels[where])
        points.append(line)
        owner.append(np.full(len(line), number))
    return Tubes(labels, np.concatenate(points), np.concatenate(owner))


def paint_threads(
    mask: np.ndarray, count: int, length: int, radius: float, seed: int
) -> None:
    """Paint curved threads into a mask, which may lie on disk; they may touch."""
    rng = np.random.default_rng(seed)
    ball = _ball(radius)
    for _ in range(count):
        around = (_line(rng, mask.shape, length)[:, None] + ball).reshape(-1, 3)
        inside = ((around >= 0) & (around < mask.shape)).all(axis=1)
        mask[tuple(around[inside].T)] = 1


def grey_image(labels: np.ndarray, seed: int) -> np.ndarray:
    """Give a noisy uint8 image of labels, as an electron microscope might."""
    rng = np.random.default_rng(seed)
    image = rng.normal(140, 20, labels.shape).astype(np.float32)
    image[labels > 0] -= 50
    return image.clip(0, 255).astype(np.uint8)


def _ball(radius: float) -> np.ndarray:
    reach = int(np.ceil(radius))
    grid = np.mgrid[-reach : reach + 1, -reach : reach + 1, -reach : reach + 1]
    offsets = grid.reshape(3, -1).T
    return offsets[(offsets**2).sum(axis=1) <= radius**2]


def _line(rng: np.random.Generator, shape: tuple[int, ...], length: int) -> np.ndarray:
    """Give a curved line of whole voxels that is thrown back by the faces."""
    size = np.array(shape)
    turn = rng.normal(0, 0.05, 3) + rng.normal(0, 0.06, (length, 3)).cumsum(axis=0)
    way = rng.normal(0, 1, 3) + turn
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    line = (rng.uniform(0, size) + way.cumsum(axis=0)) % (2 * size)
    line = np.minimum(line, 2 * size - line)
    return np.unique(np.minimum(line.astype(np.int64), size - 1), axis=0)
