"""How much work a run is, said before it begins and without reading a voxel."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from skoots.inference.given_settings import inference_settings
from skoots.inference.out_of_memory import is_out_of_memory
from skoots.model.precision import choose_device, choose_number_format, prepare
from skoots.run.make_plan import plan_geometry
from skoots.run.opening import BYTES_PER_VOXEL
from skoots.run.region import check_region, on_grid
from skoots.run.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots._types import Shape3
    from skoots.config import Settings
    from skoots.model.checkpoint import Checkpoint
    from skoots.model.precision import NumberFormat
    from skoots.run.make_plan import Geometry
    from skoots.run.region import Region
    from skoots.volume.source import Source

BESIDE_NETWORK = 6e-8
"""Seconds for each voxel of the grid that a run takes beside its network: 7 s on 192 x
768 x 768 voxels and two cores (`benchmarks/end_to_end.py`)."""

BEFORE_NETWORK = 0.3
"""Seconds that a run takes before its first tile: opening, statistics."""

_SIZES = ((32, 32, 16), (64, 64, 32), (128, 128, 32), (128, 128, 64), (256, 256, 64))
"""What a network is timed on, along X, Y, Z: multiples of any factor."""

_BUDGET = 1.5
"""Seconds that this may take in all: what would go beyond them is not tried."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would do."""

    tiles: int
    """How often the network is asked."""

    blocks: int
    """What is written and marked done; as many as tiles, until memory is short."""

    voxels_read: int
    """By all tiles together, their halos too: what the network's time goes with."""

    seconds: float | None
    """About how long it takes; None without a pace."""

    bytes_on_disk: int
    """About what the run folder takes, when half of the voxels belong to objects."""

    tile_zyx: Shape3
    """What the network reads at once: core and halo, where the volume is as large."""

    grid_zyx: Shape3
    """Extent of what it works on; not the image's when that is resampled."""

    number_format: NumberFormat
    """What it calculates with."""


def estimate(  # noqa: PLR0913 - what `segment` is asked for; all but two have defaults
    image: Source,
    checkpoint: Checkpoint,
    config: Settings | Mapping[str, Any] | None = None,
    *,
    region: Region | None = None,
    device: str = "auto",
    tile_zyx: Shape3 | None = None,
    halo_zyx: Shape3 | None = None,
    resample: bool | None = None,
    diameter: float | None = None,
    pace: float | None = None,
) -> Estimate:
    """Say how much work `segment` would have with the same arguments.

    Parameters
    ----------
    image : Source
        Open; nothing of it is read.
    checkpoint : Checkpoint
        The model.
    config, region, device, tile_zyx, halo_zyx, resample, diameter
        As `skoots.segment` takes them.
    pace : float, optional
        Seconds for each voxel that the network reads, as `measure_pace` gives them.

    Raises
    ------
    SkootsError
        What `segment` would refuse of the arguments.
    """
    check_region(region, image.shape)
    where = choose_device(device)
    settings = inference_settings(checkpoint.config, config)
    wishes = Wishes(tile_zyx, halo_zyx, resample=resample, diameter=diameter)
    geometry = plan_geometry(image, checkpoint, settings, where, wishes)
    counts, kept, read = _count(geometry, image.shape, region, checkpoint)
    seconds = None
    if pace is not None:
        seconds = BEFORE_NETWORK + pace * read + BESIDE_NETWORK * kept
    z, y, x = (
        min(n, c + 2 * h)
        for n, c, h in zip(
            geometry.shape_zyx, geometry.core_zyx, geometry.halo_zyx, strict=True
        )
    )
    return Estimate(
        tiles=counts,
        blocks=counts,
        voxels_read=read,
        seconds=seconds,
        bytes_on_disk=int(kept * BYTES_PER_VOXEL),
        tile_zyx=(z, y, x),
        grid_zyx=geometry.shape_zyx,
        number_format=geometry.number_format,
    )


def measure_pace(checkpoint: Checkpoint, device: str = "auto") -> float:
    """Measure how long a network takes for each voxel that it reads.

    It is tried on noise, on larger and larger pieces, which takes one or two seconds on
    any usual machine.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model.
    device : str
        ``auto``, ``cpu``, ``cuda:N`` or ``mps``.

    Returns
    -------
    float
        Seconds a voxel, for `estimate`.

    Raises
    ------
    DeviceError
        If there is no such device.
    """
    where = choose_device(device)
    network = prepare(checkpoint.network, where, choose_number_format(where))
    channels = checkpoint.network.in_channels

    def seconds(size: tuple[int, int, int]) -> float:
        noise = torch.rand((1, channels, *size))
        started = time.perf_counter()
        float(network(noise).amax())  # waits for the device
        return time.perf_counter() - started

    began = time.perf_counter()
    seconds(_SIZES[0])  # the first call also loads and compiles
    pace = 0.0
    for size in _SIZES:
        left = _BUDGET - (time.perf_counter() - began)
        if pace and 2 * pace * math.prod(size) > left:
            break
        try:  # twice, for who shares a processor is now and then kept waiting
            pace = min(seconds(size), seconds(size)) / math.prod(size)
        except RuntimeError as error:
            if not pace or not is_out_of_memory(error):
                raise
            break
    return pace


def _count(
    geometry: Geometry, image: Shape3, region: Region | None, checkpoint: Checkpoint
) -> tuple[int, int, int]:
    """Count blocks, the voxels that they keep and those that their tiles read.

    Blocks that a box touches are a box of blocks, so each axis counts for itself.
    """
    grid, factor = geometry.shape_zyx, checkpoint.network.factor
    bounds = on_grid(
        region or ((0, image[0]), (0, image[1]), (0, image[2])), image, grid
    )
    sums = [1, 1, 1]
    for axis, (low, high) in enumerate(bounds):
        length, core = grid[axis], geometry.core_zyx[axis]
        spans = [
            (start, min(length, start + core))
            for start in range(0, length, core)
            if start < high and low < min(length, start + core)
        ]
        read = [
            min(length, stop + geometry.halo_zyx[axis])
            - max(0, start - geometry.halo_zyx[axis])
            for start, stop in spans
        ]
        sums[0] *= len(spans)
        sums[1] *= sum(stop - start for start, stop in spans)
        sums[2] *= sum(n + -n % factor for n in read)
    return sums[0], sums[1], sums[2]
