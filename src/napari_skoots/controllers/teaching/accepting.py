"""A click on an object of another layer copies it into what is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_skoots.controllers.teaching.painted_layer import is_teaching
from napari_skoots.jobs import Job
from napari_skoots.layers import level0
from skoots.errors import TrainingError
from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from napari.components import ViewerModel
    from napari.layers import Labels
    from numpy.typing import NDArray

    from napari_skoots.controllers.teaching.painted_layer import PaintedLayer
    from skoots._types import Shape3
    from skoots.events import Event

    Box = tuple[slice, slice, slice]

_AROUND = (4, 32, 32)
"""Voxels around the click that are read first, along Z, Y, X."""

_MOST = 1 << 27
"""An object in a larger box is not copied: it takes half a gigabyte to read."""

_STILL = 4.0
"""Pixels that the mouse may move in a click."""


@dataclass(frozen=True, slots=True, eq=False)
class Picked:
    """An object under the mouse."""

    layer: Labels
    number: int
    voxel: Shape3
    """Where, in the layer."""

    offset: Shape3
    """What is added to voxels of the layer to have those of the image."""


@dataclass(frozen=True, slots=True, eq=False)
class Copied:
    """What was written into the example."""

    number: int
    box: Box
    changed: NDArray[np.bool_]
    voxels: int
    """Of the object."""


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

    copied = Signal()
    """An object came to what is painted."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._painted: PaintedLayer | None = None
        self._mode = "pan_zoom"
        self._job: Job | None = None

    @property
    def on(self) -> bool:
        """Whether clicks are heard."""
        return self._painted is not None

    def begin(self, painted: PaintedLayer) -> None:
        """Hear clicks, which copy into a layer."""
        if self._painted is painted:
            return
        self.end()
        self._painted = painted
        layer = painted.layer
        self._mode = str(layer.mode)
        self._viewer.layers.selection.active = layer
        layer.mode = "pan_zoom"
        layer.events.mode.connect(self._on_mode)
        self._viewer.mouse_drag_callbacks.append(self._on_press)
        self.changed.emit()

    def end(self) -> None:
        """Hear no more; the layer can be painted again as before."""
        painted, self._painted = self._painted, None
        if painted is None:
            return
        layer = painted.layer
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
        TrainingError
            If there is none, or the view is of three dimensions.
        """
        painted = self._painted
        if painted is None or self._job is not None:
            return
        if self._viewer.dims.ndisplay != 2:
            raise TrainingError("Objects can be accepted in 2D. Turn 3D off.")
        picked = self._pick(painted.layer, position)
        if picked.layer is painted.layer:
            self.said.emit(f"Object {picked.number} is in the teaching layer already.")
            return
        number = painted.labels.next_label()
        array = painted.labels

        def start() -> Generator[Event, Any, Copied]:
            return _copy(picked, array, number)

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
            except TrainingError as error:
                self.failed.emit(error)

    def _on_mode(self) -> None:
        painted = self._painted
        if painted is not None and str(painted.layer.mode) != "pan_zoom":
            self.end()

    def _pick(self, own: Labels, position: Any) -> Picked:
        """Find the topmost object at a place; raise where there is none."""
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        elsewhere = ""
        for layer in reversed(list(self._viewer.layers)):
            if not isinstance(layer, Labels) or not layer.visible or layer.ndim != 3:
                continue
            if is_teaching(layer) and layer is not own:
                continue
            number, voxel = _value_at(layer, position)
            if not number:
                continue
            offset = offset_between(layer, own)
            if offset is not None:
                return Picked(layer, number, voxel, offset)
            elsewhere = layer.name
        if elsewhere:
            raise TrainingError(
                f"The voxels of {elsewhere!r} are not those of the image. Choose labels"
                " of the same voxel size."
            )
        raise TrainingError(
            "There is no object of another Labels layer here. Click on one."
        )

    def _on_copied(self, painted: PaintedLayer, picked: Picked, copied: Copied) -> None:
        count = int(copied.changed.sum())
        if not count:
            self.said.emit(f"All of object {picked.number} is painted already.")
            return
        painted.remember(copied.box, copied.changed, copied.number)
        painted.layer.refresh()
        said = (
            f"Object {picked.number} of {picked.layer.name!r} is object "
            f"{copied.number} now: {count:,} voxels."
        )
        if count < copied.voxels:
            said += f" {copied.voxels - count:,} more were painted already."
        self.said.emit(said)
        self.copied.emit()

    def _on_ended(self) -> None:
        self._job = None


def offset_between(layer: Labels, own: Labels) -> Shape3 | None:
    """Say by how many voxels a layer is shifted; None if it has another grid."""
    shape = np.array(level0(layer).shape, float)
    corners = np.array(
        [(0, 0, 0), (1, 1, 1), shape, (shape[0], 0, 0), (0, 0, shape[2])]
    )
    there = [own.world_to_data(layer.data_to_world(corner)) for corner in corners]
    offsets = np.array(there) - corners
    offset = np.rint(offsets[0])
    if not np.allclose(offsets, offset, atol=0.01):
        return None
    return int(offset[0]), int(offset[1]), int(offset[2])


def _value_at(layer: Labels, position: Any) -> tuple[int, Shape3]:
    point = np.asarray(layer.world_to_data(np.asarray(position)[-layer.ndim :]))
    z, y, x = (int(n) for n in np.rint(point))
    data = level0(layer)
    inside = all(0 <= n < m for n, m in zip((z, y, x), data.shape, strict=True))
    if not inside:
        return 0, (z, y, x)
    part = np.asarray(data[z : z + 1, y : y + 1, x : x + 1])
    return max(0, int(part.item())), (z, y, x)


# ---- in a thread


def read_object(
    data: Any, number: int, voxel: Shape3
) -> Generator[Event, Any, tuple[Box, NDArray[np.bool_]]]:
    """Read an object whole: what is read grows until its faces are free of it.

    Parameters
    ----------
    data : array of integers, (Z, Y, X)
        Labels.
    number : int
        The object.
    voxel : tuple of int
        One of its voxels.

    Yields
    ------
    Notice

    Returns
    -------
    box : tuple of slice
        Around the object.
    mask : ndarray, (Z, Y, X), bool
        The object in the box.

    Raises
    ------
    TrainingError
        If it is too large.
    """
    shape = np.array(data.shape)
    low = np.maximum(np.array(voxel) - _AROUND, 0)
    high = np.minimum(np.array(voxel) + _AROUND + 1, shape)
    while True:
        if np.prod(high - low, dtype=np.int64) > _MOST:
            raise TrainingError(
                f"Object {number} is too large to be copied by a click. Copy the layer "
                "instead."
            )
        box = _as_slices(low, high)
        mask = np.asarray(data[box]) == number
        yield Notice("")  # a job that was cancelled ends here
        grown = False
        for axis in range(3):
            size = int(high[axis] - low[axis])
            faces = np.moveaxis(mask, axis, 0)
            if low[axis] > 0 and faces[0].any():
                low[axis], grown = max(0, low[axis] - size), True
            if high[axis] < shape[axis] and faces[-1].any():
                high[axis], grown = min(int(shape[axis]), high[axis] + size), True
        if not grown:
            return _tight(mask, low)


def _tight(mask: NDArray[np.bool_], low: Any) -> tuple[Box, NDArray[np.bool_]]:
    there = [
        np.flatnonzero(mask.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))
    ]
    if not there[0].size:
        raise TrainingError("The object is gone meanwhile. Click on another one.")
    first = [int(along[0]) for along in there]
    last = [int(along[-1]) + 1 for along in there]
    return _as_slices(low + first, low + last), mask[_as_slices(first, last)]


def _as_slices(low: Any, high: Any) -> Box:
    z, y, x = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return z, y, x


def _copy(picked: Picked, into: Any, number: int) -> Generator[Event, Any, Copied]:
    """Write an object where nothing is painted yet."""
    data = level0(picked.layer)
    box, mask = yield from read_object(data, picked.number, picked.voxel)
    voxels = int(mask.sum())
    low = np.array([s.start for s in box]) + picked.offset
    high = np.array([s.stop for s in box]) + picked.offset
    start, stop = np.maximum(low, 0), np.minimum(high, into.shape)
    mask = mask[_as_slices(start - low, stop - low)]
    place = _as_slices(start, stop)
    now = np.asarray(into[place])
    changed = mask & (now == 0)
    if changed.any():
        now[changed] = number
        into[place] = now
    return Copied(number, place, changed, voxels)
