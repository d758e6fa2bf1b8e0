"""The picture of readings: in which colours, and how wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.image import imread
from readings_picture import (
    EXTRA,
    MERGED,
    SPLIT,
    Row,
    object_colour,
    reading_colours,
    save_picture,
)
from rivals import Reading
from touching import find_mistakes, score_touching, touching_ids

from skoots.validate.scores import score

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def truth() -> np.ndarray:
    """Two touching blocks in plane 2, of 90 x 200 pixels, and some far from them."""
    labels = np.zeros((5, 90, 200), np.uint16)
    labels[2, 40:50, 150:160] = 1
    labels[2, 40:50, 160:170] = 2
    labels[:, 10:20, 10:20] = 3
    labels[:, 60:70, 20:30] = 4
    return labels


def test_objects_have_the_colour_of_the_truth_or_of_their_mistake(
    truth: np.ndarray,
) -> None:
    found = np.zeros_like(truth)
    found[(truth == 1) | (truth == 2)] = 11  # merged
    found[truth == 3] = 12  # right
    found[:3][truth[:3] == 4] = 13  # split
    found[3:][truth[3:] == 4] = 14
    found[0, 80:85, 100:105] = 15  # nothing is there
    assert reading_colours([0, 11, 12, 13, 14, 15], find_mistakes(found, truth)) == {
        11: MERGED,
        12: object_colour(3),
        13: SPLIT,
        14: SPLIT,
        15: EXTRA,
    }


@pytest.mark.parametrize("count", [1, 3])
def test_the_picture_is_as_wide_as_a_page_however_many_volumes_it_shows(
    count: int, truth: np.ndarray, tmp_path: Path
) -> None:
    scores = score_touching(find_mistakes(truth, truth), touching_ids(truth))
    readings = [Reading(n, "", truth, score(truth, truth)) for n in "abcd"]
    row = Row("blocks", (40 * truth).astype(np.uint8), truth, readings, [scores] * 4)
    save_picture([row] * count, str(tmp_path / "readings.png"))
    height, width, _ = imread(tmp_path / "readings.png").shape
    assert width == 1200
    assert height > 200 * count
