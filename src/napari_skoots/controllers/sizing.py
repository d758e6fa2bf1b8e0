"""How large objects are: measured on labels, or set with a ring on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.diameter_ring import DiameterRing
from napari_skoots.jobs import Job
from napari_skoots.layers import axes_of, source_of, voxel_size_of
from napari_skoots.layers.source import is_overlay
from napari_skoots.source_array import SourceArray
from napari_skoots.state.views import MessageView
from skoots.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.wishes import Wishes
    from napari_skoots.state.views import Choice
    from skoots._types import VoxelSize
    from skoots.events import Event


class Sizing:
    """Brings a diameter into the wishes.

    Parameters
    ----------
    viewer : ViewerModel
        Whose labels can be measured.
    board : Board
        Runs the job.
    images, models, wishes
        The image and the model, and where the diameter goes.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        board: Board,
        images: Images,
        models: Models,
        wishes: Wishes,
    ) -> None:
        self._viewer = viewer
        self._board = board
        self._images = images
        self._models = models
        self._wishes = wishes
        self.ring = DiameterRing(viewer)
        wishes.changed.connect(self._on_wishes)

    def show_ring(self, shown: bool) -> None:  # noqa: FBT001 - a signal's
        """Show a ring as large as objects are, or remove it."""
        if not (shown and self._fit_ring()):
            self.ring.hide()
            self.ring.changed.emit(False)

    def _fit_ring(self) -> bool:
        """Hold the ring against the chosen image; say whether that can be done."""
        layer, diameter = self._images.layer, self._wishes.size.here
        if layer is None or diameter is None:
            return False
        self.ring.show(layer, diameter, self._images.axes.index("X"))
        return True

    @property
    def choices(self) -> list[Choice]:
        """The Labels layers of the viewer, by unique id."""
        return [(str(layer.unique_id), layer.name) for layer in self._labels()]

    def measure(self, key: str) -> None:
        """Measure the objects of a layer, and take their typical diameter.

        Raises
        ------
        RunError
            If the layer is gone, or a job runs.
        """
        layer = next((i for i in self._labels() if str(i.unique_id) == key), None)
        if layer is None:
            raise RunError("The Labels layer is gone. Choose another one.")
        here, model = self._images.voxel_size, self._models.checkpoint
        model_size = None if model is None else model.voxel_size

        def start() -> Generator[Event, Any, float | None]:
            return _measure(layer, here, model_size)

        job = Job(start, f"Measure {layer.name}")
        job.returned.connect(self._on_measured)
        self._board.run(job, kept="Nothing is changed.")

    def _on_measured(self, diameter: float | None) -> None:
        if diameter is None:
            said = "There is no object in this layer. Paint one, then measure."
        else:
            said = f"Typical diameter: {diameter:.1f} voxels."
            self._wishes.set(diameter=round(diameter, 1))
        self._board.tell(MessageView(said))

    def _on_wishes(self) -> None:
        if self.ring.shown and not self._fit_ring() and self._images.layer is None:
            self.ring.hide()

    def _labels(self) -> list[Labels]:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layers = self._viewer.layers
        return [i for i in layers if isinstance(i, Labels) and not is_overlay(i)]


def _measure(
    layer: Labels, here: VoxelSize | None, model_size: VoxelSize | None
) -> Generator[Event, Any, float | None]:
    """Give the typical diameter of a layer's objects, in voxels of the image."""
    from skoots.validate.measure import (  # noqa: PLC0415 - cc3d
        measure_objects,
        typical_diameter,
    )

    axes = axes_of(layer)
    size = voxel_size_of(layer, axes)
    labels = SourceArray(source_of(layer, axes, time=0, channel=0))
    table = yield from measure_objects(labels, size)
    whole = table.voxels[~table.at_face]  # the rest may go on outside
    diameter = typical_diameter(whole if len(whole) else table.voxels, size, model_size)
    if diameter is None:
        return None
    if size is not None and here is not None:  # labels of another resolution
        diameter *= size[2] / here[2]
    return diameter
