"""Blur, widen and shrink maps (B, C, X, Y, Z): the documented filters.

Each filter is separable, so it runs along one axis after the other, as maxima with the
two shifted maps, in place: on a processor, pooling takes several times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812  (the name that torch's own pages use)

from skoots.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor


def gauss_filter(
    input: Tensor,  # noqa: A002  (documented name)
    kernel: Sequence[int],
    sigma: Sequence[float],
) -> Tensor:
    """Blur each channel with a Gaussian; outside the volume there are zeros.

    Parameters
    ----------
    input : Tensor, (B, C, X, Y, Z), floating point
        Maps to blur.
    kernel : sequence of 3 ints
        Odd extents of the kernel along X, Y, Z.
    sigma : sequence of 3 floats
        Standard deviations along X, Y, Z, in voxels.

    Returns
    -------
    Tensor, (B, C, X, Y, Z)
        Blurred maps, on the device and of the type of `input`.

    Raises
    ------
    ShapeError
        If `input` has not five axes, or `kernel` and `sigma` are not three odd sizes
        and three positive numbers.
    """
    _check_axes(input)
    if len(kernel) != 3 or any(size < 1 or size % 2 == 0 for size in kernel):
        msg = f"A kernel of {tuple(kernel)} has no middle. Give three odd sizes."
        raise ShapeError(msg)
    if len(sigma) != 3 or any(width <= 0 for width in sigma):
        msg = f"A sigma of {tuple(sigma)} cannot be used. Give three numbers above 0."
        raise ShapeError(msg)
    blurred, channels = input, input.shape[1]
    for axis, (size, width) in enumerate(zip(kernel, sigma, strict=True)):
        offset = torch.arange(size, dtype=torch.float64) - size // 2
        weights = torch.exp(-0.5 * (offset / width) ** 2)
        weights = (weights / weights.sum()).to(input.device, input.dtype)
        extent = [size if other == axis else 1 for other in range(3)]
        blurred = F.conv3d(
            blurred,
            weights.view(1, 1, *extent).expand(channels, 1, *extent),
            padding=[n // 2 for n in extent],
            groups=channels,
        )
    return blurred


def binary_dilation(image: Tensor) -> Tensor:
    """Give each voxel the largest value of its 3x3x3 neighbourhood.

    Parameters
    ----------
    image : Tensor, (B, C, X, Y, Z), any type
        Binary or real maps.

    Returns
    -------
    Tensor, (B, C, X, Y, Z)
        Widened maps, on the device and of the type of `image`.

    Raises
    ------
    ShapeError
        If `image` has not five axes.

    Examples
    --------
    >>> line = torch.zeros(1, 1, 1, 1, 5)
    >>> line[..., 2] = 1
    >>> binary_dilation(line).flatten().tolist()
    [0.0, 1.0, 1.0, 1.0, 0.0]
    """
    _check_axes(image)
    for axis in (2, 3, 4):
        image = _extreme_of_three(image, axis, torch.maximum)
    return image


def binary_dilation_2d(image: Tensor) -> Tensor:
    """Give each voxel the largest value of its 3x3 neighbourhood in the X-Y plane.

    Parameters
    ----------
    image : Tensor, (B, C, X, Y, Z), any type
        Binary or real maps.

    Returns
    -------
    Tensor, (B, C, X, Y, Z)
        Widened maps, on the device and of the type of `image`.

    Raises
    ------
    ShapeError
        If `image` has not five axes.
    """
    _check_axes(image)
    for axis in (2, 3):
        image = _extreme_of_three(image, axis, torch.maximum)
    return image


def binary_erosion(image: Tensor) -> Tensor:
    """Give each voxel the smallest value of its 3x3x3 neighbourhood.

    Outside the volume there is background, so what touches a face shrinks there too.

    Parameters
    ----------
    image : Tensor, (B, C, X, Y, Z), any type
        Binary maps, or real ones that are nowhere negative.

    Returns
    -------
    Tensor, (B, C, X, Y, Z)
        Shrunk maps, on the device and of the type of `image`.

    Raises
    ------
    ShapeError
        If `image` has not five axes.
    """
    _check_axes(image)
    for axis in (2, 3, 4):
        image = _smallest_of_three(image, axis)
    return image


def _smallest_of_three(image: Tensor, axis: int) -> Tensor:
    thin = _extreme_of_three(image, axis, torch.minimum)
    thin.select(axis, 0).zero_()  # outside is background
    thin.select(axis, -1).zero_()
    return thin


def _extreme_of_three(
    image: Tensor, axis: int, extreme: Callable[..., Tensor]
) -> Tensor:
    """Compare each voxel with its neighbours along an axis; a face has but one."""
    inner = image.shape[axis] - 1
    if image.requires_grad:  # what is written in place passes no gradient
        at = torch.arange(inner + 1, device=image.device)
        before = image.index_select(axis, (at - 1).clamp(min=0))
        after = image.index_select(axis, (at + 1).clamp(max=inner))
        return extreme(extreme(before, image), after)
    result = image.clone()
    near, far = result.narrow(axis, 0, inner), result.narrow(axis, 1, inner)
    extreme(near, image.narrow(axis, 1, inner), out=near)
    extreme(far, image.narrow(axis, 0, inner), out=far)
    return result


def _check_axes(image: Tensor) -> None:
    if image.ndim != 5 or image.numel() == 0:
        msg = (
            f"An image of shape {tuple(image.shape)} cannot be filtered. Give maps of "
            "shape (B, C, X, Y, Z) that hold a voxel."
        )
        raise ShapeError(msg)
