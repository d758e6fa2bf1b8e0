"""The pictures of the tutorial are those that its tour takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import teach_pictures
from PIL import Image

ROOT = Path(teach_pictures.__file__).parents[1]
WINDOW = (1440, 860)


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    """A window of each state: its number as grey, the panel white."""
    states = [*teach_pictures.SHOWN, "before", "after"]
    for number, state in enumerate(states):
        window = Image.new("RGB", WINDOW, (20 * number + 20,) * 3)
        window.paste((255,) * 3, (teach_pictures.PANEL, 0, *WINDOW))
        window.save(tmp_path / f"{state}.png")
    return tmp_path


def test_each_picture_of_the_tutorial_is_made(taken: Path, tmp_path: Path) -> None:
    teach_pictures.write_pictures(taken, tmp_path)
    page = (ROOT / "docs" / "teach.md").read_text(encoding="utf-8")
    named = set(re.findall(r"images/(teach-\w+\.jpg)", page))
    assert named == {path.name for path in tmp_path.glob("*.jpg")}


def test_before_lies_above_after_beside_the_panel(taken: Path, tmp_path: Path) -> None:
    teach_pictures.write_pictures(taken, tmp_path)
    picture = Image.open(tmp_path / "teach-compare.jpg").convert("L")
    count = len(teach_pictures.SHOWN)
    grey = [picture.getpixel((100, y)) for y in (100, picture.height - 100)]
    assert grey == pytest.approx([20 * count + 20, 20 * count + 40], abs=3)
    assert picture.getpixel((picture.width - 50, 100)) == pytest.approx(255, abs=3)
