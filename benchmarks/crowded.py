"""Drawn volumes of nuclei that crowd and touch, from seeds that no training uses."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from touching import touching_ids

# what draws nuclei for training lies among the scripts
sys.path.append(str(Path(__file__).resolve().parents[1] / "scripts" / "models"))
from synthetic_nuclei import SEED_TRAIN, SEED_VAL, make_volume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LEAST_TOUCHING = 0.6
"""Share of the nuclei that touch another one, with nothing between, in a volume."""

LEAST_NUCLEI = 20

LEAST_VOXELS = 150
"""Of a typical nucleus: of smaller ones the resolution decides, not the touching."""


class Drawn(NamedTuple):
    """A volume and its labels, (Z, Y, X) both."""

    name: str
    image: NDArray[np.uint16]
    labels: NDArray[np.uint16]
    step: float
    """Length of a voxel along Z, of that along X and Y."""


def draw_crowded(volumes: int, seed: int) -> Iterator[Drawn]:
    """Draw volumes until so many are crowded, each from its own seed, and yield those.

    Parameters
    ----------
    volumes : int
        How many.
    seed : int
        None that training uses.

    Raises
    ------
    ValueError
        If training uses it; before anything is drawn.
    """
    check_seed(seed)
    return _draw(volumes, seed)


def check_seed(seed: int) -> None:
    """Refuse a seed whose volumes a network may have been trained or chosen on.

    Raises
    ------
    ValueError
        That says which seeds those are.
    """
    if seed in (SEED_TRAIN, SEED_VAL):
        raise ValueError(
            f"Training draws nuclei from the seed {SEED_TRAIN} and validates on "
            f"{SEED_VAL}, so {seed} would score what is known. Use another seed."
        )


def _draw(volumes: int, seed: int) -> Iterator[Drawn]:
    for number in count():
        if volumes == 0:
            return
        image, labels, step = make_volume(np.random.default_rng((seed, number)))
        if is_crowded(labels, step):
            volumes -= 1
            yield Drawn(f"nuclei_{seed}_{number:03d}", image, labels, step)


def is_crowded(labels: NDArray[np.uint16], step: float) -> bool:
    """Tell whether most nuclei of a volume, (Z, Y, X), touch another one."""
    voxels = np.bincount(labels.ravel())[1:]
    if len(voxels) < LEAST_NUCLEI or np.median(voxels) < LEAST_VOXELS:
        return False
    return len(touching_ids(labels, step, gap=0)) >= LEAST_TOUCHING * len(voxels)
