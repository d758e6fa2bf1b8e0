"""Decide what a run will do, or that it is the run that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from skoots.errors import CheckpointError, RunError, SettingsError
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
from skoots.run.tile_size import (
    check_grid,
    choose_core,
    core_of_tile,
    halo_within,
    to_grid,
)
from skoots.volume.axes import triple_to_zyx
from skoots.volume.statistics import sample_statistics
from skoots.volume.voxel_size import format_voxel_size

if TYPE_CHECKING:
    import torch

    from skoots._types import Shape3, VoxelSize
    from skoots.config import InferenceConfig
    from skoots.model.checkpoint import Checkpoint
    from skoots.model.precision import NumberFormat
    from skoots.volume.source import Source

LARGEST_ZOOM = 16.0
"""A larger change of scale is a mistake in a voxel size, not a wish."""

NOTEWORTHY = 1.25
"""Voxel sizes that differ by more than this factor are worth a word."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants of the geometry; None is a free choice."""

    tile_zyx: Shape3 | None = None
    halo_zyx: Shape3 | None = None
    resample: bool = False
    diameter: float | None = None


@dataclass(frozen=True, slots=True)
class _Identity:
    """What something is, whatever it is called now."""

    digest: str
    name: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.digest[:8]})"


def make_plan(
    image: Source,
    checkpoint: Checkpoint,
    settings: InferenceConfig,
    device: torch.device,
    wishes: Wishes,
) -> tuple[RunPlan, list[str]]:
    """Plan a run, reading no more than a sample of the image.

    Returns
    -------
    RunPlan
    list of str
        What the user should know.

    Raises
    ------
    SkootsError
        If a wish cannot be met or the model does not fit the image.
    """
    network = checkpoint.network
    if network.in_channels != 1:
        raise CheckpointError(
            f"The model {checkpoint.name} takes {network.in_channels} channels and an "
            "image has one. Use a model of one channel."
        )
    shape = _grid_shape(image, checkpoint, wishes)
    number_format = choose_number_format(device, network)
    halo, block = _geometry(checkpoint, settings, wishes, shape, device, number_format)
    plan = RunPlan(
        image=_image_record(image),
        model=ModelRecord(
            name=checkpoint.name,
            digest=checkpoint.digest,
            vector_scaling_zyx=triple_to_zyx(checkpoint.config.SKOOTS.VECTOR_SCALING),
            factor=network.factor,
        ),
        shape_zyx=shape,
        voxel_size=_grid_voxel_size(image, shape, checkpoint),
        block_zyx=block,
        tile_core_zyx=block,
        halo_zyx=halo,
        normalization=_normalization(image, checkpoint),
        number_format=number_format,
        inference=settings,
    )
    return plan, _notices(image, checkpoint, plan, wishes)


def _geometry(
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


def check_same(
    plan: RunPlan,
    image: Source,
    checkpoint: Checkpoint,
    settings: InferenceConfig,
    wishes: Wishes,
) -> list[str]:
    """Refuse to go on with a run of something else.

    Returns
    -------
    list of str
        What the user should know.

    Raises
    ------
    RunError
        That names what differs, both values and the way out.
    """
    then_image, then_model = plan.image, plan.model
    now_and_then: dict[str, tuple[object, object]] = {
        "image": (
            _Identity(image.signature(), image.name),
            _Identity(then_image.signature, then_image.name),
        ),
        "model": (
            _Identity(checkpoint.digest, checkpoint.name),
            _Identity(then_model.digest, then_model.name),
        ),
        "grid (Z, Y, X)": (_grid_shape(image, checkpoint, wishes), plan.shape_zyx),
        "voxel size (Z, Y, X)": (
            format_voxel_size(_grid_voxel_size(image, plan.shape_zyx, checkpoint)),
            format_voxel_size(plan.voxel_size),
        ),
        "halo (Z, Y, X)": (wishes.halo_zyx or plan.halo_zyx, plan.halo_zyx),
        "tile (Z, Y, X)": (_tile(plan, wishes), plan.first_tile_zyx),
        **_settings_now_and_then(plan, checkpoint, settings, wishes),
    }
    for what, (now, then) in now_and_then.items():
        if now != then:
            raise RunError(
                f"The run was started with another {what}: {then}, now {now}. Resume "
                "with what it was started with, or start anew with overwrite=True "
                "(--overwrite)."
            )
    return _same_notices(plan, settings, wishes)


def _settings_now_and_then(
    plan: RunPlan, checkpoint: Checkpoint, settings: InferenceConfig, wishes: Wishes
) -> dict[str, tuple[object, object]]:
    """Pair the settings that are fixed for a run with what it uses.

    One that the model brings is no wish, or a run that was started with another could
    be resumed only by who repeats it.
    """
    pairs: dict[str, tuple[object, object]] = {}
    for key, used in _used(plan, wishes).items():
        now = getattr(settings, key)
        sources = (plan.inference, checkpoint.config.INFERENCE)
        known = (None, used, *(getattr(source, key) for source in sources))
        pairs[f"{key} (Z, Y, X)"] = (used if now in known else now, used)
    return pairs


def _same_notices(
    plan: RunPlan, settings: InferenceConfig, wishes: Wishes
) -> list[str]:
    """Say which settings of the model are not those of the run."""
    return [
        f"The run was started with another {key} (Z, Y, X) than the model's "
        f"{getattr(settings, key)} and goes on with it: {used}."
        for key, used in _used(plan, wishes).items()
        if getattr(settings, key) not in (None, used, getattr(plan.inference, key))
    ]


def _used(plan: RunPlan, wishes: Wishes) -> dict[str, Shape3]:
    """Give what a run uses of the settings that no wish goes over."""
    used = {} if wishes.halo_zyx else {"HALO": plan.halo_zyx}
    return used if wishes.tile_zyx else {**used, "CORE": plan.block_zyx}


def _tile(plan: RunPlan, wishes: Wishes) -> Shape3:
    """Give the tile that is wished for; one that memory has halved is no wish."""
    if wishes.tile_zyx in (None, plan.tile_zyx):
        return plan.first_tile_zyx
    return wishes.tile_zyx


def _image_record(image: Source) -> ImageRecord:
    return ImageRecord(
        name=image.name,
        path=None if image.path is None else str(image.path.resolve()),
        shape_zyx=image.shape,
        dtype=str(image.dtype),
        signature=image.signature(),
    )


def _normalization(image: Source, checkpoint: Checkpoint) -> NormalizationRecord:
    how = checkpoint.normalization
    if how.kind == "fixed":
        return NormalizationRecord(mean=how.mean, std=how.std)
    if how.kind == "divide":
        # what published 0.0.5 does, whatever the values are
        full = 65536.0 if image.dtype.itemsize == 2 else 256.0
        return NormalizationRecord(mean=0.0, std=full)
    found = sample_statistics(image)
    return NormalizationRecord(mean=found.mean, std=found.std or 1.0)


def _grid_shape(image: Source, checkpoint: Checkpoint, wishes: Wishes) -> Shape3:
    """Give the extent of the grid that the network works on."""
    zooms = _zooms(image, checkpoint, wishes)
    for axis, zoom in zip("ZYX", zooms, strict=True):
        if not 1 / LARGEST_ZOOM <= zoom <= LARGEST_ZOOM:
            raise SettingsError(
                f"The image would be resampled {zoom:.3g} times along {axis}; at most "
                f"{LARGEST_ZOOM:g} times makes sense. Check the voxel size "
                f"({format_voxel_size(image.voxel_size)}) or the diameter."
            )
    z, y, x = (max(1, round(n * f)) for n, f in zip(image.shape, zooms, strict=True))
    return z, y, x


def _zooms(
    image: Source, checkpoint: Checkpoint, wishes: Wishes
) -> tuple[float, float, float]:
    """Give voxels of the grid per voxel of the image, along Z, Y, X."""
    if wishes.resample and wishes.diameter is not None:
        raise SettingsError(
            "resample (--resample) and diameter (--diameter) are two ways to set one "
            "scale. Give one of them."
        )
    here = image.voxel_size or checkpoint.voxel_size
    there = checkpoint.voxel_size
    if wishes.diameter is None:
        if not wishes.resample:
            return 1.0, 1.0, 1.0
        if here is None or there is None:
            raise SettingsError(
                f"The model {checkpoint.name} does not say at which voxel size it was "
                "trained. Use diameter (--diameter) instead of resample (--resample)."
            )
        z, y, x = (a / b for a, b in zip(here, there, strict=True))
        return z, y, x
    if checkpoint.object_diameter is None:
        raise SettingsError(
            f"The model {checkpoint.name} does not say how large its objects were. "
            "Use resample (--resample) with a voxel size instead of diameter "
            "(--diameter)."
        )
    if wishes.diameter <= 0:
        raise SettingsError(
            f"A diameter of {wishes.diameter} voxels is no size. Give the voxels "
            "across a typical object."
        )
    wide = checkpoint.object_diameter / wishes.diameter
    if here is None or there is None:
        return wide, wide, wide
    # the depth of a voxel against its width, as the model knows it
    deep = wide * (here[0] / here[1]) / (there[0] / there[1])
    return deep, wide, wide


def _grid_voxel_size(
    image: Source, shape: Shape3, checkpoint: Checkpoint
) -> VoxelSize | None:
    size = image.voxel_size or checkpoint.voxel_size
    if size is None:
        return None
    z, y, x = (s * n / m for s, n, m in zip(size, image.shape, shape, strict=True))
    return z, y, x


def _notices(
    image: Source, checkpoint: Checkpoint, plan: RunPlan, wishes: Wishes
) -> list[str]:
    notes = _scale_notices(image, checkpoint, plan)
    usual = plan.inference.HALO or checkpoint.halo_zyx
    if (
        wishes.tile_zyx
        and not wishes.halo_zyx
        and any(a < b for a, b in zip(plan.halo_zyx, usual, strict=True))
    ):
        notes.append(
            f"The tile leaves room for a halo of {plan.halo_zyx} voxels (Z, Y, X); the "
            f"model was made for {usual}. Labels near the rims of tiles get worse."
        )
    return notes


def _scale_notices(image: Source, checkpoint: Checkpoint, plan: RunPlan) -> list[str]:
    there = checkpoint.voxel_size
    if image.voxel_size is None:
        if there is None:
            return []
        said = format_voxel_size(there)
        return [
            (
                f"The image has no voxel size: that of the model is assumed, {said} "
                "(Z, Y, X). voxel_size of open_source (--voxel-size) says another."
            )
        ]
    if there is None or plan.resampled:
        return []
    off = [max(a / b, b / a) for a, b in zip(image.voxel_size, there, strict=True)]
    if max(off) <= NOTEWORTHY:
        return []
    here, trained = format_voxel_size(image.voxel_size), format_voxel_size(there)
    return [
        (
            f"The image has {here}, the model was trained at {trained} (Z, Y, X). "
            "Objects of another size in voxels are found badly: resample=True "
            "(--resample) works at the model's."
        )
    ]
