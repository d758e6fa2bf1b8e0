"""Resample a mask onto a grid of near-isotropic cells, blurred.

The grid decides how good a skeleton is: see `skoots.train.generate_skeletons`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_THIN = 8
"""Axes shorter than this many cells are not sampled at half resolution."""

_SOLID = 0.5 - 1e-4
"""A cell that is half full counts, also when rounding leaves it a little under."""


def blurred_cells(
    solid: NDArray[np.bool_], relative: NDArray[np.float64], sigma: float
) -> NDArray[np.bool_]:
    """Blur a mask and read it on near-isotropic cells of two of the finest voxels."""
    matrices = []
    for length, ratio in zip(solid.shape, relative, strict=True):
        step = 2 * ratio if length >= _THIN * 2 * ratio else min(1.0, 2 * ratio)
        count = 2 * int(length / step / 2) + 1  # odd: the middle is a cell's centre
        # A blur wider than a sixth of the box would take a flat object's middle too.
        blur = min(sigma * ratio, length / 6)
        matrices.append(_blur_matrix(count if length > 1 else 1, length, blur))
    full = np.einsum(
        "ax,by,cz,xyz->abc", *matrices, solid.astype(np.float32), optimize=True
    )
    return np.asarray(full > _SOLID)


def _blur_matrix(cells: int, length: int, sigma: float) -> NDArray[np.float32]:
    """Weights of voxels in cells: Gaussian, with nothing outside the box. (C, L)."""
    reach = int(np.ceil(4 * sigma)) + 1
    voxels = np.arange(-reach, length + reach)
    offset = (cell_centres(cells, length)[:, None] - voxels) / sigma
    weights = np.exp(-0.5 * (offset**2 - (offset**2).min(axis=1, keepdims=True)))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights[:, reach : reach + length], np.float32)


def cell_centres(cells: int, length: int) -> NDArray[np.float64]:
    """Where the centres of `cells` equal cells lie on an axis of `length` voxels."""
    return np.asarray((np.arange(cells) + 0.5) * (length / cells) - 0.5)
