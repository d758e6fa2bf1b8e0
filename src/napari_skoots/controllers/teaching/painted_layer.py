"""The layer in which objects are painted; every stroke is on disk at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.teaching.flat_only import FlatOnly
from napari_skoots.controllers.teaching.placing import lie_on
from napari_skoots.layers.source import FACTS
from napari_skoots.layers.undo import undo_through

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.components import ViewerModel
    from napari.layers import Labels
    from numpy.typing import NDArray

    from skoots.teach.example import Example

TEACHING = "teaching"
"""What the plugin's facts of such a layer hold: the folder of its example."""


class PaintedLayer:
    """Shows what is painted in an example.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layer.
    example : Example
        What is painted.
    name : str
        Of the image.
    geometry : mapping
        Where the image lies, as `geometry_of` says it.
    largest : int
        The largest id there is.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        example: Example,
        name: str,
        geometry: Mapping[str, Any],
        largest: int,
    ) -> None:
        from napari_skoots.labels_array import (  # noqa: PLC0415 - imports zarr
            ZarrLabels,
        )

        self._viewer = viewer
        self.labels = ZarrLabels(example.labels, largest=largest)
        self.layer = self._make_layer(f"{name} teaching", geometry, example)
        self._flat_only = FlatOnly(viewer, self.layer)

    @property
    def shown(self) -> bool:
        """Whether it is in the viewer."""
        return self.layer in self._viewer.layers

    def show(self) -> None:
        """Put it into the viewer, ready to be painted on with an id of its own."""
        if not self.shown:
            self._flat_only.add()
            self.layer.refresh()  # napari takes what it drew before for good
        self._viewer.layers.selection.active = self.layer
        self.layer.selected_label = self.labels.next_label()
        if self.layer.editable:
            self.layer.mode = "paint"

    def show_again(self) -> None:
        """Let it be seen, where it was hidden for a while."""
        self._flat_only.show()

    def close(self) -> None:
        """Take it out of the viewer; what is painted stays on disk."""
        if self.shown:
            # a brush that hovers over a layer that goes has crashed OpenGL
            self.layer.mode = "pan_zoom"
            self._viewer.layers.remove(self.layer)
        self.abandon()

    def abandon(self) -> None:
        """Follow the viewer no more; it is gone, or the layer is."""
        self._flat_only.close()

    def move(self, geometry: Mapping[str, Any]) -> None:
        """Lie on the image again, whose scale or place was changed."""
        lie_on(self.layer, geometry)

    def remember(
        self, box: tuple[slice, slice, slice], changed: NDArray[Any], number: int
    ) -> None:
        """Let undo take back what was written in another way than by a stroke.

        Parameters
        ----------
        box : tuple of slice
            Along Z, Y, X, in voxels.
        changed : ndarray, (Z, Y, X), bool
            Voxels of it that were 0 before.
        number : int
            What they are now.
        """
        layer = self.layer
        try:  # napari has no public way for many voxels
            from napari.layers.labels.labels import (  # noqa: PLC0415 - on use
                _MaskedPaintAtom,
            )
        except ImportError:
            return
        save = getattr(layer, "_save_history", None)
        if save is None:  # another napari: undo takes back strokes alone
            return
        before = layer.data.dtype.type(0)
        old = before.repeat(int(changed.sum()))
        save(_MaskedPaintAtom(box, changed, old, number))

    def _make_layer(
        self, name: str, geometry: Mapping[str, Any], example: Example
    ) -> Labels:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layer = Labels(
            self.labels,
            name=name,
            opacity=0.5,
            metadata={FACTS: {TEACHING: str(example.path)}},
            **geometry,
        )
        undo_through(layer, self.labels)
        # napari's own finds the largest label of arrays in memory alone
        layer.bind_key("m", self._new_label, overwrite=True)
        return layer

    def _new_label(self, layer: Labels) -> None:
        layer.selected_label = self.labels.next_label()


def is_teaching(layer: Any) -> bool:
    """Whether a layer shows what is painted in an example."""
    return TEACHING in layer.metadata.get(FACTS, {})
