"""Turn axes between files and the network; nothing else in the engine does.

Files, stores and viewers speak Z, Y, X. The network, the documented functions and old
checkpoints speak X, Y, Z, where X is the *row* axis of a TIFF page, Y its column and Z
the page::

    file      [page, row, column]   Z, Y, X
    network   [row, column, page]   X, Y, Z

So the turn moves the first of three axes behind the others, and back; it is a cyclic
one and keeps the handedness. The letters X and Y name other axes on the two sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    ArrayT = TypeVar("ArrayT", Tensor, NDArray[Any])

T = TypeVar("T")


def zyx_to_xyz(array: ArrayT) -> ArrayT:
    """Turn the last three axes from Z, Y, X to X, Y, Z, as a view.

    Parameters
    ----------
    array : ndarray or Tensor, (..., Z, Y, X)
        A volume in the order of files.

    Returns
    -------
    ndarray or Tensor, (..., X, Y, Z)

    Examples
    --------
    >>> zyx_to_xyz(np.zeros((2, 5, 7))).shape
    (5, 7, 2)
    """
    return _move(array, -3, -1)


def xyz_to_zyx(array: ArrayT) -> ArrayT:
    """Turn the last three axes from X, Y, Z to Z, Y, X, as a view.

    Parameters
    ----------
    array : ndarray or Tensor, (..., X, Y, Z)
        A volume in the order of the network.

    Returns
    -------
    ndarray or Tensor, (..., Z, Y, X)

    Examples
    --------
    >>> xyz_to_zyx(np.zeros((5, 7, 2))).shape
    (2, 5, 7)
    """
    return _move(array, -1, -3)


def vectors_to_zyx(vectors: ArrayT) -> ArrayT:
    """Turn a vector field's axes and its components to Z, Y, X.

    Parameters
    ----------
    vectors : ndarray or Tensor, (3, X, Y, Z)
        Components along X, Y, Z.

    Returns
    -------
    ndarray or Tensor, (3, Z, Y, X)
        Components along Z, Y, X.

    Examples
    --------
    >>> vectors_to_zyx(np.arange(3).reshape(3, 1, 1, 1)).ravel().tolist()
    [2, 0, 1]
    """
    return xyz_to_zyx(vectors[[2, 0, 1]])


def vectors_to_xyz(vectors: ArrayT) -> ArrayT:
    """Turn a vector field's axes and its components to X, Y, Z.

    Parameters
    ----------
    vectors : ndarray or Tensor, (3, Z, Y, X)
        Components along Z, Y, X.

    Returns
    -------
    ndarray or Tensor, (3, X, Y, Z)
        Components along X, Y, Z.
    """
    return zyx_to_xyz(vectors[[1, 2, 0]])


def points_to_zyx(points: ArrayT) -> ArrayT:
    """Turn points, (N, 3), from X, Y, Z to Z, Y, X.

    Examples
    --------
    >>> points_to_zyx(np.array([(5, 7, 2)])).tolist()
    [[2, 5, 7]]
    """
    return points[:, [2, 0, 1]]


def points_to_xyz(points: ArrayT) -> ArrayT:
    """Turn points, (N, 3), from Z, Y, X to X, Y, Z.

    Examples
    --------
    >>> points_to_xyz(np.array([(2, 5, 7)])).tolist()
    [[5, 7, 2]]
    """
    return points[:, [1, 2, 0]]


def triple_to_xyz(triple: tuple[T, T, T]) -> tuple[T, T, T]:
    """Turn three numbers (a shape, a voxel size) from Z, Y, X to X, Y, Z.

    Examples
    --------
    >>> triple_to_xyz((2, 5, 7))
    (5, 7, 2)
    """
    z, y, x = triple
    return y, x, z


def triple_to_zyx(triple: tuple[T, T, T]) -> tuple[T, T, T]:
    """Turn three numbers (a shape, a voxel size) from X, Y, Z to Z, Y, X.

    Examples
    --------
    >>> triple_to_zyx((5, 7, 2))
    (2, 5, 7)
    """
    x, y, z = triple
    return z, x, y


def order_zyx(array: NDArray[Any], letters: str) -> NDArray[Any]:
    """Bring the axes of a file into the order Z, Y, X; a missing one has length 1.

    Parameters
    ----------
    array : ndarray
        As many axes as there are letters.
    letters : str
        Z, Y and X, or some of them, in any order.

    Returns
    -------
    ndarray, (Z, Y, X)

    Examples
    --------
    >>> order_zyx(np.zeros((5, 7)), "XY").shape
    (1, 7, 5)
    """
    array = array.transpose([letters.index(a) for a in "ZYX" if a in letters])
    return np.expand_dims(array, [k for k, a in enumerate("ZYX") if a not in letters])


def _move(array: ArrayT, source: int, target: int) -> ArrayT:
    if isinstance(array, np.ndarray):
        return np.moveaxis(array, source, target)
    return array.moveaxis(source, target)
