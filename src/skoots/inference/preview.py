"""Labels around one point within seconds, to see whether a model fits an image.

The network is asked as a run would ask it: on the same grid, with the same halo, the
image normalised as a whole; so what is seen is what a run will give. Nothing is
written. Its answers in the halo help to label and are then cut off: a skeleton that
lies just outside still collects the voxels that point at it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np

from skoots.errors import SettingsError
from skoots.events import Notice
from skoots.inference.box_labels import label_box
from skoots.inference.given_settings import inference_settings
from skoots.inference.preview_answer import ask_box
from skoots.inference.preview_box import box_around, choose_extent, places_on_image
from skoots.model.checkpoint import Checkpoint, Normalization
from skoots.model.precision import bytes_per_voxel, choose_device, total_memory
from skoots.model.zoo import load_model
from skoots.run.make_plan import make_plan, normalization_of
from skoots.run.tile_size import fit_core, to_grid
from skoots.run.wishes import Wishes
from skoots.volume.resample import ResampledSource
from skoots.volume.source import open_source
from skoots.volume.tiling import box_shape

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from os import PathLike

    import torch
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig, Settings
    from skoots.events import Event
    from skoots.inference.preview_answer import BoxAnswer
    from skoots.run.plan import NormalizationRecord, RunPlan
    from skoots.run.region import Region
    from skoots.volume.source import Source
    from skoots.volume.tiling import Box

SECONDS = 3.0
"""What a preview shall take where the pace of the network is known."""

USUAL_VOXELS = 2e6
"""What is read where it is not: a second on two cores in bfloat16."""

_KNOWN: dict[tuple[str, Normalization], NormalizationRecord] = {}
"""What images were found to be like, by their signature: a large one takes seconds."""

_MOST_KNOWN = 32


@dataclass(frozen=True, slots=True)
class Preview:
    """What a model finds around a point."""

    labels: NDArray[np.uint32]
    """(Z, Y, X), on the image's grid: 0 is background, objects count from 1."""

    probability: NDArray[np.uint8]
    """(Z, Y, X), how surely a voxel belongs to an object: 255 is certain."""

    box_zyx: Region
    """Start and stop along Z, Y, X, in voxels of the image."""

    objects: int
    seconds: float
    """That it took in all."""

    pace: float | None
    """Seconds that the network took for each voxel that it read, to be handed to the
    next preview; None where the image has a single value."""


def preview(  # noqa: PLR0913 - the same words as those of `segment`
    source: str | PathLike[str] | Source | NDArray[Any],
    checkpoint: str | PathLike[str] | Checkpoint,
    point_zyx: Sequence[float],
    config: Settings | Mapping[str, Any] | None = None,
    *,
    size_zyx: Shape3 | None = None,
    device: str = "auto",
    resample: bool | None = None,
    diameter: float | None = None,
    pace: float | None = None,
) -> Generator[Event, None, Preview]:
    """Segment a box around a point, in memory.

    Parameters
    ----------
    source : path, Source or ndarray
        The image, as for `skoots.segment`.
    checkpoint : str, path or Checkpoint
        Name of a shipped model, a model file, or a model that is loaded.
    point_zyx : sequence of float
        In voxels of the image; a point outside counts as the nearest inside.
    config : Settings or mapping, optional
        Instead of the model's, as for `skoots.segment`.
    size_zyx : tuple of int, optional
        How much shall be labelled, in voxels of the image; rounded up to the network's
        grid. By default as much as takes some seconds.
    device : str
        ``auto``, ``cpu``, ``cuda:N`` or ``mps``.
    resample : bool, optional
        Work at the voxel size that the model was trained at; by default as in
        `skoots.segment`.
    diameter : float, optional
        Of a typical object of the image, in voxels, instead of `resample`.
    pace : float, optional
        Seconds that the network takes for each voxel that it reads.

    Yields
    ------
    StageStarted, BlockDone, Notice
        Of the stage ``preview``; boxes in voxels of the network's grid.

    Returns
    -------
    Preview

    Raises
    ------
    SkootsError
        If the model does not fit the image, or a wish cannot be met.
    """
    started = time.monotonic()
    image = open_source(source)
    model = checkpoint if isinstance(checkpoint, Checkpoint) else load_model(checkpoint)
    point = _checked(point_zyx)
    settings = inference_settings(model.config, config)
    where = choose_device(device)
    wishes = Wishes(resample=resample, diameter=diameter)
    plan, notes = make_plan(
        image, model, settings, where, wishes, _normalization(image, model)
    )
    for notice in (*map(Notice, image.notes), *notes):  # noqa: UP028 (a caller sends)
        yield notice
    core = _place(plan, model, point, size_zyx, pace)
    plan = _with_tiles(plan, model, where, box_shape(core))
    said = yield from ask_box(_on_grid(image, plan), model.network, where, plan, core)
    labels, probability, box = _on_image(said, core, plan, settings)
    labels, table = fastremap.renumber(labels, preserve_zero=True)
    z, y, x = ((span.start, span.stop) for span in box)
    return Preview(
        labels=np.asarray(labels, np.uint32),
        probability=probability,
        box_zyx=(z, y, x),
        objects=len(set(table) - {0}),
        seconds=time.monotonic() - started,
        pace=said.seconds / said.voxels_read if said.voxels_read else None,
    )


def _checked(point: Sequence[float]) -> Sequence[float]:
    if len(point) != 3 or not all(map(math.isfinite, point)):
        raise SettingsError(
            f"point_zyx is {tuple(point)}. Give a place along Z, Y and X, in voxels."
        )
    return point


def _normalization(image: Source, model: Checkpoint) -> NormalizationRecord:
    """Give the numbers of the whole image; read once for each image and model."""
    key = image.signature(), model.normalization
    found = _KNOWN.get(key)
    if found is None:
        found = normalization_of(image, model)
        while len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.pop(next(iter(_KNOWN)), None)  # the oldest
        _KNOWN[key] = found
    return found


def _place(
    plan: RunPlan,
    model: Checkpoint,
    point: Sequence[float],
    size: Shape3 | None,
    pace: float | None,
) -> Box:
    """Give the box to label, on the network's grid."""
    grid, factor = plan.shape_zyx, plan.model.factor
    zooms = [n / m for n, m in zip(grid, plan.image.shape_zyx, strict=True)]
    if size is None:
        extent = choose_extent(
            SECONDS / pace if pace else USUAL_VOXELS,
            grid,
            plan.halo_zyx,
            factor=factor,
            published=model.published,
        )
    else:
        z, y, x = (
            max(1, math.ceil(min(s * zoom, n)))
            for s, zoom, n in zip(size, zooms, grid, strict=True)
        )
        extent = (z, y, x)
    there = [p * zoom for p, zoom in zip(point, zooms, strict=True)]
    return box_around(there, extent, grid, factor)


def _with_tiles(
    plan: RunPlan, model: Checkpoint, device: torch.device, extent: Shape3
) -> RunPlan:
    """Make the box one tile, or several that fit into memory."""
    factor = plan.model.factor
    core = fit_core(
        to_grid(extent, factor),
        plan.shape_zyx,
        plan.halo_zyx,
        memory=total_memory(device),
        bytes_per_voxel=bytes_per_voxel(model.network, plan.number_format),
        factor=factor,
    )
    return plan.model_copy(update={"tile_core_zyx": core})


def _on_grid(image: Source, plan: RunPlan) -> Source:
    if not plan.resampled:
        return image
    mean = plan.normalization.mean
    return ResampledSource(image, plan.shape_zyx, replace_non_finite=mean)


def _on_image(
    said: BoxAnswer, core: Box, plan: RunPlan, settings: InferenceConfig
) -> tuple[NDArray[np.uint32], NDArray[np.uint8], Box]:
    """Give labels and probability of the box in voxels of the image."""
    labels = label_box(said.answer, said.region, plan, settings)
    places, box = places_on_image(core, plan.shape_zyx, plan.image.shape_zyx)
    inside = np.ix_(
        *(p - span.start for p, span in zip(places, said.region, strict=True))
    )
    return labels[inside], said.answer.probability[inside], box
