"""Overlapping crops of a volume, one after the other.

Along an axis a crop starts every ``crop - 2 * overlap`` voxels, and the last one is
moved back so that it ends with the volume. An axis that one crop covers has one.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from skoots.errors import TilingError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import torch
    from torch import Tensor


def crops(
    image: Tensor,
    crop_size: Sequence[int],
    overlap: Sequence[int] = (0, 0, 0),
    device: str | torch.device = "cpu",
) -> Generator[tuple[Tensor, list[int]], None, None]:
    """Give each crop of an image once, with its first voxel; Z runs fastest.

    The arguments are checked by the call, before the first crop is asked for.

    Parameters
    ----------
    image : Tensor, (C, X, Y, Z)
        What to cut up.
    crop_size : sequence of 3 ints
        Extent of a crop along X, Y, Z; cut to the image where that is smaller.
    overlap : sequence of 3 ints
        By how much a crop reaches into its neighbours, on either side.
    device : str or torch.device
        Where the crops go. On the image's own device they are views of it.

    Returns
    -------
    generator of (Tensor, list of int)
        The crop, (1, C, x, y, z), and its first voxel, [x, y, z].

    Raises
    ------
    TilingError
        If the image has no four axes, a size is below 1, or the overlap leaves a crop
        nothing of its own.

    Examples
    --------
    >>> import torch
    >>> [origin for _, origin in crops(torch.zeros(1, 1, 1, 10), (1, 1, 6), (0, 0, 1))]
    [[0, 0, 0], [0, 0, 4]]
    """
    if image.ndim != 4:
        msg = f"An image of shape {tuple(image.shape)} has no crops. Give (C, X, Y, Z)."
        raise TilingError(msg)
    starts = _starts(image.shape, crop_size, overlap)
    size = [min(int(c), n) for c, n in zip(crop_size, image.shape[1:], strict=True)]
    return _cut(image, starts, size, device)


def get_total_num_crops(
    image_shape: Sequence[int],
    crop_size: Sequence[int],
    overlap: Sequence[int] = (0, 0, 0),
) -> int:
    """Say how many crops `crops` will give.

    Parameters
    ----------
    image_shape : sequence of ints
        (C, X, Y, Z) or (X, Y, Z).
    crop_size, overlap : sequence of 3 ints
        As for `crops`.

    Returns
    -------
    int
        The number of crops.

    Raises
    ------
    TilingError
        As for `crops`.

    Examples
    --------
    >>> get_total_num_crops((1, 300, 300, 20), (300, 300, 20), (50, 50, 5))
    1
    """
    return prod(len(starts) for starts in _starts(image_shape, crop_size, overlap))


def _cut(
    image: Tensor,
    starts: list[list[int]],
    size: Sequence[int],
    device: str | torch.device,
) -> Generator[tuple[Tensor, list[int]], None, None]:
    for origin in product(*starts):
        x, y, z = (slice(o, o + n) for o, n in zip(origin, size, strict=True))
        yield image[:, x, y, z].unsqueeze(0).to(device), list(origin)


def _starts(
    shape: Sequence[int], crop_size: Sequence[int], overlap: Sequence[int]
) -> list[list[int]]:
    """First voxels of the crops, per axis."""
    if len(shape) not in (3, 4) or len(crop_size) != 3 or len(overlap) != 3:
        msg = (
            f"A shape of {tuple(shape)}, crops of {tuple(crop_size)} and an overlap of "
            f"{tuple(overlap)} do not fit. Give three numbers each, X, Y, Z."
        )
        raise TilingError(msg)
    rows = zip("XYZ", shape[-3:], crop_size, overlap, strict=True)
    return [_starts_on_axis(name, *map(int, row)) for name, *row in rows]


def _starts_on_axis(name: str, length: int, crop: int, overlap: int) -> list[int]:
    step = crop - 2 * overlap
    if length < 1 or crop < 1 or overlap < 0 or step < 1:
        msg = (
            f"Crops of {crop} voxels with an overlap of {overlap} cannot cover the "
            f"{length} voxels along {name}. Give an overlap below half the crop."
        )
        raise TilingError(msg)
    last = max(0, length - crop)
    return [*range(0, last, step), last]
