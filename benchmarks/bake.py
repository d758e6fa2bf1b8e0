"""Baking: the closest skeleton point of its own object for every voxel.

Both sides get the same labels and the same points, anisotropy 1, 1, 3, no averaging.
They agree if the distances do: of points equally far either may be taken. Ours is held
against a k-d tree of each object, too.
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

ANISOTROPY = (1.0, 1.0, 3.0)
SLACK = 1e-2
"""The peer's distances come from a matrix product and are off by thousandths."""


def _make(edge: int, count: int, folder: Path, tiny: bool) -> None:  # noqa: FBT001
    edge, count = (40, 6) if tiny else (edge, count)
    tubes = make_tubes((edge,) * 3, count, 30 if tiny else 160, 3.3, seed=edge)
    np.save(folder / "labels.npy", tubes.labels)
    np.save(folder / "points.npy", tubes.points)
    np.save(folder / "owner.npy", tubes.owner)


def _load(folder: Path) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    points, owner = np.load(folder / "points.npy"), np.load(folder / "owner.npy")
    skeletons = {int(i): points[owner == i] for i in np.unique(owner)}
    return np.load(folder / "labels.npy"), skeletons


def _task(bake: object, torch: object, folder: Path) -> Task:
    labels, skeletons = _load(folder)
    mask = torch.from_numpy(labels)
    points = {i: torch.from_numpy(p.astype(np.float32)) for i, p in skeletons.items()}
    return Task(
        lambda: bake(mask, points, ANISOTROPY, average=False, device="cpu"),
        lambda baked: {"baked": baked.float().numpy()},
    )


def _ours(folder: Path) -> Task:
    import torch

    from skoots.lib.skeleton import bake_skeleton

    return _task(bake_skeleton, torch, folder)


def _peer(folder: Path) -> Task:
    torch = peer_torch()
    from skoots.lib.skeleton import bake_skeleton

    return _task(bake_skeleton, torch, folder)


def _check(folder: Path, ours: Arrays, peer: Arrays | None) -> list[str]:
    labels, skeletons = _load(folder)
    voxels = np.argwhere(labels)
    found = _distances(ours["baked"], voxels)
    truth = _true_distances(labels, skeletons, voxels)
    worst = float(np.abs(found - truth).max())
    if worst > 1e-3:
        raise DisagreementError(f"ours is {worst:.3g} off the true distance")
    points = sum(map(len, skeletons.values())) / len(skeletons)
    notes = [f"{len(voxels) / labels.size:.1%} labelled, {points:.0f} points an object"]
    if peer:
        apart = float(np.abs(_distances(peer["baked"], voxels) - found).max())
        if apart > SLACK:
            raise DisagreementError(f"distances differ by up to {apart:.3g}")
        notes.append(f"distances agree to {apart:.1g}")
    return notes


def _distances(baked: np.ndarray, voxels: np.ndarray) -> np.ndarray:
    there = baked[:, voxels[:, 0], voxels[:, 1], voxels[:, 2]].T
    return np.linalg.norm((there - voxels) * ANISOTROPY, axis=1)


def _true_distances(
    labels: np.ndarray, skeletons: dict[int, np.ndarray], voxels: np.ndarray
) -> np.ndarray:
    from scipy.spatial import cKDTree

    owner = labels[tuple(voxels.T)]
    truth = np.zeros(len(voxels))
    for i, points in skeletons.items():
        own = owner == i
        truth[own] = cKDTree(points * ANISOTROPY).query(voxels[own] * ANISOTROPY)[0]
    return truth


CASES = [
    Case(
        f"bake-{edge}-{count}",
        target,
        partial(_make, edge, count),
        _ours,
        _peer,
        _check,
    )
    for edge, count, target in ((128, 50, 20), (256, 500, 100))
]

if __name__ == "__main__":
    main(CASES)
