"""Labels layers whose objects can be copied into an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.teaching.painted_layer import is_teaching
from napari_skoots.layers import (
    axes_of,
    geometry_of,
    has_lengths,
    is_unmoved,
    source_of,
    voxel_offset,
)
from napari_skoots.layers.source import is_overlay
from napari_skoots.source_array import SourceArray
from skoots.errors import TrainingError

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.controllers.images import Images
    from napari_skoots.state.views import Choice
    from skoots._types import Shape3
    from skoots.teach.adding import Added


class LabelLayers:
    """The Labels layers of a viewer, but for those that are taught with.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers they are.
    images : Images
        The image that they have to lie on.
    """

    def __init__(self, viewer: ViewerModel, images: Images) -> None:
        self._viewer = viewer
        self._images = images

    @property
    def choices(self) -> list[Choice]:
        """Unique id and name of each."""
        return [(str(layer.unique_id), layer.name) for layer in self._layers()]

    def find(self, key: str) -> Labels:
        """Give the layer of a unique id.

        Raises
        ------
        TrainingError
            If it is gone.
        """
        found = (one for one in self._layers() if str(one.unique_id) == key)
        layer = next(found, None)
        if layer is None:
            raise TrainingError("The Labels layer is gone. Choose another one.")
        return layer

    def volume(self, layer: Labels, shape: Shape3) -> Any:
        """Give the labels of a layer as an array (Z, Y, X).

        Raises
        ------
        TrainingError
            If they do not lie on an image of this extent, voxel by voxel.
        AxesError
            If nobody can tell which of its axes is which.
        """
        axes = axes_of(layer, self._images.axes)
        if "Z" not in axes and shape[0] > 1:
            raise TrainingError(
                f"{layer.name!r} is one plane, and the image has {shape[0]}. Choose "
                "labels of the whole image, or paint in a new teaching layer."
            )
        shown = self._images.view
        source = source_of(
            layer,
            axes,
            shown.channel if shown and "C" in axes else None,
            shown.time if shown and "T" in axes else None,
        )
        if source.shape != shape:
            raise TrainingError(
                f"{layer.name!r} has {source.shape} voxels and the image {shape} "
                "(Z, Y, X). Choose labels that were made of this image."
            )
        self._check_place(layer, axes, shape)
        return SourceArray(source)

    def _check_place(self, layer: Labels, axes: str, shape: Shape3) -> None:
        """Refuse labels of another place.

        Those of which nobody said where they lie, nor how large a voxel is, lie on the
        image that has their extent: so do labels from a file without a voxel size.
        """
        image = self._images.layer
        if image is None:
            return
        own = geometry_of(layer, axes)
        there = geometry_of(image, self._images.axes)
        offset = voxel_offset(own, there, shape)
        if offset == (0, 0, 0):
            return
        if offset is not None:
            raise TrainingError(
                f"{layer.name!r} lies beside the image, by {offset} voxels (Z, Y, X). "
                "Choose labels that were made of this image, or move the layer onto it."
            )
        if is_unmoved(own) and not (has_lengths(own) and has_lengths(there)):
            return
        raise TrainingError(
            f"The voxels of {layer.name!r} are not those of the image: they have "
            "another size or place. Choose labels that were made of this image, or "
            "give the layer the scale and the place of the image."
        )

    def _layers(self) -> list[Labels]:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layers = [i for i in self._viewer.layers if isinstance(i, Labels)]
        return [i for i in layers if not is_overlay(i) and not is_teaching(i)]


def words_of(added: Added, name: str) -> str:
    """Say what came of copying a layer."""
    said = f"{added.objects:,} objects of {name!r} were copied."
    if added.renumbered and added.objects:
        said += " They have new ids, as something was painted already."
    if added.left_out:
        said += (
            f" {added.left_out:,} were left out, at least half of each is painted "
            "already."
        )
    return said
