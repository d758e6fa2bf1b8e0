"""The folder of a run that can be killed at any moment; `layout` lists its parts."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skoots.errors import RunError, StorageError
from skoots.run.arrays import DamagedChunkError, RunArrays, create_arrays
from skoots.run.layout import FINISHED, LABELS, PASSES, PLAN, STATE, WRITERS, is_run
from skoots.run.markers import Markers
from skoots.run.ome import VERSION, image_metadata, label_metadata
from skoots.run.plan import RunPlan
from skoots.run.region import on_grid, touches
from skoots.run.storage import storage_errors, sync_files, write_atomically
from skoots.volume.tiling import plan_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    import zarr
    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.run.edits import Edits
    from skoots.run.region import Region
    from skoots.volume.tiling import Block, Box


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
        self._arrays = RunArrays(path)

    @classmethod
    def create(cls, path: Path, plan: RunPlan) -> RunFolder:
        """Lay out an empty run; the plan is written last and makes it valid."""
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
            create_arrays(path, plan)
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
                "plan. Segment the image with resume=True (--resume) to start it anew."
            )
        return cls(path, RunPlan.read(path / STATE / PLAN))

    # ---- voxels

    @property
    def labels(self) -> zarr.Array[Any]:
        """The instance labels on the image's grid, (Z, Y, X) uint32."""
        return self._arrays.array(f"{LABELS}/0")

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
        try:
            return self._arrays.read(name, box)
        except DamagedChunkError as error:
            raise self._damaged(name, box) from error

    def write(
        self,
        name: str,
        box: Box,
        voxels: NDArray[Any],
        *,
        lasting: bool = True,
        derived: bool = True,
    ) -> None:
        """Store a box of an array of the run: whole chunks, or up to a face.

        Labels that a person painted stay as they are.

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
        derived : bool
            They were found without looking at what a person painted.

        Raises
        ------
        StorageError
            If the disk is full or nothing may be written there.
        """
        self._arrays.write(name, box, voxels, lasting=lasting, derived=derived)

    @property
    def edits(self) -> Edits:
        """What a person painted, and the labels that are theirs."""
        return self._arrays.labels.edits

    def recover(self) -> None:
        """Paint again what a dead process had begun to paint; the run is locked."""
        with storage_errors(self.path):
            self._arrays.labels.recover()
        if not self.edits.ids.numbered:  # by a version that did not keep that
            self.edits.shared.note_largest(self._largest_assigned())

    def settle_strokes(self) -> None:
        """Give final labels to what was painted with provisional ones."""
        with storage_errors(self.path):
            self._arrays.labels.settle()

    def _largest_assigned(self) -> int:
        """Give the largest label of an object, by what the pass kept of its blocks."""
        done = [b for b in self.blocks if self.markers.has("assign", b)]
        ids = [self.markers.tables("assign", b, only=("ids",))["ids"] for b in done]
        return max((int(some.max(initial=0)) for some in ids), default=0)

    def shape_of(self, name: str) -> Shape3:
        """Give the extent of an array of three axes."""
        z, y, x = self._arrays.array(name).shape
        return z, y, x

    def has_array(self, name: str, shape: Shape3) -> bool:
        """Whether an array of this extent is there."""
        return self._arrays.has(name, shape)

    def new_level(self, level: int, shape: Shape3) -> None:
        """Make the empty array of a coarser level of the labels."""
        self._arrays.new_level(level, shape, self.plan.chunk_zyx)

    def _damaged(self, name: str, box: Box) -> RunError:
        """Say what is damaged, and that the pass that wrote it has to do it again.

        Labels that were final no longer are: else nothing would be left to do.
        """
        stage = self.stage_of(name)
        bounds = [(span.start, span.stop) for span in box]
        near = [b for b in self.blocks_of(name) if touches(b.core, bounds)]
        broken = [b for b in near if not self._arrays.is_readable(name, b.core)] or near
        with suppress(StorageError):  # of who may only read, the damage is what matters
            for block in broken:
                self.markers.unmark(stage, block)
            if self.finished:
                self.write_summary(None)
        places = ", ".join(".".join(map(str, b.index)) for b in broken)
        return RunError(
            f"{self.path / name} cannot be read in block {places} (Z.Y.X): it was "
            "damaged on disk. Resume the run with resume=True (--resume): "
            f"{stage} does it again."
        )

    # ---- what it says about itself

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Of the labels, along Z, Y, X, in micrometres."""
        return self.plan.label_voxel_size

    @property
    def summary(self) -> Mapping[str, Any] | None:
        """What the last finished process reported; None before the labels are final."""
        path = self.path / STATE / FINISHED
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
        path = self.path / STATE / FINISHED
        with storage_errors(self.path):
            attributes = self._arrays.group(LABELS).attrs
            if summary is None:
                path.unlink(missing_ok=True)
                attributes.pop("skoots", None)
            else:
                # where other programs look for it, then where we do
                attributes["skoots"] = dict(summary)
            sync_files([path, self.path / LABELS / "zarr.json"], self.path)
            if summary is not None:
                write_atomically(path, json.dumps(summary, indent=1).encode())

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
        name, step = self.plan.image.name, self.plan.grid_step
        with storage_errors(self.path):
            top = self._arrays.top
            top.attrs["ome"] = image_metadata(
                name, "probability", step, self.voxel_size
            )
            known = {"version": VERSION, "labels": ["instances"]}
            top["labels"].attrs["ome"] = known
            described = label_metadata(steps, self.voxel_size)
            self._arrays.group(LABELS).attrs["ome"] = described

    # ---- blocks

    def stage_of(self, name: str) -> str:
        """Give the pass that writes an array, under which its blocks are marked."""
        if name == self.instances:
            return "assign"
        return WRITERS.get(name, f"finish/{name.rpartition('/')[2]}")

    def blocks_of(self, name: str) -> list[Block]:
        """List the blocks in which an array is written."""
        if name in WRITERS or name == self.instances:
            return self.blocks
        if name == f"{LABELS}/0":
            return plan_blocks(self.plan.image.shape_zyx, self.plan.block_zyx)
        return plan_blocks(self.shape_of(name), self.plan.chunk_zyx)

    def place_of(self, block: Block) -> tuple[int, int]:
        """Give the number of a block, from 0, and how many there are."""
        return self._numbers[block.index], len(self.blocks)

    def done_blocks(
        self, stage: str, key: str, among: Sequence[Block] | None = None
    ) -> list[Block]:
        """List the blocks that are done with this key, of all or of some."""
        some = self.blocks if among is None else among
        return [b for b in some if self.markers.is_done(stage, b, key)]

    def blocks_in(self, region: Region | None) -> list[Block]:
        """List the blocks that a region of the image touches; None is all of it."""
        if region is None:
            return self.blocks
        bounds = on_grid(region, self.plan.image.shape_zyx, self.plan.shape_zyx)
        return [block for block in self.blocks if touches(block.core, bounds)]


def _write_plan(path: Path, plan: RunPlan) -> None:
    text = plan.model_dump_json(indent=1)
    write_atomically(path / STATE / PLAN, text.encode())
