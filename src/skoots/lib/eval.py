"""The documented way from an image file to an instance mask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skoots.errors import RunBusyError, RunError
from skoots.events import Notice
from skoots.inference.convert import export_tiff
from skoots.inference.pipeline import segment
from skoots.volume.naming import RUN_SUFFIX, place_beside

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event, RunFinished
    from skoots.model.checkpoint import Checkpoint

MASK_END = "_instance_mask.tif"
"""What comes after an image's name in that of its mask, as published."""


def eval(  # the documented name hides the built-in
    image_path: str, checkpoint_path: str = "mito-em"
) -> None:
    """Segment an image file and write the labels beside it.

    Makes the run ``NAME.skoots.zarr`` and the mask ``NAME_instance_mask.tif``. A run
    that was stopped goes on, a finished one is not done again, and one of another model
    or of other voxels is made anew.

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
    for _ in write_mask(Path(image_path), checkpoint_path):
        pass


def write_mask(image: Path, model: str | Checkpoint) -> Generator[Event, None, Path]:
    """Segment an image file and write the labels beside it, telling how far it is.

    Parameters
    ----------
    image : Path
        A volume.
    model : str or Checkpoint
        The model.

    Yields
    ------
    Event
        Those of `segment_anew` and of `export_tiff`.

    Returns
    -------
    Path
        The mask ``NAME_instance_mask.tif``.
    """
    run = place_beside(image, RUN_SUFFIX)
    yield from segment_anew(image, model, run)
    mask = place_beside(image, MASK_END)
    return (yield from export_tiff(run, mask, overwrite=True))


def segment_anew(
    image: Path, model: str | Checkpoint, run: Path
) -> Generator[Event, None, RunFinished]:
    """Go on with the run of an earlier call; where it does not fit, start again.

    What lies at `run` and is no run is never deleted.

    Parameters
    ----------
    image : Path
        A volume.
    model : str or Checkpoint
        The model.
    run : Path
        The run folder.

    Yields
    ------
    Event
        Those of `segment`, and a note when it starts again.

    Raises
    ------
    RunBusyError
        If another process is writing the run.
    """
    try:
        return (yield from segment(image, model, run, resume=True))
    except RunBusyError:
        raise
    except RunError as error:
        yield Notice(f"starting again: {error}")
    return (yield from segment(image, model, run, overwrite=True))
