"""The folder of a run: a zarr group that can be killed at any moment.

::

    NAME.skoots.zarr/               zarr 3 group; as an OME-Zarr image: the probability
        probability                 (Z, Y, X) uint8, raw: 255 is certain
        skeleton                    (Z, Y, X) uint8, raw
        vectors                     (3, Z, Y, X) int8, along Z, Y, X: 127 is the scaling
        components                  (Z, Y, X) uint32, numbered within a block
        instances                   (Z, Y, X) uint32, only when resampled
        labels/instances/0, 1, ...  uint32 labels on the image's grid, OME-Zarr 0.5
        state/plan.json             what the run does (`RunPlan`)
        state/predict/Z.Y.X.npz     one marker per finished block and pass, written
        state/label/Z.Y.X.npz       by rename after the block's chunks
        state/assign/Z.Y.X.npz

A block without its marker is done again, whatever its chunks hold. A marker carries the
key of what it depends on; one with another key counts as missing, so that changed
thresholds redo the cheap passes and never the network.
"""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from filelock import FileLock, Timeout

from skoots.errors import RunBusyError, RunError, RunExistsError
from skoots.inference.ome import VERSION, image_metadata, label_metadata
from skoots.inference.plan import RunPlan
from skoots.inference.storage import PARTIAL, storage_errors, write_atomically
from skoots.volume.tiling import Block, chunk_shape, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3

SUFFIX = ".skoots.zarr"
ZSTD = zarr.codecs.ZstdCodec(level=1)
PASSES = ("predict", "label", "assign")


class RunFolder:
    """One run on disk.

    Make one with `create`, get one back with `open`.

    Attributes
    ----------
    path : Path
    plan : RunPlan
    blocks : list of Block
    """

    def __init__(self, path: Path, plan: RunPlan) -> None:
        self.path = path
        self.plan = plan
        self.blocks = plan_blocks(plan.shape_zyx, plan.block_zyx)
        self._numbers = {b.index: i for i, b in enumerate(self.blocks)}
        self._group = zarr.open_group(path, mode="r+")
        self._arrays: dict[str, zarr.Array] = {}

    @classmethod
    def create(cls, path: Path, plan: RunPlan) -> RunFolder:
        """Lay out an empty run; the plan is written last and makes it valid."""
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
            group = zarr.create_group(path, overwrite=False)
            chunks = chunk_shape(plan.block_zyx)
            for name in ("probability", "skeleton"):
                _create(group, name, plan.shape_zyx, chunks, "u1")
            _create(group, "vectors", plan.shape_zyx, chunks, "i1", components=True)
            _create(group, "components", plan.shape_zyx, chunks, "u4")
            if plan.resampled:
                _create(group, "instances", plan.shape_zyx, chunks, "u4")
            labels = group.create_group("labels").create_group("instances")
            _create(labels, "0", plan.image.shape_zyx, chunks, "u4")
            group.create_group("state")
            for name in PASSES:
                (path / "state" / name).mkdir()
            write_plan(path, plan)
        run = cls(path, plan)
        run.describe([(1, 1, 1)])
        return run

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open a run that is there.

        Raises
        ------
        RunError
            If the folder is no run, or its plan was never finished.
        """
        if not (path / "state" / "plan.json").is_file():
            raise RunError(
                f"{path} is not a run of SKOOTS, or one that died before it had a plan. "
                "Run skoots segment --resume to start it anew."
            )
        return cls(path, RunPlan.read(path / "state" / "plan.json"))

    def array(self, name: str) -> zarr.Array:
        """Give one of the arrays, by its path in the folder."""
        if name not in self._arrays:
            array = self._group[name]
            if not isinstance(array, zarr.Array):
                raise RunError(f"{self.path / name} is not an array.")
            self._arrays[name] = array
        return self._arrays[name]

    def place_of(self, block: Block) -> tuple[int, int]:
        """Give the number of a block, from 0, and how many there are."""
        return self._numbers[block.index], len(self.blocks)

    def blocks_in(
        self, region: Sequence[tuple[int, int]] | None
    ) -> list[Block]:
        """List the blocks that a region of the image touches.

        Parameters
        ----------
        region : sequence of (start, stop), optional
            Along Z, Y, X, in voxels of the image; None is all of it.

        Raises
        ------
        RunError
            If the region does not lie in the image.
        """
        if region is None:
            return self.blocks
        image = self.plan.image.shape_zyx
        for axis, (start, stop), n in zip("ZYX", region, image, strict=True):
            if not 0 <= start < stop <= n:
                raise RunError(
                    f"The region {start}:{stop} along {axis} does not lie in the image, "
                    f"which is {n} voxels long there."
                )
        zooms = [m / n for m, n in zip(self.plan.shape_zyx, image, strict=True)]
        bounds = [
            (start * zoom, stop * zoom)
            for (start, stop), zoom in zip(region, zooms, strict=True)
        ]
        return [
            block
            for block in self.blocks
            if all(
                span.start < stop and start < span.stop
                for span, (start, stop) in zip(block.core, bounds, strict=True)
            )
        ]

    @property
    def labels(self) -> zarr.Array:
        """The instance labels on the image's grid, (Z, Y, X) uint32."""
        return self.array("labels/instances/0")

    @property
    def instances(self) -> zarr.Array:
        """The instance labels on the network's grid, (Z, Y, X) uint32."""
        return self.array("instances") if self.plan.resampled else self.labels

    @property
    def voxel_size(self) -> tuple[float, float, float] | None:
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
        path = self.path / "state" / "finished.json"
        return json.loads(path.read_bytes()) if path.is_file() else None

    @property
    def finished(self) -> bool:
        """Whether the labels are final."""
        return self.summary is not None

    def write_summary(self, summary: Mapping[str, Any] | None) -> None:
        """Say that the labels are final, or (None) that they no longer are."""
        path = self.path / "state" / "finished.json"
        if summary is None:
            path.unlink(missing_ok=True)
            return
        # where other programs look for it, then where we do
        self._group["labels/instances"].attrs["skoots"] = dict(summary)
        write_atomically(path, json.dumps(summary, indent=1).encode())

    def change_plan(self, **changes: object) -> None:
        """Store another plan, such as one whose tile had to shrink."""
        self.plan = self.plan.model_copy(update=changes)
        write_plan(self.path, self.plan)

    # ---- metadata

    def new_level(self, level: int, finer: Sequence[int], taken: Shape3) -> zarr.Array:
        """Make the empty array of a coarser level of the labels."""
        z, y, x = (-(-n // t) for n, t in zip(finer, taken, strict=True))
        group = self._group["labels/instances"]
        if not isinstance(group, zarr.Group):
            raise RunError(f"{self.path}/labels/instances is not a group.")
        chunks = chunk_shape(self.plan.block_zyx)
        return _create(group, str(level), (z, y, x), chunks, "u4", overwrite=True)

    def describe(self, steps: Sequence[Shape3]) -> None:
        """Write what other programs need to show the labels; see `ome`."""
        name = self.plan.image.name
        size = self.plan.voxel_size
        self._group.attrs["ome"] = image_metadata(name, "probability", size)
        self._group["labels"].attrs["ome"] = {
            "version": VERSION,
            "labels": ["instances"],
        }
        labels = self._group["labels/instances"]
        labels.attrs["ome"] = label_metadata(steps, self.voxel_size)

    # ---- markers

    def mark(
        self, stage: str, block: Block, key: str, tables: Mapping[str, NDArray[Any]]
    ) -> None:
        """Say that a block is done, and keep what the pass found in it."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, key=np.array(key), **tables)
        write_atomically(self._marker(stage, block), buffer.getvalue())

    def tables(
        self, stage: str, block: Block, *, only: Iterable[str]
    ) -> dict[str, NDArray[Any]]:
        """Give back some of what `mark` kept; the rest is not read."""
        with np.load(self._marker(stage, block)) as stored:
            return {name: stored[name] for name in only}

    def is_done(self, stage: str, block: Block, key: str) -> bool:
        """Whether a block is done with this key."""
        try:
            with np.load(self._marker(stage, block)) as stored:
                return str(stored["key"]) == key
        except FileNotFoundError:
            return False

    def done_blocks(
        self, stage: str, key: str, among: Sequence[Block] | None = None
    ) -> list[Block]:
        """List the blocks that are done with this key, of all or of some."""
        some = self.blocks if among is None else among
        return [b for b in some if self.is_done(stage, b, key)]

    def _marker(self, stage: str, block: Block) -> Path:
        name = ".".join(map(str, block.index))
        return self.path / "state" / stage / f"{name}.npz"

    # ---- who writes

    def lock(self) -> FileLock:
        """Take the right to write; a dead process holds no lock.

        Raises
        ------
        RunBusyError
            If a living process has it.
        """
        lock = FileLock(self.path / "state" / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise RunBusyError(
                f"Another process is writing {self.path}. Wait for it, or stop it."
            ) from error
        for left in self.path.rglob(f"*{PARTIAL}"):
            left.unlink(missing_ok=True)
        return lock


def write_plan(path: Path, plan: RunPlan) -> None:
    """Store a plan; the last step of making a run."""
    text = plan.model_dump_json(indent=1)
    write_atomically(path / "state" / "plan.json", text.encode())


def prepare_place(path: Path, *, resume: bool, overwrite: bool) -> bool:
    """Make way for a run.

    Parameters
    ----------
    path : Path
        Where the run folder is or shall be.
    resume : bool
        Go on with what is there; a broken beginning is cleared.
    overwrite : bool
        Delete what is there, if it is a run.

    Returns
    -------
    bool
        Whether there is a run to go on with.

    Raises
    ------
    RunExistsError
        If something is there and neither may be done.
    RunError
        If what is there is no run, so that deleting it could cost data.
    """
    if not path.exists():
        return False
    if not _is_ours(path):
        raise RunError(
            f"{path} is there and is not a run of SKOOTS. Move it, or choose another "
            "folder with --out."
        )
    if not (resume or overwrite):
        raise RunExistsError(
            f"{path} is there already. Go on with --resume, or start anew with "
            "--overwrite."
        )
    if resume and (path / "state" / "plan.json").is_file():
        return True
    with storage_errors(path):
        if (path / "state" / "plan.json").is_file():
            RunFolder.open(path).lock().release()  # not under a living process
        shutil.rmtree(path)
    return False


def _is_ours(path: Path) -> bool:
    """Whether a folder is a run, or the beginning of one."""
    if not path.is_dir():
        return False
    names = {entry.name for entry in path.iterdir()}
    known = {"zarr.json", "probability", "skeleton", "vectors", "components"}
    known |= {"instances", "labels", "state"}
    return names <= known and (path.name.endswith(SUFFIX) or "state" in names)


def _create(  # noqa: PLR0913, PLR0917 - a layout is a table: one row per array
    group: zarr.Group,
    name: str,
    shape: Shape3,
    chunks: Shape3,
    dtype: str,
    *,
    components: bool = False,
    overwrite: bool = False,
) -> zarr.Array:
    lead = (3,) if components else ()
    axes = ("c", "z", "y", "x") if components else ("z", "y", "x")
    return group.create_array(
        name,
        shape=(*lead, *shape),
        chunks=(*lead, *chunks),
        dtype=dtype,
        compressors=ZSTD,
        fill_value=0,
        dimension_names=axes,
        overwrite=overwrite,
    )
