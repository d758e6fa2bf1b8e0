"""What ``napari.yaml`` points at: a function for each thing that napari may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skoots.samples import sample_path

if TYPE_CHECKING:
    from napari_skoots.layers import LayerData


def open_mito() -> list[LayerData]:
    """Open the sample that comes with the package, a piece of the fly medulla.

    Returns
    -------
    list of LayerData
        One image layer, Z, Y, X, read plane by plane as it is shown.
    """
    # Imported here: napari lists the samples at its start and opens them rarely.
    from napari_skoots.layers import volume_layer  # noqa: PLC0415 - on use

    return [volume_layer(sample_path("medulla"), "image", "medulla")]
