"""From a volume to instance labels: the main job, as a generator of events.

::

    source -- predict --> probability, skeleton, vectors       the network, tile by tile
                               |
                             label --> components, table       skeletons that touch
                               |
                             assign --> instances              vectors followed
                               |
                             finish --> labels, pyramid        small objects dropped

Each pass works block by block and marks a block when it is on disk. A process that was
killed, cancelled or paused goes on with the first block that has no mark.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skoots.errors import SettingsError
from skoots.events import Notice, RunFinished, RunStarted
from skoots.inference.assign import assign
from skoots.inference.finish import finish
from skoots.inference.give_back import give_back_memory
from skoots.inference.given_settings import inference_settings
from skoots.inference.label import label
from skoots.inference.out_of_memory import memory_errors
from skoots.inference.predict import KEY as PREDICT_KEY
from skoots.inference.predict import predict
from skoots.inference.provenance import changes, provenance
from skoots.inference.pyramid import refresh
from skoots.model.checkpoint import Checkpoint
from skoots.model.precision import choose_device
from skoots.model.zoo import load_model
from skoots.run.opening import Request, opened
from skoots.run.region import check_region
from skoots.run.spent import timed
from skoots.run.wishes import Wishes
from skoots.volume.resample import ResampledSource
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from os import PathLike

    import torch
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig, Settings
    from skoots.events import Event
    from skoots.inference.predict import Tally
    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT
    from skoots.run.folder import RunFolder
    from skoots.run.plan import RunPlan
    from skoots.run.region import Region
    from skoots.volume.source import Source
    from skoots.volume.tiling import Block


def segment(  # noqa: PLR0913 - the one door of the engine; all but four have defaults
    source: str | PathLike[str] | Source | NDArray[Any],
    model: str | PathLike[str] | Checkpoint,
    out: str | PathLike[str],
    config: Settings | Mapping[str, Any] | None = None,
    *,
    region: Region | None = None,
    resume: bool = False,
    overwrite: bool = False,
    device: str = "auto",
    tile_zyx: Shape3 | None = None,
    halo_zyx: Shape3 | None = None,
    resample: bool | None = None,
    diameter: float | None = None,
    preview: bool = False,
) -> Generator[Event, Any, RunFinished]:
    """Segment a volume into a run folder.

    Parameters
    ----------
    source : path, Source or ndarray
        The image; an array is (Z, Y, X). `skoots.volume.source.open_source` opens files
        of several channels or times.
    model : str, path or Checkpoint
        Name of a shipped model, a model file, or a model that is loaded.
    out : path
        The run folder, ``NAME.skoots.zarr``.
    config : Settings or mapping, optional
        Whose section ``INFERENCE`` is used instead of the model's; a mapping such as
        ``{"INFERENCE": {"HOPS": 5}}`` changes single values.
    region : tuple of (start, stop), optional
        Along Z, Y, X, in voxels of the image: only blocks that it touches. Regions of
        one run add up.
    resume : bool
        Go on with the run that is there; start one where there is none.
    overwrite : bool
        Delete the run that is there.
    device : str
        ``auto``, ``cpu``, ``cuda:N`` or ``mps``.
    tile_zyx, halo_zyx : tuple of int, optional
        What the network reads at once and the margin of it that is not kept, along Z,
        Y, X, in voxels; multiples of the network's factor. Fixed for a run.
    resample : bool, optional
        Work at the voxel size that the model was trained at; labels come back on the
        image's grid. By default where the model is not made for the image's voxels and
        that does not make many more of them.
    diameter : float, optional
        Of a typical object of the image, in voxels: work at the scale at which it is as
        large as what the model was trained on. Instead of `resample`.
    preview : bool
        Fill the labels with what each block sees by itself while the network works,
        for a viewer to show; the final ones take their place. It costs some time, and
        does nothing where a run is resampled.

    Yields
    ------
    RunStarted, StageStarted, BlockDone, Notice, RunFinished
        A point (Z, Y, X), in voxels of the image, given by `send` while the network
        works asks for the block nearest to it.

    Returns
    -------
    RunFinished

    Raises
    ------
    SkootsError
        Of the kind that says what is wrong; before any work starts where it can be
        known by then.

    Examples
    --------
    ::

        for event in skoots.segment("cells.tif", "mito-em", "cells.skoots.zarr"):
            print(event)
        labels = zarr.open("cells.skoots.zarr/labels/instances/0")
    """
    started = time.monotonic()
    if resume and overwrite:
        raise SettingsError(
            "resume and overwrite exclude each other. Give one of them."
        )
    path = Path(out)
    image = open_source(source)
    checkpoint = model if isinstance(model, Checkpoint) else load_model(model)
    where = choose_device(device)
    settings = inference_settings(checkpoint.config, config)
    wishes = Wishes(tile_zyx, halo_zyx, resample=resample, diameter=diameter)
    check_region(region, image.shape)
    request = Request(
        path,
        image,
        checkpoint,
        settings,
        where,
        wishes,
        resume,
        overwrite,
        device_asked=device,
        region=region,
    )
    with opened(request) as (run, notes):
        wanted = run.blocks_in(region)
        before = len(run.done_blocks("predict", PREDICT_KEY, among=wanted))
        yield run_started(run, len(wanted), before, where)
        for notice in (*map(Notice, image.notes), *notes):  # noqa: UP028 (a caller sends)
            yield notice
        settings = run.plan.settle(settings)  # of which labels tell what made them
        summary = run.summary
        changed = changes(summary, settings)
        if summary and before == len(wanted) and not changed:
            yield Notice(f"{path} is finished already.")
            yield from refresh(run)  # what somebody painted since
            objects = int(summary["objects"])
        else:
            if changed:
                yield Notice(f"The labels are made anew: {changed}.")
            with timed(path, "segment"):
                run.write_summary(None)
                grid, network = _on_grid(image, run), checkpoint.network
                shown = settings if preview else None
                yield from _predict(run, grid, network, where, wanted, shown)
                objects = yield from derive_labels(run, settings, where)
                seconds = round(time.monotonic() - started, 3)
                origin = checkpoint.provenance
                run.write_summary(
                    provenance(run, origin, settings, where, objects, seconds)
                )
        tile, seconds = run.plan.tile_zyx, round(time.monotonic() - started, 3)
    result = RunFinished(path, tile, len(wanted), before, seconds, objects)
    yield result
    return result


def derive_labels(
    run: RunFolder, settings: InferenceConfig, device: torch.device
) -> Generator[Event, Any, int]:
    """Make the labels from what the network said, without the network.

    Parameters
    ----------
    run : RunFolder
        Locked by this process.
    settings : InferenceConfig
        May differ from those of before: only what depends on the change is done again.
    device : torch.device
        Where vectors are followed.

    Yields
    ------
    StageStarted, BlockDone, Notice

    Returns
    -------
    int
        Objects.

    Raises
    ------
    DeviceError
        If a block does not fit into memory.
    """
    run.write_summary(None)
    give_back_memory()  # the network's
    blocks = run.done_blocks("predict", PREDICT_KEY)
    with memory_errors(run.plan.block_zyx):
        merged = yield from label(run, blocks, settings)
        key = yield from assign(run, merged, blocks, settings, device)
        return (yield from finish(run, blocks, key, settings.MIN_OBJECT_VOXELS))


def _predict(
    run: RunFolder,
    source: Source,
    network: UNet | UNeXT,
    device: torch.device,
    wanted: Sequence[Block],
    preview: InferenceConfig | None,
) -> Generator[Event, Any, None]:
    job = predict(run, source, network, device, wanted, preview)
    tally = yield from _with_points_of_image(job, run.plan)
    if tally.non_finite:
        yield Notice(
            f"{tally.non_finite} voxels are infinite or not a number. They were taken "
            "as the volume's mean."
        )
    if tally.constant:
        yield Notice(
            "Each tile of the image holds a single value: there is nothing to find. "
            "Check that the right image or channel was chosen."
        )


def _with_points_of_image(
    job: Generator[Event, Any, Tally], plan: RunPlan
) -> Generator[Event, Any, Tally]:
    """Hand on events, and points of the image as points of the network's grid."""
    zooms = [n / m for n, m in zip(plan.shape_zyx, plan.image.shape_zyx, strict=True)]
    point = None
    with closing(job):
        while True:
            try:
                event = job.send(point)
            except StopIteration as end:
                tally: Tally = end.value
                return tally
            sent = yield event
            point = sent and tuple(p * z for p, z in zip(sent, zooms, strict=True))


def run_started(
    run: RunFolder, total: int, before: int, device: torch.device
) -> RunStarted:
    """Tell of a run: blocks in total and done before, and where it calculates."""
    plan = run.plan
    return RunStarted(
        run.path,
        plan.image.shape_zyx,
        plan.shape_zyx,
        plan.tile_zyx,
        total,
        before,
        str(device),
        plan.number_format,
    )


def _on_grid(image: Source, run: RunFolder) -> Source:
    if not run.plan.resampled:
        return image
    mean = run.plan.normalization.mean
    return ResampledSource(image, run.plan.shape_zyx, replace_non_finite=mean)
