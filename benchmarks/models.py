"""How large and how fast models are: parameters, megabytes, megavoxels a second.

The image is a shipped sample, mirrored until it is large. A run is timed whole, from
opening the image to finished labels, after one that is not timed; the figure of the
network alone is from the pass that predicts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from phantom import grey_image, make_tubes

import skoots
from skoots.events import StageStarted
from skoots.samples import sample_path
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.model.checkpoint import Checkpoint

SHAPE: Shape3 = (64, 576, 768)
TINY: Shape3 = (16, 48, 48)
"""Extent of the image along Z, Y, X."""


def main() -> None:
    """Print a row for each model."""
    options = _options()
    torch.set_num_threads(options.threads)
    shape = TINY if options.tiny else SHAPE
    image = _image(shape)
    heads = ("weights", "MB", "network", "whole run", "100 Mvoxel")
    sys.stdout.write(_row("model", list(heads)))
    reports = []
    for name in options.models:
        report = measure(skoots.load_model(name), image, options.repeats)
        reports.append({"model": name, **report})
        cells = [
            f"{report['weights'] / 1e6:.2f} M",
            f"{report['megabytes']:.1f}",
            f"{report['network']:.1f} Mvoxel/s",
            f"{report['run']:.1f} Mvoxel/s",
            f"{100 / report['run'] / 60:.1f} min",
        ]
        sys.stdout.write(_row(name, cells))
        sys.stdout.flush()
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1), encoding="utf-8")


def measure(
    model: Checkpoint, image: NDArray[np.uint8], repeats: int
) -> dict[str, Any]:
    """Measure a model; times are the medians of the repeats."""
    runs, passes = [], []
    for _ in range(repeats + 1):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            job = skoots.segment(image, model, Path(folder) / "a.skoots.zarr")
            starts = [time.perf_counter() for e in job if isinstance(e, StageStarted)]
            runs.append(time.perf_counter() - began)
            passes.append(starts[1] - starts[0])  # predict is the first
    weights = sum(p.numel() for p in model.network.parameters())
    size = 0 if model.path is None else model.path.stat().st_size
    return {
        "weights": weights,
        "megabytes": size / 1e6,
        "network": image.size / 1e6 / float(np.median(passes[1:])),
        "run": image.size / 1e6 / float(np.median(runs[1:])),
    }


def _image(shape: Shape3) -> NDArray[np.uint8]:
    if shape == TINY:
        return grey_image(make_tubes(shape, 3, 20, 6.0, seed=8).labels, seed=9)
    source = open_source(sample_path("medulla"))
    image = np.asarray(source.read(whole(source.shape)))
    missing = [(0, max(0, n - m)) for n, m in zip(shape, image.shape, strict=True)]
    image = np.pad(image, missing, mode="symmetric")
    return np.ascontiguousarray(image[tuple(slice(0, n) for n in shape)])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=["mito-em"], metavar="MODEL")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def _row(name: str, cells: list[str]) -> str:
    return f"{name:24}" + "".join(f"{cell:>16}" for cell in cells) + "\n"


if __name__ == "__main__":
    main()
