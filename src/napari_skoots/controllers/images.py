"""Which layer is segmented, and how its axes and voxels are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.layers import (
    axes_fit,
    axes_of,
    level0,
    lies_last,
    source_of,
    voxel_size_of,
)
from napari_skoots.layers.source import FACTS, is_overlay, path_of
from napari_skoots.state.views import ImageView
from skoots.errors import AxesError, SkootsError
from skoots.volume.naming import image_name

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Image, Layer
    from napari.utils.events import Event

    from napari_skoots.state.views import Choice
    from skoots._types import VoxelSize
    from skoots.volume.source import Source


class Images:
    """The images of a viewer, and the one that was chosen.

    A choice is kept by the layer's unique id, so that renaming and reordering change
    nothing, and a layer that is gone is no longer chosen.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers can be chosen.
    """

    listed = Signal()
    """There are others to choose from."""

    changed = Signal()
    """Another image, channel or time was chosen, or it is read in another way."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._id: str | None = None
        self._axes: str | None = None
        self._channel = 0
        self._time = 0
        self._typed: VoxelSize | None = None
        for event in ("inserted", "removed", "reordered"):
            getattr(viewer.layers.events, event).connect(self._on_layers)
        self._on_layers()

    # ---- choosing

    @property
    def layers(self) -> list[Image]:
        """The images of the viewer that can be segmented."""
        return self._images()

    @property
    def choices(self) -> list[Choice]:
        """The images of the viewer, by unique id, in the order of the layer list."""
        return [(str(layer.unique_id), layer.name) for layer in self._images()]

    @property
    def current(self) -> str | None:
        """The unique id of the layer that was chosen."""
        return self._id

    @property
    def key(self) -> tuple[str | None, str, int, int]:
        """What tells one volume from another: layer, axes, channel and time."""
        return self._id, self.axes, self._channel, self._time

    @property
    def layer(self) -> Image | None:
        """The layer that was chosen, as long as it is in the viewer."""
        return next((i for i in self._images() if str(i.unique_id) == self._id), None)

    def choose(self, key: str | None) -> None:
        """Choose a layer by its unique id."""
        if key == self._id:
            return
        self._id = key
        self._axes, self._channel, self._typed = None, 0, None
        layer = self.layer
        if layer is not None:
            self._axes = self._axes_in_file(layer) or axes_of(layer)
            self._time = self._shown_time(layer)
        self.changed.emit()

    def open_file(self, path: Path) -> list[Layer]:
        """Open a file as layers, and choose the first image.

        Raises
        ------
        SkootsError
            If the file is no volume.
        """
        return self.add(self.read_file(path))

    def read_file(self, path: Path) -> list[Layer]:
        """Make layers of a file, lazily, for no viewer yet.

        Raises
        ------
        SkootsError
            If the file is no volume.
        """
        from napari.layers import Layer  # noqa: PLC0415 - napari loads layers late

        from napari_skoots.layers.opening import (  # noqa: PLC0415 - imports zarr
            open_layers,
        )

        return [Layer.create(*data) for data in open_layers(path)]

    def add(self, layers: list[Layer]) -> list[Layer]:
        """Add layers to the viewer, and choose the first image."""
        added = [self._viewer.add_layer(layer) for layer in layers]
        images = [layer for layer in added if layer in self._images()]
        if images:
            self.choose(str(images[0].unique_id))
        return added

    # ---- reading

    @property
    def axes(self) -> str:
        """A letter for each dimension of the layer's data.

        The layer's own where what was typed does not fit.
        """
        layer, typed = self.layer, self._axes or ""
        if layer is None or axes_fit(layer, typed):
            return typed or "ZYX"
        return axes_of(layer)

    @property
    def name(self) -> str:
        """What the image is called in titles and names of files."""
        layer = self.layer
        path = None if layer is None else path_of(layer)
        if path is not None:
            return image_name(path)
        return "" if layer is None else layer.name

    def set_axes(self, axes: str) -> None:
        """Read the axes in another way."""
        self._axes = axes.strip().upper()
        self.changed.emit()

    def set_channel(self, channel: int) -> None:
        """Choose a channel, from 0."""
        self._channel = channel
        self.changed.emit()

    def set_time(self, time: int) -> None:
        """Choose a time point, from 0."""
        self._time = time
        self.changed.emit()

    @property
    def view(self) -> ImageView | None:
        """What the panel shows of the image."""
        layer = self.layer
        if layer is None:
            return None
        data = level0(layer)
        view = ImageView(
            axes=self._axes or self.axes,
            lengths=tuple(data.shape),
            dtype=str(data.dtype),
            channel=self._channel,
            time=self._time,
            path=str(path_of(layer) or ""),
        )
        sizes = dict(zip(self.axes, data.shape, strict=False))
        view = replace(
            view,
            channels=sizes.get("C", sizes.get("S", 1)),
            times=sizes.get("T", 1),
        )
        try:
            self.source()
        except SkootsError as error:
            return replace(view, problem=str(error))
        return view

    def source(self) -> Source:
        """Give the volume that is chosen.

        Raises
        ------
        AxesError
            If the axes do not fit the data.
        SourceError
            If the data are no grey values, or there is no image.
        """
        layer = self.layer
        if layer is None:
            raise SkootsError("No image is chosen. Drop one here, or open one.")
        if not lies_last(self.axes):
            raise AxesError(_turned(self.axes, path_of(layer)))
        sizes = dict(zip(self.axes, level0(layer).shape, strict=False))
        several = sizes.get("C", sizes.get("S", 1)) > 1
        source = source_of(
            layer,
            self._axes or self.axes,
            self._channel if several else None,
            self._time if sizes.get("T", 1) > 1 else None,
        )
        return _sized(source, self.voxel_size)

    @property
    def planes(self) -> int:
        """How many planes the image has; one where it has no axis Z."""
        layer = self.layer
        shape = () if layer is None else level0(layer).shape
        return int(dict(zip(self.axes, shape, strict=False)).get("Z", 1))

    @property
    def choice(self) -> dict[str, Any]:
        """What was chosen of the file, in the words of ``open_source``."""
        view, layer = self.view, self.layer
        if view is None or layer is None:
            return {}
        facts: dict[str, Any] = {}
        own = layer.metadata.get(FACTS, {}).get("channel")
        if own is not None:  # each channel of the file is a layer
            facts["channel"] = own
        if view.channels > 1:
            facts["channel"] = view.channel
        if view.times > 1:
            facts["time"] = view.time
        return facts

    # ---- voxel size

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Edge lengths along Z, Y, X in micrometres: typed, the layer's or the file's.

        None where nobody said.
        """
        return self._typed or self._size_of_layer() or self._size_in_file()

    @property
    def voxel_origin(self) -> str:
        """Say where the voxel size is from."""
        if self._typed:
            return "typed here"
        if self._size_of_layer():
            return "from the layer"
        return "from the file" if self._size_in_file() else "unknown"

    @property
    def voxel_applied(self) -> bool:
        """Whether the layer has this voxel size."""
        return self._typed is None and self._size_of_layer() is not None

    def set_voxel_size(self, size: VoxelSize) -> None:
        """Say how large a voxel is, in micrometres."""
        self._typed = size
        self.changed.emit()

    def apply_voxel_size(self) -> None:
        """Give the layer this voxel size, so that what is measured on it is right."""
        layer, size = self.layer, self.voxel_size
        if layer is None or size is None:
            return
        scale, units = list(layer.scale), [str(unit) for unit in layer.units]
        for letter, edge in zip("ZYX", size, strict=True):
            place = self.axes.find(letter)
            if place >= 0:
                scale[place], units[place] = edge, "um"
        layer.scale, layer.units = scale, units
        self._typed = None
        self.changed.emit()

    def _size_of_layer(self) -> VoxelSize | None:
        layer = self.layer
        return None if layer is None else voxel_size_of(layer, self.axes)

    def _axes_in_file(self, layer: Image) -> str:
        """Give the axes that the file names, where the layer is all of the file.

        napari's own reader forgets them.
        """
        path = path_of(layer)
        ours = "path" in layer.metadata.get(FACTS, {})
        if path is None or layer.ndim <= 3 or ours:
            return ""
        from skoots.volume.inspect import inspect  # noqa: PLC0415 - imports zarr

        try:
            facts = inspect(path)
        except SkootsError:  # a format that only napari can read
            return ""
        alike = facts.lengths == tuple(level0(layer).shape)
        return facts.axes if alike and "?" not in facts.axes else ""

    def _size_in_file(self) -> VoxelSize | None:
        layer = self.layer
        path = None if layer is None else path_of(layer)
        if layer is None or path is None:
            return None
        from skoots.volume.inspect import inspect  # noqa: PLC0415 - imports zarr

        facts = layer.metadata.setdefault(FACTS, {})
        if "voxel_size" not in facts:
            try:
                facts["voxel_size"] = inspect(path).voxel_size
            except SkootsError:  # a format that only napari can read
                facts["voxel_size"] = None
        size: VoxelSize | None = facts["voxel_size"]
        return size

    # ---- the viewer

    def _images(self) -> list[Image]:
        from napari.layers import Image  # noqa: PLC0415 - napari loads layers late

        layers = self._viewer.layers
        return [i for i in layers if isinstance(i, Image) and not is_overlay(i)]

    def _shown_time(self, layer: Image) -> int:
        place = self.axes.find("T")
        if place < 0:
            return 0
        step = self._viewer.dims.current_step[place - layer.ndim]
        return min(int(step), int(level0(layer).shape[place]) - 1)

    def _on_layers(self) -> None:
        """Choose an image if none is chosen, and forget one that is gone."""
        images = self._images()
        for layer in self._viewer.layers:  # napari connects what is connected once
            layer.events.name.connect(self._on_renamed)
        for image in images:
            for emitter in (image.events.scale, image.events.units):
                emitter.connect(self._on_scaled)
        if self._id is not None and self.layer is None:
            self.choose(None)
        if self._id is None and images:
            self.choose(str(images[-1].unique_id))
        self.listed.emit()

    def _on_renamed(self, event: Event) -> None:
        self.listed.emit()
        if event.source is self.layer:
            self.changed.emit()

    def _on_scaled(self, event: Event) -> None:
        if event.source is self.layer:
            self.changed.emit()


def _turned(axes: str, path: Path | None) -> str:
    """Say why labels cannot lie on an image, and what to do."""
    remedy = (
        "Bring Z, Y, X to the end of its array."
        if path is None
        else f"Drop {path.name} on this panel: each channel becomes a layer."
    )
    return f"Its axes are {axes}: labels lie on the last three, Z, Y, X. {remedy}"


def _sized(source: Source, size: VoxelSize | None) -> Source:
    """Give a volume the voxel size that the panel shows."""
    if size is None or size == source.voxel_size:
        return source
    # given: a receipt names it, and a command that asks for the same needs it
    given = {"voxel_size": size, "voxel_size_given": True}
    return replace(source, **given)  # type: ignore[type-var]  # all are ArraySource
