"""Open label volumes to be compared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from skoots.volume.source import open_source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from skoots.volume.source import Source

LABELS_IN_RUN = Path("labels", "instances", "0")
"""Where a run folder keeps its labels at full size."""


def open_labels(
    labels: str | os.PathLike[str] | NDArray[np.generic] | Source,
) -> Source:
    """Open a label volume; a run folder stands for the labels in it.

    Parameters
    ----------
    labels : path, ndarray (Z, Y, X), or Source
        A file or a zarr that the engine reads, or a run folder ``NAME.skoots.zarr``.

    Raises
    ------
    SourceNotFoundError, SourceError
        If there is nothing at the path, or no volume.
    """
    if isinstance(labels, (str, os.PathLike)):
        path = Path(labels)
        inside = path / LABELS_IN_RUN
        return open_source(inside if inside.is_dir() else path)
    return open_source(labels)
