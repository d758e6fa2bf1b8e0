"""Let ids grow into foreground that reached no skeleton."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.kernels.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


def grow_labels(
    ids: NDArray[np.uint32], foreground: NDArray[np.bool_], steps: int
) -> None:
    """Grow ids through unassigned foreground, in place.

    In each step every unassigned foreground voxel that has an assigned neighbour across
    a face takes the smallest id among them, all at once; so the result does not depend
    on the order of the voxels, nor on how a volume is cut if `steps` voxels around a
    part are known.

    Parameters
    ----------
    ids : ndarray, (Z, Y, X), uint32
        0 is unassigned.
    foreground : ndarray, (Z, Y, X), bool
        Where ids may grow.
    steps : int
        How far an id may come, in voxels.
    """
    if steps:
        waiting = np.flatnonzero(foreground & (ids == 0))
        _grow(ids.reshape(-1), np.array(ids.shape), waiting, steps)


@compiled
def _grow(
    ids: NDArray[np.uint32],
    shape: NDArray[np.int64],
    waiting: NDArray[np.int64],
    steps: int,
) -> None:
    nz, ny, nx = shape
    found = np.empty(len(waiting), np.uint32)
    left = len(waiting)
    for _ in range(steps):
        for i in range(left):
            p = waiting[i]
            x = p % nx
            y = (p // nx) % ny
            z = p // (nx * ny)
            best = np.uint32(0)
            for q, inside in (
                (p - nx * ny, z > 0),
                (p + nx * ny, z < nz - 1),
                (p - nx, y > 0),
                (p + nx, y < ny - 1),
                (p - 1, x > 0),
                (p + 1, x < nx - 1),
            ):
                if inside and ids[q] != 0 and (best == 0 or ids[q] < best):
                    best = ids[q]
            found[i] = best
        # only now write, so that nothing grows twice in one step
        still = 0
        for i in range(left):
            if found[i] != 0:
                ids[waiting[i]] = found[i]
            else:
                waiting[still] = waiting[i]
                still += 1
        if still == left:
            return
        left = still
