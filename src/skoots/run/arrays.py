"""The zarr arrays of a run: made, opened, read and written box by box."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from skoots.errors import RunError
from skoots.run.chunk_files import DAMAGE
from skoots.run.label_store import LabelStore
from skoots.run.layout import LABELS, STATE
from skoots.run.storage import storage_errors, sync_files
from skoots.volume.tiling import box_slices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.run.plan import RunPlan
    from skoots.volume.tiling import Box

_NO_NODE = (KeyError, OSError, ValueError)
"""What zarr raises for a group or array without a sound ``zarr.json``."""

_ZSTD = ZstdCodec(level=1)


class DamagedChunkError(Exception):
    """Tells `RunFolder`, and nobody else, that a box has to be written again."""


def create_arrays(path: Path, plan: RunPlan) -> None:
    """Make the empty arrays and groups of a run."""
    group = zarr.create_group(path, overwrite=False)
    shape, chunks = plan.shape_zyx, plan.chunk_zyx
    for name in ("probability", "skeleton"):
        _create(group, name, shape, chunks, "u1")
    _create(group, "vectors", (3, *shape), (3, *chunks), "i1")
    _create(group, "components", shape, chunks, "u4")
    if plan.resampled:
        _create(group, "instances", shape, chunks, "u4")
    labels = group.create_group("labels").create_group("instances")
    _create(labels, "0", plan.image.shape_zyx, chunks, "u4")
    group.create_group(STATE)  # no stranger to programs that list the folder


class RunArrays:
    """The arrays of one run, each opened when it is first asked for.

    Parameters
    ----------
    path : Path
        The run folder.

    Raises
    ------
    RunError
        If the folder has no metadata that can be read; so do the methods that take a
        name, for what has that name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: dict[str, zarr.Array[Any]] = {}
        self._labels: LabelStore | None = None
        try:
            self.top = zarr.open_group(path, mode="r+")
        except _NO_NODE as error:
            raise _broken(path) from error

    def array(self, name: str) -> zarr.Array[Any]:
        """Give an array by its path in the folder."""
        if name not in self._opened:
            node = self._node(name)
            if not isinstance(node, zarr.Array):
                raise _broken(self._path / name)
            self._opened[name] = node
        return self._opened[name]

    def group(self, name: str) -> zarr.Group:
        """Give a group by its path in the folder."""
        node = self._node(name)
        if not isinstance(node, zarr.Group):
            raise _broken(self._path / name)
        return node

    def has(self, name: str, shape: Shape3) -> bool:
        """Whether an array of this extent is there."""
        try:
            return self.array(name).shape == shape
        except RunError:
            return False

    def read(self, name: str, box: Box) -> NDArray[Any]:
        """Give a box of an array, or raise `DamagedChunkError`."""
        array = self.array(name)
        try:
            return np.asarray(array[(..., *box_slices(box))])
        except DAMAGE as error:
            raise DamagedChunkError(name) from error

    def is_readable(self, name: str, box: Box) -> bool:
        """Whether no chunk of a box is damaged."""
        try:
            self.read(name, box)
        except DamagedChunkError:
            return False
        return True

    def write(
        self,
        name: str,
        box: Box,
        voxels: NDArray[Any],
        *,
        lasting: bool,
        derived: bool = True,
    ) -> None:
        """Store a box of an array, on the disk before it returns if it shall last."""
        array = self.array(name)
        with storage_errors(self._path):
            if name == f"{LABELS}/0":
                self.labels.write(box, voxels, derived=derived)
            else:
                place = (..., *box_slices(box))
                (_unchecked(array) if _fills(array, voxels) else array)[place] = voxels
            if lasting:
                top = self._path / name
                sync_files((top / key for key in _chunk_keys(array, box)), top)

    @property
    def labels(self) -> LabelStore:
        """The labels, which a person may be painting at the same time."""
        if self._labels is None:
            self._labels = LabelStore(self._path, self.array(f"{LABELS}/0"))
        return self._labels

    def new_level(self, level: int, shape: Shape3, chunks: Shape3) -> None:
        """Make the empty array of a coarser level of the labels."""
        name = f"{LABELS}/{level}"
        with storage_errors(self._path):
            array = _create(self.top, name, shape, chunks, "u4", overwrite=True)
        self._opened[name] = array

    def _node(self, name: str) -> zarr.Array[Any] | zarr.Group:
        try:
            return self.top[name]
        except _NO_NODE as error:
            raise _broken(self._path / name) from error


def _broken(path: Path) -> RunError:
    return RunError(
        f"{path} has no zarr.json that can be read: the run is damaged. Start again "
        "with overwrite=True (--overwrite)."
    )


def _fills(array: zarr.Array[Any], voxels: NDArray[Any]) -> bool:
    """Whether each chunk of a box that begins with a chunk holds anything."""
    starts = (
        range(0, n, size) for n, size in zip(voxels.shape, array.chunks, strict=True)
    )
    return all(
        voxels[
            tuple(slice(i, i + n) for i, n in zip(at, array.chunks, strict=True))
        ].any()
        for at in product(*starts)
    )


def _unchecked(array: zarr.Array[Any]) -> zarr.Array[Any]:
    """Give an array that leaves out no empty chunks.

    To find them, zarr makes a second array of each chunk, which takes longer than all
    else about it.
    """
    if not hasattr(array, "with_config"):  # zarr before 3.1
        return array
    return array.with_config({"write_empty_chunks": True})


def _chunk_keys(array: zarr.Array[Any], box: Box) -> Iterator[str]:
    """Yield the files of the chunks of a box; an empty chunk has none."""
    axes = [
        range(span.start // size, -(-span.stop // size))
        for span, size in zip(box, array.chunks[-3:], strict=True)
    ]
    lead = (0,) * (array.ndim - 3)
    return (array.metadata.encode_chunk_key((*lead, *i)) for i in product(*axes))


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
