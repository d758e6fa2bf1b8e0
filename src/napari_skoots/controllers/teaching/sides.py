"""The labels of before and of after, as layers of which one is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_skoots.layers import camera_of, geometry_of, shifted
from napari_skoots.layers.source import FACTS
from napari_skoots.state.teaching import Side

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from skoots.events import ComparedPart, TeachFinished
    from skoots.teach.example import Example

_NAMES = {Side.BEFORE: "before teaching", Side.AFTER: "after teaching"}


class Sides:
    """Two labellings of what was held out.

    Parameters
    ----------
    viewer : ViewerModel
        Shows them.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layers: dict[Side, list[Labels]] = {}

    @property
    def layers(self) -> list[Labels]:
        """All of them."""
        return [layer for layers in self._layers.values() for layer in layers]

    def take(
        self, finished: TeachFinished, example: Example | None, painted: Labels
    ) -> None:
        """Show the parts that lie in the image that is looked at.

        Parameters
        ----------
        finished : TeachFinished
            What was compared, of all examples.
        example : Example or None
            The one of that image.
        painted : napari.layers.Labels
            Its teaching layer, on which they lie.
        """
        self.hide()
        name = None if example is None else example.name
        own = [part for part in finished.parts if part.example == name]
        for part in own:
            with np.load(part.path) as stored:
                start = stored["start_zyx"].tolist()
                for side in Side:
                    if side.value in stored:
                        self._add(side, stored[side.value], start, painted)
        if own:
            self._go_to(own[0], painted)

    def show(self, side: Side) -> None:
        """Let one of them be seen."""
        for each, layers in self._layers.items():
            for layer in layers:
                layer.visible = each is side

    def hide(self) -> None:
        """Take them out of the viewer."""
        for layer in self.layers:
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._layers = {}

    def _add(
        self,
        side: Side,
        labels: np.ndarray[Any, Any],
        start: list[int],
        painted: Labels,
    ) -> None:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layer = Labels(
            labels.astype(np.uint32),
            name=_NAMES[side],
            metadata={FACTS: {"overlay": True}},
            **shifted(geometry_of(painted), start),
        )
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(layer)
        if active is not None:
            self._viewer.layers.selection.active = active
        self._layers.setdefault(side, []).append(layer)

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
