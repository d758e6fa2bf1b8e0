"""The door: check once, then run the definition or a fast twin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch

from skoots.errors import SettingsError, ShapeError
from skoots.kernels.dispatch import choose_twin
from skoots.kernels.follow_vectors.reference import follow_vectors_reference
from skoots.kernels.follow_vectors.walk import Core, Walk
from skoots.kernels.units import INT8_UNIT

if TYPE_CHECKING:
    from torch import Tensor

    from skoots._types import Shape3


def follow_vectors(  # noqa: PLR0913  the contract: what a tile knows of its volume
    vectors: Tensor,
    labels: Tensor,
    foreground: Tensor,
    scale: tuple[float, float, float],
    *,
    hops: int,
    first_hit: bool,
    core: tuple[tuple[int, int], ...] | None = None,
    origin: Shape3 = (0, 0, 0),
    volume_shape: Shape3 | None = None,
) -> Tensor:
    """Give each foreground voxel the id of the skeleton that its vector points at.

    A walk starts at its voxel. Each hop adds the vector of the voxel where it stands to
    its displacement and goes to the voxel that is closest to start plus displacement,
    held at the faces of the volume. It ends after `hops`, or where the vector is
    exactly zero, or, with `first_hit`, on the first labelled voxel, which may be the
    start. The id of the last voxel is the answer.

    Any order of the axes will do, if all arguments have the same.

    Parameters
    ----------
    vectors : Tensor, (3, A, B, C), int8 or float32
        Components in the order of the axes. int8 counts in 1/127.
    labels : Tensor, (A, B, C), int32 or uint32
        Ids of the skeletons, 0 elsewhere; an int32 holds the bits of a uint32.
    foreground : Tensor, (A, B, C), bool or uint8
        Voxels that ask for an id.
    scale : tuple of float
        Voxels per unit of a component.
    hops : int
        Steps at most.
    first_hit : bool
        Whether the first labelled voxel ends the walk.
    core : tuple of (int, int), optional
        Start and stop, along each axis of the region, of what is answered.
    origin : tuple of int
        Place of the region's first voxel in the volume.
    volume_shape : tuple of int, optional
        Extent of the volume; the region's by default.

    Returns
    -------
    ids : Tensor, (A', B', C'), int32
        Of the core's shape. 0 for background and where the displacement is not finite;
        `ESCAPED` where a walk leaves the region for another part of the volume.

    Raises
    ------
    ShapeError
        If shapes or types do not fit together.
    SettingsError
        If a scale is not finite, or `hops` is negative.

    Notes
    -----
    The displacement is kept in float32 apart from the start, and rounded half to even,
    so that an answer does not depend on where in a region its voxel lies.

    Examples
    --------
    >>> vectors = torch.zeros((3, 1, 1, 4), dtype=torch.int8)
    >>> vectors[2, 0, 0, 1] = 127
    >>> labels = torch.tensor([[[0, 0, 0, 9]]], dtype=torch.int32)
    >>> foreground = torch.ones((1, 1, 4), dtype=torch.bool)
    >>> ids = follow_vectors(
    ...     vectors, labels, foreground, (1.0, 1.0, 2.0), hops=1, first_hit=False
    ... )
    >>> ids.tolist()
    [[[0, 9, 0, 9]]]
    """
    _check_tensors(vectors, labels, foreground)
    _check_rules(scale, hops)
    region = cast("Shape3", tuple(labels.shape))
    core = core or tuple((0, size) for size in region)
    _check_core(core, region)
    volume_shape = region if volume_shape is None else volume_shape
    _check_place(origin, region, volume_shape)
    unit = INT8_UNIT if vectors.dtype == torch.int8 else 1
    return _run(
        Walk(
            vectors.detach().contiguous(),
            labels.view(torch.int32).contiguous(),
            foreground.view(torch.uint8).contiguous(),
            cast("tuple[float, float, float]", tuple(s / unit for s in scale)),
            hops,
            first_hit,
            cast("Core", core),
            origin,
            volume_shape,
        )
    )


def _run(walk: Walk) -> Tensor:
    twin = choose_twin(walk.vectors, walk.labels, walk.foreground)
    if twin == "triton":
        from skoots.kernels.follow_vectors.triton_kernel import follow_vectors_triton

        return follow_vectors_triton(walk)
    if twin == "cpu":
        from skoots.kernels.follow_vectors.cpu import follow_vectors_cpu

        return follow_vectors_cpu(walk)
    return follow_vectors_reference(walk)


def _check_tensors(vectors: Tensor, labels: Tensor, foreground: Tensor) -> None:
    if labels.ndim != 3 or vectors.shape != (3, *labels.shape):
        raise ShapeError(
            f"Vectors of shape {tuple(vectors.shape)} do not fit labels of shape "
            f"{tuple(labels.shape)}. Give (3, A, B, C) and (A, B, C)."
        )
    if foreground.shape != labels.shape:
        raise ShapeError(
            f"A foreground of shape {tuple(foreground.shape)} does not fit labels of "
            f"shape {tuple(labels.shape)}. Give both for the same region."
        )
    for name, tensor, allowed in (
        ("Vectors", vectors, (torch.int8, torch.float32)),
        ("Labels", labels, (torch.int32, torch.uint32)),
        ("The foreground", foreground, (torch.bool, torch.uint8)),
    ):
        if tensor.dtype not in allowed:
            raise ShapeError(
                f"{name} cannot be {tensor.dtype}. "
                f"Convert to {allowed[0]} or {allowed[1]}."
            )


def _check_rules(scale: tuple[float, float, float], hops: int) -> None:
    if len(scale) != 3 or not all(math.isfinite(s) for s in scale):
        raise SettingsError(f"The scale is {tuple(scale)}. Give three finite numbers.")
    if hops < 0:
        raise SettingsError(f"{hops} hops cannot be walked. Give zero or more.")


def _check_core(core: tuple[tuple[int, int], ...], region: Shape3) -> None:
    fits = len(core) == 3 and all(
        0 <= start <= stop <= size
        for (start, stop), size in zip(core, region, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"The core {core} does not lie in a region of shape {region}. "
            "Give start and stop for each axis, counted from the region's first voxel."
        )


def _check_place(origin: Shape3, region: Shape3, volume: Shape3) -> None:
    placed = zip(origin, region, volume, strict=True)
    if not all(o >= 0 and o + size <= full for o, size, full in placed):
        raise ShapeError(
            f"A region of shape {region} at {tuple(origin)} does not lie in a volume "
            f"of shape {tuple(volume)}. Give the place of its first voxel."
        )
