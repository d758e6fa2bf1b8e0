"""Open an image and its labels: ``python -m napari_skoots IMAGE.tif LABELS.tif``."""

from __future__ import annotations

import sys
from pathlib import Path

from napari_skoots.layers import tiff_layer


def main(paths: list[str]) -> None:
    """Show volumes in a new viewer until it is closed.

    Parameters
    ----------
    paths : list of str
        TIFF files, the image first, then labels of the same grid.
    """
    import napari  # noqa: PLC0415 - the other modules work without the extra `gui`

    viewer = napari.Viewer(title="SKOOTS")
    for index, path in enumerate(map(Path, paths)):
        kind = "labels" if index else "image"
        viewer._add_layer_from_data(*tiff_layer(path, kind, path.stem))
    napari.run()


if __name__ == "__main__":
    main(sys.argv[1:])
