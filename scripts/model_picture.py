"""Draw what a shipped model finds in a sample: the picture of its card.

python scripts/model_picture.py [mito-em] [medulla] [--plane Z] [--enlarge PIXELS]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import hsv_to_rgb
from matplotlib.image import imsave

import skoots
from skoots.events import result_of
from skoots.model.zoo import find_model
from skoots.run.folder import RunFolder
from skoots.samples import sample_path
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAP = 8
"""Pixels between the image and the labels."""

GOLDEN = 0.6180339887
"""Turns of the colour circle from one object to the next: neighbours differ."""


def segment_sample(model: str, sample: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give a sample and its labels, (Z, Y, X) each."""
    source = open_source(sample_path(sample))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.skoots.zarr"
        result_of(skoots.segment(source, model, path, device="cpu"))
        labels = np.asarray(RunFolder.open(path).labels[...])
    return source.read(whole(source.shape)), labels


def draw(plane: NDArray[Any], labels: NDArray[Any], enlarge: int) -> NDArray[Any]:
    """Give the image beside itself under its labels, (Y, X, 3), uint8."""
    grey = np.repeat(np.repeat(plane, enlarge, 0), enlarge, 1)
    ids = np.repeat(np.repeat(labels, enlarge, 0), enlarge, 1).astype(np.int64)
    low, high = np.percentile(grey, (0.5, 99.5))
    grey = np.clip((grey - low) / (high - low), 0, 1)[..., None].repeat(3, axis=2)
    hue = ids * GOLDEN % 1
    colour = hsv_to_rgb(np.stack([hue, np.full_like(hue, 0.75), np.ones_like(hue)], -1))
    share = np.where(ids > 0, 0.35, 0.0)
    for axis in (0, 1):
        share[(np.roll(ids, 1, axis) != ids) & (ids > 0)] = 1.0
    shown = grey * (1 - share[..., None]) + colour * share[..., None]
    gap = np.ones((len(grey), GAP, 3))
    return (np.concatenate([grey, gap, shown], axis=1) * 255).astype(np.uint8)


def main() -> None:
    """Write the picture beside the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="mito-em")
    parser.add_argument("sample", nargs="?", default="medulla")
    parser.add_argument("--plane", type=int, default=50)
    parser.add_argument(
        "--enlarge", type=int, default=2, help="pixels for each of the volume"
    )
    asked = parser.parse_args()
    image, labels = segment_sample(asked.model, asked.sample)
    picture = find_model(asked.model).with_suffix(".jpg")
    drawn = draw(image[asked.plane], labels[asked.plane], asked.enlarge)
    imsave(picture, drawn, pil_kwargs={"quality": 80, "optimize": True})


if __name__ == "__main__":
    main()
