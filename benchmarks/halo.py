"""The halo of a model: what the rim of a tile changes, by the distance from it.

Each row is a range of distances from the rim in voxels and, along Z, Y and X, the share
of the voxels of objects whose answer differs there, in per cent; a dash where the
volume is too small to know. `needed` is the least halo beyond which at most
`--tolerance` differ at each distance, with a question mark where the volume does not
settle it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from skoots.model.halo import ACROSS, PARTS, REACH, TOLERANCE, RimEffect, measure_rims
from skoots.model.zoo import load_model
from skoots.volume.source import open_source
from skoots.volume.statistics import sample_statistics
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots.model.checkpoint import Normalization


def main() -> None:
    """Measure one model on some volumes and print a table."""
    options = _options()
    torch.set_num_threads(options.threads)
    model = load_model(options.model)
    started = time.perf_counter()
    effects = measure_rims(
        model.network,
        _volumes(options, model.normalization),
        model.config,
        reach=options.reach,
        across=options.across,
        parts=options.parts,
    )
    factor = model.network.factor
    for row in _table(effects, factor, options.tolerance):
        sys.stdout.write("{:>10} {:>8} {:>8} {:>8}\n".format(*row))
    sys.stdout.write("{:>10} {:>8} {:>8} {:>8}\n".format("the file's", *model.halo_zyx))
    sys.stdout.write(f"{time.perf_counter() - started:.0f} s\n")
    if options.json:
        reports = [
            _report(axis, effect, factor, options.tolerance)
            for axis, effect in zip("ZYX", effects, strict=True)
        ]
        Path(options.json).write_text(json.dumps(reports, indent=1), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="mito-em", help="a name or a file")
    parser.add_argument("--volume", action="append", help="may be given repeatedly")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE)
    parser.add_argument("--reach", type=int, default=REACH)
    parser.add_argument("--across", type=int, default=ACROSS)
    parser.add_argument("--parts", type=int, default=PARTS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def _volumes(
    options: argparse.Namespace, normalization: Normalization
) -> list[NDArray[np.float32]]:
    if options.tiny:
        return [np.random.default_rng(0).normal(size=(16, 32, 32)).astype(np.float32)]
    if not options.volume:
        sys.exit("Give at least one --volume of the kind that the model was made for.")
    return [_read(path, normalization) for path in options.volume]


def _read(path: str, normalization: Normalization) -> NDArray[np.float32]:
    """Read a volume with the numbers that the network was trained on."""
    source = open_source(path)
    mean, std = normalization.mean, normalization.std
    if normalization.kind == "volume":
        found = sample_statistics(source)
        mean, std = found.mean, found.std or 1.0
    elif normalization.kind == "divide":
        mean, std = 0.0, 65536.0 if source.dtype.itemsize == 2 else 256.0
    grey = source.read(whole(source.shape)).astype(np.float32)
    return (grey - np.float32(mean)) / np.float32(std)


def _table(
    effects: tuple[RimEffect, ...], factor: int, tolerance: float
) -> list[tuple[str, ...]]:
    longest = max(effect.voxels.size for effect in effects)
    rows: list[tuple[str, ...]] = [("distance", "Z", "Y", "X")]
    for start in range(0, longest, factor):
        shares = [_share(effect, slice(start, start + factor)) for effect in effects]
        rows.append((f"{start}-{start + factor - 1}", *shares))
    needed = [
        f"{e.needed(factor, tolerance)}{'' if e.settled(factor, tolerance) else '?'}"
        for e in effects
    ]
    return [*rows, ("needed", *needed)]


def _report(
    axis: str, effect: RimEffect, factor: int, tolerance: float
) -> dict[str, object]:
    return {
        "axis": axis,
        "differing": effect.differing.tolist(),
        "voxels": effect.voxels.tolist(),
        "needed": effect.needed(factor, tolerance),
        "settled": effect.settled(factor, tolerance),
    }


def _share(effect: RimEffect, distances: slice) -> str:
    voxels = effect.voxels[distances].sum()
    if not voxels:
        return "-"
    return f"{100 * effect.differing[distances].sum() / voxels:.2f}"


if __name__ == "__main__":
    main()
