"""An example that is open: what is painted, its boxes and its skeletons, as layers."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.teaching.boxes import Boxes
from napari_skoots.controllers.teaching.live_skeletons import LiveSkeletons
from napari_skoots.controllers.teaching.one_time import OneTime
from napari_skoots.controllers.teaching.painted_layer import PaintedLayer
from napari_skoots.layers import same_geometry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from napari.components import ViewerModel

    from napari_skoots.controllers.teaching.one_time import Moment
    from napari_skoots.controllers.teaching.opening import Opened
    from skoots.teach.painted import Painted


class OpenExample:
    """What the viewer shows of one example.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layers.
    opened : Opened
        The example, as a job opened it.
    name : str
        Of the image.
    geometry : mapping
        Where the image lies, as `geometry_of` says it.
    moment : Moment, optional
        The time point that the example is of.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        opened: Opened,
        name: str,
        geometry: Mapping[str, Any],
        moment: Moment | None = None,
    ) -> None:
        self.example = opened.example
        self.geometry = geometry
        self.painted = PaintedLayer(
            viewer, self.example, name, geometry, opened.largest
        )
        self.boxes = Boxes(viewer, self.example, name, geometry)
        self.skeletons = LiveSkeletons(
            viewer, self.example, self.painted.layer, name, geometry
        )
        self.time = OneTime(viewer, moment, self._layers)
        for layer in (self.painted.layer, self.boxes.layer):
            self.time.hear(layer)
        self.skeletons.changed.connect(self._on_skeletons)

    @property
    def path(self) -> Path:
        """The folder of the example."""
        return self.example.path

    def show(self) -> None:
        """Put what is painted and the boxes into the viewer."""
        self.time.go()
        self.boxes.show()
        self.painted.show()

    def hear(self, painted: Painted) -> None:
        """Take note of what was counted."""
        self.boxes.objects = painted.objects.box_zyx
        if painted.boxes != self.example.boxes:
            self.boxes.look_again()

    def follow_image(self, geometry: Mapping[str, Any]) -> None:
        """Lie on the image again, if its scale or place was changed."""
        if same_geometry(geometry, self.geometry):
            return
        self.geometry = geometry
        for part in (self.painted, self.boxes, self.skeletons):
            part.move(geometry)

    def _layers(self) -> list[tuple[Any, Callable[[], None]]]:
        shown: list[tuple[Any, Callable[[], None]]] = [
            (self.painted.layer, self.painted.show_again),
            (self.boxes.layer, self.boxes.show_again),
        ]
        points = self.skeletons.layer
        if points is not None:
            shown.append((points, partial(setattr, points, "visible", True)))
        return shown

    def _on_skeletons(self) -> None:
        if self.skeletons.layer is not None:
            self.time.hear(self.skeletons.layer)

    def flush(self) -> None:
        """Store boxes and points that were moved."""
        with ExitStack() as steps:
            steps.callback(self.skeletons.flush)
            steps.callback(self.boxes.flush)

    @property
    def unstored(self) -> bool:
        """Whether something of it is not on the disk yet."""
        return self.boxes.unstored or self.skeletons.unstored

    def close(self, *, remove: bool) -> None:
        """Store all, and follow the viewer no more.

        Parameters
        ----------
        remove : bool
            Take the layers out of the viewer as well.
        """
        with ExitStack() as steps:  # the last one first; each is done
            if remove:
                steps.callback(self.boxes.remove)
                steps.callback(self.painted.close)
            else:
                steps.callback(self.painted.abandon)
            steps.callback(self.time.close)
            steps.callback(self.skeletons.close, remove=remove)
            steps.callback(self.boxes.close)
