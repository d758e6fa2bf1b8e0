"""Time points of a file as one array, each opened when it is first drawn."""

from __future__ import annotations

from functools import lru_cache
from operator import index as as_int
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_skoots.source_array import SourceArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

    from skoots.volume.source import Source

_OPEN = 8
"""Time points that stay open at once."""


class SourceStack:
    """The face of an array on the time points of a source, read-only, along T, Z, Y, X.

    Parameters
    ----------
    open_time : callable
        Opens one time point, from 0; all are alike in extent and type.
    times : int
        How many there are.
    """

    ndim = 4

    def __init__(self, open_time: Callable[[int], Source], times: int) -> None:
        self.source_at = lru_cache(_OPEN)(open_time)
        first = self.source_at(0)
        self.shape = (times, *first.shape)
        self.dtype = first.dtype

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[Any]:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if first is Ellipsis:
            missing = self.ndim - len(rest)
            first, *rest = [slice(None)] * missing + rest
        if not isinstance(first, slice):
            time = range(len(self))[as_int(first)]
            return SourceArray(self.source_at(time))[tuple(rest)]
        times = range(len(self))[first]
        parts = [SourceArray(self.source_at(t))[tuple(rest)] for t in times]
        return np.stack(parts) if parts else np.zeros((0, *self.shape[1:]), self.dtype)

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's own signature
    ) -> NDArray[Any]:
        if copy is False:
            raise ValueError("A volume on disk cannot be read without a copy.")
        return np.asarray(self[:], dtype)
