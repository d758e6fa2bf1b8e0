"""The skeletons that a run found, thinned to lines of points.

A network draws skeletons many voxels thick. They are laid into cells of some voxels,
the cells of each object are thinned to lines, and what lies in a cell that is left
becomes one point, the middle of it. The ids are those of the labels at the same voxels,
so that points and labels always agree.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skoots.config import InferenceConfig
from skoots.errors import RunError
from skoots.events import BlockDone, StageStarted
from skoots.inference.predict import KEY as PREDICT_KEY
from skoots.inference.skeleton_mask import sure_skeleton
from skoots.kernels.thinning import thin
from skoots.run.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Generator
    from os import PathLike

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.events import Event
    from skoots.volume.tiling import Box

STAGE = "skeletons"
"""The name of this job's only stage in its events."""

SPACING = 3
"""Edge of a cell, in voxels of the finest axis."""

MOST_CELLS = 1 << 22
"""What is held of all objects, before it is thinned, in half a gigabyte of memory; with
more of them cells become larger."""


class _Cells(NamedTuple):
    """What is known of each object in each cell."""

    cell: NDArray[np.int64]
    """(N, 3), along Z, Y, X"""

    ids: NDArray[np.uint32]
    """(N,)"""

    voxels: NDArray[np.int64]
    """(N,)"""

    sums: NDArray[np.float64]
    """(N, 3), of the coordinates of these voxels"""


def skeleton_points(
    run: str | PathLike[str], *, spacing: int = SPACING
) -> Generator[Event, None, tuple[NDArray[np.float32], NDArray[np.uint32]]]:
    """Give points along the skeletons of a finished run, with the ids of their objects.

    Parameters
    ----------
    run : path
        The run folder ``NAME.skoots.zarr``. It is read and not changed.
    spacing : int
        About how far apart the points of a line are, in voxels of the network's grid
        along its finest axis; more where there are very many objects.

    Yields
    ------
    StageStarted, BlockDone

    Returns
    -------
    ndarray, (N, 3), float32
        Along Z, Y, X, in voxels of the image: the middle of the first one is 0.
    ndarray, (N,), uint32
        The object of each point; the points of one object follow each other.

    Raises
    ------
    RunError
        If there is no run, its labels are not final, or it is damaged.
    """
    folder = RunFolder.open(run)
    summary = folder.summary
    if summary is None:
        raise RunError(
            f"The labels of {folder.path} are not final. Finish the run with "
            "resume=True (--resume), or make labels of what is done."
        )
    settings = InferenceConfig.model_validate(summary["inference"])
    blocks = folder.done_blocks("predict", PREDICT_KEY)
    gathered = _Gathered(_cell_edges(folder, spacing))
    yield StageStarted(STAGE, 0, len(blocks))
    for done, block in enumerate(blocks, start=1):
        gathered.add(*_find(folder, block.core, settings))
        z, y, x = ((span.start, span.stop) for span in block.core)
        yield BlockDone(STAGE, (z, y, x), done, len(blocks))
    return _points(folder, _thinned(gathered.cells()))


class _Gathered:
    """Cells of more and more boxes, which grow when they are too many."""

    def __init__(self, edges: Shape3) -> None:
        self._edges = edges
        none = np.zeros((0, 3), np.int64)
        self._joined = _Cells(
            none, np.zeros(0, np.uint32), np.zeros(0, np.int64), none.astype(float)
        )
        self._new: list[_Cells] = []

    def add(self, places: NDArray[np.int64], ids: NDArray[np.uint32]) -> None:
        """Lay the voxels of a box into cells."""
        ones = np.ones(len(ids), np.int64)
        cell = places // np.array(self._edges)
        self._new.append(_join(_Cells(cell, ids, ones, places.astype(np.float64))))
        waiting = sum(len(cells.ids) for cells in self._new)
        if waiting > max(len(self._joined.ids), MOST_CELLS // 4):
            self.cells()

    def cells(self) -> _Cells:
        """Give what each object has in each cell, ordered by object."""
        self._joined, self._new = _join(self._joined, *self._new), []
        while len(self._joined.ids) > MOST_CELLS and self._joined.cell.any():
            z, y, x = self._edges
            self._edges = (2 * z, 2 * y, 2 * x)
            self._joined = _join(self._joined._replace(cell=self._joined.cell // 2))
        return self._joined


def _cell_edges(run: RunFolder, spacing: int) -> Shape3:
    """Give the edges of a cell along Z, Y, X, in voxels: about a cube."""
    size = run.plan.voxel_size or (1.0, 1.0, 1.0)
    z, y, x = (max(1, round(spacing * min(size) / edge)) for edge in size)
    return z, y, x


def _find(
    run: RunFolder, box: Box, settings: InferenceConfig
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Give the skeleton voxels of a box, (N, 3), and their objects, (N,)."""
    skeleton, probability = run.read("skeleton", box), run.read("probability", box)
    places = np.nonzero(sure_skeleton(skeleton, probability, settings))
    if not places[0].size:
        return np.zeros((0, 3), np.int64), np.zeros(0, np.uint32)
    ids = run.read(run.instances, box)[places]
    corner = np.array([span.start for span in box])
    return (np.stack(places, axis=1) + corner)[ids > 0], ids[ids > 0]


def _join(*parts: _Cells) -> _Cells:
    """Make one row of all rows of one object in one cell, ordered by object."""
    cell, ids, voxels, sums = (np.concatenate(c) for c in zip(*parts, strict=True))
    if not len(ids):
        return _Cells(cell, ids, voxels, sums)
    order = np.lexsort((cell[:, 2], cell[:, 1], cell[:, 0], ids))
    cell, ids = cell[order], ids[order]
    new = np.ones(len(ids), bool)
    new[1:] = (ids[1:] != ids[:-1]) | (cell[1:] != cell[:-1]).any(axis=1)
    starts = np.flatnonzero(new)
    return _Cells(
        cell[starts],
        ids[starts],
        np.add.reduceat(voxels[order], starts),
        np.add.reduceat(sums[order], starts),
    )


def _thinned(cells: _Cells) -> _Cells:
    """Keep the cells along the lines of each object."""
    starts = np.flatnonzero(np.diff(cells.ids, prepend=np.uint32(0)))
    kept = np.zeros(len(cells.ids), bool)
    for start, stop in pairwise([*starts, len(cells.ids)]):
        cell = cells.cell[start:stop]
        places = tuple((cell - cell.min(axis=0)).T)
        solid = np.zeros(np.ptp(cell, axis=0) + 1, bool)
        solid[places] = True
        kept[start:stop] = thin(solid)[places]
    cell, ids, voxels, sums = cells
    return _Cells(cell[kept], ids[kept], voxels[kept], sums[kept])


def _points(
    run: RunFolder, cells: _Cells
) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Give the middles of cells, in voxels of the image."""
    middles = cells.sums / np.maximum(cells.voxels, 1)[:, None]
    image, grid = np.array(run.plan.image.shape_zyx), np.array(run.plan.shape_zyx)
    # voxel by voxel from edge to edge: the middle of the first lies at half its width
    middles = (middles + 0.5) * (image / grid) - 0.5
    return middles.astype(np.float32), cells.ids
