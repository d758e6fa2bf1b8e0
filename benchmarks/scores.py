"""What a model scores on a volume as it is, and changed as other microscopes would.

The changes are made from a fixed seed: the volume is turned, gets noise, is blurred,
darkened, lit from one side, and scaled to 12.5 and to 8 nm where it has 10 nm. Each
copy is segmented with the model's own settings; `--columns` takes a part of the volume,
such as one that training was kept from.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from phantom import grey_image, make_tubes
from scipy import ndimage

import skoots
from skoots.validate.scores import score
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from skoots.model.checkpoint import Checkpoint
    from skoots.validate.scores import Scores

LARGER, SMALLER = 1.25, 0.8


class Annotated(NamedTuple):
    """An image and its labels, (Z, Y, X) both."""

    image: NDArray[np.float32]
    labels: NDArray[np.uint32]
    voxel_size: float
    """Along all axes, in micrometres."""


def main() -> None:
    """Score one model on one volume and print a table."""
    options = _options()
    torch.set_num_threads(options.threads)
    model = skoots.load_model(options.model)
    sys.stdout.write(_row("volume", ["F1 .5", "F1 .75", "F1 mean", "PQ", "IoU"]))
    reports = []
    for name, annotated in _copies(_read(options)):
        found = _score(model, annotated)
        reports.append({"volume": name, **asdict(found)})
        numbers = (found.f1_50, found.f1_75, found.f1_mean)
        more = (found.panoptic_quality, found.semantic_iou)
        sys.stdout.write(_row(name, [f"{n:.2f}" for n in numbers + more]))
        sys.stdout.flush()
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="mito-em", help="a name or a file")
    parser.add_argument("--volume", help="NAME.tif, with NAME.labels.tif beside it")
    parser.add_argument("--columns", metavar="FROM:TO", help="a part along X")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if not (options.volume or options.tiny):
        parser.error("give a --volume, or --tiny")
    return options


def _read(options: argparse.Namespace) -> Annotated:
    if options.tiny:
        tubes = make_tubes((16, 48, 48), 3, 20, 6.0, seed=8)
        grey = grey_image(tubes.labels, seed=9).astype(np.float32)
        return Annotated(grey, tubes.labels.astype(np.uint32), 0.01)
    image = open_source(options.volume)
    labels = open_source(Path(options.volume).with_suffix(".labels.tif"))
    start, stop = map(int, (options.columns or f"0:{image.shape[2]}").split(":"))
    grey = image.read(whole(image.shape))[..., start:stop].astype(np.float32)
    known = labels.read(whole(labels.shape))[..., start:stop].astype(np.uint32)
    return Annotated(grey, known, image.voxel_size[0] if image.voxel_size else 0.01)


def _copies(plain: Annotated) -> Iterator[tuple[str, Annotated]]:
    """Yield the volume as it is and changed, with its name; its range is 0 to 255."""
    image, labels, size = plain
    noise = np.random.default_rng(0).normal(0, 0.35 * image.std(), image.shape)
    slope = np.linspace(-0.6, 0.6, image.shape[2]) * image.std()
    turned = np.rot90(image[::-1], axes=(1, 2)), np.rot90(labels[::-1], axes=(1, 2))
    yield "as it is", plain
    yield "turned and flipped", Annotated(*turned, size)
    for name, changed in (
        ("noise of 0.35 deviations", image + noise),
        ("blurred by 0.9 voxels", ndimage.gaussian_filter(image, 0.9)),
        ("gamma 1.6", 255 * (image / 255) ** 1.6),
        ("a slope of brightness", image + slope),
    ):
        yield name, Annotated(changed, labels, size)
    for zoom in (SMALLER, LARGER):
        resized = (
            ndimage.zoom(image, zoom, order=1),
            ndimage.zoom(labels, zoom, order=0),
        )
        name = f"at {1000 * size / zoom:.3g} nm"
        yield name, Annotated(*resized, size / zoom)


def _score(model: Checkpoint, annotated: Annotated) -> Scores:
    grey = np.ascontiguousarray(annotated.image.clip(0, 255).astype(np.uint8))
    image = open_source(grey, voxel_size=(annotated.voxel_size,) * 3)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "copy.skoots.zarr"
        for _ in skoots.segment(image, model, run):
            pass
        found = open_source(run / "labels" / "instances" / "0")
        return score(found, open_source(np.ascontiguousarray(annotated.labels)))


def _row(name: str, cells: list[str]) -> str:
    return f"{name:26}" + "".join(f"{cell:>9}" for cell in cells) + "\n"


if __name__ == "__main__":
    main()
