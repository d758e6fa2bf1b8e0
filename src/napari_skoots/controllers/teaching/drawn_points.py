"""Points that are seen a little beside their own plane, and can be moved there.

napari shows a point in its own plane alone. So points that lie a few planes beside the
one that is shown are drawn in it, and remember their own.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_skoots.controllers.teaching.placing import plane_of, z_displayed
from napari_skoots.layers.skeletons import colours_of, points_layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari.components import ViewerModel
    from napari.layers import Labels
    from numpy.typing import NDArray

_SIZE = 4.0
"""Diameter of a point, in voxels of the plane."""

_REACH, _MOST_PLANES = 3.0, 4
"""Voxels of the plane, or planes at most, that points may lie beside what is shown."""

_UNKNOWN = {"label": 0.0, "z": np.nan}
"""What a point is that the user just added."""


class DrawnPoints:
    """A layer of points, each of an object.

    Parameters
    ----------
    viewer : ViewerModel
        Whose plane counts.
    labels : napari.layers.Labels
        The objects, whose colours the points take.
    name : str
        Of the layer.
    geometry : mapping
        Where the labels lie.
    places : ndarray, (N, 3)
        Along Z, Y, X, in voxels.
    ids : ndarray, (N,)
        The object of each.
    """

    edited = Signal()
    """The user added, moved or removed a point."""

    def __init__(
        self,
        viewer: ViewerModel,
        labels: Labels,
        name: str,
        geometry: Mapping[str, Any],
        places: NDArray[np.float32],
        ids: NDArray[np.int64],
    ) -> None:
        self._viewer = viewer
        self._labels = labels
        self._quiet = False
        self._at: int | None = None  # the plane in which they are drawn
        self.layer = points_layer(places, ids, labels, name, geometry)
        self.layer.current_size = _SIZE
        self.fill(places, ids)
        self.layer.events.data.connect(self._on_data)

    def fill(self, places: NDArray[np.float32], ids: NDArray[np.int64]) -> None:
        """Show points, (N, 3), of objects, (N,), instead of what is there."""
        layer = self.layer
        mode = layer.mode
        with self._quietly():
            layer.selected_data = set()
            layer.data = self._drawn(places)
            layer.features = _features(ids, places)
            layer.feature_defaults = _UNKNOWN
            layer.size = _SIZE
            if len(ids):
                layer.face_color = colours_of(self._labels, ids)
            layer.mode = mode

    def follow(self) -> None:
        """Draw what lies near the plane that is shown in it."""
        layer = self.layer
        places = np.asarray(layer.data).copy()
        planes = np.asarray(layer.features["z"], float)
        places[:, 0] = np.where(np.isnan(planes), places[:, 0], planes)
        drawn = self._drawn(places)
        if not np.array_equal(drawn, layer.data):
            selected = set(layer.selected_data)
            with self._quietly():
                layer.data = drawn
                layer.selected_data = selected

    def _drawn(self, places: NDArray[Any]) -> NDArray[Any]:
        """Give points as they are drawn: in the shown plane, if that is near."""
        flat = not z_displayed(self._viewer)
        self._at = plane_of(self._viewer, self._labels) if flat else None
        if self._at is None:
            return places
        plane, drawn = self._at, places.copy()
        scale = np.abs(np.asarray(self.layer.scale, float))
        reach = min(max(_REACH * scale[-1] / scale[0], 1.0), _MOST_PLANES)
        drawn[abs(places[:, 0] - plane) <= reach, 0] = plane
        return drawn

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def read(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Give all points where they are, (N, 3), and the object of each, (N,)."""
        layer = self.layer
        places = np.array(layer.data, np.float32)
        ids, planes = self._owners(), np.asarray(layer.features["z"], float)
        # moved along Z, where that can be seen, or new
        at = np.inf if self._at is None else self._at
        elsewhere = np.isnan(planes) | (abs(places[:, 0] - at) > 1e-3)
        places[:, 0] = np.where(elsewhere, places[:, 0], planes)
        with self._quietly():
            layer.features = _features(ids, places)
            layer.feature_defaults = _UNKNOWN
        return places, ids

    def _owners(self) -> NDArray[np.int64]:
        """Give the object of each point; of a new one, that in which it lies."""
        layer = self.layer
        ids = np.asarray(layer.features["label"]).astype(float)
        new = np.flatnonzero(np.isnan(ids) | (ids <= 0))
        if not len(new):
            return ids.astype(np.int64)
        places = np.asarray(layer.data)
        for place in new:
            ids[place] = self._owner(places[place], places, ids)
        with self._quietly():
            layer.face_color = colours_of(self._labels, ids.astype(np.int64))
        return ids.astype(np.int64)

    def _owner(
        self, point: NDArray[Any], places: NDArray[Any], ids: NDArray[Any]
    ) -> int:
        voxel = np.rint(point).astype(int)
        shape = np.array(self._labels.data.shape)
        if ((voxel >= 0) & (voxel < shape)).all():
            z, y, x = (slice(int(v), int(v) + 1) for v in voxel)
            number = int(np.asarray(self._labels.data[z, y, x]).item())
            if number in ids:
                return number
        owned = np.flatnonzero(ids > 0)
        if not len(owned):
            return 0
        near = np.argmin(((places[owned] - point) ** 2).sum(axis=1))
        return int(ids[owned[near]])

    def _on_data(self, event: Any) -> None:
        action = str(getattr(event, "action", ""))
        if not self._quiet and action not in ("adding", "changing", "removing"):
            self.edited.emit()


def _features(ids: NDArray[np.int64], places: NDArray[Any]) -> dict[str, Any]:
    return {"label": ids.astype(float), "z": places[:, 0].astype(float)}
