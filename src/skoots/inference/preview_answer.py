"""Ask the network about one box, in smaller tiles or wider numbers if need be."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from skoots.errors import DeviceError, NotFiniteError
from skoots.events import BlockDone, Notice, StageStarted
from skoots.inference.answer import Answer, ask_network
from skoots.inference.box_parts import box_inside, grow_box
from skoots.inference.out_of_memory import is_out_of_memory
from skoots.inference.predict import FALLBACK
from skoots.inference.preview_box import keep_rim
from skoots.inference.tile_reader import read_tile
from skoots.model.precision import prepare
from skoots.run.tile_size import shrink_core
from skoots.volume.tiling import box_shape, plan_tiles

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event
    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT
    from skoots.run.plan import RunPlan
    from skoots.volume.source import Source
    from skoots.volume.tiling import Box

STAGE = "preview"


@dataclass(frozen=True, slots=True)
class BoxAnswer:
    """What the network says of a box and of the halo around it."""

    answer: Answer
    region: Box
    """Where the answer lies, in voxels of the network's grid."""

    seconds: float
    """That the network took."""

    voxels_read: int
    """For which it took them; 0 where the image has a single value."""


def ask_box(
    source: Source,
    network: UNet | UNeXT,
    device: torch.device,
    plan: RunPlan,
    core: Box,
) -> Generator[Event, None, BoxAnswer]:
    """Ask the network about a box, in one tile if it fits into memory.

    Parameters
    ----------
    source : Source
        The image on the network's grid.
    network : Module
        From (1, 1, X, Y, Z) to (1, 5, X, Y, Z); stays as it is.
    device : torch.device
        Where it shall run.
    plan : RunPlan
        Halo, normalisation, number format, and what a tile keeps at most.
    core : tuple of Span
        The box; starts on the network's grid.

    Yields
    ------
    StageStarted, BlockDone, Notice

    Returns
    -------
    BoxAnswer

    Raises
    ------
    DeviceError
        If not even the smallest tile fits into memory, or the network's answer is not
        even a number in float32.
    """
    while True:
        try:
            return (yield from _ask(source, network, device, plan, core))
        except NotFiniteError:
            if plan.number_format == FALLBACK:
                raise
            plan = plan.model_copy(update={"number_format": FALLBACK})
            message = f"The network's answer is not a number: {FALLBACK} is tried."
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            plan = _with_smaller_tiles(plan)
            message = "The device is out of memory: smaller tiles are tried."
        yield Notice(message)


def _ask(
    source: Source,
    network: UNet | UNeXT,
    device: torch.device,
    plan: RunPlan,
    core: Box,
) -> Generator[Event, None, BoxAnswer]:
    cut = plan.tile_core_zyx, plan.halo_zyx, plan.model.factor
    tiles = list(plan_tiles(core, plan.shape_zyx, *cut))
    region, _ = grow_box(core, plan.halo_zyx, plan.shape_zyx)
    answer, seconds, voxels = Answer.empty(box_shape(region)), 0.0, 0
    yield StageStarted(STAGE, 0, len(tiles))
    prepared = prepare(network, device, plan.number_format)
    for number, tile in enumerate(tiles, 1):
        image = read_tile(source, tile, plan).image
        if image is not None:
            kept = keep_rim(tile, core)
            started = time.monotonic()
            part = ask_network(prepared, replace(tile, core=kept), image)
            seconds += time.monotonic() - started
            voxels += image.size
            answer.put(box_inside(kept, region), part)
        z, y, x = ((s.start, s.stop) for s in tile.core)
        yield BlockDone(STAGE, (z, y, x), number, len(tiles))
    return BoxAnswer(answer, region, seconds, voxels)


def _with_smaller_tiles(plan: RunPlan) -> RunPlan:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    smaller = shrink_core(plan.tile_core_zyx, plan.model.factor)
    if smaller is None:
        raise DeviceError(
            f"Not even a tile of {plan.tile_zyx} voxels (Z, Y, X) fits into the memory "
            'of the device. Use device="cpu" (--device cpu), or a smaller halo (HALO '
            "of INFERENCE)."
        )
    return plan.model_copy(update={"tile_core_zyx": smaller})
