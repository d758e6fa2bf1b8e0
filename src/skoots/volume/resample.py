"""A volume on another grid, computed for the box that is read.

Each axis is resampled on its own by a triangle filter. Voxels are cells, so that the
volumes' faces agree and not the centres of their first voxels::

    in    |   0   |   1   |   2   |     centre of output i, in input voxels:
    out   |     0     |     1     |     (i + 1/2) * n_in / n_out - 1/2

The triangle is as wide as the larger of the two voxels: growing interpolates linearly,
shrinking averages over all that a new voxel covers. What a voxel becomes depends on
its place alone, never on the box, so tiles agree with each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import SourceError
from skoots.volume.tiling import Span, box_shape

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.volume.source import Source
    from skoots.volume.tiling import Box

_READ_VOXELS = 1 << 24
"""Voxels that are read at once for one box; a larger one is read in parts."""


@dataclass(frozen=True, slots=True)
class ResampledSource:
    """A source seen on a grid of another shape; it is read as float32."""

    source: Source
    """The volume on its own grid."""

    shape: Shape3
    """Extent of the new grid along Z, Y, X, in voxels."""

    replace_non_finite: float | None = None
    """What NaN and infinity count as. None leaves them out of the averages, and a voxel
    becomes NaN only where nothing finite is near."""

    def __post_init__(self) -> None:
        if min(self.shape) < 1:
            raise SourceError(
                f"{self.source.name} cannot be resampled to {self.shape} voxels. "
                "Use at least one voxel along each axis."
            )

    @property
    def name(self) -> str:
        """The name of the source."""
        return self.source.name

    @property
    def path(self) -> Path | None:
        """Where the source is; None in memory."""
        return self.source.path

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of what `read` gives: float32."""
        return np.dtype(np.float32)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of the source."""
        return self.source.notes

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Edge lengths of a voxel of the new grid, in micrometres."""
        size = self.source.voxel_size
        if size is None:
            return None
        z, y, x = (
            edge * (old / new)
            for edge, old, new in zip(size, self.source.shape, self.shape, strict=True)
        )
        return z, y, x

    def signature(self) -> str:
        """Give a name that changes with the source's voxels and the grid."""
        text = f"{self.source.signature()} {self.shape} {self.replace_non_finite}"
        return hashlib.sha256(text.encode()).hexdigest()

    def read(self, box: Box) -> NDArray[Any]:
        """Give the voxels of a box of the new grid.

        Parameters
        ----------
        box : tuple of Span
            A part of the new grid.

        Returns
        -------
        ndarray, (Z, Y, X), float32
        """
        taps = [
            _taps(span, old, new)
            for span, old, new in zip(box, self.source.shape, self.shape, strict=True)
        ]
        needed = taps[0].span, taps[1].span, taps[2].span
        if np.prod(box_shape(needed), dtype=np.int64) > _READ_VOXELS:
            axis = max(range(3), key=lambda k: needed[k].size if box[k].size > 1 else 0)
            if box[axis].size > 1:
                first, second = _halve(box, axis)
                return np.concatenate([self.read(first), self.read(second)], axis)
        return self._filter(self.source.read(needed), taps)

    def _filter(self, part: NDArray[Any], taps: list[_Taps]) -> NDArray[Any]:
        """Resample what was read along the three axes."""
        values = part.astype(np.float32, copy=False)
        finite = np.isfinite(values) if part.dtype.kind == "f" else None
        order = sorted(range(3), key=lambda k: self.shape[k] / self.source.shape[k])
        if finite is None or finite.all():
            return _apply(values, taps, order)
        if self.replace_non_finite is not None:
            values = np.where(finite, values, np.float32(self.replace_non_finite))
            return _apply(values, taps, order)
        weighted = _apply(np.where(finite, values, np.float32(0)), taps, order)
        weight = _apply(finite.astype(np.float32), taps, order)
        empty = weight <= 1e-6
        return np.where(empty, np.nan, weighted / np.where(empty, 1, weight)).astype(
            np.float32
        )


def nearest_indices(n_out: int, n_in: int) -> NDArray[np.int64]:
    """Give the voxel of another grid that holds the centre of each voxel of an axis.

    Parameters
    ----------
    n_out : int
        Voxels along the axis of the grid that is wanted.
    n_in : int
        Voxels along the same axis of the grid that there is.

    Returns
    -------
    ndarray, (n_out,), int64

    Examples
    --------
    >>> nearest_indices(6, 3).tolist(), nearest_indices(3, 6).tolist()
    ([0, 0, 1, 1, 2, 2], [1, 3, 5])
    """
    return (2 * np.arange(n_out, dtype=np.int64) + 1) * n_in // (2 * n_out)


@dataclass(frozen=True, slots=True)
class _Taps:
    """What the voxels of a span are made of, along one axis."""

    span: Span
    """The input voxels that are needed."""

    places: NDArray[np.int64]
    """(taps, voxels): input voxels, counted from the start of `span`."""

    weights: NDArray[np.float32]
    """(taps, voxels): they add up to 1; 0 beyond the reach of the triangle."""


def _taps(span: Span, n_in: int, n_out: int) -> _Taps:
    if n_in == n_out:
        places = np.arange(span.size, dtype=np.int64)[None]
        return _Taps(span, places, np.ones((1, span.size), np.float32))
    scale = n_in / n_out
    reach = max(scale, 1.0)
    centres = (np.arange(span.start, span.stop) + 0.5) * scale - 0.5
    first = np.ceil(centres - reach).astype(np.int64)
    places = first + np.arange(ceil(2 * reach) + 1)[:, None]  # (taps, voxels)
    weights = np.maximum(0.0, 1.0 - np.abs(places - centres) / reach)
    weights[(places < 0) | (places >= n_in)] = 0.0
    weights /= weights.sum(axis=0)
    places = places.clip(0, n_in - 1)
    used = weights > 0
    start, stop = int(places[used].min()), int(places[used].max()) + 1
    places = places.clip(start, stop - 1) - start
    return _Taps(Span(start, stop), places, weights.astype(np.float32))


def _apply(
    values: NDArray[np.float32], taps: list[_Taps], order: list[int]
) -> NDArray[np.float32]:
    """Filter along all axes, the one that shrinks most first."""
    for axis in order:
        if len(taps[axis].weights) > 1:
            values = _apply_axis(values, taps[axis], axis)
    return values


def _apply_axis(
    values: NDArray[np.float32], taps: _Taps, axis: int
) -> NDArray[np.float32]:
    shape = [1, 1, 1]
    shape[axis] = -1
    filtered = np.float32(0)
    for places, weights in zip(taps.places, taps.weights, strict=True):
        if weights.any():
            filtered = filtered + values.take(places, axis) * weights.reshape(shape)
    return np.asarray(filtered)


def _halve(box: Box, axis: int) -> tuple[Box, Box]:
    middle = (box[axis].start + box[axis].stop) // 2
    first, second = list(box), list(box)
    first[axis] = Span(box[axis].start, middle)
    second[axis] = Span(middle, box[axis].stop)
    return (first[0], first[1], first[2]), (second[0], second[1], second[2])
