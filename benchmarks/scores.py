"""What a model scores on volumes as they are, and changed (`shifted`).

Each copy is segmented with the model's own settings; `--columns` takes a part of each
volume, such as one that training was kept from.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from phantom import grey_image, make_tubes
from shifted import Annotated, read_annotated, shifted

import skoots
from skoots.validate.scores import score
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from skoots.model.checkpoint import Checkpoint
    from skoots.validate.scores import Scores

_HEADS = ("F1 .5", "F1 .75", "F1 mean", "PQ", "IoU")


def main() -> None:
    """Score one model on volumes and print a table."""
    options = _options()
    torch.set_num_threads(options.threads)
    model = skoots.load_model(options.model)
    sys.stdout.write(_row("volume", list(_HEADS)))
    reports = []
    for volume, plain in _read(options).items():
        for name, annotated in shifted(plain):
            found = score_copy(model, annotated)
            reports.append({"volume": volume, "copy": name, **asdict(found)})
            sys.stdout.write(_row(f"{volume}: {name}", _cells(found)))
            sys.stdout.flush()
    means = [
        float(np.mean([report[key] for report in reports]))
        for key in ("f1_50", "f1_75", "f1_mean", "panoptic_quality", "semantic_iou")
    ]
    sys.stdout.write(_row("mean", [f"{mean:.2f}" for mean in means]))
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1), encoding="utf-8")


def score_copy(model: Checkpoint, annotated: Annotated) -> Scores:
    """Segment an image with a model's own settings and compare with its labels."""
    image = open_source(annotated.image, voxel_size=annotated.voxel_size)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "copy.skoots.zarr"
        for _ in skoots.segment(image, model, run):
            pass
        found = open_source(run / "labels" / "instances" / "0")
        return score(found, open_source(annotated.labels))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="mito-em", help="a name or a file")
    parser.add_argument(
        "--volume", nargs="+", help="NAME.tif, with NAME.labels.tif beside it"
    )
    parser.add_argument("--columns", metavar="FROM:TO", help="a part along X")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if not (options.volume or options.tiny):
        parser.error("give a --volume, or --tiny")
    return options


def _read(options: argparse.Namespace) -> dict[str, Annotated]:
    if options.tiny:
        tubes = make_tubes((16, 48, 48), 3, 20, 6.0, seed=8)
        grey = grey_image(tubes.labels, seed=9).astype(np.float32)
        size = (0.01, 0.01, 0.01)
        return {"tiny": Annotated(grey, tubes.labels.astype(np.uint32), size)}
    return {
        Path(path).stem: read_annotated(path, options.columns)
        for path in options.volume
    }


def _cells(found: Scores) -> list[str]:
    values = (found.f1_50, found.f1_75, found.f1_mean)
    more = (found.panoptic_quality, found.semantic_iou)
    return [f"{value:.2f}" for value in values + more]


def _row(name: str, cells: list[str]) -> str:
    return f"{name:42}" + "".join(f"{cell:>9}" for cell in cells) + "\n"


if __name__ == "__main__":
    main()
