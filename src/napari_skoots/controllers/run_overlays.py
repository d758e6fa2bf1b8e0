"""What a run holds besides labels, as layers: skeletons and probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.jobs import Job
from napari_skoots.layers import geometry_of
from napari_skoots.layers.coarse import coarse_geometry
from napari_skoots.layers.skeletons import points_layer
from napari_skoots.layers.source import FACTS
from napari_skoots.source_array import SourceArray

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.components import ViewerModel
    from napari.layers import Image, Layer, Points
    from numpy.typing import NDArray

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.open_run import OpenRun
    from skoots.events import Event
    from skoots.run.plan import RunPlan

    Found = tuple[NDArray[Any], NDArray[Any]]

_SPACING = 3
"""Voxels between the points of a line, as the engine gives them."""

_MOST_PLANES = 9


class RunOverlays:
    """Skeletons and probability of a run, each on or off.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layers.
    opened : OpenRun
        The run, and where its labels lie.
    """

    changed = Signal()
    """What is shown, whoever changed it."""

    def __init__(self, viewer: ViewerModel, opened: OpenRun) -> None:
        self._viewer = viewer
        self._opened = opened
        self._points: Points | None = None
        self._probability: Image | None = None
        self._waiting = False
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def skeletons_shown(self) -> bool:
        """Whether skeletons are in the viewer, or are being read."""
        return self._waiting or self._is_there(self._points)

    @property
    def probability_shown(self) -> bool:
        """Whether the probability is in the viewer."""
        return self._is_there(self._probability)

    def show_skeletons(self, board: Board, *, shown: bool) -> None:
        """Read the skeletons and show them as points, or remove them.

        Raises
        ------
        RunError
            If another job runs.
        """
        if shown == self.skeletons_shown:
            return
        if not shown:
            self._waiting = False
            self._remove(self._points)
            self._points = None
            return

        def start() -> Generator[Event, Any, Found]:
            from skoots.inference.skeleton_points import (  # noqa: PLC0415 - torch
                skeleton_points,
            )

            return skeleton_points(self._opened.path)

        job = Job(start, f"Skeletons of {self._opened.name}")
        job.returned.connect(lambda found: self._on_points(*found))
        job.ended.connect(lambda: self._on_ended())  # noqa: PLW0108 - holds this object
        board.run(job, pausable=False, kept="No skeletons are shown.")
        self._waiting = True
        self.changed.emit()

    def show_probability(self, *, shown: bool) -> None:
        """Show the probability as an image, or remove it.

        Raises
        ------
        SourceError
            If the array is damaged.
        """
        if shown == self.probability_shown:
            return
        if shown:
            self._probability = self._make_probability()
            self._add(self._probability)
        else:
            self._remove(self._probability)
            self._probability = None

    def hide(self) -> None:
        """Remove both: the labels are made anew, or the run is closed."""
        self._waiting = False
        for layer in (self._points, self._probability):
            self._remove(layer)
        self._points = self._probability = None

    # ---- layers

    def _on_points(self, places: NDArray[Any], ids: NDArray[Any]) -> None:
        if not self._waiting:  # the user thought better of it
            return
        labels = self._opened.layer
        name = f"{self._opened.name} skeletons"
        depth = _depth(self._opened.run.plan)
        self._points = points_layer(
            places, ids, labels, name, geometry_of(labels), depth=depth
        )
        self._add(self._points)

    def _on_ended(self) -> None:
        self._waiting = False
        self.changed.emit()

    def _make_probability(self) -> Image:
        from napari.layers import Image  # noqa: PLC0415 - napari loads layers late

        from skoots.volume.source import open_source  # noqa: PLC0415 - imports zarr

        plan = self._opened.run.plan
        source = open_source(self._opened.path / "probability", axes="ZYX")
        return Image(
            SourceArray(source),
            name=f"{self._opened.name} probability",
            contrast_limits=(0, 255),
            colormap="red",
            blending="additive",
            opacity=0.7,
            metadata={FACTS: {"overlay": True}},
            **coarse_geometry(geometry_of(self._opened.layer), plan.grid_step),
        )

    def _add(self, layer: Layer) -> None:
        """Add a layer; the labels stay selected, so that they can be painted."""
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(layer)
        self._viewer.layers.selection.active = active or layer
        self.changed.emit()

    def _remove(self, layer: Layer | None) -> None:
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
            self.changed.emit()

    def _is_there(self, layer: Layer | None) -> bool:
        return layer is not None and layer in self._viewer.layers

    def _on_removed(self) -> None:
        self.changed.emit()


def _depth(plan: RunPlan) -> int:
    """Give the planes of the image that the points of a line are apart."""
    size = plan.voxel_size or (1.0, 1.0, 1.0)
    planes = plan.image.shape_zyx[0] / plan.shape_zyx[0]
    return max(1, min(round(_SPACING * min(size) / size[0] * planes), _MOST_PLANES))
