"""Augmented training samples: crop, vary, bake and mask, on one core.

Both sides get the same image, labels and skeletons in memory and the published default
settings, and make the same number of samples of 300 x 300 x 20 voxels. The published
package (0.0.5) needs a mend first: on a processor its transform hands over a mask with
four axes, which its own baking refuses. It bends no crops, ours does.

The draws differ, so outputs are held against the truth and not against each other:
points of a skeleton lie in their object, and baked points are next to the nearest.
Notes give the processor time of each of our steps, in milliseconds per sample.
"""
# ruff: noqa: PLC0415 - each side imports its own package

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from alternate import Case, DisagreementError, Task, main, peer_torch
from phantom import make_tubes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from alternate import Arrays

SAMPLES, TINY_SAMPLES = 12, 2
REPEATS = 5
SEED = 5
"""Of twelve crops this one turns ten, bends three and makes two noisy: as usual."""
CROP, TINY_CROP = (300, 300, 20), (32, 32, 8)

STEPS = {
    "map": ["draw_crop"],
    "labels": ["sample_labels"],
    "points": ["objects_in", "carry_points"],
    "targets": ["make_targets"],
    "image": ["sample_linear"],
    "intensity": ["recolour"],
}
"""Parts of a sample, and the functions that do them."""


def _make(folder: Path, tiny: bool) -> None:  # noqa: FBT001
    shape = (64, 64, 16) if tiny else (640, 640, 40)
    count, length = (4, 20) if tiny else (400, 160)
    tubes = make_tubes(shape, count, length, 4.3, seed=3)
    noise = np.random.default_rng(0).integers(0, 90, shape)
    image = (noise + 100 * (tubes.labels > 0)).astype(np.uint8)
    np.save(folder / "image.npy", image)
    np.save(folder / "labels.npy", tubes.labels)
    np.save(folder / "points.npy", tubes.points)
    np.save(folder / "owner.npy", tubes.owner)


def _volume(torch: Any, folder: Path) -> dict[str, Any]:
    points, owner = np.load(folder / "points.npy"), np.load(folder / "owner.npy")
    labels = np.load(folder / "labels.npy")
    present = set(np.unique(labels))
    return {
        "image": torch.from_numpy(np.load(folder / "image.npy"))[None],
        "masks": torch.from_numpy(labels)[None],
        "skeletons": {
            int(i): torch.from_numpy(points[owner == i].astype(np.float32))
            for i in np.unique(owner)
            if i in present
        },
        "baked_skeleton": None,
    }


def _crop_of(folder: Path) -> tuple[tuple[int, int, int], int]:
    tiny = np.load(folder / "labels.npy", mmap_mode="r").shape[0] < CROP[0]
    return (TINY_CROP, TINY_SAMPLES) if tiny else (CROP, SAMPLES)


def _ours(folder: Path) -> Task:
    import torch

    from skoots.config import get_cfg_defaults
    from skoots.train import merged_transform
    from skoots.train.transforms.intensity import Intensity

    torch.set_num_threads(1)
    crop, samples = _crop_of(folder)
    size = dict(zip(("CROP_WIDTH", "CROP_HEIGHT", "CROP_DEPTH"), crop, strict=True))
    settings = get_cfg_defaults().merge({"AUGMENTATION": size})
    volume = _volume(torch, folder)
    values = Intensity.of(volume["image"].numpy())
    spent: dict[str, float] = {}

    def run() -> list[dict[str, Any]]:
        transform = merged_transform.TransformFromCfg(settings, seed=SEED)
        spent.update(dict.fromkeys(STEPS, 0.0))
        with _timed_steps(merged_transform, spent):
            return [transform(volume, intensity=values) for _ in range(samples)]

    def result(made: list[dict[str, Any]]) -> Arrays:
        steps = []
        for _ in range(REPEATS):  # the first was disturbed: the peer was starting
            run()
            steps.append(np.array(list(spent.values())) / samples)
        return {**_arrays(made), "steps": np.min(steps, axis=0)}

    return Task(run, result)


def _peer(folder: Path) -> Task:
    torch = peer_torch(threads=1)
    import random

    from skoots.config import get_cfg_defaults
    from skoots.train import merged_transform

    bake = merged_transform.bake_skeleton
    merged_transform.bake_skeleton = lambda masks, *more, **named: bake(
        masks.squeeze(0), *more, **named
    )
    crop, samples = _crop_of(folder)
    settings = get_cfg_defaults()
    settings.AUGMENTATION.CROP_WIDTH, settings.AUGMENTATION.CROP_HEIGHT, _ = crop
    settings.AUGMENTATION.CROP_DEPTH = crop[2]
    transform = merged_transform.TransformFromCfg(settings, torch.device("cpu"))
    transform.set_dataset_mean(100.0).set_dataset_std(50.0)
    volume = _volume(torch, folder)

    def run() -> list[dict[str, Any]]:
        random.seed(1)
        torch.manual_seed(1)
        return [transform(dict(volume)) for _ in range(samples)]

    return Task(run, _arrays)


def _arrays(made: list[dict[str, Any]]) -> Arrays:
    """Keep the last sample."""
    sample = made[-1]
    owner = [np.full(len(p), i) for i, p in sample["skeletons"].items()]
    points = [p.float().numpy() for p in sample["skeletons"].values()]
    return {
        "samples": np.array(len(made)),
        "labels": sample["masks"][0].numpy().astype(np.int64),
        "baked": sample["baked_skeleton"].float().numpy(),
        "owner": np.concatenate([np.empty(0), *owner]).astype(np.int64),
        "points": np.concatenate([np.empty((0, 3)), *points]),
    }


@contextmanager
def _timed_steps(module: Any, spent: dict[str, float]) -> Iterator[None]:
    """Add up the time that the functions of each step take."""
    plain = {name: getattr(module, name) for names in STEPS.values() for name in names}

    def timed(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return function(*args, **named)
            finally:
                spent[step] += time.process_time() - start

        return call

    for step, names in STEPS.items():
        for name in names:
            setattr(module, name, timed(step, plain[name]))
    try:
        yield
    finally:
        for name, function in plain.items():
            setattr(module, name, function)


def _check(folder: Path, ours: Arrays, peer: Arrays | None) -> list[str]:
    shape, samples = _crop_of(folder)
    labels, points, owner = ours["labels"], ours["points"], ours["owner"]
    if labels.shape != shape:
        raise DisagreementError(f"ours is a crop of {labels.shape}")
    voxels = np.rint(points).astype(int)
    inside = ((voxels >= 0) & (voxels < shape)).all(axis=1)
    strays = int((labels[tuple(voxels[inside].T)] != owner[inside]).sum())
    if strays:
        raise DisagreementError(f"{strays} points of ours lie beside their object")
    apart = float(np.median(_errors(ours)))
    if apart > 1:
        raise DisagreementError(f"ours is {apart:.3g} voxels off the nearest point")
    notes = [f"{samples} samples; a sample's steps, ms:"]
    notes += [
        f"{name} {1000 * seconds:.1f}"
        for name, seconds in zip(STEPS, ours["steps"], strict=True)
    ]
    if peer is not None and peer["labels"].shape != shape:
        raise DisagreementError(f"the peer made a crop of {peer['labels'].shape}")
    return notes


def _errors(made: Arrays) -> np.ndarray:
    """How far baked points are from the nearest own point, in voxels."""
    from scipy.spatial import cKDTree

    scale = np.array((1.0, 1.0, 3.0))
    gaps = []
    for i in np.unique(made["owner"]):
        voxels = np.argwhere(made["labels"] == i)
        own = made["points"][made["owner"] == i]
        nearest = own[cKDTree(own * scale).query(voxels * scale)[1]]
        baked = made["baked"][:, *voxels.T].T
        gaps.append(np.linalg.norm(baked - nearest, axis=1))
    return np.concatenate(gaps)


CASES = [Case("transform-default", 25, _make, _ours, _peer, _check)]

if __name__ == "__main__":
    main(CASES)
