"""A run folder as napari opens it: by a drop on the canvas, or File > Open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_skoots.labels_array import ZarrLabels
from napari_skoots.layers.geometry import layer_geometry
from napari_skoots.layers.source import FACTS
from skoots.run.folder import RunFolder
from skoots.run.layout import is_run
from skoots.volume.naming import RUN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_skoots.layers.opening import LayerData


def run_reader(path: Any) -> Callable[[Any], list[LayerData]] | None:
    """Give the reader of a run folder; None for anything else.

    Parameters
    ----------
    path : str or list of str
        What napari was asked to open.
    """
    paths = [path] if isinstance(path, (str, Path)) else list(path)
    if not all(is_run(Path(one)) for one in paths):
        return None
    return _read


def _read(path: Any) -> list[LayerData]:
    paths = [path] if isinstance(path, (str, Path)) else list(path)
    return [_labels(Path(one)) for one in paths]


def _labels(path: Path) -> LayerData:
    run = RunFolder.open(path)
    keywords = {
        "name": f"{path.name.removesuffix(RUN_SUFFIX)} labels",
        "metadata": {FACTS: {"run": str(path)}},
        **layer_geometry(run.voxel_size),
    }
    return ZarrLabels.of_run(path), keywords, "labels"
