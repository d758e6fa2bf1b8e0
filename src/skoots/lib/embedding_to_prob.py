"""How near an embedding came to its target, as a probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def baked_embed_to_prob(
    embedding: Tensor,
    baked_skeletons: Tensor,
    sigma: Tensor | Sequence[float],
    eps: float = 1e-16,
) -> Tensor:
    r"""Give 1 where an embedding hits its baked skeleton, less the farther it misses.

    Differentiable in all tensors.

    Parameters
    ----------
    embedding : Tensor, (B, K, ...), floating point
        Where each voxel points, in voxels; K is the number of spatial axes.
    baked_skeletons : Tensor, (B, K, ...), floating point
        Where it should point, in voxels.
    sigma : Tensor, (K,), or sequence of K floats
        Tolerance along each axis, in voxels.
    eps : float
        Added to `sigma`, so that it may be 0.

    Returns
    -------
    Tensor, (B, 1, ...), at least float32
        Probability, from 0 to 1.

    Raises
    ------
    ShapeError
        If the shapes differ, or `sigma` has not one number for each axis.

    Notes
    -----
    .. math:: \phi = \exp\left(-\sum_k (e_k - b_k)^2 / 2 (\sigma_k + \epsilon)^2\right)

    Examples
    --------
    >>> target = torch.zeros(1, 3, 2, 2, 2)
    >>> baked_embed_to_prob(target, target, sigma=(5.0, 5.0, 5.0)).unique()
    tensor([1.])
    """
    if embedding.shape != baked_skeletons.shape or embedding.ndim < 2:
        msg = (
            f"Embeddings of shape {tuple(embedding.shape)} and baked skeletons of "
            f"shape {tuple(baked_skeletons.shape)} differ. Give both as "
            "(B, 3, X, Y, Z)."
        )
        raise ShapeError(msg)
    # Half precision holds no coordinate above 2048 and no square of a distance.
    wide = torch.promote_types(
        torch.promote_types(embedding.dtype, baked_skeletons.dtype), torch.float32
    )
    width = torch.as_tensor(sigma, dtype=wide, device=embedding.device).reshape(-1)
    if len(width) != embedding.shape[1]:
        msg = (
            f"Sigma has {len(width)} numbers, the embedding {embedding.shape[1]} axes. "
            "Give one number for each axis."
        )
        raise ShapeError(msg)
    width = (width + eps).view(1, -1, *[1] * (embedding.ndim - 2))
    miss = (embedding.to(wide) - baked_skeletons.to(wide)) / width
    return torch.exp(-0.5 * miss.square().sum(dim=1, keepdim=True))
