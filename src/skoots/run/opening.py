"""Open or begin a run, locked, in an order that harms nothing when it fails.

1. Look at the place; refuse what may not be touched.
2. Plan a new run: everything that can be wrong with image, model and wishes is found
   before there is a folder.
3. Take the lock; from here on no other process can change the folder. Look again.
4. Go on with the run that is there, or clear the place and lay out a new one.
"""

from __future__ import annotations

import math
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skoots.errors import RunBusyError
from skoots.events import Notice
from skoots.model.zoo import model_word
from skoots.run.folder import RunFolder
from skoots.run.location import check_place, clear, clear_partial_files, locked
from skoots.run.make_plan import make_plan
from skoots.run.plan import RequestRecord
from skoots.run.process_lock import unpainted
from skoots.run.same import check_same
from skoots.volume.array_source import ArraySource
from skoots.volume.layout import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import torch

    from skoots.config import InferenceConfig
    from skoots.model.checkpoint import Checkpoint
    from skoots.run.plan import RunPlan
    from skoots.run.region import Region
    from skoots.run.wishes import Wishes
    from skoots.volume.source import Source

BYTES_PER_VOXEL = 1.5
"""What a run takes on disk for each voxel of its grid, compressed, when half of them
belong to objects."""


@dataclass(frozen=True, slots=True)
class Request:
    """The run that is asked for."""

    path: Path
    image: Source
    checkpoint: Checkpoint
    settings: InferenceConfig
    device: torch.device
    wishes: Wishes
    resume: bool
    overwrite: bool
    device_asked: str = "auto"
    """As the user said it."""

    region: Region | None = None
    """The part of the image that this process is asked for."""


@contextmanager
def opened(request: Request) -> Iterator[tuple[RunFolder, list[Notice]]]:
    """Hold a run that is ready to be worked on; yield it and what the user should know.

    Raises
    ------
    SkootsError
        If the run cannot be made or gone on with; what is there stays as it is.
    """
    path = request.path
    new = None if _goes_on(request) else _plan(request)
    with locked(path):
        # another process may have come and gone between the first look and the lock
        if _goes_on(request):
            run = RunFolder.open(path)
            notes = check_same(
                run.plan,
                request.image,
                request.checkpoint,
                request.settings,
                request.wishes,
            )
            clean(run)
            yield run, notes
        else:
            plan, notes = new or _plan(request)
            with unpainted(path) as alone:
                if not alone:
                    raise RunBusyError(
                        f"The labels of {path} are open for painting. Close them, then "
                        "start anew."
                    )
                clear(path)
            run = RunFolder.create(path, plan)
            run.edits.shared.largest = 0
            run.edits.forget()
            run.edits.below.forget()
            yield run, notes


def clean(run: RunFolder) -> None:
    """Tidy up behind a dead process; the caller holds the lock of jobs.

    Parameters
    ----------
    run : RunFolder
        That is to be gone on with.
    """
    with unpainted(run.path) as alone:
        if alone:  # else some of these files are not of a dead process
            clear_partial_files(run.path)
            run.edits.below.forget()  # another process may have written it
    run.recover()


def _goes_on(request: Request) -> bool:
    return check_place(request.path, resume=request.resume, overwrite=request.overwrite)


def _plan(request: Request) -> tuple[RunPlan, list[Notice]]:
    plan, notes = make_plan(
        request.image,
        request.checkpoint,
        request.settings,
        request.device,
        request.wishes,
    )
    plan = plan.model_copy(update={"request": _record(request)})
    return plan, notes + _space_notices(request.path, plan)


def _record(request: Request) -> RequestRecord:
    """Keep what was asked, so that it can be shown and asked again."""
    image, checkpoint, wishes = request.image, request.checkpoint, request.wishes
    chosen = image if isinstance(image, ArraySource) else None
    choice = chosen.choice if chosen else Choice()
    return RequestRecord(
        model=model_word(checkpoint),
        model_inference=checkpoint.config.INFERENCE,
        model_provenance=dict(checkpoint.provenance),
        axes=choice.axes,
        channel=choice.channel,
        time=choice.time,
        voxel_size=image.voxel_size if chosen and chosen.voxel_size_given else None,
        tile_zyx=wishes.tile_zyx,
        halo_zyx=wishes.halo_zyx,
        resample=wishes.resample,
        diameter=wishes.diameter,
        device=request.device_asked,
        region=request.region,
    )


def _space_notices(path: Path, plan: RunPlan) -> list[Notice]:
    """Warn of a disk that will probably be full before the run ends."""
    there = next((p for p in path.absolute().parents if p.exists()), None)
    if there is None:
        return []
    free = shutil.disk_usage(there).free
    needed = math.prod(plan.shape_zyx) * BYTES_PER_VOXEL
    if needed <= free:
        return []
    notice = (
        f"The run needs about {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free "
        f"at {there}. If the disk gets full the run stops; resume=True (--resume) goes "
        "on with it."
    )
    return [Notice(notice)]
