"""The documented way from an image file to an instance mask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skoots.inference.convert import export_tiff
from skoots.inference.pipeline import segment
from skoots.inference.run_folder import SUFFIX
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event


def eval(  # the documented name hides the built-in
    image_path: str, checkpoint_path: str = "mito-em"
) -> None:
    """Segment an image file and write the labels beside it.

    Makes the run ``NAME.skoots.zarr`` and the mask ``NAME_instance_mask.tif``. A run
    that was stopped goes on; a finished one is not done again.

    Parameters
    ----------
    image_path : str
        A volume; see `skoots.volume.source.open_source`.
    checkpoint_path : str
        A model file of this or of published SKOOTS, or the name of a shipped model.

    Raises
    ------
    SkootsError
        Of the kind that says what is wrong.

    Notes
    -----
    The mask is (Z, Y, X), as published, and always uint32: ids never wrap.
    """
    source = open_source(image_path)
    folder = Path(image_path).parent
    run = folder / f"{source.name}{SUFFIX}"
    _finish(segment(source, checkpoint_path, run, resume=True))
    mask = folder / f"{source.name}_instance_mask.tif"
    _finish(export_tiff(run, mask, overwrite=True))


def _finish(job: Generator[Event, None, object]) -> None:
    for _ in job:
        pass
