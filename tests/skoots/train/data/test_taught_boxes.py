"""Boxes of sparse labels, as they are written beside an image."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from skoots.errors import TrainingError
from skoots.train.data.taught_boxes import TaughtBox, read_boxes

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (6, 12, 15)
GOOD = {"start": [0, 0, 0], "stop": [6, 12, 15]}


def test_boxes_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "a.boxes.json"
    path.write_text(json.dumps({"boxes": [GOOD, {**GOOD, "held_out": True}]}))
    first, second = read_boxes(path, SHAPE)
    assert first == TaughtBox((0, 0, 0), (6, 12, 15))
    assert second.held_out
    assert [span.size for span in second.box] == [6, 12, 15]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no json", "cannot be read"),
        ("[]", "is no list of boxes. Write {"),
        ('{"box": []}', "is no list of boxes"),
        ({"start": [0, 0, 0]}, r"Box 1 of .*a\.boxes\.json is \{"),
        ({**GOOD, "heldout": True}, "heldout"),
        ({**GOOD, "held_out": "yes"}, "held_out: 'yes'. Write true or false"),
        ({**GOOD, "stop": [6, 12]}, r"holds \[6, 12\]. Write three whole numbers"),
        ({**GOOD, "start": [0, 0, 0.5]}, "three whole numbers"),
        ({**GOOD, "stop": [6, 12, 16]}, r"to \(6, 12, 16\), but the volume has"),
        ({**GOOD, "start": [-1, 0, 0]}, "within the volume"),
        ({**GOOD, "start": [0, 12, 0]}, "a stop behind it"),
    ],
    ids=str,
)
def test_a_file_of_another_form_is_refused(
    tmp_path: Path, content: Any, words: str
) -> None:
    path = tmp_path / "a.boxes.json"
    text = content if isinstance(content, str) else json.dumps({"boxes": [content]})
    path.write_text(text)
    with pytest.raises(TrainingError, match=words):
        read_boxes(path, SHAPE)


def test_a_box_without_a_voxel_is_none() -> None:
    with pytest.raises(TrainingError, match=r"to \(4, 5, 5\).*is empty"):
        TaughtBox((0, 5, 0), (4, 5, 5))
