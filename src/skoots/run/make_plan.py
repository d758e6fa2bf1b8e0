"""Decide what a run will do, before a voxel is predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skoots.errors import CheckpointError
from skoots.events import Notice
from skoots.model.precision import (
    bytes_per_voxel,
    choose_number_format,
    total_memory,
)
from skoots.run.plan import (
    ImageRecord,
    ModelRecord,
    NormalizationRecord,
    RunPlan,
)
from skoots.run.scale import grid_shape, grid_voxel_size
from skoots.run.scale_notices import scale_notices
from skoots.run.tile_size import (
    check_grid,
    choose_core,
    core_of_tile,
    halo_within,
    to_grid,
)
from skoots.volume.axes import triple_to_zyx
from skoots.volume.statistics import sample_statistics

if TYPE_CHECKING:
    import torch

    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.model.checkpoint import Checkpoint
    from skoots.model.precision import NumberFormat
    from skoots.run.wishes import Wishes
    from skoots.volume.source import Source


@dataclass(frozen=True, slots=True)
class Geometry:
    """On which grid and in which pieces a run works, along Z, Y, X, in voxels."""

    shape_zyx: Shape3
    """The network's grid."""

    core_zyx: Shape3
    """What one tile keeps."""

    halo_zyx: Shape3
    """What is read around it."""

    number_format: NumberFormat


def plan_geometry(
    image: Source,
    checkpoint: Checkpoint,
    settings: InferenceConfig,
    device: torch.device,
    wishes: Wishes,
) -> Geometry:
    """Plan the grid and the tiles of a run, reading nothing of the image.

    Raises
    ------
    SkootsError
        If a wish cannot be met or the model does not fit the image.
    """
    channels = checkpoint.network.in_channels
    if channels != 1:
        raise CheckpointError(
            f"The model {checkpoint.name} takes {channels} channels and an image has "
            "one. Use a model of one channel."
        )
    shape = grid_shape(image.shape, image.voxel_size, checkpoint, wishes)
    number_format = choose_number_format(device)
    halo, core = _halo_and_core(
        checkpoint, settings, wishes, shape, device, number_format
    )
    return Geometry(shape, core, halo, number_format)


def make_plan(
    image: Source,
    checkpoint: Checkpoint,
    settings: InferenceConfig,
    device: torch.device,
    wishes: Wishes,
    normalization: NormalizationRecord | None = None,
) -> tuple[RunPlan, list[Notice]]:
    """Plan a run, reading no more than a sample of the image.

    Parameters
    ----------
    image : Source
        On its own grid.
    checkpoint : Checkpoint
        The model.
    settings : InferenceConfig
        Of the run.
    device : torch.device
        Where the network will run.
    wishes : Wishes
        What the user wants of the grid and the tiles.
    normalization : NormalizationRecord, optional
        What `normalization_of` gave for this image and model before.

    Returns
    -------
    RunPlan
    list of Notice
        What the user should know.

    Raises
    ------
    SkootsError
        If a wish cannot be met or the model does not fit the image.
    """
    geometry = plan_geometry(image, checkpoint, settings, device, wishes)
    normalization = normalization or normalization_of(image, checkpoint)
    plan = RunPlan(
        image=_image_record(image),
        model=ModelRecord(
            name=checkpoint.name,
            digest=checkpoint.digest,
            vector_scaling_zyx=triple_to_zyx(checkpoint.config.SKOOTS.VECTOR_SCALING),
            factor=checkpoint.network.factor,
        ),
        shape_zyx=geometry.shape_zyx,
        voxel_size=grid_voxel_size(image, geometry.shape_zyx),
        block_zyx=geometry.core_zyx,
        tile_core_zyx=geometry.core_zyx,
        halo_zyx=geometry.halo_zyx,
        normalization=exchanged(normalization, checkpoint)
        if settings.INVERT
        else normalization,
        number_format=geometry.number_format,
        inference=settings,
    )
    return plan, _notices(image, checkpoint, plan, wishes)


def _halo_and_core(
    checkpoint: Checkpoint,
    settings: InferenceConfig,
    wishes: Wishes,
    shape: Shape3,
    device: torch.device,
    number_format: NumberFormat,
) -> tuple[Shape3, Shape3]:
    """Give halo and core: what is wished for, else set, else chosen by memory."""
    network = checkpoint.network
    usual = to_grid(settings.HALO or checkpoint.halo_zyx, network.factor)
    if wishes.tile_zyx:
        tile = wishes.tile_zyx
        halo = wishes.halo_zyx or halo_within(tile, usual, network.factor)
        return halo, core_of_tile(tile, halo, network.factor)
    halo = wishes.halo_zyx or usual
    core = settings.CORE or choose_core(
        shape,
        halo,
        memory=total_memory(device),
        bytes_per_voxel=bytes_per_voxel(network, number_format),
        factor=network.factor,
        published=checkpoint.published,
    )
    check_grid("halo", halo, network.factor, least=0)
    check_grid("core", core, network.factor, least=network.factor)
    return halo, core


def _image_record(image: Source) -> ImageRecord:
    return ImageRecord(
        name=image.name,
        path=None if image.path is None else str(image.path.resolve()),
        shape_zyx=image.shape,
        dtype=str(image.dtype),
        signature=image.signature(),
    )


def normalization_of(image: Source, checkpoint: Checkpoint) -> NormalizationRecord:
    """Give the numbers that make a model's input of an image, from a sample of it."""
    how = checkpoint.normalization
    if how.kind == "fixed":
        return NormalizationRecord(mean=how.mean, std=how.std)
    if how.kind == "divide":
        # what published 0.0.5 does, whatever the values are
        full = 65536.0 if image.dtype.itemsize == 2 else 256.0
        return NormalizationRecord(mean=0.0, std=full)
    found = sample_statistics(image)
    return NormalizationRecord(mean=found.mean, std=found.std or 1.0)


def exchanged(how: NormalizationRecord, checkpoint: Checkpoint) -> NormalizationRecord:
    """Give the numbers that make of an image what those given make of its negative."""
    if checkpoint.normalization.kind == "divide":  # 0 to 255 becomes 255 to 0
        return NormalizationRecord(mean=how.std - 1, std=-how.std)
    return NormalizationRecord(mean=how.mean, std=-how.std)


def _notices(
    image: Source, checkpoint: Checkpoint, plan: RunPlan, wishes: Wishes
) -> list[Notice]:
    notes = scale_notices(image, checkpoint, plan, wishes)
    usual = plan.inference.HALO or checkpoint.halo_zyx
    if (
        wishes.tile_zyx
        and not wishes.halo_zyx
        and any(a < b for a, b in zip(plan.halo_zyx, usual, strict=True))
    ):
        message = (
            f"The tile leaves room for a halo of {plan.halo_zyx} voxels (Z, Y, X); the "
            f"model was made for {usual}. Labels near the rims of tiles get worse."
        )
        notes.append(Notice(message))
    return notes
