"""Number formats and memory layouts: what a network runs fastest with on this machine.

Each choice runs the same tile in turns. `choose_number_format` is right if no other
format is faster by more than `SLACK`; a run always uses channels_last.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from skoots.config import get_cfg_defaults
from skoots.model.build import build_network
from skoots.model.precision import choose_device, choose_number_format, prepare
from skoots.model.unet import UNet

if TYPE_CHECKING:
    from collections.abc import Callable

SLACK = 1.1
NETWORKS: dict[str, dict[str, object]] = {
    "unet": {
        "ARCHITECTURE": "unet",
        "DIMS": [16, 32, 64, 128],
        "DEPTHS": [1, 1, 2, 1, 1],
    },
    "bism_unext": {},
}
TILES = {"unet": (160, 160, 64), "bism_unext": (96, 96, 24)}
TINY = (16, 16, 8)


def main() -> None:
    """Time every choice for every network and print a table."""
    options = _options()
    torch.set_num_threads(options.threads)
    device = choose_device(options.device)
    reports = [_compare(name, device, options) for name in NETWORKS]
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def _compare(
    name: str, device: torch.device, options: argparse.Namespace
) -> dict[str, object]:
    torch.manual_seed(0)
    network = build_network(get_cfg_defaults().merge({"MODEL": NETWORKS[name]})).eval()
    shape = TINY if options.tiny else TILES[name]
    tile = torch.randn(1, 1, *shape, device=device)
    formats = ["float32", "bfloat16"] + ["float16"] * (device.type == "cuda")
    ways: dict[str, Callable[[Tensor], Tensor]] = {}
    for number_format in formats:
        ways[f"{number_format} channels_last"] = prepare(network, device, number_format)
        ways[f"{number_format} plain"] = _plain(network, device, number_format)
    times = {way: [] for way in ways}
    for turn in range(options.repeats + 1):
        for way, predict in ways.items():
            seconds = _seconds(predict, tile)
            if turn:  # the first one warms up
                times[way].append(seconds)
    chosen = f"{choose_number_format(device)} channels_last"
    medians = {way: statistics.median(each) for way, each in times.items()}
    best = min(medians, key=lambda way: medians[way])
    right = medians[chosen] <= SLACK * medians[best]
    for way, median in sorted(medians.items(), key=lambda item: item[1]):
        rate = tile.numel() / median / 1e6
        sys.stdout.write(f"{name:10} {way:22} {median:8.4f} s {rate:8.2f} Mvoxel/s\n")
    verdict = "right" if right else "WRONG"
    sys.stdout.write(f"{name:10} chosen: {chosen}, {verdict}; fastest: {best}\n")
    return {
        "network": name,
        "device": str(device),
        "tile_xyz": shape,
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "seconds": times,
        "chosen": chosen,
        "fastest": best,
        "right": right,
    }


def _plain(
    network: nn.Module, device: torch.device, number_format: str
) -> Callable[[Tensor], Tensor]:
    """Do what `prepare` does, in torch's usual memory layout."""
    dtype = getattr(torch, number_format)
    ready = copy.deepcopy(network).to(device)
    cast = isinstance(ready, UNet)
    if cast:
        ready.fuse()
        ready.to(dtype)

    @torch.inference_mode()
    def predict(x: Tensor) -> Tensor:
        mixed = not cast and dtype != torch.float32
        with torch.autocast(device.type, dtype, enabled=mixed):
            y: Tensor = ready(x.to(dtype) if cast else x)
        return y

    return predict


def _seconds(predict: Callable[[Tensor], Tensor], tile: Tensor) -> float:
    start = time.perf_counter()
    predict(tile)
    if tile.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
