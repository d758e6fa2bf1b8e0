"""A part of a volume is normalised as the volume that it was cut from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from training_cases import write_rods

from skoots.errors import TrainingError
from skoots.train.data.said_intensity import INTENSITY_END, write_intensity
from skoots.train.dataloader import load_pairs

if TYPE_CHECKING:
    from pathlib import Path


def test_a_part_has_the_mean_and_deviation_of_the_whole(tmp_path: Path) -> None:
    folder = write_rods(tmp_path / "data")
    (before,) = load_pairs(folder)
    write_intensity(folder / f"rods{INTENSITY_END}", 77.5, 12.25)
    (volume,) = load_pairs(folder)
    assert (volume.intensity.mean, volume.intensity.std) == (77.5, 12.25)
    assert volume.intensity.span == before.intensity.span
    assert volume.moments == before.moments, "of what is there"


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"mean": 3}', '{"mean": 3, "std": 0}', '{"mean": NaN, "std": 1}'],
)
def test_a_file_of_another_form_is_named(tmp_path: Path, content: str) -> None:
    folder = write_rods(tmp_path / "data")
    (folder / f"rods{INTENSITY_END}").write_text(content)
    with pytest.raises(TrainingError, match=r"rods\.intensity\.json.*Write"):
        load_pairs(folder)
