"""The main job against its floor: `skoots.segment` over the bare forward passes.

The floor runs the network on every tile that the run plans, read, padded and normalised
beforehand. The image is the shipped sample, mirrored until it is large. The rest of a
run is reading, writing, labelling, assigning and finishing; how long each pass took is
said. SKOOTS_BENCH_MODEL names the model or its file (default: `mito-em`); at the tiny
size the network is a small random one.
"""

# ruff: noqa: PLC0415 - each side imports its own package

from __future__ import annotations

import os
import shutil
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import tifffile
from alternate import Arrays, Case, DisagreementError, Task, main
from phantom import grey_image, make_tubes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from skoots._types import Shape3

MOST = 1.15
SHAPE, LARGE = (64, 576, 768), (192, 768, 768)
STAGES = ("predict", "label", "assign", "finish")


def _make(folder: Path, tiny: bool, shape: Shape3 = SHAPE) -> None:  # noqa: FBT001
    if tiny:
        tubes = make_tubes((16, 64, 64), 4, 200, 8.0, seed=8)
        tifffile.imwrite(folder / "image.tif", grey_image(tubes.labels, seed=9))
        _save_tiny_model(folder / "tiny.skoots")
        return
    from skoots.samples import sample_path

    image = tifffile.imread(sample_path("medulla"))
    for axis, size in enumerate(shape):
        widths = [(0, 0)] * 3
        widths[axis] = (0, max(0, size - image.shape[axis]))
        image = np.pad(image, widths, mode="symmetric")
    tifffile.imwrite(folder / "image.tif", image[tuple(map(slice, shape))])


def _model(folder: Path) -> str:
    """Name the model to use, beside an image that is not tiny."""
    if (folder / "tiny.skoots").is_file():
        return str(folder / "tiny.skoots")
    return os.environ.get("SKOOTS_BENCH_MODEL", "mito-em")


def _save_tiny_model(path: Path) -> None:
    import torch

    from skoots.config import get_cfg_defaults
    from skoots.model.build import build_network
    from skoots.model.checkpoint import Normalization, save_checkpoint

    model = {"ARCHITECTURE": "unet", "DIMS": [4, 8], "DEPTHS": [1]}
    config = get_cfg_defaults().merge(
        {"MODEL": model, "INFERENCE": {"HALO": [8, 8, 8]}}
    )
    torch.manual_seed(0)
    network = build_network(config)
    save_checkpoint(path, network, config, normalization=Normalization("volume"))


def _segment(folder: Path) -> Task:
    import skoots
    from skoots.model.zoo import load_model
    from skoots.volume.source import open_source

    checkpoint = load_model(_model(folder))
    run = folder / "image.skoots.zarr"

    def before() -> None:
        shutil.rmtree(run, ignore_errors=True)

    def work() -> tuple[object, dict[str, float]]:
        source = open_source(folder / "image.tif")
        events = skoots.segment(source, checkpoint, run, device="cpu")
        return _watch(events)

    def result(done: tuple[object, dict[str, float]]) -> Arrays:
        finished, seconds = done
        return {
            "objects": np.array(finished.objects),
            "tiles": np.array(finished.blocks_total),
            "stages": np.array([seconds.get(stage, 0.0) for stage in STAGES]),
        }

    return Task(work, result, before)


def _watch(events: Iterator[object]) -> tuple[object, dict[str, float]]:
    """Drain a run; give its last event and the seconds of each pass."""
    seconds: dict[str, float] = {}
    stage, since, event = "", time.perf_counter(), None
    for event in events:
        now = time.perf_counter()
        if type(event).__name__ in ("StageStarted", "RunFinished"):
            seconds[stage] = now - since
            stage, since = getattr(event, "stage", ""), now
    return event, seconds


def _forward(folder: Path) -> Task:
    from torch import from_numpy

    from skoots.inference.tile_reader import read_tile, tiles_of
    from skoots.model.precision import choose_device, prepare
    from skoots.model.zoo import load_model
    from skoots.run.make_plan import make_plan
    from skoots.run.wishes import Wishes
    from skoots.volume.axes import zyx_to_xyz
    from skoots.volume.source import open_source
    from skoots.volume.tiling import plan_blocks

    checkpoint, device = load_model(_model(folder)), choose_device("cpu")
    source = open_source(folder / "image.tif")
    settings = checkpoint.config.INFERENCE
    plan, _ = make_plan(source, checkpoint, settings, device, Wishes())
    network = prepare(checkpoint.network, device, plan.number_format)
    tiles = [
        from_numpy(zyx_to_xyz(read_tile(source, tile, plan).image))[None, None]
        for block in plan_blocks(plan.shape_zyx, plan.block_zyx)
        for tile in tiles_of(block, plan)
    ]

    def run() -> int:
        for tile in tiles:
            network(tile)
        return len(tiles)

    return Task(run, lambda count: {"tiles": np.array(count)})


def _check(folder: Path, ours: Arrays, peer: Arrays | None) -> list[str]:
    if peer and int(peer["tiles"]) != int(ours["tiles"]):
        raise DisagreementError("other tiles were run than planned")
    shape = tifffile.memmap(folder / "image.tif", mode="r").shape
    passes = zip(STAGES, ours["stages"], strict=True)
    return [
        f"{shape} voxels in {int(ours['tiles'])} tiles",
        "first run: " + ", ".join(f"{stage} {t:.2f} s" for stage, t in passes),
        f"{int(ours['objects'])} objects",
    ]


CASES = [
    Case(name, MOST, make, _segment, _forward, _check, peer_is_ours=True)
    for name, make in [
        ("end-to-end", _make),
        ("end-to-end-large", partial(_make, shape=LARGE)),
    ]
]

if __name__ == "__main__":
    main(CASES)
