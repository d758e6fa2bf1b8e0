"""A volume on disk that napari can index: it reads what is drawn and no more."""

from __future__ import annotations

from operator import index as as_int
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from skoots._types import Shape3
    from skoots.volume.source import Source


class SourceArray:
    """The face of an array on a source, read-only, along Z, Y, X.

    Parameters
    ----------
    source : Source
        Any volume that the engine can open.

    Examples
    --------
    >>> from skoots.volume.source import open_source
    >>> array = SourceArray(open_source(np.arange(24).reshape(2, 3, 4)))
    >>> array[1, :, ::2]
    array([[12, 14],
           [16, 18],
           [20, 22]])
    """

    ndim = 3

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def source(self) -> Source:
        """The volume itself."""
        return self._source

    @property
    def shape(self) -> Shape3:
        """Extent, in voxels."""
        return self._source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self._source.dtype

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[Any]:
        picks = _complete(key)
        spans, within = [], []
        for pick, extent in zip(picks, self.shape, strict=True):
            span, rest = _split(pick, extent)
            spans.append(span)
            within.append(rest)
        voxels = self._source.read((spans[0], spans[1], spans[2]))
        result: NDArray[Any] = voxels[tuple(within)]
        return result

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's own signature
    ) -> NDArray[Any]:
        if copy is False:
            raise ValueError("A volume on disk cannot be read without a copy.")
        return np.asarray(self[:], dtype)


def _complete(key: Any) -> list[Any]:
    """Give one pick for each axis: fill an ellipsis, then the end."""
    picks = list(key) if isinstance(key, tuple) else [key]
    places = [i for i, pick in enumerate(picks) if pick is Ellipsis]
    if not places:
        picks.append(Ellipsis)
    place = places[0] if places else len(picks) - 1
    missing = SourceArray.ndim - (len(picks) - 1)
    if missing < 0 or len(places) > 1:
        raise IndexError(f"{key!r} does not index a volume. Give up to three picks.")
    return picks[:place] + [slice(None)] * missing + picks[place + 1 :]


def _split(pick: Any, extent: int) -> tuple[Span, int | slice]:
    """Split a pick along one axis into what is read and what of it is kept."""
    if isinstance(pick, slice):
        wanted = range(extent)[pick]
        if not wanted:
            return Span(0, 0), slice(None)
        low, high = min(wanted[0], wanted[-1]), max(wanted[0], wanted[-1])
        return Span(low, high + 1), slice(None, None, wanted.step)
    place = range(extent)[as_int(pick)]
    return Span(place, place + 1), 0
