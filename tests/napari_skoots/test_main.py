"""``python -m napari_skoots IMAGE LABELS``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from napari_skoots.__main__ import add_volumes

if TYPE_CHECKING:
    from pathlib import Path


def test_an_image_and_its_labels_lie_on_one_another(tmp_path: Path) -> None:
    components = pytest.importorskip("napari.components")
    paths = [tmp_path / "a.tif", tmp_path / "a_instances.tif"]
    for path, dtype in zip(paths, (np.uint8, np.uint16), strict=True):
        volume = np.arange(3 * 8 * 9, dtype=dtype).reshape(3, 8, 9)
        metadata = {"axes": "ZYX", "spacing": 0.05, "unit": "um"}
        tifffile.imwrite(
            path, volume, imagej=True, resolution=(100, 100), metadata=metadata
        )

    viewer = components.ViewerModel()
    add_volumes(viewer, paths)

    image, labels = viewer.layers
    assert (image.name, labels.name) == ("a", "a_instances")
    assert type(labels).__name__ == "Labels"
    assert tuple(image.scale) == pytest.approx((0.05, 0.01, 0.01))
    assert tuple(labels.scale) == tuple(image.scale)
