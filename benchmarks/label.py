"""Labelling: one id for skeleton voxels that touch, in a volume on disk.

Ours is the pass of a run, from zarr to zarr with the plain pipeline of zarr-python; the
published function gets the mask in memory and gives one. No dilation on either side.
The input fills 2.5 % of the volume with threads.

Ours must have the components of the whole volume, labelled at once. The published
function may join some of them wrongly; how many it joins is said.
"""

# ruff: noqa: PLC0415 - each side imports its own package

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from alternate import Arrays, Case, DisagreementError, Task, main, peer_torch
from phantom import paint_threads

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = (96, 256, 256)
"""What a U-Net's run uses on a machine of 16 to 24 GB, in voxels (Z, Y, X)."""

FULL = 255


def _make(edge: int, folder: Path, tiny: bool) -> None:  # noqa: FBT001
    shape, length = ((40, 48, 56), 30) if tiny else ((edge,) * 3, 60)
    mask = np.lib.format.open_memmap(folder / "mask.npy", "w+", np.uint8, shape)
    paint_threads(mask, max(3, mask.size // 65_000), length, 3.0, seed=edge)
    mask.flush()


def _ours(block: tuple[int, int, int], folder: Path) -> Task:
    from skoots.config import get_cfg_defaults
    from skoots.inference.label import label
    from skoots.run.folder import RunFolder

    mask = np.load(folder / "mask.npy", mmap_mode="r")
    run = RunFolder.create(folder / "a.skoots.zarr", _plan(mask.shape, block))
    for name in ("skeleton", "probability"):
        for part in run.blocks:
            where = tuple(span.slice for span in part.core)
            run.write(name, part.core, mask[where] * FULL)
    settings = get_cfg_defaults().INFERENCE.model_copy(
        update={"SKELETON_DILATIONS_3D": 0, "SKELETON_DILATIONS_2D": 0}
    )

    def before() -> None:
        for marker in (run.path / "state" / "label").iterdir():
            marker.unlink()

    def work() -> object:
        steps = label(run, run.blocks, settings)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    def result(merged: object) -> Arrays:
        ids = np.zeros(mask.shape, np.uint32)
        for part in run.blocks:
            where = tuple(span.slice for span in part.core)
            components = run.read("components", part.core)
            ids[where] = merged.ids_at(part.index, components)
        return {"ids": ids}

    return Task(work, result, before)


def _plan(shape: tuple[int, ...], block: tuple[int, int, int]) -> object:
    from skoots.config import get_cfg_defaults
    from skoots.run.plan import (
        ImageRecord,
        ModelRecord,
        NormalizationRecord,
        RunPlan,
    )

    return RunPlan(
        image=ImageRecord(
            name="threads", path=None, shape_zyx=shape, dtype="uint8", signature=""
        ),
        model=ModelRecord(
            name="none", digest="", vector_scaling_zyx=(1.0, 1.0, 1.0), factor=8
        ),
        shape_zyx=shape,
        voxel_size=None,
        block_zyx=block,
        tile_core_zyx=block,
        halo_zyx=(0, 0, 0),
        normalization=NormalizationRecord(mean=0.0, std=1.0),
        number_format="float32",
        inference=get_cfg_defaults().INFERENCE,
    )


def _peer(folder: Path) -> Task:
    torch = peer_torch()
    from skoots.lib.flood_fill import efficient_flood_fill

    mask = torch.from_numpy(np.load(folder / "mask.npy").astype(np.int16))
    fresh = [mask]

    def before() -> None:  # it writes into what it is given
        fresh[0] = mask.clone()

    return Task(
        lambda: efficient_flood_fill(fresh[0]),
        lambda ids: {"ids": ids.reshape(mask.shape).numpy()},
        before,
    )


def _check(folder: Path, ours: Arrays, peer: Arrays | None) -> list[str]:
    import cc3d

    mask = np.load(folder / "mask.npy")
    truth = cc3d.connected_components(mask, connectivity=6, out_dtype=np.uint32)
    there = mask > 0
    count = int(truth.max())
    if (ours["ids"][~there] != 0).any() or not _same(ours["ids"][there], truth[there]):
        raise DisagreementError("ours has other components than the whole volume")
    notes = [f"{there.mean():.1%} skeleton, {count} components, exact"]
    if peer:
        theirs = peer["ids"][there]
        pairs = len(_pairs(theirs, truth[there]))
        found = len(np.unique(theirs))
        if pairs != count or (theirs == 0).any() or peer["ids"][~there].any():
            raise DisagreementError("the peer splits components")
        notes.append(f"the peer finds {found}: {count - found} wrongly joined")
    return notes


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two labellings of the same voxels are the same partition."""
    pairs = len(_pairs(a, b))
    return pairs == len(np.unique(a)) == len(np.unique(b)) and bool(a.all())


def _pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.unique(a.astype(np.uint64) << 32 | b.astype(np.uint64))


CASES = [
    Case(f"label-{edge}", 15, partial(_make, edge), partial(_ours, BLOCK), peer, _check)
    # at 1024 the ids of the published function do not fit into its int16
    for edge, peer in ((256, _peer), (512, _peer), (1024, None))
]

if __name__ == "__main__":
    main(CASES)
