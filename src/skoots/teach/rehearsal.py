"""What a shipped model knows, learned along so that it is not forgotten.

A network that learns other objects alone forgets the first ones within minutes. Some of
those in each epoch keep them, which is called rehearsal (A. Robins, "Catastrophic
forgetting, rehearsal and pseudorehearsal", Connection Science 7 (2), 1995). Here they
are those of the sample that comes with the model. What is better for the objects that
are taught is judged without them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import tifffile

from skoots.errors import CheckpointError
from skoots.model.safe_file import file_digest
from skoots.model.zoo import find_model
from skoots.run.scale import grid_shape, grid_voxel_size
from skoots.run.storage import storage_errors
from skoots.run.wishes import Wishes
from skoots.samples import list_samples
from skoots.teach.materials import as_read, labels_on_grid, write_volume
from skoots.teach.remedies import TEACHING
from skoots.volume.resample import ResampledSource
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.model.checkpoint import Checkpoint
    from skoots.samples import Sample


def rehearsed_sample(model: Checkpoint | None) -> Sample | None:
    """Give the labelled sample of what a model knows.

    Parameters
    ----------
    model : Checkpoint or None
        A shipped one, or one that was taught with such a sample along.

    Returns
    -------
    Sample or None
        None where there is none, as for models of users and for `mito-em`, whose
        sample nobody has labelled.
    """
    if model is None:
        return None
    taught = model.provenance.get("taught")
    known = taught.get("rehearsed") if isinstance(taught, dict) else None
    for sample in list_samples():
        if sample.labels is None:
            continue
        if known == sample.name or _is_shipped(model, sample.model):
            return sample
    return None


def write_rehearsal(sample: Sample, model: Checkpoint, folder: Path) -> None:
    """Write a sample as the model sees it, for `skoots.train` to learn from.

    Parameters
    ----------
    sample : Sample
        With labels.
    model : Checkpoint
        On its grid.
    folder : Path
        Where ``NAME.tif`` and ``NAME.labels.tif`` go.

    Raises
    ------
    StorageError
        If nothing can be written.
    """
    source = open_source(sample.path)
    grid = grid_shape(source.shape, source.voxel_size, model, Wishes())
    scaled = source if grid == source.shape else ResampledSource(source, grid)
    labels = tifffile.imread(sample.labels)
    image = folder / f"{sample.name}.tif"
    with storage_errors(folder, TEACHING):
        folder.mkdir(parents=True, exist_ok=True)
        grey = as_read(scaled.read(whole(grid)), source.dtype)
        write_volume(image, grey, grid_voxel_size(source, grid))
        on_grid = labels_on_grid(labels, grid, whole(grid))
        write_volume(image.with_suffix(".labels.tif"), on_grid, None)


def _is_shipped(model: Checkpoint, name: str) -> bool:
    return model.name == name and model.digest == _digest_of(name)


@cache
def _digest_of(name: str) -> str | None:
    try:
        return file_digest(find_model(name))
    except (CheckpointError, OSError):  # it was taken out of the package
        return None
