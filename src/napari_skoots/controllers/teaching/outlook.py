"""What a network in training finds in the preview box, as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.layers import geometry_of, shifted
from napari_skoots.layers.source import FACTS
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from napari.components import ViewerModel
    from napari.layers import Labels
    from numpy.typing import NDArray

    from skoots.events import Predicted

NAME = "SKOOTS while it learns"

_OPACITY = 0.4
"""So that what is painted below can be told apart."""


class Outlook:
    """One layer that is drawn anew with each prediction, and goes in the end.

    Parameters
    ----------
    viewer : ViewerModel
        Shows it.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layer: Labels | None = None
        self._refused = False

    def show(self, event: Predicted, painted: Labels | None) -> None:
        """Show a prediction, unless the user took the layer away.

        Parameters
        ----------
        event : Predicted
            Where it lies.
        painted : napari.layers.Labels or None
            The teaching layer, on which it lies.
        """
        if painted is None:
            return
        if self._layer is not None and self._layer not in self._viewer.layers:
            self._refused = True  # the user removed it: not again in this training
        if self._refused:
            return
        from skoots.teach.record import read_arrays  # noqa: PLC0415 - on use

        try:
            arrays = read_arrays(event.path)
        except SkootsError:  # the next one comes in some seconds
            return
        labels, start = arrays["labels"], arrays["start_zyx"].tolist()
        geometry = shifted(geometry_of(painted), start)
        if self._layer is None:
            self._layer = self._add(labels, geometry)
        else:
            self._layer.data = labels
            self._layer.translate = geometry["translate"]

    def hide(self) -> None:
        """Take the layer away; the training is over."""
        layer, self._layer, self._refused = self._layer, None, False
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _add(self, labels: NDArray[np.uint32], geometry: Mapping[str, Any]) -> Labels:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layer = Labels(
            labels,
            name=NAME,
            opacity=_OPACITY,
            metadata={FACTS: {"overlay": True}},
            **geometry,
        )
        # Where nothing is found, a frame says that it was looked for.
        layer.bounding_box.visible = True
        layer.bounding_box.points = False
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(layer)
        if active is not None:  # the user paints on
            self._viewer.layers.selection.active = active
        return layer
