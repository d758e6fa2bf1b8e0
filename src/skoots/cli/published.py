"""What the flags of the published command do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import typer

import skoots
from skoots.cli.console import OUT, report, say
from skoots.cli.images import list_images, plan_runs
from skoots.cli.progress import drain
from skoots.cli.tensors import convert_tensor
from skoots.errors import RunError, SkootsError
from skoots.inference.convert import export_tiff
from skoots.lib.eval import write_mask
from skoots.train.data.pairs import LABELS, find_labels
from skoots.train.data.skeletonize import skeletonize_file
from skoots.volume.naming import RUN_SUFFIX, image_name

_TENSOR = ".trch"

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from skoots._types import VoxelSize

_LOG_LEVELS = (
    logging.DEBUG,
    logging.INFO,
    logging.WARNING,
    logging.ERROR,
    logging.CRITICAL,
)


def segment_as_published(image: Path, checkpoint: str | None, log: int) -> None:
    """Segment a file or a folder and write ``NAME_instance_mask.tif`` beside each.

    Parameters
    ----------
    image : path
        A file, or a folder that stands for its images.
    checkpoint : str or None
        The model.
    log : int
        The published level of detail, 0 to 4.
    """
    if checkpoint is None:
        raise typer.BadParameter(
            "--image needs a model. Add --pretrained-checkpoint with a file or a "
            "name that 'skoots models' lists.",
            param_hint="--pretrained-checkpoint",
        )
    logging.getLogger("skoots").setLevel(_LOG_LEVELS[log])
    images = list_images([image])
    plan_runs(images, None)  # no two may share one
    model = skoots.load_model(checkpoint)

    def work(path: Path) -> str:
        return f"wrote {drain(write_mask(path, model), image_name(path))}"

    _for_each(images, work)


def convert_as_published(path: Path) -> None:
    """Write the labels of a run, or of each run in a folder, as TIFF.

    What an earlier call wrote is replaced.

    Parameters
    ----------
    path : path
        A run folder, a folder that holds some, or a pattern such as ``data/*.zarr``.
        Labels that the published program saved as ``.trch`` are converted too; a
        folder stands for them only if it holds no run.
    """

    def work(found: Path) -> str:
        if found.suffix == _TENSOR:
            return f"wrote {convert_tensor(found)}"
        return f"wrote {drain(export_tiff(found, overwrite=True), found.name)}"

    _for_each(_list_results(path), work)


def skeletonize_as_published(
    path: Path, mask_filter: str, anisotropy_xy: float, anisotropy_z: float
) -> None:
    """Make the skeletons of a file of labels, or of each in a folder.

    Parameters
    ----------
    path : path
        A file, or a folder that stands for its labels.
    mask_filter : str
        How the names of labels in a folder end, before ``.tif``.
    anisotropy_xy, anisotropy_z : float
        How large a voxel is within a plane and across planes; only the ratio matters.
    """
    for value in (anisotropy_xy, anisotropy_z):
        if not 0 < value < float("inf"):
            raise typer.BadParameter(
                f"{value} is no size of a voxel. Give numbers above 0.",
                param_hint="--anisotropyXY, --anisotropyZ",
            )
    size = (anisotropy_z, anisotropy_xy, anisotropy_xy)
    skeletonize_all(path, size, mask_filter)


def skeletonize_all(
    path: Path, voxel_size: VoxelSize | None, mask_filter: str = LABELS
) -> None:
    """Make the skeletons of a file of labels, or of each in a folder.

    Parameters
    ----------
    path : path
        A file, or a folder that stands for its labels.
    voxel_size : tuple of float or None
        Edge lengths along Z, Y, X; None as each file says.
    mask_filter : str
        How the names of labels in a folder end, before what tells their format.
    """

    def work(labels: Path) -> str:
        job = skeletonize_file(labels, voxel_size=voxel_size)
        return f"wrote {drain(job, image_name(labels))}"

    _for_each(find_labels(path, mask_filter), work)


def _list_results(path: Path) -> list[Path]:
    if path.name.endswith((RUN_SUFFIX, _TENSOR)):
        return [path]
    inside = list(path.iterdir()) if path.is_dir() else _expand(path)
    for end in (RUN_SUFFIX, _TENSOR):
        if found := sorted(one for one in inside if one.name.endswith(end)):
            return found
    raise RunError(
        f"{path} holds no run: no folder NAME{RUN_SUFFIX}, and no labels NAME{_TENSOR}."
    )


def _expand(pattern: Path) -> list[Path]:
    return list(pattern.parent.glob(pattern.name)) if "*" in pattern.name else []


def _for_each(paths: list[Path], work: Callable[[Path], str]) -> None:
    failed = 0
    for path in paths:
        try:
            OUT.print(work(path), markup=False, soft_wrap=True)
        except SkootsError as error:
            if len(paths) == 1:
                raise
            report(error, path.name)
            failed += 1
    if failed:
        say(f"{failed} of {len(paths)} failed", style="red")
        raise typer.Exit(1)
