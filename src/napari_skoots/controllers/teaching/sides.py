"""The labels of before and of after, as layers of which one is seen."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_skoots.layers import camera_of, geometry_of, same_geometry, shifted
from napari_skoots.layers.source import FACTS
from napari_skoots.state.teaching import Side
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from napari.components import ViewerModel
    from napari.layers import Labels

    from skoots.events import ComparedPart

_NAMES = {Side.BEFORE: "before teaching", Side.AFTER: "after teaching"}

_CONTOUR = 2
"""Voxels: what is painted is outlined meanwhile, so that it can be told from what is
found."""


class Sides:
    """Two labellings of what was held out.

    Parameters
    ----------
    viewer : ViewerModel
        Shows them.
    """

    changed = Signal()
    """Layers came or went; perhaps one of these."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layers: dict[Side, list[Labels]] = {}
        self._parts: list[ComparedPart] = []
        self._geometry: Mapping[str, Any] = {}
        self._painted: tuple[Labels, int] | None = None
        self._at_work = False
        for event in self._listed:
            event.connect(self._on_list)

    def close(self) -> None:
        """Follow the viewer no more."""
        for event in self._listed:
            event.disconnect(self._on_list)

    @property
    def _listed(self) -> tuple[Any, Any]:
        events = self._viewer.layers.events
        return events.inserted, events.removed

    def _on_list(self) -> None:
        if not self._at_work:
            self.changed.emit()

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """Say once that layers come or go, when all have."""
        if self._at_work:
            yield
            return
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False
            self.changed.emit()

    @property
    def layers(self) -> list[Labels]:
        """All of them."""
        return [layer for layers in self._layers.values() for layer in layers]

    @property
    def there(self) -> tuple[Side, ...]:
        """Those of which something is in the viewer, whatever the user removed."""
        return tuple(
            side
            for side in Side
            if any(each in self._viewer.layers for each in self._layers.get(side, ()))
        )

    def take(self, parts: Sequence[ComparedPart], painted: Labels | None) -> bool:
        """Show other parts, or the same elsewhere; tell whether anything changed.

        Parameters
        ----------
        parts : sequence of ComparedPart
            Those that lie in the image that is looked at.
        painted : napari.layers.Labels or None
            Its teaching layer, on which they lie.
        """
        geometry = {} if painted is None else geometry_of(painted)
        if list(parts) == self._parts and same_geometry(geometry, self._geometry):
            return False
        new = list(parts) != self._parts
        with self._at_once():
            self.hide()
            self._parts, self._geometry = list(parts), geometry
            if painted is None:
                return True
            for part in parts:
                self._add_part(part)
        if self._layers:
            self._painted = painted, painted.contour
            painted.contour = _CONTOUR
        if parts and new:
            self._go_to(parts[0], painted)
        return True

    def show(self, side: Side) -> None:
        """Let one of them be seen."""
        for each, layers in self._layers.items():
            for layer in layers:
                layer.visible = each is side

    def hide(self) -> None:
        """Take them out of the viewer."""
        layers, self._layers = self.layers, {}
        self._parts, self._geometry = [], {}
        if self._painted is not None:
            painted, self._painted = self._painted, None
            painted[0].contour = painted[1]
        with self._at_once():
            for layer in layers:
                if layer in self._viewer.layers:
                    self._viewer.layers.remove(layer)

    def _add_part(self, part: ComparedPart) -> None:
        from skoots.teach.record import read_arrays  # noqa: PLC0415 - on use

        try:
            arrays = read_arrays(part.path)
        except SkootsError:  # the scores are known; there is nothing to look at
            return
        start = [low for low, _ in part.box_zyx]
        for side in Side:
            if side.value in arrays:
                self._add(side, arrays[side.value], start)

    def _add(
        self, side: Side, labels: np.ndarray[Any, Any], start: Sequence[int]
    ) -> None:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layer = Labels(
            labels.astype(np.uint32),
            name=_NAMES[side],
            metadata={FACTS: {"overlay": True}},
            **shifted(self._geometry, start),
        )
        active = self._viewer.layers.selection.active
        self._layers.setdefault(side, []).append(layer)
        self._viewer.add_layer(layer)
        if active is not None:
            self._viewer.layers.selection.active = active

    def _go_to(self, part: ComparedPart, painted: Labels) -> None:
        """Bring a part into view: its middle plane, and its middle if none is seen."""
        start = np.array([low for low, _ in part.box_zyx], float)
        stop = np.array([high for _, high in part.box_zyx], float) - 1
        dims, camera = self._viewer.dims, camera_of(self._viewer)
        middle = painted.data_to_world((start + stop) / 2)
        axis = dims.ndim - len(middle)  # along Z
        if axis in dims.displayed:
            return
        dims.set_point(axis, float(middle[0]))
        low, high = painted.corner_pixels
        if (start[1:] > high[1:]).any() or (stop[1:] < low[1:]).any():
            camera.center = (camera.center[0], *middle[1:])
