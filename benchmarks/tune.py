"""Choose the settings that a model is applied with, on volumes and changed copies.

The network runs once on each copy (`shifted`); labels are made anew from its answer
with one setting changed after the other, and what raises the mean panoptic quality over
all copies is kept, until a round changes nothing. `--write` puts the settings into a
copy of the model whose weights have eight bits, as it is shipped, with the names of the
volumes; and as its scores the means over those of `--score-volume`, as they are. What
settings were tuned on is no measure of how good they are.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scores import score_copy
from shifted import read_annotated, shifted

import skoots
from skoots.inference.relabel import relabel
from skoots.model.checkpoint import write_checkpoint
from skoots.validate.scores import score
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from skoots.model.checkpoint import Checkpoint
    from skoots.validate.scores import Scores

GRID: dict[str, tuple[Any, ...]] = {
    "SKELETON_THRESHOLD": (0.1, 0.2, 0.35, 0.5, 0.65, 0.8),
    "PROBABILITY_THRESHOLD": (0.12, 0.2, 0.35, 0.5, 0.65, 0.75),
    "MIN_SKELETON_VOXELS": (1, 3, 10, 25, 60),
    "MIN_OBJECT_VOXELS": (15, 40, 100, 200, 400),
    "SKELETON_DILATIONS_3D": (0, 1),
    "SKELETON_DILATIONS_2D": (0, 1),
    "CONTRACT": (0, 1, 2, 3, 4, 6, 8),
    "HOPS": (1, 2, 5, 10),
    "GROW": (0, 4, 8, 16),
    "CONNECTIVITY": (6, 26),
}
_LEAST_GAIN = 0.002
"""Of the mean panoptic quality; less is chance."""


@dataclass(frozen=True)
class Copy:
    """A copy of a volume that the network has answered."""

    name: str
    run: Path
    labels: NDArray[np.uint32]


def main() -> None:
    """Tune one model."""
    options = _options()
    torch.set_num_threads(options.threads)
    model = skoots.load_model(options.model)
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        copies = list(_answer(model, options.volume, Path(folder)))
        chosen, _ = tune(model, copies, options.keys or list(GRID))
    sys.stdout.write(json.dumps(chosen) + "\n")
    tuned = replace(model, config=model.config.merge({"INFERENCE": chosen}))
    found = [
        score_copy(tuned, read_annotated(volume)) for volume in options.score_volume
    ]
    if options.write:
        write_tuned(tuned, options.volume, found, options.write)


def tune(
    model: Checkpoint, copies: list[Copy], keys: list[str]
) -> tuple[dict[str, Any], list[Scores]]:
    """Change one setting after the other while the mean quality rises.

    Returns
    -------
    chosen : dict from str to number
        Settings of the section INFERENCE.
    found : list of Scores
        Of the copies, with these.
    """
    now = {key: getattr(model.config.INFERENCE, key) for key in GRID}
    found = _score(copies, now)
    _say(now, found)
    changed = True
    while changed:
        changed = False
        for key in keys:
            for value in GRID[key]:
                if value == now[key]:
                    continue
                tried = now | {key: value}
                scores = _score(copies, tried)
                if _quality(scores) > _quality(found) + _LEAST_GAIN:
                    now, found, changed = tried, scores, True
                    _say(now, found)
    return now, found


def _answer(model: Checkpoint, volumes: list[str], folder: Path) -> Iterator[Copy]:
    for volume in volumes:
        for name, annotated in shifted(read_annotated(volume)):
            run = folder / f"{Path(volume).stem} {name}.skoots.zarr"
            image = open_source(annotated.image, voxel_size=annotated.voxel_size)
            for _ in skoots.segment(image, model, run):
                pass
            yield Copy(f"{Path(volume).stem}: {name}", run, annotated.labels)


def _score(copies: list[Copy], settings: dict[str, Any]) -> list[Scores]:
    found = []
    for copy in copies:
        for _ in relabel(copy.run, {"INFERENCE": settings}):
            pass
        labels = open_source(copy.run / "labels" / "instances" / "0")
        found.append(score(labels, open_source(copy.labels)))
    return found


def _quality(found: list[Scores]) -> float:
    return float(np.mean([scores.panoptic_quality for scores in found]))


def _say(settings: dict[str, Any], found: list[Scores]) -> None:
    f1 = float(np.mean([scores.f1_50 for scores in found]))
    line = f"PQ {_quality(found):.3f}  F1 {f1:.3f}  {json.dumps(settings)}\n"
    sys.stdout.write(line)
    sys.stdout.flush()


def write_tuned(
    model: Checkpoint, tuned_on: list[str], found: list[Scores], path: str | Path
) -> None:
    """Write a model in eight bits, with what it was tuned on and its mean scores."""
    means = {
        key: round(float(np.mean([getattr(scores, key) for scores in found])), 3)
        for key in ("f1_50", "f1_75", "f1_mean", "panoptic_quality", "semantic_iou")
        if found
    }
    names = [Path(volume).stem for volume in tuned_on]
    provenance = {**model.provenance, "tuned_on": names}
    judged = replace(model, provenance=provenance, scores=means)
    write_checkpoint(path, judged, eight_bits=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True, help="a name or a file")
    parser.add_argument(
        "--volume", nargs="+", required=True, help="NAME.tif, beside NAME.labels.tif"
    )
    parser.add_argument(
        "--score-volume", nargs="+", default=[], help="NAME.tif, tuned on no copy of it"
    )
    parser.add_argument("--keys", nargs="+", choices=GRID, help="settings to change")
    parser.add_argument("--write", metavar="FILE", help="the model with the settings")
    parser.add_argument("--scratch", metavar="FOLDER", help="where runs are put")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
