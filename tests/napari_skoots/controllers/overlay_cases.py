"""A finished run of boxes, open in a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import skoots
from napari_skoots.controllers.open_run import OpenRun
from napari_skoots.layers import layer_geometry
from skoots.events import result_of

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel
    from numpy.typing import NDArray

SIZE = (0.05, 0.02, 0.02)


def finished_run(path: Path, image: NDArray[Any], model: Any, **wish: Any) -> Path:
    """Segment an image into a run folder."""
    result_of(skoots.segment(image, model, path, **wish))
    return path


def open_run(viewer: ViewerModel, path: Path) -> OpenRun:
    """Open a run in a viewer, at a place that is not the origin."""
    geometry = {**layer_geometry(SIZE), "translate": np.array([1.0, 2.0, 3.0])}
    opened = OpenRun(path, "cells", geometry, None)
    viewer.add_layer(opened.layer)
    return opened
