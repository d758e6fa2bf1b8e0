"""Whether two volumes lie on the same voxels, and by how many one is shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from skoots._types import Shape3

_NEAR = 0.01
"""Voxels: what lies so near to a voxel lies on it."""


def voxel_offset(
    one: Mapping[str, Any], other: Mapping[str, Any], shape: Shape3
) -> Shape3 | None:
    """Say what is added to voxels of one volume to have those of another.

    Lengths are compared as such, nanometres with micrometres; where one of them is
    measured in pixels, numbers are.

    Parameters
    ----------
    one, other : mapping
        Where they lie, as `geometry_of` says it.
    shape : tuple of int
        Extent of the first one along Z, Y, X: an axis of one voxel has no size.

    Returns
    -------
    tuple of int or None
        Along Z, Y, X; None if the voxels are not the same: of another size, turned, or
        shifted by a part of one.
    """
    lengths = has_lengths(one) and has_lengths(other)
    there = [_to_world(each, in_um=lengths) for each in (one, other)]
    last = np.append(np.array(shape, float) - 1, 1)
    corners = np.diag(last)
    corners[:, 3] = 1  # the three ends of the axes, and voxel 0
    found = np.linalg.solve(there[1], there[0] @ corners.T).T
    offsets = (found - corners)[:, :3]
    offset = np.rint(offsets[-1])
    if not np.allclose(offsets, offset, atol=_NEAR, rtol=0):
        return None
    return int(offset[0]), int(offset[1]), int(offset[2])


def is_unmoved(geometry: Mapping[str, Any]) -> bool:
    """Whether nobody said more of a volume than how large its voxels are."""
    matrix = _to_world(geometry, in_um=False)
    return np.allclose(matrix, np.diag(np.diag(matrix)))


def has_lengths(geometry: Mapping[str, Any]) -> bool:
    """Whether a volume is measured in a unit of length."""
    units = geometry.get("units", ())
    return bool(units) and all(unit.is_compatible_with("um") for unit in units)


def _to_world(geometry: Mapping[str, Any], *, in_um: bool) -> NDArray[np.float64]:
    """Give the matrix, (4, 4), from voxels to the world."""
    from napari.utils.transforms import Affine  # noqa: PLC0415 - napari is slow

    known = ("scale", "translate", "rotate", "shear")
    placed = Affine(**{key: geometry[key] for key in known if key in geometry}, ndim=3)
    matrix: NDArray[np.float64] = geometry.get("affine", np.eye(4)) @ (
        placed.affine_matrix
    )
    if in_um:
        edges = [float((1 * unit).to("um").magnitude) for unit in geometry["units"]]
        matrix = np.diag([*edges, 1.0]) @ matrix
    return matrix
