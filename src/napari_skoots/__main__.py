"""Open an image and its labels beside the panel.

``python -m napari_skoots IMAGE.tif LABELS.tif``
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from napari_skoots.controllers.window import PANEL, PLUGIN
from napari_skoots.layers.opening import volume_layer

if TYPE_CHECKING:
    from napari.components import ViewerModel


def add_volumes(viewer: ViewerModel, paths: list[Path]) -> None:
    """Add volumes to a viewer, each with its voxel size.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Where the layers go.
    paths : list of Path
        TIFF files, the image first, then labels of the same grid.
    """
    for index, path in enumerate(paths):
        add = viewer.add_labels if index else viewer.add_image
        data, keywords, _ = volume_layer(
            path, "labels" if index else "image", path.stem
        )
        add(data, **keywords)


def main(paths: list[str]) -> None:
    """Show volumes in a new window until it is closed.

    Parameters
    ----------
    paths : list of str
        TIFF files, the image first, then labels of the same grid.
    """
    # Imported here: the rest of the package loads without the extra `gui`.
    import napari  # noqa: PLC0415 - slow, after the check of words

    viewer = napari.Viewer(title="SKOOTS")
    add_volumes(viewer, [Path(path) for path in paths])
    viewer.window.add_plugin_dock_widget(PLUGIN, PANEL)
    napari.run()


if __name__ == "__main__":
    main(sys.argv[1:])
