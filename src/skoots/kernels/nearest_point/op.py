"""The door: check once, then run the definition or a fast twin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from skoots.errors import SettingsError, ShapeError
from skoots.kernels.dispatch import choose_twin
from skoots.kernels.nearest_point.reference import nearest_point_reference

if TYPE_CHECKING:
    from torch import Tensor

    from skoots.kernels.nearest_point.pack import PackedPoints

_AS_IS = {torch.uint8, torch.int16, torch.int32, torch.int64}
"""Types that the twins read directly; any other is widened once."""

_WIDER = {
    torch.bool: torch.uint8,
    torch.int8: torch.int16,
    torch.uint16: torch.int32,
    torch.uint32: torch.int64,
}


def nearest_point(
    labels: Tensor,
    packed: PackedPoints,
    spacing: tuple[float, float, float],
    *,
    distance: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Find, for each labelled voxel, the closest point of its own object.

    Background, which is zero and below, and labels without points give zeros.

    Parameters
    ----------
    labels : Tensor, (X, Y, Z), any integer
        Object of each voxel.
    packed : PackedPoints
        Points of the objects; objects that are not in `labels` do not matter.
    spacing : tuple of float
        Edge lengths of a voxel along the three axes; coordinates are scaled by them
        before they are squared.
    distance : bool
        Whether to give the distance too.

    Returns
    -------
    nearest : Tensor, (3, X, Y, Z), float32
        Coordinates of the closest point, in voxels.
    distance : Tensor, (X, Y, Z), float32, or None
        Distance to it, in the unit of `spacing`.

    Raises
    ------
    ShapeError
        If `labels` is not a volume of integers.
    SettingsError
        If a spacing is not a positive number.

    Notes
    -----
    Of points at equal distance, in float32, the first in `packed` wins.

    Examples
    --------
    >>> from skoots.kernels.nearest_point.pack import pack_points
    >>> packed = pack_points({5: torch.tensor([[3.0, 0, 0], [0, 0, 1]])})
    >>> labels = torch.tensor([[[5, 0]]])
    >>> nearest, gap = nearest_point(labels, packed, (1.0, 1.0, 5.0), distance=True)
    >>> nearest[:, 0, 0, 0].tolist(), gap.tolist()
    ([3.0, 0.0, 0.0], [[[3.0, 0.0]]])
    """
    labels = _checked_labels(labels)
    _check_spacing(spacing)
    packed = packed.to(labels.device)
    twin = choose_twin(labels)
    if twin == "triton":
        from skoots.kernels.nearest_point.triton_kernel import nearest_point_triton

        return nearest_point_triton(labels, packed, spacing, distance=distance)
    if twin == "cpu":
        from skoots.kernels.nearest_point.cpu import nearest_point_cpu

        return nearest_point_cpu(labels, packed, spacing, distance=distance)
    return nearest_point_reference(labels, packed, spacing, distance=distance)


def _checked_labels(labels: Tensor) -> Tensor:
    if labels.ndim != 3:
        raise ShapeError(
            f"Labels have {labels.ndim} axes. Give a volume of three axes."
        )
    if labels.dtype not in _AS_IS and labels.dtype not in _WIDER:
        raise ShapeError(
            f"Labels are {labels.dtype}. Convert them to an integer type of at most "
            "63 bits, such as torch.int32."
        )
    return labels.to(_WIDER.get(labels.dtype, labels.dtype)).contiguous()


def _check_spacing(spacing: tuple[float, float, float]) -> None:
    if len(spacing) != 3 or not all(math.isfinite(s) and s > 0 for s in spacing):
        raise SettingsError(
            f"The spacing is {tuple(spacing)}. Give three positive numbers."
        )
