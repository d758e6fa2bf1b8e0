"""A plane of labels that is read when somebody looks at it.

Napari asks ``data[0].dtype`` before each stamp of a brush. With a real plane it would
wait for all chunks of it, every time, wherever it paints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import DTypeLike, NDArray


class LazyPlane(NDArrayOperatorsMixin):
    """What an array does, once it is asked for more than its shape or type.

    Parameters
    ----------
    shape : tuple of int
        Along Y, X, in voxels.
    dtype : numpy.dtype
        Type of a label.
    read : callable
        Gives the plane. Whoever changes labels calls `settle` before.
    """

    ndim = 2

    def __init__(
        self,
        shape: tuple[int, int],
        dtype: np.dtype[Any],
        read: Callable[[], NDArray[Any]],
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self._read = read
        self._voxels: NDArray[Any] | None = None

    def settle(self) -> NDArray[Any]:
        """Read the plane, if that was not done yet."""
        if self._voxels is None:
            self._voxels = self._read()
        return self._voxels

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's own signature
    ) -> NDArray[Any]:
        return np.array(self.settle(), dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kw: Any) -> Any:
        if "out" in kw:
            kw["out"] = tuple(map(_plain, kw["out"]))
            getattr(ufunc, method)(*map(_plain, inputs), **kw)
            return self
        return getattr(ufunc, method)(*map(_plain, inputs), **kw)

    def __getitem__(self, key: Any) -> Any:
        return self.settle()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.settle()[key] = value

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.settle())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # numpy looks for ways into memory
            raise AttributeError(name)
        return getattr(self.settle(), name)

    def __repr__(self) -> str:
        return repr(self.settle())


def _plain(value: Any) -> Any:
    return value.settle() if isinstance(value, LazyPlane) else value
