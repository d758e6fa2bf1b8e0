"""Make the folder that a shipped model is trained in: volumes and settings.

    python scripts/models/prepare.py mito-em --data ../shared/data --out build/mito-em
    cd build/mito-em && skoots train --config-file mito-em.yaml

The annotated volumes are also averaged to coarser voxels, some along one axis alone, so
that one network learns a range of voxel sizes and sections; changes of a few ten per
cent are left to the training. Nuclei are drawn, too (`synthetic_nuclei`).

`--fold K/N` keeps the K-th of N ranges of columns of the training volumes from it,
and scores it in place of the usual held-out volumes: how choices are made that have to
hold for more than one small volume.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import fastremap
import numpy as np
import tifffile
from annotated import Annotated, coarser, read_volume
from synthetic_nuclei import SEED_TRAIN, SEED_VAL, write_volumes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annotated import Factors

_HERE = Path(__file__).parent

_LEAST = 8
"""Voxels of an object; what averaging leaves less of teaches nothing."""

_GAP = 24
"""A gap between folds is one of so many parts of the columns."""

_NUCLEI_TRAIN, _NUCLEI_VAL = 45, 4


class Level(NamedTuple):
    """A folder of volumes that are averaged alike."""

    name: str
    factors: Factors
    """Voxels along Z, Y, X that become one."""


LEVELS: dict[str, dict[str, tuple[Level, ...]]] = {
    "mito-em": {
        "train": (
            Level("10nm", (1, 1, 1)),
            Level("20nm", (2, 2, 2)),
            Level("30nm", (3, 3, 3)),
            Level("20x10nm", (2, 1, 1)),
            Level("30x10nm", (3, 1, 1)),
        ),
        "val": (Level("10nm", (1, 1, 1)), Level("20nm", (2, 2, 2))),
    },
    "chloroplast-em": {
        "train": (
            Level("40nm", (1, 2, 2)),
            Level("40x20nm", (1, 1, 1)),
            Level("40x60nm", (1, 3, 3)),
            Level("80x40nm", (2, 2, 2)),
        ),
        "val": (Level("40nm", (1, 2, 2)),),
    },
    "nuclei": {
        "train": (Level("real", (1, 1, 1)),),
        "val": (Level("real", (1, 1, 1)),),
    },
}

FOLDERS = {
    "mito-em": "mito_em",
    "chloroplast-em": "chloroplast_em",
    "nuclei": "nuclei_fluo",
}


def main() -> None:
    """Make the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=sorted(FOLDERS))
    parser.add_argument(
        "--data", type=Path, required=True, help="the annotated volumes"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", metavar="K/N", type=_fold)
    options = parser.parse_args()
    data = options.data / FOLDERS[options.model]
    prepare(options.model, data, options.out, options.fold)


def prepare(
    model: str, data: Path, out: Path, fold: tuple[int, int] | None = None
) -> None:
    """Write the levels of each part, and the settings beside them.

    Parameters
    ----------
    model : str
        One of `LEVELS`.
    data : Path
        With the folders ``train`` and ``val``.
    out : Path
        Where to.
    fold : tuple of 2 ints, optional
        Which range of columns is held out, from 1, and of how many.
    """
    for part, name, annotated in _volumes(data, fold):
        for level in LEVELS[model][part]:
            copy = coarser(annotated, level.factors, _LEAST)
            write(copy, out / part / level.name / name)
    if model == "nuclei":
        write_volumes(out / "train" / "synthetic", _NUCLEI_TRAIN, SEED_TRAIN)
        write_volumes(out / "val" / "synthetic", _NUCLEI_VAL, SEED_VAL)
    for settings in _HERE.glob(f"{model}*.yaml"):
        shutil.copy(settings, out)


def _fold(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text!r} is no fold; give 1/3, 2/3 or 3/3")
    return int(number), int(count)


def _volumes(
    data: Path, fold: tuple[int, int] | None
) -> Iterator[tuple[str, str, Annotated]]:
    """Yield part, name and volume of all that is trained on or held out."""
    for part in ("train", "val"):
        for path in sorted((data / part).glob("*.labels.tif")):
            name = path.name.removesuffix(".labels.tif")
            annotated = read(path.with_name(f"{name}.tif"))
            if fold is None:
                yield part, name, annotated
            elif part == "train":
                yield from _split(name, annotated, *fold)


def _split(
    name: str, annotated: Annotated, number: int, count: int
) -> Iterator[tuple[str, str, Annotated]]:
    """Cut columns in ranges; yield that which is held out, and what is beside it.

    Columns next to it are in neither: objects that lie across would be in both.
    """
    wide = annotated.image.shape[2]
    low, high = wide * (number - 1) // count, wide * number // count
    yield "val", name, _columns(annotated, low, high)
    gap = wide // _GAP
    for side, start, stop in (("left", 0, low - gap), ("right", high + gap, wide)):
        if stop > start:
            yield "train", f"{name}_{side}", _columns(annotated, start, stop)


def _columns(annotated: Annotated, start: int, stop: int) -> Annotated:
    image, labels, size = annotated
    return Annotated(image[..., start:stop], labels[..., start:stop], size)


def read(path: Path) -> Annotated:
    """Read ``NAME.tif`` and ``NAME.labels.tif``, with ids that fit into 16 bits."""
    annotated = read_volume(path)
    ids, _ = fastremap.renumber(annotated.labels)
    if ids.max() > np.iinfo(np.uint16).max:
        sys.exit(f"{path} has {ids.max()} objects; cut it into parts of 65535 at most")
    return annotated._replace(labels=ids.astype(np.uint16))


def write(annotated: Annotated, stem: Path) -> None:
    """Write a volume and its labels with their voxel size."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    z, y, x = annotated.voxel_size or (1.0, 1.0, 1.0)
    unit = "pixel" if annotated.voxel_size is None else "um"
    for array, end in ((annotated.image, ".tif"), (annotated.labels, ".labels.tif")):
        tifffile.imwrite(
            stem.with_name(stem.name + end),
            array,
            imagej=True,
            resolution=(1 / x, 1 / y),
            metadata={"axes": "ZYX", "spacing": z, "unit": unit},
        )


if __name__ == "__main__":
    main()
