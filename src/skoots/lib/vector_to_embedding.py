"""Where each voxel points: its place plus its vector, once or hop by hop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def vector_to_embedding(
    scale: Tensor | Sequence[float],
    vector: Tensor,
    N: int = 1,  # noqa: N803  (documented name)
    decay: float = 1.0,
) -> Tensor:
    r"""Turn vectors into the places that they point at; differentiable in `vector`.

    After the first hop the vector at the voxel next to the place is added, `N` - 1
    times. A place outside the volume reads the nearest voxel of the border.

    Parameters
    ----------
    scale : Tensor, (3,), or sequence of 3 floats
        Length of a vector of 1 along X, Y, Z, in voxels.
    vector : Tensor, (B, 3, X, Y, Z) or (B, 2, X, Y), floating point
        Vectors, in units of `scale`.
    N : int
        Hops, at least 1; exactly 1 in two dimensions.
    decay : float
        Hop ``i`` (from 0) counts ``decay ** i``.

    Returns
    -------
    Tensor, of the shape of `vector`, at least float32
        Coordinates along X, Y, Z, in voxels.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or `N` does not suit them.

    Notes
    -----
    .. math:: e_0 = p + s v(p), \quad e_i = e_{i-1} + \gamma^i s v([e_{i-1}])

    where :math:`[e]` is the nearest voxel, for halves the even one.

    Examples
    --------
    >>> vector = torch.zeros(1, 3, 1, 1, 4)
    >>> vector[0, 2] = 0.5
    >>> vector_to_embedding((2.0, 2.0, 2.0), vector)[0, 2].flatten().tolist()
    [1.0, 2.0, 3.0, 4.0]
    >>> vector_to_embedding((2.0, 2.0, 2.0), vector, N=2)[0, 2].flatten().tolist()
    [2.0, 3.0, 4.0, 5.0]
    """
    if vector.ndim not in (4, 5) or N < 1 or (vector.ndim == 4 and N != 1):
        msg = (
            f"{N} hops over vectors of shape {tuple(vector.shape)} are not possible. "
            "Give (B, 3, X, Y, Z) and N >= 1, or (B, 2, X, Y) and N = 1."
        )
        raise ShapeError(msg)
    embedding = vec2embedND(scale, vector)
    if N == 1:
        return embedding
    steps = _scaled(scale, vector).flatten(2)  # (B, 3, M)
    for hop in range(1, N):
        nearest = _flat_index(embedding, vector.shape[2:])
        step = steps.gather(2, nearest.expand_as(steps))
        embedding = embedding + step.view_as(embedding) * decay**hop
    return embedding


def vec2embedND(  # noqa: N802  (documented name)
    scale: Tensor | Sequence[float], vector: Tensor
) -> Tensor:
    """Turn vectors into places by one hop, in any number of dimensions.

    Parameters
    ----------
    scale : Tensor, (K,), or sequence of K floats
        Length of a vector of 1 along each spatial axis, in voxels.
    vector : Tensor, (B, K, ...), floating point
        Vectors in units of `scale`; K spatial axes follow.

    Returns
    -------
    Tensor, of the shape of `vector`, at least float32
        Coordinates in voxels.

    Raises
    ------
    ShapeError
        If components, spatial axes and numbers in `scale` are not equally many.
    """
    embedding = _scaled(scale, vector)
    axes = vector.ndim - 2
    places = [
        torch.arange(size, dtype=embedding.dtype, device=vector.device).view(
            -1, *[1] * (axes - axis - 1)
        )
        for axis, size in enumerate(vector.shape[2:])
    ]
    return torch.stack(
        [embedding[:, axis] + place for axis, place in enumerate(places)], dim=1
    )


def _scaled(scale: Tensor | Sequence[float], vector: Tensor) -> Tensor:
    """Vectors in voxels. Half precision holds no coordinate above 2048."""
    wide = torch.promote_types(vector.dtype, torch.float32)
    length = torch.as_tensor(scale, dtype=wide, device=vector.device).reshape(-1)
    axes = vector.ndim - 2
    if axes < 1 or vector.shape[1] != axes or len(length) != axes:
        msg = (
            f"Vectors of shape {tuple(vector.shape)} and a scale of {len(length)} "
            "numbers do not fit. Give (B, 3, X, Y, Z) and three numbers."
        )
        raise ShapeError(msg)
    return vector.to(wide) * length.view(1, -1, *[1] * axes)


def _flat_index(embedding: Tensor, shape: Sequence[int]) -> Tensor:
    """Index of the voxel next to each place, in the raveled volume. (B, 1, M)."""
    with torch.no_grad():
        flat = torch.zeros_like(embedding[:, 0], dtype=torch.int64)
        for axis, size in enumerate(shape):
            place = embedding[:, axis].round().nan_to_num(0).clamp(0, size - 1)
            flat = flat * size + place.long()
    return flat.flatten(1).unsqueeze(1)
