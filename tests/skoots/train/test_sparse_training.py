"""A tenth of the objects, inside a box, teaches nearly what all of them teach.

::

    y, x    . . . . . .      36 places, in each a ball or two that touch
            . . . . . .
            . . . # # .      box: all that is annotated when labels are sparse
            . . . # # .
            . . . . . .
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
import torch
from training_cases import tiny_values
from volume_cases import write_boxes

from skoots.config import Settings
from skoots.events import TrainFinished
from skoots.model.safe_file import read_safely
from skoots.train.engine import train
from skoots.train.project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PLACE = 16
SHAPE = (24, 6 * PLACE, 6 * PLACE)
TAUGHT = ((0, 3 * PLACE, 2 * PLACE), (24, 5 * PLACE, 4 * PLACE))


def _cells(seed: int) -> tuple[Any, Any]:
    """Give a noisy image and the labels of its bright balls, (Z, Y, X)."""
    rng = np.random.default_rng(seed)
    grid = np.ogrid[tuple(map(slice, SHAPE))]
    labels = np.zeros(SHAPE, np.uint16)
    for y in range(PLACE // 2, SHAPE[1], PLACE):
        for x in range(PLACE // 2, SHAPE[2], PLACE):
            middle = np.array([12, y, x]) + rng.uniform(-1, 1, 3)
            pair = rng.random() < 0.5
            away = np.array([rng.choice([-5.0, 5.0]), 0, 0]) if pair else np.zeros(3)
            for place in (middle + away, middle - away)[: 1 + pair]:
                z2, y2, x2 = (
                    np.square(n - at) for n, at in zip(grid, place, strict=True)
                )
                near = z2 + y2 + x2 < rng.uniform(4.8, 5.6) ** 2
                labels[near & (labels == 0)] = labels.max() + 1
    image = 70 + 70 * (labels > 0) + rng.normal(0, 20, SHAPE)
    return image.clip(0, 255).astype(np.uint8), labels


def _write(folder: Path, image: Any, labels: Any) -> Path:
    folder.mkdir(parents=True)
    tifffile.imwrite(folder / "cells.tif", image)
    tifffile.imwrite(folder / "cells.labels.tif", labels)
    return folder


def _in_the_box(labels: Any) -> Any:
    kept = np.zeros_like(labels)
    box = tuple(slice(a, b) for a, b in zip(*TAUGHT, strict=True))
    kept[box] = labels[box]
    return kept


def _settings(data: Path, **changes: Any) -> Settings:
    values = {"TRAIN_SAMPLE_PER_IMAGE": [20], "LEARNING_RATE": 0.006} | changes
    names = ["alpha", "beta", "smooth", "bce"]
    for name, numbers in {
        "EMBED": [0.25, 0.75, 0.005, 0.0],
        "PROBABILITY": [0.5, 0.5, 0.005, 0.3],
        "SKELETON": [0.5, 1.5, 0.005, 0.3],
    }.items():
        values |= {
            f"LOSS_{name}": "tversky_bce",
            f"LOSS_{name}_KEYWORDS": names,
            f"LOSS_{name}_VALUES": numbers,
        }
    values["SKELETON_MASK_RADIUS"] = 2
    every = tiny_values(data, **values)
    every["TRAINER"] |= {"OBJECT_RATE": 0.3, "EMA_DECAY": 0.95}
    every["SKOOTS"]["VECTOR_SCALING"] = [10, 10, 10]
    return Settings.from_dict(every)


def _train(folder: Path, settings: Settings) -> TrainFinished:
    *_, last = train(Project.create(folder, settings).path, device="cpu", threads=1)
    assert isinstance(last, TrainFinished)
    return last


def _scores(folder: Path, data: Path, judged: Path) -> Mapping[str, float]:
    epochs = 18
    settings = _settings(
        data,
        NUM_EPOCHS=epochs,
        VALIDATION_DATA_DIR=[str(judged)],
        VALIDATION_SAMPLE_PER_IMAGE=[1],
        VALIDATION_STORE_DATA_ON_GPU=[False],
        VALIDATE_EPOCH_SKIP=epochs,
    )
    return _train(folder, settings).scores


def test_a_tenth_of_the_objects_inside_a_box_reaches_most_of_the_dense_score(
    tmp_path: Path,
) -> None:
    image, labels = _cells(seed=0)
    few = _in_the_box(labels)
    assert len(np.unique(few)) - 1 <= 0.1 * labels.max()
    dense = _write(tmp_path / "dense", image, labels)
    sparse = _write(tmp_path / "sparse", image, few)
    write_boxes(sparse, (*map(list, TAUGHT), False))
    naive = _write(tmp_path / "naive", image, few)  # all that is unpainted: background
    judged = _write(tmp_path / "judged", *_cells(seed=1))
    full = _scores(tmp_path / "a", dense, judged)
    assert full["f1_50"] >= 0.8
    taught = _scores(tmp_path / "b", sparse, judged)
    misled = _scores(tmp_path / "c", naive, judged)
    for name in ("f1_50", "panoptic_quality"):
        assert taught[name] >= 0.7 * full[name]
        assert misled[name] <= 0.4 * full[name]


def test_a_held_out_box_is_scored_and_never_trained_on(tmp_path: Path) -> None:
    image, labels = _cells(seed=0)
    held_out = ([0, 0, 0], [24, 48, 48], True)
    weights, scores = [], []
    for name, shift in (("as it is", 0), ("mixed up", 5)):
        changed = labels.copy()
        inside = changed[:, :48, :48]
        inside[...] = np.roll(inside, (shift, 2 * shift), (0, 1))
        data = _write(tmp_path / name, image, changed)
        write_boxes(data, ([0, 48, 0], [24, 96, 96], False), held_out)
        project = tmp_path / f"run {name}"
        settings = _settings(
            data, NUM_EPOCHS=5, VALIDATE_EPOCH_SKIP=5, LEARNING_RATE=0.01
        )
        scores.append(_train(project, settings).scores["semantic_iou"])
        weights.append(read_safely(project / "state.pt")["learner"]["network"])
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][k], weights[1][k]) for k in weights[0])
    assert scores[0] > 0.3
    assert scores[1] < 0.8 * scores[0]  # the box that is mixed up was scored
