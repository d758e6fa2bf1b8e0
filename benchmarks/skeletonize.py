"""Skeletonize: thin each object of a mask to a curve.

Both sides get the same labels at scale 1. Thinning is not unique, and the peer leaves
out the last plane of each object; they agree if both give every object a skeleton and
the peer's points lie beside ours. Ours is held against the labels: each point must lie
in its own object.
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

SLACK_VOX = 1.5
"""Half of the peer's points are so near to ours, at least."""


def _make(edge: int, count: int, folder: Path, tiny: bool) -> None:  # noqa: FBT001
    edge, count = (32, 6) if tiny else (edge, count)
    tubes = make_tubes((edge,) * 3, count, 14, 2.3, seed=edge)
    np.save(folder / "labels.npy", tubes.labels)


def _task(calculate: object, torch: object, folder: Path) -> Task:
    mask = torch.from_numpy(np.load(folder / "labels.npy"))
    scale = torch.ones(3)
    return Task(lambda: calculate(mask, scale), _as_arrays)


def _as_arrays(skeletons: dict[int, object]) -> Arrays:
    points = [np.asarray(skeletons[i], np.float32) for i in sorted(skeletons)]
    owner = np.repeat(sorted(skeletons), [len(rows) for rows in points])
    return {"points": np.concatenate(points), "owner": owner}


def _ours(folder: Path) -> Task:
    import torch

    from skoots.train.generate_skeletons import calculate_skeletons

    return _task(calculate_skeletons, torch, folder)


def _peer(folder: Path) -> Task:
    torch = peer_torch()
    from skoots.train.generate_skeletons import calculate_skeletons

    return _task(calculate_skeletons, torch, folder)


def _check(folder: Path, ours: Arrays, peer: Arrays | None) -> list[str]:
    labels = np.load(folder / "labels.npy")
    ids = np.unique(labels[labels > 0])
    if not np.array_equal(np.unique(ours["owner"]), ids):
        raise DisagreementError("ours leaves out an object")
    voxels = np.rint(ours["points"]).astype(int)
    if not (labels[tuple(voxels.T)] == ours["owner"]).all():
        raise DisagreementError("ours has a point outside of its object")
    notes = [f"{len(ids)} objects, {len(voxels)} points"]
    if peer:
        if not np.array_equal(np.unique(peer["owner"]), ids):
            raise DisagreementError("the peer leaves out an object")
        apart = float(np.median(_distances(peer, ours)))
        if apart > SLACK_VOX:
            raise DisagreementError(f"half of the points are {apart:.2f} voxels apart")
        notes.append(f"half of the peer's points are within {apart:.2f} voxels")
    return notes


def _distances(points: Arrays, others: Arrays) -> np.ndarray:
    """Give how far each point is from the others of its object."""
    from scipy.spatial import cKDTree

    # Far apart along a fourth axis, no object sees another's points.
    far = 1e6
    tree = cKDTree(np.column_stack([others["points"], others["owner"] * far]))
    return tree.query(np.column_stack([points["points"], points["owner"] * far]))[0]


CASES = [
    Case(
        f"skeletonize-{edge}-{count}",
        10,
        partial(_make, edge, count),
        _ours,
        _peer,
        _check,
    )
    for edge, count in ((128, 1000),)
]

if __name__ == "__main__":
    main(CASES)
