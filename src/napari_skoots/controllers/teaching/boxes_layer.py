"""The layer of the boxes: rectangles that are seen in each of their planes.

napari shows a flat shape in its own plane alone. So whenever another plane is shown,
the rectangles whose box holds it are moved there.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_skoots.controllers.teaching.box_geometry import (
    box_of,
    is_flat,
    rectangle_of,
)
from napari_skoots.layers.source import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from napari.layers import Shapes
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.train.data.taught_boxes import TaughtBox

    Row = tuple[int, int, bool]
    """First plane, last plane and whether it is held out."""

TAUGHT, HELD_OUT = "#ffd400", "#36c9ff"
"""Colours of the edges: of boxes to learn from, and of those that are kept."""

UNKNOWN = -1
"""The planes of a rectangle that was just drawn."""

_NO_ROWS = {"first": UNKNOWN, "last": UNKNOWN, "held_out": 0, "label": ""}


class BoxesLayer:
    """Rectangles with what belongs to each: its planes, and whether it is held out.

    Parameters
    ----------
    name : str
        Of the layer.
    geometry : mapping
        Where the image lies, as `geometry_of` says it.
    """

    edited = Signal()
    """The user drew, moved or removed a shape, or selected another one."""

    def __init__(self, name: str, geometry: Mapping[str, Any]) -> None:
        from napari.layers import Shapes  # noqa: PLC0415 - napari loads layers late

        self._quiet = False
        self.layer: Shapes = Shapes(
            ndim=3,
            name=name,
            features=_table([]),
            feature_defaults=_NO_ROWS,
            text={
                "string": "{label}",
                "color": TAUGHT,
                "size": 10,
                "anchor": "upper_left",
                "translation": np.zeros(3),
            },
            edge_color=TAUGHT,
            face_color="transparent",
            edge_width=1,
            opacity=1.0,
            metadata={FACTS: {"overlay": True}},
            **geometry,
        )
        self.layer.events.data.connect(self._on_edit)
        self.layer.events.highlight.connect(self._on_highlight)
        self._selected: set[int] = set()

    def __len__(self) -> int:
        return int(self.layer.nshapes)

    @property
    def shapes(self) -> list[NDArray[np.float64]]:
        """The vertices of each, (N, 3), along Z, Y, X, in voxels."""
        return [np.asarray(shape, float) for shape in self.layer.data]

    @property
    def rows(self) -> list[Row]:
        """First plane, last plane and whether it is held out, of each."""
        table = self.layer.features
        columns = (table[name].tolist() for name in ("first", "last", "held_out"))
        return [(int(a), int(b), bool(c)) for a, b, c in zip(*columns, strict=True)]

    @property
    def busy(self) -> bool:
        """Whether the user draws or drags just now."""
        # napari says it nowhere else; one that says it otherwise is never busy, and a
        # box is stored once more when it is finished
        layer: Any = self.layer
        states = (
            getattr(layer, name, False) for name in ("_is_creating", "_is_moving")
        )
        return any(map(bool, states))

    @property
    def current(self) -> int | None:
        """The shape that is selected, or else was drawn last."""
        chosen = [k for k in self.layer.selected_data if k < len(self)]
        return min(chosen) if chosen else (len(self) - 1 if len(self) else None)

    def fill(self, boxes: Sequence[TaughtBox], plane: int) -> None:
        """Show boxes instead of what is there."""
        with self._quietly():
            self._empty()
            if boxes:
                rows = [_row(box) for box in boxes]
                places = (int(np.clip(plane, a, b)) for a, b, _ in rows)
                pairs = zip(boxes, places, strict=True)
                data = [rectangle_of(box, place) for box, place in pairs]
                self.layer.add(data, shape_type="rectangle")
                self._describe(rows)

    def boxes(self, extent: Shape3) -> list[TaughtBox]:
        """Give the boxes of all; what lies beside an image of this extent is none."""
        pairs = zip(self.shapes, self.rows, strict=True)
        found = (
            box_of(vertices, (first, last), extent, held_out=held_out)
            for vertices, (first, last, held_out) in pairs
            if first != UNKNOWN
        )
        return [box for box in found if box is not None]

    def describe(self, rows: Sequence[Row]) -> None:
        """Say which planes each has and whether it is held out."""
        if list(rows) != self.rows or any(self.layer.features["label"] == ""):
            with self._quietly():
                self._describe(rows)

    def replace(self, data: list[NDArray[np.float64]], kinds: list[str]) -> None:
        """Give each shape other vertices; it stays selected."""
        selected, mode = set(self.layer.selected_data), self.layer.mode
        with self._quietly():
            self.layer.data = list(zip(data, kinds, strict=True))
            self.layer.mode = mode
            self.layer.selected_data = selected

    def remove(self, places: list[int]) -> None:
        """Take shapes away."""
        with self._quietly():
            self.layer.remove(places)

    def go_to(self, plane: int) -> None:
        """Bring those whose planes hold this one there."""
        data, rows, moved = self.shapes, self.rows, False
        for shape, (first, last, _) in zip(data, rows, strict=True):
            here = first <= plane <= last and is_flat(shape)
            if here and shape[0, 0] != plane:
                shape[:, 0], moved = plane, True
        if moved:
            self.replace(data, list(self.layer.shape_type))

    def set_width(self, width: float) -> None:
        """Give the edges a width, in voxels."""
        with self._quietly():
            self.layer.current_edge_width = width
            if len(self) and not np.allclose(self.layer.edge_width, width, rtol=0.05):
                self.layer.edge_width = width

    # ---- napari

    def _empty(self) -> None:
        if len(self):
            self.layer.remove(list(range(len(self))))

    def _describe(self, rows: Sequence[Row]) -> None:
        layer = self.layer
        layer.features = _table(rows)
        layer.feature_defaults = _NO_ROWS
        if rows:
            colours = [HELD_OUT if held else TAUGHT for *_, held in rows]
            layer.edge_color = colours

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        before, self._quiet = self._quiet, True
        try:
            with self.layer.block_thumbnail_update():
                yield
        finally:
            self._quiet = before

    def _on_edit(self, event: Any) -> None:
        action = str(getattr(event, "action", ""))
        if not self._quiet and action not in ("adding", "changing", "removing"):
            self.edited.emit()

    def _on_highlight(self) -> None:
        chosen = set(self.layer.selected_data)
        if chosen != self._selected:
            self._selected = chosen
            if not self._quiet:
                self.edited.emit()


def _row(box: TaughtBox) -> Row:
    return box.start_zyx[0], box.stop_zyx[0] - 1, box.held_out


def _table(rows: Sequence[Row]) -> dict[str, Any]:
    words = [
        f"{number} held out" if held_out else str(number)
        for number, (*_, held_out) in enumerate(rows, 1)
    ]
    return {
        "first": np.array([row[0] for row in rows], int),
        "last": np.array([row[1] for row in rows], int),
        "held_out": np.array([int(row[2]) for row in rows], int),
        "label": np.array(words, object),
    }
