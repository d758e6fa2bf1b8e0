"""The folder of a run: a zarr group that can be killed at any moment.

::

    NAME.skoots.zarr/               zarr 3 group; as an OME-Zarr image: the probability
        probability                 (Z, Y, X) uint8, raw: 255 is certain
        skeleton                    (Z, Y, X) uint8, raw
        vectors                     (3, Z, Y, X) int8, along Z, Y, X: 127 is the scaling
        components                  (Z, Y, X) uint32, numbered within a block
        instances                   (Z, Y, X) uint32, only when resampled
        labels/instances/0, 1, ...  uint32 labels on the image's grid, OME-Zarr 0.5
        state/lock                  held by the process that writes
        state/plan.json             what the run does (`RunPlan`)
        state/predict/Z.Y.X.npz     one marker per finished block and pass, written
        state/label/Z.Y.X.npz       by rename after the block's chunks (`Markers`)
        state/assign/Z.Y.X.npz
        state/finish/...            likewise: small objects, grid, levels
        state/finished.json         what the last process reported, if labels are final
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from skoots.errors import RunError
from skoots.run.location import PLAN, STATE, SUFFIX, is_run
from skoots.run.markers import Markers
from skoots.run.ome import VERSION, image_metadata, label_metadata
from skoots.run.plan import RunPlan
from skoots.run.storage import storage_errors, sync_files, write_atomically
from skoots.volume.tiling import (
    Block,
    Span,
    box_slices,
    chunk_shape,
    plan_blocks,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from os import PathLike

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.volume.tiling import Box

__all__ = ["SUFFIX", "RunFolder"]

LABELS = "labels/instances"
PASSES = ("predict", "label", "assign")
_ZSTD = ZstdCodec(level=1)

_WRITERS = {
    "probability": "predict",
    "skeleton": "predict",
    "vectors": "predict",
    "components": "label",
}
"""The pass that writes an array."""

_DAMAGE = (RuntimeError, ValueError)
"""What zarr raises for a chunk that it cannot decode."""

_NO_NODE = (KeyError, OSError, ValueError)
"""What zarr raises for a group or array without a sound ``zarr.json``."""


class RunFolder:
    """One run on disk.

    Make one with `create`, get one back with `open`.

    Attributes
    ----------
    path : Path
        The folder.
    plan : RunPlan
        What the run does.
    blocks : list of Block
        All of them, the last axis fastest.
    markers : Markers
        Which of them are done.
    """

    def __init__(self, path: Path, plan: RunPlan) -> None:
        self.path = path
        self.plan = plan
        self.blocks = plan_blocks(plan.shape_zyx, plan.block_zyx)
        self.markers = Markers(path / STATE)
        self._numbers = {b.index: i for i, b in enumerate(self.blocks)}
        self._group = _open_group(path)
        self._arrays: dict[str, zarr.Array[Any]] = {}

    @classmethod
    def create(cls, path: Path, plan: RunPlan) -> RunFolder:
        """Lay out an empty run; the plan is written last and makes it valid."""
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
            group = zarr.create_group(path, overwrite=False)
            chunks = chunk_shape(plan.block_zyx)
            for name in ("probability", "skeleton"):
                _create(group, name, plan.shape_zyx, chunks, "u1")
            _create(group, "vectors", (3, *plan.shape_zyx), (3, *chunks), "i1")
            _create(group, "components", plan.shape_zyx, chunks, "u4")
            if plan.resampled:
                _create(group, "instances", plan.shape_zyx, chunks, "u4")
            labels = group.create_group("labels").create_group("instances")
            _create(labels, "0", plan.image.shape_zyx, chunks, "u4")
            group.create_group(STATE)  # no stranger to programs that list the folder
            for name in PASSES:
                (path / STATE / name).mkdir(parents=True, exist_ok=True)
            run = cls(path, plan)
            run.describe([(1, 1, 1)])
            sync_files(path.rglob("zarr.json"), path)
            _write_plan(path, plan)
        return run

    @classmethod
    def open(cls, path: str | PathLike[str]) -> RunFolder:
        """Open a run that is there.

        Raises
        ------
        RunError
            If the folder is no run, or its plan was never finished.
        """
        path = Path(path)
        if not is_run(path):
            raise RunError(
                f"{path} is not a run of SKOOTS, or one that died before it had a "
                "plan. Run skoots segment --resume to start it anew."
            )
        return cls(path, RunPlan.read(path / STATE / PLAN))

    # ---- voxels

    @property
    def labels(self) -> zarr.Array[Any]:
        """The instance labels on the image's grid, (Z, Y, X) uint32."""
        return self.level(0)

    def level(self, level: int) -> zarr.Array[Any]:
        """Give a level of the labels' pyramid, (Z, Y, X) uint32; 0 is the full one."""
        return self._array(f"{LABELS}/{level}")

    @property
    def instances(self) -> str:
        """Name of the array of instance labels on the network's grid."""
        return "instances" if self.plan.resampled else f"{LABELS}/0"

    def read(self, name: str, box: Box) -> NDArray[Any]:
        """Give a box of an array of the run.

        Parameters
        ----------
        name : str
            Its path in the folder.
        box : tuple of Span
            Along Z, Y, X, in voxels.

        Returns
        -------
        ndarray, (Z, Y, X), or (3, Z, Y, X) for the vectors
            A new array of the type that is stored.

        Raises
        ------
        RunError
            If a chunk was damaged on disk; its block counts as not done then.
        """
        array = self._array(name)
        try:
            return np.asarray(array[(..., *box_slices(box))])
        except _DAMAGE as error:
            raise self._damaged(name, box) from error

    def read_points(self, name: str, points: NDArray[np.int64]) -> NDArray[Any]:
        """Give single voxels of an array of the run.

        Parameters
        ----------
        name : str
            Its path in the folder.
        points : ndarray, (3, N), int64
            Along Z, Y, X, in voxels.

        Returns
        -------
        ndarray, (N,), or (3, N) for the vectors

        Raises
        ------
        RunError
            If a chunk was damaged on disk; its block counts as not done then.
        """
        array = self._array(name)
        lead = (np.arange(array.shape[0])[:, None],) if array.ndim == 4 else ()
        try:
            return np.asarray(array.vindex[(*lead, *points)])
        except _DAMAGE as error:
            z, y, x = (Span(int(p.min()), int(p.max()) + 1) for p in points)
            raise self._damaged(name, (z, y, x)) from error

    def write(
        self, name: str, box: Box, voxels: NDArray[Any], *, lasting: bool = True
    ) -> None:
        """Store a box of an array of the run: whole chunks, or up to a face.

        Parameters
        ----------
        name : str
            Its path in the folder.
        box : tuple of Span
            Along Z, Y, X, in voxels.
        voxels : ndarray
            Of that box.
        lasting : bool
            Wait until they are on the disk, so that a marker may follow.

        Raises
        ------
        StorageError
            If the disk is full or nothing may be written there.
        """
        array = self._array(name)
        with storage_errors(self.path):
            array[(..., *box_slices(box))] = voxels
            if lasting:
                top = self.path / name
                sync_files((top / key for key in _chunk_keys(array, box)), top)

    def _damaged(self, name: str, box: Box) -> RunError:
        """Say what is damaged, and that the pass that wrote it has to do it again."""
        stage = self.stage_of(name)
        near = [b for b in self.blocks_of(name) if _meets(b.core, box)]
        broken = [b for b in near if not self._is_readable(name, b.core)] or near
        for block in broken:
            self.markers.unmark(stage, block)
        places = ", ".join(".".join(map(str, b.index)) for b in broken)
        return RunError(
            f"{self.path / name} cannot be read in block {places} (Z.Y.X): it was "
            f"damaged on disk. Go on with --resume: {stage} does it again."
        )

    def _is_readable(self, name: str, box: Box) -> bool:
        try:
            self._array(name)[(..., *box_slices(box))]
        except _DAMAGE:
            return False
        return True

    def stage_of(self, name: str) -> str:
        """Give the pass that writes an array, under which its blocks are marked."""
        if name == self.instances:
            return "assign"
        return _WRITERS.get(name, f"finish/{name.rpartition('/')[2]}")

    def blocks_of(self, name: str) -> list[Block]:
        """List the blocks in which an array is written."""
        if name in _WRITERS or name == self.instances:
            return self.blocks
        if name == f"{LABELS}/0":
            return plan_blocks(self.plan.image.shape_zyx, self.plan.block_zyx)
        z, y, x = self._array(name).shape
        return plan_blocks((z, y, x), chunk_shape(self.plan.block_zyx))

    def has_array(self, name: str, shape: Shape3) -> bool:
        """Whether an array of this extent is there."""
        try:
            return self._array(name).shape == shape
        except RunError:
            return False

    def new_level(self, level: int, shape: Shape3) -> None:
        """Make the empty array of a coarser level of the labels."""
        chunks = chunk_shape(self.plan.block_zyx)
        name = f"{LABELS}/{level}"
        with storage_errors(self.path):
            array = _create(self._group, name, shape, chunks, "u4", overwrite=True)
        self._arrays[name] = array

    def _array(self, name: str) -> zarr.Array[Any]:
        if name not in self._arrays:
            try:
                array = self._group[name]
            except _NO_NODE as error:
                raise _broken(self.path / name) from error
            if not isinstance(array, zarr.Array):
                raise _broken(self.path / name)
            self._arrays[name] = array
        return self._arrays[name]

    # ---- what it says about itself

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Of the labels, along Z, Y, X, in micrometres."""
        if self.plan.voxel_size is None:
            return None
        z, y, x = (
            size * here / there
            for size, here, there in zip(
                self.plan.voxel_size,
                self.plan.shape_zyx,
                self.plan.image.shape_zyx,
                strict=True,
            )
        )
        return z, y, x

    @property
    def summary(self) -> Mapping[str, Any] | None:
        """What the last finished process reported; None before the labels are final."""
        path = self.path / STATE / "finished.json"
        try:
            summary = json.loads(path.read_bytes())
        except (OSError, ValueError):  # absent, empty or damaged
            return None
        return summary if isinstance(summary, dict) and summary else None

    @property
    def finished(self) -> bool:
        """Whether the labels are final."""
        return self.summary is not None

    def write_summary(self, summary: Mapping[str, Any] | None) -> None:
        """Say that the labels are final, or (None) that they no longer are."""
        path = self.path / STATE / "finished.json"
        with storage_errors(self.path):
            attributes = self._labels_group().attrs
            if summary is None:
                path.unlink(missing_ok=True)
                attributes.pop("skoots", None)
            else:
                # where other programs look for it, then where we do
                attributes["skoots"] = dict(summary)
            sync_files([path, self.path / LABELS / "zarr.json"], self.path)
            if summary is not None:
                write_atomically(path, json.dumps(summary, indent=1).encode())

    def _labels_group(self) -> zarr.Group:
        try:
            group = self._group[LABELS]
        except _NO_NODE as error:
            raise _broken(self.path / LABELS) from error
        if not isinstance(group, zarr.Group):
            raise _broken(self.path / LABELS)
        return group

    def change_plan(self, **changes: object) -> None:
        """Store another plan, such as one whose tile had to shrink."""
        self.plan = self.plan.model_copy(update=changes)
        with storage_errors(self.path):
            _write_plan(self.path, self.plan)

    def describe(self, steps: Sequence[Shape3]) -> None:
        """Write what other programs need to show the labels; see `ome`.

        Parameters
        ----------
        steps : sequence of tuple of int
            Of each level along Z, Y, X, in voxels of the labels.
        """
        name, size = self.plan.image.name, self.plan.voxel_size
        with storage_errors(self.path):
            self._group.attrs["ome"] = image_metadata(name, "probability", size)
            known = {"version": VERSION, "labels": ["instances"]}
            self._group["labels"].attrs["ome"] = known
            described = label_metadata(steps, self.voxel_size)
            self._labels_group().attrs["ome"] = described

    # ---- blocks

    def place_of(self, block: Block) -> tuple[int, int]:
        """Give the number of a block, from 0, and how many there are."""
        return self._numbers[block.index], len(self.blocks)

    def done_blocks(
        self, stage: str, key: str, among: Sequence[Block] | None = None
    ) -> list[Block]:
        """List the blocks that are done with this key, of all or of some."""
        some = self.blocks if among is None else among
        return [b for b in some if self.markers.is_done(stage, b, key)]

    def blocks_in(self, region: Sequence[tuple[int, int]] | None) -> list[Block]:
        """List the blocks that a region of the image touches.

        Parameters
        ----------
        region : sequence of (start, stop), optional
            Along Z, Y, X, in voxels of the image; None is all of it.
        """
        if region is None:
            return self.blocks
        image = self.plan.image.shape_zyx
        zooms = [m / n for m, n in zip(self.plan.shape_zyx, image, strict=True)]
        bounds = [
            (start * zoom, stop * zoom)
            for (start, stop), zoom in zip(region, zooms, strict=True)
        ]
        return [block for block in self.blocks if _touches(block.core, bounds)]


def _meets(box: Box, other: Box) -> bool:
    return all(
        a.start < b.stop and b.start < a.stop for a, b in zip(box, other, strict=True)
    )


def _open_group(path: Path) -> zarr.Group:
    try:
        return zarr.open_group(path, mode="r+")
    except _NO_NODE as error:
        raise _broken(path) from error


def _broken(path: Path) -> RunError:
    return RunError(
        f"{path} has no zarr.json that can be read: the run is damaged. Start again "
        "with --overwrite."
    )


def _chunk_keys(array: zarr.Array[Any], box: Box) -> Iterator[str]:
    """Yield the files of the chunks of a box; an empty chunk has none."""
    axes = [
        range(span.start // size, -(-span.stop // size))
        for span, size in zip(box, array.chunks[-3:], strict=True)
    ]
    lead = (0,) * (array.ndim - 3)
    return (array.metadata.encode_chunk_key((*lead, *i)) for i in product(*axes))


def _touches(box: Box, bounds: Sequence[tuple[float, float]]) -> bool:
    return all(
        span.start < stop and start < span.stop
        for span, (start, stop) in zip(box, bounds, strict=True)
    )


def _write_plan(path: Path, plan: RunPlan) -> None:
    text = plan.model_dump_json(indent=1)
    write_atomically(path / STATE / PLAN, text.encode())


def _create(
    group: zarr.Group,
    name: str,
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    dtype: str,
    *,
    overwrite: bool = False,
) -> zarr.Array[Any]:
    return group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        compressors=_ZSTD,
        fill_value=0,
        dimension_names=("c", "z", "y", "x")[-len(shape) :],
        overwrite=overwrite,
    )
