"""Make the pictures of docs/teach.md of what `teach_tour` took of its window.

To make them again, with another quality say::

    python scripts/teach_pictures.py build/teach-tour/pictures docs/images
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 50
WIDEST = 920
"""Pixels."""

CANVAS, PANEL = 333, 1035
"""Pixels at which the canvas and the panel begin, right of the list of layers."""

TOP = 24
"""Below the menu."""

SHOWN = ("found", "paint", "ready", "running", "again", "accept")
"""States of which canvas and panel are shown."""


def main() -> None:
    """Make them of one folder, in another one."""
    taken, out = map(Path, sys.argv[1:3])
    write_pictures(taken, out)


def write_pictures(taken: Path, out: Path) -> None:
    """Make small pictures.

    Parameters
    ----------
    taken : Path
        The folder of what was taken.
    out : Path
        The folder of the pictures.
    """
    for state in SHOWN:
        window = _open(taken / f"{state}.png")
        _save(window.crop((CANVAS, TOP, *window.size)), out / f"teach-{state}.jpg")
    _save(_compare(taken), out / "teach-compare.jpg")


def _compare(taken: Path) -> Image:
    """Put before above after, and the panel beside both."""
    from PIL import Image  # noqa: PLC0415 - napari brings it

    before, after = (_open(taken / f"{side}.png") for side in ("before", "after"))
    panel = after.crop((PANEL, TOP, *after.size))
    half = panel.height // 2
    picture = Image.new("RGB", (half + panel.width, panel.height))
    for row, window in enumerate((before, after)):
        canvas = window.crop((CANVAS, TOP, PANEL - 20, window.height - 50))
        side = min(canvas.size)
        left, top = ((n - side) // 2 for n in canvas.size)
        square = canvas.crop((left, top, left + side, top + side))
        picture.paste(square.resize((half, half)), (0, row * half))
    picture.paste(panel, (half, 0))
    return picture


def _open(path: Path) -> Image:
    from PIL import Image  # noqa: PLC0415 - napari brings it

    return Image.open(path).convert("RGB")


def _save(picture: Image, path: Path) -> None:
    from PIL import Image  # noqa: PLC0415 - napari brings it

    if picture.width > WIDEST:
        size = (WIDEST, round(picture.height * WIDEST / picture.width))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    picture.save(path, quality=QUALITY, optimize=True, progressive=True)


if __name__ == "__main__":
    main()
