"""SKOOTS beside other ways to read the same answer of the same network.

A network says how probable it is that a voxel belongs to an object. Connected
components and the watershed need no more than that; SKOOTS also uses its skeletons and
vectors. Here each reads what one run of the network stored (`rivals` says how, and that
the others choose their thresholds with the truth at hand), and is scored on all objects
and on those that touch another one (`touching`), for which SKOOTS was made.

    python benchmarks/readings.py --model nuclei --synthetic 4 --picture readings.png
    python benchmarks/readings.py --model mito-em --volume mito_em/val/epfl_val.tif
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from crowded import check_seed, draw_crowded
from phantom import grey_image, make_tubes
from readings_picture import Row, save_picture
from rivals import ask_network, read_all
from touching import find_mistakes, score_touching, touching_ids

import skoots
from skoots.cli.options import read_inference_values
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from rivals import Reading
    from touching import TouchingScores

    from skoots.model.checkpoint import Checkpoint
    from skoots.volume.source import Source


class Case(NamedTuple):
    """What is segmented, and its truth."""

    name: str
    image: Source
    truth: NDArray[Any]
    """(Z, Y, X)"""

    step: float
    """Length of a voxel along Z, of that along X and Y."""


def main() -> None:
    """Read the answers of one model for some volumes and print a table for each."""
    options = _options()
    torch.set_num_threads(options.threads)
    model = skoots.load_model(options.model)
    changes = {"INFERENCE": read_inference_values(None, options.set)}
    model = replace(model, config=model.config.merge(changes))
    reports, rows = [], []
    for case in _cases(options):
        report, row = _compare(case, model, options.gap)
        reports.append(report)
        rows.append(row)
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1), encoding="utf-8")
    if options.picture:
        save_picture(rows, options.picture)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="mito-em", help="a name or a file")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting"
    )
    parser.add_argument(
        "--volume",
        action="append",
        default=[],
        help="NAME.tif, with NAME.labels.tif beside it; may be given repeatedly",
    )
    parser.add_argument(
        "--synthetic", type=int, default=0, metavar="N", help="crowds of nuclei, drawn"
    )
    parser.add_argument("--seed", type=int, default=7, help="of what is drawn")
    parser.add_argument(
        "--gap", type=int, default=1, help="voxels between objects that touch, at most"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--picture", metavar="FILE", help="a PNG")
    options = parser.parse_args()
    if not (options.volume or options.synthetic or options.tiny):
        parser.error("give a --volume, --synthetic or --tiny")
    try:
        check_seed(options.seed)
    except ValueError as error:
        parser.error(str(error))
    return options


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    if options.tiny:
        tubes = make_tubes((16, 48, 48), 3, 20, 6.0, seed=8)
        yield Case("tubes", open_source(grey_image(tubes.labels, 9)), tubes.labels, 1.0)
    for path in map(Path, options.volume):
        image = open_source(path)
        labels = open_source(path.with_suffix(".labels.tif"))
        size = image.voxel_size or (1.0, 1.0, 1.0)
        truth = labels.read(whole(labels.shape))
        yield Case(path.stem, image, truth, size[0] / size[2])
    for drawn in draw_crowded(options.synthetic, options.seed):
        yield Case(drawn.name, open_source(drawn.image), drawn.labels, drawn.step)


def _compare(case: Case, model: Checkpoint, gap: int) -> tuple[dict[str, Any], Row]:
    """Print and report how each reading of a volume fares."""
    answer = ask_network(case.image, model, case.step)
    ids = touching_ids(case.truth, case.step, gap)
    objects = len(np.unique(case.truth[case.truth > 0]))
    sys.stdout.write(f"{case.name}: {objects} objects, {len(ids)} touch another one\n")
    sys.stdout.write(_line("", _HEADS, "chosen"))
    readings = read_all(answer, case.truth)
    report: dict[str, Any] = {
        "volume": case.name,
        "model": model.name,
        "digest": model.digest,
        "gap": gap,
        "objects": objects,
        "readings": {},
    }
    touched = []
    for reading in readings:
        mistakes = find_mistakes(reading.labels, case.truth)
        touched.append(score_touching(mistakes, ids))
        sys.stdout.write(_row(reading, touched[-1]))
        report["readings"][reading.name] = {
            "chosen": reading.settings,
            "all": asdict(reading.scores),
            "touching": asdict(touched[-1]),
        }
    sys.stdout.flush()
    image = case.image.read(whole(case.image.shape))
    return report, Row(case.name, image, case.truth, readings, touched)


_HEADS = ["F1 .5", "F1 .75", "PQ", "touching", "merged", "in", "split"]


def _row(reading: Reading, touched: TouchingScores) -> str:
    scores = reading.scores
    cells = [scores.f1_50, scores.f1_75, scores.panoptic_quality]
    recall = "-" if touched.recall_50 is None else f"{touched.recall_50:.2f}"
    counts = [str(n) for n in (touched.merged, touched.merges, touched.splits)]
    shown = [f"{n:.2f}" for n in cells]
    return _line(reading.name, [*shown, recall, *counts], reading.settings)


def _line(name: str, cells: list[str], end: str) -> str:
    return f"{name:20}" + "".join(f"{cell:>9}" for cell in cells) + f"  {end}\n"


if __name__ == "__main__":
    main()
