"""The course of a training is a CSV that survives being cut off, and a picture."""

from __future__ import annotations

import io
import math
from pathlib import Path  # noqa: TC003 - fixtures say it

import numpy as np
import pytest
from skimage.io import imread

from skoots.events import EpochDone
from skoots.train.curves import COLUMNS, Curves, draw_curves, read_curves


def _done(epoch: int, **validation: float) -> EpochDone:
    loss = 1 / (1 + epoch)
    parts = dict.fromkeys(("loss", "embedding", "probability", "skeleton"), loss)
    return EpochDone(
        epoch=epoch,
        epochs=9,
        step=4 * (epoch + 1),
        losses=parts,
        validation=validation,
        best=bool(validation),
        learning_rate=1e-3,
        sigma=(20.0, 20.0, 10.0),
        seconds=1.5 * epoch,
    )


def test_a_row_holds_what_an_epoch_says(tmp_path: Path) -> None:
    curves = Curves(tmp_path / "curves.csv", 0)
    curves.add(_done(0), skipped=0)
    curves.add(_done(1, loss=0.7, f1_50=0.9, panoptic_quality=0.8), skipped=2)
    first, second = read_curves(tmp_path / "curves.csv")
    assert tuple(first) == COLUMNS
    assert (first["epoch"], first["step"], first["sigma_z"]) == ("1", "4", "10")
    assert (first["validation_loss"], first["f1_50"]) == ("", "")
    assert float(second["loss"]) == pytest.approx(0.5)
    assert (second["validation_loss"], second["f1_50"]) == ("0.7", "0.9")
    assert second["skipped"] == "2"


def test_rows_of_a_training_that_was_killed_are_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    killed = Curves(path, 0)
    for epoch in range(4):
        killed.add(_done(epoch), skipped=0)
    with path.open("a") as file:
        file.write("5,20,6.0,0.0")  # cut off
    again = Curves(path, 2)
    again.add(_done(2), skipped=0)
    assert [row["epoch"] for row in read_curves(path)] == ["1", "2", "3"]


@pytest.mark.parametrize("scores", [{}, {"f1_50": 0.5, "panoptic_quality": 0.4}])
def test_the_picture_shows_curves(tmp_path: Path, scores: dict[str, float]) -> None:
    curves = Curves(tmp_path / "curves.csv", 0)
    for epoch in range(3):
        curves.add(_done(epoch, loss=0.5, **scores), skipped=0)
    curves.close()
    picture = imread(tmp_path / "curves.png")[..., :3].astype(int)
    colourful = np.ptp(picture, axis=-1) > 60
    assert 1000 < colourful.sum() < 0.2 * colourful.size
    taller = picture.shape[0] > 700
    assert taller == bool(scores)


def test_a_single_epoch_and_one_without_a_number_can_be_drawn(tmp_path: Path) -> None:
    curves = Curves(tmp_path / "curves.csv", 0)
    curves.add(_done(0), skipped=4)
    row = dict(read_curves(tmp_path / "curves.csv")[0], loss=str(math.nan))
    assert imread(io.BytesIO(draw_curves([row]))).ndim == 3
