"""The boxes of an example, in the viewer and on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_skoots.controllers.teaching.box_geometry import (
    DEPTH,
    box_of,
    is_flat,
    planes_for,
    rectangle_of,
    spans_of,
)
from napari_skoots.controllers.teaching.boxes_layer import UNKNOWN, BoxesLayer
from napari_skoots.controllers.teaching.later import Later
from napari_skoots.controllers.teaching.placing import lie_on, plane_of, z_displayed
from napari_skoots.layers.camera import camera_of
from napari_skoots.state.teaching import BoxView
from skoots.errors import SkootsError, TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.components import ViewerModel
    from numpy.typing import NDArray

    from skoots.teach.example import Example
    from skoots.train.data.taught_boxes import TaughtBox

STORE_MS = 200
"""Boxes are stored so long after the last change."""

_AGAIN_MS = 5000
"""What could not be stored is tried again so long after."""

_ZOOM_MS = 150
_PIXELS = 3.0
"""Width of an edge on the screen."""


class Boxes:
    """Draws the boxes of an example, and stores what the user draws.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layer.
    example : Example
        Whose boxes they are.
    name : str
        Of the image.
    geometry : mapping
        Where the image lies, as `geometry_of` says it.
    """

    changed = Signal()
    """Other boxes are stored, or another one is selected."""

    failed = Signal(object)
    """They could not be stored; the exception."""

    def __init__(
        self,
        viewer: ViewerModel,
        example: Example,
        name: str,
        geometry: Mapping[str, Any],
    ) -> None:
        self._viewer = viewer
        self._example = example
        self.objects: NDArray[np.int64] = np.zeros((0, 3, 2), np.int64)
        """Boxes of what is painted, as last counted."""
        self._shapes = BoxesLayer(f"{name} boxes", geometry)
        self.layer = self._shapes.layer
        self._taken = Later(0, self._take)
        self._waiting = Later(STORE_MS, self._store)
        self._zoomed = Later(_ZOOM_MS, self._on_zoom)
        self._unstored = False
        self._said = False
        self._shapes.edited.connect(self._on_edit)
        for event in ("current_step", "ndisplay", "order"):
            getattr(viewer.dims.events, event).connect(self._follow)
        camera_of(viewer).events.zoom.connect(self._on_camera)
        self._shapes.fill(example.drawn_boxes, self._plane)
        self._lock()

    # ---- showing

    @property
    def shown(self) -> bool:
        """Whether the layer is in the viewer."""
        return self.layer in self._viewer.layers

    @property
    def view(self) -> BoxView | None:
        """The box that is selected, or was drawn last."""
        place = self._shapes.current
        if place is None or self._example.everything:
            return None
        first, last, held_out = self._shapes.rows[place]
        if first == UNKNOWN:
            return None
        planes = self._example.shape[0]
        return BoxView(place + 1, first, last, planes, held_out)

    def show(self) -> None:
        """Put the layer into the viewer; another one stays selected."""
        if self.shown:
            return
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(self.layer)
        self._viewer.layers.selection.active = active or self.layer
        self._follow()
        self._on_zoom()

    def show_again(self) -> None:
        """Let them be seen, where they were hidden for a while."""
        self._lock()

    def draw(self) -> None:
        """Let the user draw a box.

        Raises
        ------
        TrainingError
            If the whole image is one.
        """
        if self._example.everything:
            raise TrainingError(
                "The whole image is one box. Say that not everything is annotated, "
                "then draw boxes."
            )
        self.show()
        self._viewer.layers.selection.active = self.layer
        self.layer.mode = "add_rectangle"

    def set_everything(self, everything: bool) -> None:  # noqa: FBT001 - a signal's
        """Make the whole image one box, or go back to those that were drawn.

        Raises
        ------
        SkootsError
            If nothing can be stored; all stays as it is then.
        """
        if self._taken.asked:
            self._take()
        if self._unstored:
            self._write()
        if everything:
            self._example.teach_everything()
        else:
            self._example.teach_drawn()
        self._lock()
        self.changed.emit()

    def set_planes(self, first: int, last: int) -> None:
        """Say from which plane to which the selected box reaches, both inside."""
        place, rows = self._chosen(), self._shapes.rows
        depth = self._example.shape[0]
        low, high = sorted((first, last))
        low, high = max(0, low), min(depth - 1, high)
        if low > high:
            raise TrainingError(
                f"The image has the planes 0 to {depth - 1}, and {first} to {last} "
                "are none of them."
            )
        rows[place] = (low, high, rows[place][2])
        self._shapes.describe(rows)
        self._put_within()
        self._change()

    def set_held_out(self, held_out: bool) -> None:  # noqa: FBT001 - a signal's
        """Keep the selected box from training, or no more."""
        place, rows = self._chosen(), self._shapes.rows
        rows[place] = (*rows[place][:2], held_out)
        self._shapes.describe(rows)
        self._change()

    def move(self, geometry: Mapping[str, Any]) -> None:
        """Lie on the image again, whose scale or place was changed."""
        lie_on(self.layer, geometry)
        self._zoomed.ask()

    @property
    def unstored(self) -> bool:
        """Whether something that was drawn is not on the disk yet."""
        return self._unstored

    def flush(self) -> None:
        """Store the boxes now, if they changed or could not be stored before."""
        if self._taken.asked:
            self._take()
        if self._unstored:
            self._said = False
            self._store()

    def look_again(self) -> None:
        """Show what another viewer or a script did to the boxes."""
        if self._unstored or self._taken.asked or self._shapes.busy:
            return  # what is drawn here is stored first, and meets it then
        before = self._example.drawn_boxes
        try:
            other = self._example.look_again()
        except SkootsError:  # who counts what is painted says so
            return
        if other:
            self._show_stored(before)
            self._lock()
            self.changed.emit()

    def _change(self) -> None:
        self._unstored = True
        self._waiting.ask()

    def _store(self) -> None:
        """Store the boxes, sooner or later; what forbids it is said once."""
        try:
            self._write()
        except SkootsError as error:
            self._waiting.ask(_AGAIN_MS)
            if not self._said:
                self._said = True
                self.failed.emit(error)
        self.changed.emit()

    def _write(self) -> None:
        boxes = self._boxes()
        self._example.set_boxes(boxes)
        self._waiting.forget()
        self._unstored = self._said = False
        self._show_stored(tuple(boxes))

    def _show_stored(self, shown: tuple[TaughtBox, ...]) -> None:
        """Draw the boxes anew where somebody else has changed them."""
        stored = self._example.drawn_boxes
        if stored != shown:
            self._shapes.fill(stored, self._plane)

    def close(self) -> None:
        """Store what changed, and follow the viewer no more."""
        try:
            self.flush()
        finally:
            self._leave()

    def _leave(self) -> None:
        for later in (self._taken, self._waiting, self._zoomed):
            later.forget()
        for event in ("current_step", "ndisplay", "order"):
            getattr(self._viewer.dims.events, event).disconnect(self._follow)
        camera_of(self._viewer).events.zoom.disconnect(self._on_camera)

    def remove(self) -> None:
        """Take the layer out of the viewer."""
        if self.shown:
            self._viewer.layers.remove(self.layer)

    # ---- what the user draws

    def _on_edit(self) -> None:
        self._taken.ask()  # napari has not finished with the shape

    def _take(self) -> None:
        """Give what was drawn its planes, and note what is to be stored."""
        self._taken.forget()
        if self._shapes.busy:
            self._taken.ask(50)
            return
        slips = [k for k, shape in enumerate(self._shapes.shapes) if _is_slip(shape)]
        if slips:
            self._shapes.remove(slips)
        depth, rows, flat = self._example.shape[0], [], True
        for shape, row in zip(self._shapes.shapes, self._shapes.rows, strict=True):
            flat &= is_flat(shape)
            rows.append(self._row(shape, depth) if row[0] == UNKNOWN else row)
        self._shapes.describe(rows)
        if not flat and not self._z_displayed:
            self._flatten()
        if tuple(self._boxes()) != self._example.drawn_boxes:
            self._change()
        self.changed.emit()

    def _row(self, shape: NDArray[np.float64], depth: int) -> tuple[int, int, bool]:
        (start, stop), *_ = spans_of(shape)
        if is_flat(shape):
            plane = int(np.clip(start, 0, depth - 1))
            return *planes_for(shape, self.objects, plane, depth), False
        first, last = max(0, start), min(depth, stop) - 1
        return min(first, depth - 1), max(last, 0), False

    def _boxes(self) -> list[TaughtBox]:
        """Give the boxes of all shapes; what lies beside the image is none."""
        found = []
        shape = self._example.shape
        pairs = zip(self._shapes.shapes, self._shapes.rows, strict=True)
        for vertices, (first, last, held_out) in pairs:
            box = box_of(_thick(vertices), (first, last), shape, held_out=held_out)
            found += [] if box is None or first == UNKNOWN else [box]
        return found

    def _chosen(self) -> int:
        if self._taken.asked:
            self._take()
        place = self._shapes.current
        if place is None or self._example.everything:
            raise TrainingError("There is no box. Draw one.")
        return place

    def _lock(self) -> None:
        """Hide the boxes while the whole image is one."""
        everything = self._example.everything
        if everything:
            self.layer.mode = "pan_zoom"
        self.layer.visible = not everything
        self.layer.editable = not everything

    # ---- the plane that is shown

    @property
    def _z_displayed(self) -> bool:
        return z_displayed(self._viewer)

    @property
    def _plane(self) -> int:
        return plane_of(self._viewer, self.layer)

    def _follow(self) -> None:
        """Let the rectangles come along to the plane that is shown."""
        if not self.shown or self._z_displayed or self._shapes.busy:
            return
        if not all(map(is_flat, self._shapes.shapes)):
            self._flatten()
        self._shapes.go_to(self._plane)

    def _put_within(self) -> None:
        """Bring rectangles to a plane that they have: the shown one, or the nearest."""
        if self._z_displayed:
            return
        data, plane = self._shapes.shapes, self._plane
        for shape, (first, last, _) in zip(data, self._shapes.rows, strict=True):
            shape[:, 0] = np.clip(plane, first, last)
        self._shapes.replace(data, list(self.layer.shape_type))

    def _flatten(self) -> None:
        """Bring shapes that were drawn across planes into one, as rectangles."""
        data, kinds = self._shapes.shapes, list(self.layer.shape_type)
        for place, (first, last, _) in enumerate(self._shapes.rows):
            box = box_of(_thick(data[place]), (first, last), self._example.shape)
            if not is_flat(data[place]) and box is not None:
                plane = int(np.clip(self._plane, first, last))
                data[place], kinds[place] = rectangle_of(box, plane), "rectangle"
        self._shapes.replace(data, kinds)

    def _on_camera(self) -> None:
        if self.shown:
            self._zoomed.ask()

    def _on_zoom(self) -> None:
        """Keep the edges as wide on the screen as they are."""
        pixels = camera_of(self._viewer).zoom * abs(float(self.layer.scale[-1]))
        self._shapes.set_width(_PIXELS / max(pixels, 1e-9))


def _is_slip(shape: NDArray[np.float64]) -> bool:
    """Whether somebody clicked and drew nothing."""
    return bool((np.ptp(shape, axis=0) < 1).all())


def _thick(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give what was drawn in another plane than Y, X some extent along both."""
    thin = np.ptp(shape, axis=0) < 0.5
    if is_flat(shape) or not thin.any():
        return shape
    around = np.where(thin, float(DEPTH), 0.0)
    return np.concatenate([shape - around, shape + around])
