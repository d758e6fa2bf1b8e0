"""Assignment: every foreground voxel follows its vector to a skeleton's id.

One crop of the published size, 500x500x50, about 14.5 % foreground; ideal vectors with
noise, quantised once, so that both sides get the same numbers: ours as the int8 that a
run stores, the peer as float32. The published way is `vector_to_embedding`, then
`index_skeleton_by_embed`.

Ids may differ where a step lands between two voxels and the sum rounds the other way:
one in a thousand at most. After the first hop the peer holds a walk one voxel behind
the last one and then wraps around, so a rim of `RIM` voxels is left out when N > 1.

First hit is ours alone: it ends on the first labelled voxel. It is held against the
published N = 10, for the time and, where both find something, for the ids.
"""

# ruff: noqa: PLC0415 - each side imports its own package

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from alternate import Arrays, Case, DisagreementError, Task, main, peer_torch
from phantom import make_tubes

if TYPE_CHECKING:
    from pathlib import Path

SCALE = (60.0, 60.0, 12.0)
"""Voxels per unit of a vector along X, Y, Z."""

RIM = 8
TIES = 1e-3
FIRST_HIT_TIES = 1e-2


def _make(folder: Path, tiny: bool) -> None:  # noqa: FBT001
    shape, count = ((40, 40, 12), 4) if tiny else ((500, 500, 50), 225)
    tubes = make_tubes(shape, count, 20 if tiny else 160, 4.0, seed=5)
    labels = tubes.labels
    skeleton = np.zeros(shape, np.int32)
    around = np.mgrid[-2:3, -2:3, -1:2].reshape(3, -1).T  # as dilated as by default
    wide = (tubes.points[:, None] + around).clip(0, np.array(shape) - 1).reshape(-1, 3)
    owner = np.repeat(tubes.owner, len(around))
    own = labels[tuple(wide.T)] == owner
    skeleton[tuple(wide[own].T)] = owner[own]
    np.save(folder / "skeleton.npy", skeleton)
    np.save(folder / "foreground.npy", labels > 0)
    np.save(folder / "vectors.npy", _vectors(labels, tubes.skeletons()))


def _vectors(labels: np.ndarray, skeletons: dict[int, np.ndarray]) -> np.ndarray:
    """Give int8 vectors (3, X, Y, Z) to the closest point, and some noise."""
    from scipy.spatial import cKDTree

    voxels = np.argwhere(labels)
    owner = labels[tuple(voxels.T)]
    away = np.zeros(voxels.shape)
    for i, points in skeletons.items():
        own = owner == i
        away[own] = points[cKDTree(points).query(voxels[own])[1]] - voxels[own]
    away += np.random.default_rng(6).normal(0, 0.5, away.shape)
    vectors = np.zeros((3, *labels.shape), np.int8)
    vectors[:, *voxels.T] = np.rint(127 * away / SCALE).clip(-127, 127).T
    return vectors


def _ours(hops: int, first_hit: bool, folder: Path) -> Task:  # noqa: FBT001
    import torch

    from skoots.kernels.follow_vectors import follow_vectors

    def zyx(name: str) -> object:
        array = np.load(folder / f"{name}.npy")
        lead = range(array.ndim - 3)
        turned = array.transpose(*lead, *(len(lead) + a for a in (2, 0, 1)))
        turned = turned[[2, 0, 1]] if lead else turned
        return torch.from_numpy(np.ascontiguousarray(turned))

    vectors, skeleton, foreground = map(zyx, ("vectors", "skeleton", "foreground"))
    scale = (SCALE[2], SCALE[0], SCALE[1])
    return Task(
        lambda: follow_vectors(
            vectors, skeleton, foreground, scale, hops=hops, first_hit=first_hit
        ),
        lambda ids: {"ids": ids.numpy().transpose(1, 2, 0)},
    )


def _peer(hops: int, folder: Path) -> Task:
    torch = peer_torch()
    from skoots.lib.skeleton import index_skeleton_by_embed
    from skoots.lib.vector_to_embedding import vector_to_embedding

    vectors = torch.from_numpy(np.load(folder / "vectors.npy")).float()[None] / 127
    skeleton = torch.from_numpy(np.load(folder / "skeleton.npy"))[None, None]
    scale = torch.tensor(SCALE)
    return Task(
        lambda: index_skeleton_by_embed(
            skeleton, vector_to_embedding(scale, vectors, N=hops)
        ),
        lambda ids: {"ids": ids[0, 0].numpy()},
    )


def _check(
    hops: int,
    first_hit: bool,  # noqa: FBT001
    folder: Path,
    ours: Arrays,
    peer: Arrays | None,
) -> list[str]:
    foreground = np.load(folder / "foreground.npy")
    ids = ours["ids"]
    if (ids[~foreground] != 0).any():
        raise DisagreementError("ours gives ids to the background")
    left = float((ids[foreground] == 0).mean())
    notes = [f"{foreground.mean():.1%} foreground, {left:.3%} reached no skeleton"]
    if peer is None:
        return notes
    seen = _without_rim(foreground, RIM if hops > 1 else 0)
    if first_hit:
        seen &= (ids > 0) & (peer["ids"] > 0)
    off = int((ids[seen] != peer["ids"][seen]).sum())
    notes.append(f"{off} of {int(seen.sum())} ids differ")
    if off > (FIRST_HIT_TIES if first_hit else TIES) * seen.sum():
        raise DisagreementError(notes[-1])
    return notes


def _without_rim(foreground: np.ndarray, rim: int) -> np.ndarray:
    inner = np.zeros_like(foreground)
    cut = tuple(slice(min(rim, n // 3), n - min(rim, n // 3)) for n in inner.shape)
    inner[cut] = foreground[cut]
    return inner


CASES = [
    Case(
        name,
        target,
        _make,
        partial(_ours, hops, first_hit),
        partial(_peer, hops),
        partial(_check, hops, first_hit),
    )
    for name, hops, first_hit, target in (
        ("assign-1", 1, False, 20),
        ("assign-10", 10, False, 40),
        ("assign-first-hit", 10, True, 150),
    )
]

if __name__ == "__main__":
    main(CASES)
