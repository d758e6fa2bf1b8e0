"""What baking gave, as layers that lie on the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.layers import axes_of, geometry_of, last_axes
from napari_skoots.layers.skeletons import arrows_layer, colours_of, points_layer
from napari_skoots.layers.source import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.components import ViewerModel
    from napari.layers import Labels, Layer

    from skoots.train.bake_labels import Baked


class BakedLayers:
    """What a job adds to the viewer, decided when it begins.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layers.
    layer : napari.layers.Labels
        Whose skeletons they are; it may be gone by then.
    """

    def __init__(self, viewer: ViewerModel, layer: Labels) -> None:
        self._viewer = viewer
        self._layer = layer
        self._name = layer.name
        self._flat = layer.ndim == 2
        self._geometry: Mapping[str, Any] = geometry_of(layer, axes_of(layer))

    def show(self, baked: Baked) -> None:
        """Add the layers."""
        for layer in self._layers(baked):
            self._viewer.add_layer(layer)

    def _layers(self, baked: Baked) -> list[Layer]:
        from napari.layers import Image  # noqa: PLC0415 - napari loads layers late

        layers: list[Layer] = []
        first = int(self._flat)  # labels of one plane get points in that plane
        if baked.distance is not None:
            field = baked.distance[0] if self._flat else baked.distance
            layers.append(
                Image(
                    field,
                    name=f"{self._name} distance",
                    colormap="magma",
                    # else napari looks through all voxels for them
                    contrast_limits=(0.0, float(baked.farthest)),
                    blending="additive",
                    metadata={FACTS: {"overlay": True}},
                    **last_axes(self._geometry, field.ndim),
                )
            )
        if baked.arrows is not None:
            colours = colours_of(self._layer, baked.arrows.ids)
            starts, ways = baked.arrows.starts[:, first:], baked.arrows.ways[:, first:]
            name = f"{self._name} arrows"
            layers.append(arrows_layer(starts, ways, colours, name, self._geometry))
        places, name = baked.places[:, first:], f"{self._name} skeletons"
        layers.append(
            points_layer(places, baked.ids, self._layer, name, self._geometry)
        )
        return layers

    def words(self, baked: Baked) -> str:
        """Say what there is now."""
        said = f"{len(baked.points):,} objects, {len(baked.ids):,} points."
        if baked.arrows is not None and max(baked.arrows.steps) > 1:
            z, y, x = baked.arrows.steps
            said += (
                f" {len(baked.arrows.ids):,} arrows, one for every {z} x {y} x {x} "
                "voxels (z, y, x)."
            )
        return said
