"""A picture of readings: a row for each volume, a column for each reading.

Objects that were found have the colour that they have in the truth; mistakes have
colours of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
import numpy as np
from crowded_part import crowded_part
from matplotlib.colors import hsv_to_rgb, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from scipy import ndimage
from touching import Mistakes, find_mistakes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from rivals import Reading
    from touching import TouchingScores

    Colours = NDArray[np.float64]

MERGED, SPLIT, EXTRA = to_rgb("#e3262e"), to_rgb("#ffb000"), to_rgb("#8c8c8c")
MISSED = to_rgb("#ff4fd8")

HUES = 0.30, 0.75
"""Of objects that are right: green to violet, so that none looks like a mistake."""

GOLDEN = 0.6180339887
"""Turns of a colour circle from one object to the next: neighbours differ."""

SHADE = 0.5
"""How strongly the inside of an object is coloured."""

LIGHT = 0.55
"""How much lighter than the object its outline is."""

PANEL = 480
"""Pixels that a panel is enlarged to at least, so that outlines are thin."""

_DPI = 100
_SIDE, _GAP = 1.92, 0.06
"""Inches from one panel to the next, and between them."""

_LEFT, _TOP, _NOTE, _FOOT = 0.42, 0.26, 0.42, 0.36
"""Inches to the left of a row, above all, below a row and below all."""


class Row(NamedTuple):
    """What is known of one volume."""

    name: str
    image: NDArray[Any]
    """(Z, Y, X)"""

    truth: NDArray[Any]
    """(Z, Y, X)"""

    readings: Sequence[Reading]
    touching: Sequence[TouchingScores]
    """Of each reading."""


def save_picture(rows: Sequence[Row], path: str) -> None:
    """Draw the readings of some volumes, 1200 pixels wide, into a PNG file."""
    titles = ["image", "truth", *(reading.name for reading in rows[0].readings)]
    width = _LEFT + _SIDE * len(titles) + _GAP
    height = _TOP + (_SIDE + _NOTE) * len(rows) + _FOOT
    with mpl.rc_context({"font.size": 9, "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(width, height), dpi=_DPI)
        for number, row in enumerate(rows):
            bottom = height - _TOP - (_SIDE + _NOTE) * number - _SIDE
            heads = titles if number == 0 else [""] * len(titles)
            _draw_row(figure, row, heads, bottom)
        figure.legend(handles=_legend(), loc="lower center", ncols=5, frameon=False)
        figure.savefig(path)


def _draw_row(
    figure: Figure, row: Row, titles: Sequence[str], bottom_inches: float
) -> None:
    width, height = figure.get_size_inches()
    size = (_SIDE - _GAP) / width, (_SIDE - _GAP) / height
    for column, (panel, note) in enumerate(_panels(row)):
        corner = (_LEFT + _SIDE * column) / width, bottom_inches / height
        axes = figure.add_axes((*corner, *size))
        axes.imshow(panel, interpolation="antialiased")
        axes.set_axis_off()
        axes.set_title(titles[column], fontsize=10)
        axes.text(0.5, -0.03, note, transform=axes.transAxes, ha="center", va="top")
    middle = (bottom_inches + _SIDE / 2) / height
    figure.text(0.16 / width, middle, row.name, rotation=90, va="center")


def _panels(row: Row) -> list[tuple[Colours, str]]:
    """Draw the panels of a row, and say what stands under each."""
    part = crowded_part(row.truth)
    grey = _grey(part.of(row.image))
    true = _enlarged(part.of(row.truth))
    own = {int(n): object_colour(int(n)) for n in np.unique(true) if n}
    touching = row.touching[0].objects
    panels = [
        (grey.repeat(3, axis=2), f"plane {part.plane}"),
        (_painted(grey, true, own), f"{touching} touch another one"),
    ]
    for reading, scores in zip(row.readings, row.touching, strict=True):
        mistakes = find_mistakes(reading.labels, row.truth)
        shown = _enlarged(part.of(reading.labels))
        colours = reading_colours(np.unique(shown).tolist(), mistakes)
        panel = _painted(grey, shown, colours)
        panel[_outline(np.where(_is_missed(true, mistakes), true, 0), 7)] = MISSED
        note = f"F1 {reading.scores.f1_50:.2f}"
        if scores.recall_50 is not None:
            note += f"; of touching {scores.recall_50:.0%}"
        panels.append((panel, note))
    return panels


def object_colour(label: int) -> tuple[float, float, float]:
    """Give the colour of a true object."""
    turn = label * GOLDEN % 1
    light = 0.75 + 0.25 * (label * 7 % 5) / 4
    hue = HUES[0] + (HUES[1] - HUES[0]) * turn
    red, green, blue = hsv_to_rgb((hue, 0.7, light))
    return float(red), float(green), float(blue)


def reading_colours(
    labels: list[int], mistakes: Mistakes
) -> dict[int, tuple[float, float, float]]:
    """Give the colours of predicted objects: those of the truth, or of a mistake."""
    same = {found: true for true, found in mistakes.found.items()}
    merging = set(mistakes.merged.values())
    pieces = {piece for parts in mistakes.split.values() for piece in parts}
    colours = {}
    for label in labels:
        if label in merging:
            colours[label] = MERGED
        elif label in pieces:
            colours[label] = SPLIT
        elif label in same:
            colours[label] = object_colour(same[label])
        elif label:
            colours[label] = EXTRA
    return colours


def _is_missed(true: NDArray[Any], mistakes: Mistakes) -> NDArray[np.bool_]:
    """Tell where true objects are that nothing stands for, be it a mistake."""
    known = {0, *mistakes.found, *mistakes.merged, *mistakes.split}
    return ~np.isin(true, list(known))


def _enlarged(plane: NDArray[Any]) -> NDArray[Any]:
    zoom = max(1, -(-PANEL // max(plane.shape)))
    return plane.repeat(zoom, axis=0).repeat(zoom, axis=1)


def _grey(plane: NDArray[Any]) -> Colours:
    low, high = np.percentile(plane, (0.5, 99.5))
    grey = np.clip((plane - low) / max(high - low, 1e-6), 0, 1)
    return np.asarray(_enlarged(grey)[..., None], np.float64)


def _painted(
    grey: Colours, labels: NDArray[Any], colours: dict[int, tuple[float, float, float]]
) -> Colours:
    painted = grey.repeat(3, axis=2)
    edges = _outline(labels, 3)
    for label, colour in colours.items():
        inside = labels == label
        painted[inside] = painted[inside] * (1 - SHADE) + np.array(colour) * SHADE
        painted[inside & edges] = np.array(colour) * (1 - LIGHT) + LIGHT
    return painted


def _outline(labels: NDArray[Any], width: int) -> NDArray[np.bool_]:
    """Mark the pixels of objects that have another one, or none, so near."""
    low = ndimage.minimum_filter(labels, width)
    high = ndimage.maximum_filter(labels, width)
    marked: NDArray[np.bool_] = (low != high) & (labels > 0)
    return marked


def _legend() -> list[Patch]:
    return [
        Patch(color=object_colour(3), label="found (IoU above 0.5)"),
        Patch(color=MERGED, label="merged"),
        Patch(color=SPLIT, label="split"),
        Patch(facecolor="none", edgecolor=MISSED, linewidth=2, label="missed"),
        Patch(color=EXTRA, label="of no true object"),
    ]
