"""A click on an object of another layer copies it into what is painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_skoots.controllers.teaching.picking import pick
from napari_skoots.controllers.teaching.whole_object import copy_object
from napari_skoots.jobs import Job
from skoots.errors import SkootsError, TrainingError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from napari.components import ViewerModel

    from napari_skoots.controllers.teaching.open_example import OpenExample
    from napari_skoots.controllers.teaching.painted_layer import PaintedLayer
    from napari_skoots.controllers.teaching.picking import Picked
    from napari_skoots.controllers.teaching.whole_object import Copied
    from skoots.events import Event


_STILL = 4.0
"""Pixels that the mouse may move in a click."""


class Accepting:
    """Copies objects that the user clicks at.

    Parameters
    ----------
    viewer : ViewerModel
        Whose clicks are heard while it is switched on.
    """

    said = Signal(str)
    """What came of a click."""

    failed = Signal(object)
    """The exception that says why nothing came of it."""

    changed = Signal()
    """It was switched on or off."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self.example: OpenExample | None = None
        """The one that takes the objects, while it is switched on."""
        self._mode = "pan_zoom"
        self._job: Job | None = None

    @property
    def on(self) -> bool:
        """Whether clicks are heard."""
        return self.example is not None

    def begin(self, example: OpenExample) -> None:
        """Hear clicks, which copy into an example."""
        if self.example is example:
            return
        self.end()
        self.example = example
        layer = example.painted.layer
        self._mode = str(layer.mode)
        self._viewer.layers.selection.active = layer
        layer.mode = "pan_zoom"
        layer.events.mode.connect(self._on_mode)
        self._viewer.mouse_drag_callbacks.append(self._on_press)
        self.changed.emit()

    def end(self) -> None:
        """Hear no more; the layer can be painted again as before."""
        example, self.example = self.example, None
        if example is None:
            return
        layer = example.painted.layer
        layer.events.mode.disconnect(self._on_mode)
        if self._on_press in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._on_press)
        if str(layer.mode) == "pan_zoom" and layer.editable:
            layer.mode = self._mode
        self.changed.emit()

    def accept(self, position: Any) -> None:
        """Copy the object at a place of the world.

        Raises
        ------
        SkootsError
            If there is none that lies on the image, or the view is of three dimensions
            or another time.
        """
        example = self.example
        if example is None or self._job is not None:
            return
        if example.time.elsewhere:
            raise TrainingError(example.time.words)
        painted = example.painted
        if self._viewer.dims.ndisplay != 2:
            raise TrainingError("Objects can be accepted in 2D. Turn 3D off.")
        picked = pick(self._viewer, painted.layer, position)
        if picked.layer is painted.layer:
            self.said.emit(f"Object {picked.number} is in the teaching layer already.")
            return
        number = painted.labels.next_label()
        array = painted.labels

        def start() -> Generator[Event, Any, Copied]:
            return copy_object(picked, array, number)

        job = Job(start, f"Copy object {picked.number}")
        job.returned.connect(lambda copied: self._on_copied(painted, picked, copied))
        job.failed.connect(self.failed.emit)
        job.ended.connect(self._on_ended)
        self._job = job
        job.start()

    def close(self) -> None:
        """Hear no more, for good."""
        self.end()
        if self._job is not None:
            self._job.leave()
            self._job = None

    # ---- clicks

    def _on_press(self, _viewer: Any, event: Any) -> Iterator[None]:
        if event.button != 1 or event.modifiers:
            return
        began, moved = np.asarray(event.pos, float), 0.0
        yield
        while event.type == "mouse_move":
            moved = max(moved, float(abs(np.asarray(event.pos) - began).max()))
            yield
        if moved <= _STILL:
            try:
                self.accept(event.position)
            except SkootsError as error:
                self.failed.emit(error)

    def _on_mode(self) -> None:
        example = self.example
        if example is not None and str(example.painted.layer.mode) != "pan_zoom":
            self.end()

    def _on_copied(self, painted: PaintedLayer, picked: Picked, copied: Copied) -> None:
        count = int(copied.changed.sum())
        if not count:
            self.said.emit(f"All of object {picked.number} is painted already.")
            return
        painted.remember(copied.box, copied.changed, copied.number)
        painted.layer.refresh()
        said = (
            f"Accepted as object {copied.number}: {count:,} voxels of object "
            f"{picked.number} in {picked.layer.name!r}."
        )
        if count < copied.voxels:
            said += f" {copied.voxels - count:,} more were painted already."
        self.said.emit(said)

    def _on_ended(self) -> None:
        self._job = None
