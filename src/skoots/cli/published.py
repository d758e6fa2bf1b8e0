"""What the flags of the published command do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import typer

import skoots
from skoots.cli.console import OUT, report, say
from skoots.cli.images import RUN_SUFFIX, image_name, list_images, plan_runs
from skoots.cli.progress import drain
from skoots.errors import RunError, SkootsError
from skoots.inference.convert import export_tiff
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    model = skoots.load_model(checkpoint)

    def work(path: Path) -> str:
        # What the documented `eval` does, with a bar: a run that was stopped goes on.
        name, [run] = image_name(path), plan_runs([path], None)
        drain(skoots.segment(open_source(path), model, run, resume=True), name)
        mask = run.with_name(f"{name}_instance_mask.tif")
        return f"wrote {drain(export_tiff(run, mask, overwrite=True), name)}"

    _for_each(images, work)


def convert_as_published(path: Path) -> None:
    """Write the labels of a run, or of each run in a folder, as TIFF.

    Parameters
    ----------
    path : path
        A run folder, a folder that holds some, or a pattern such as ``data/*.zarr``.
    """

    def work(run: Path) -> str:
        return f"wrote {drain(export_tiff(run), run.name)}"

    _for_each(_list_runs(path), work)


def _list_runs(path: Path) -> list[Path]:
    if path.name.endswith(RUN_SUFFIX):
        return [path]
    if path.suffix == ".trch":
        raise RunError(
            f"{path} is a tensor that the published SKOOTS wrote. Only runs of this "
            f"version can be converted: folders NAME{RUN_SUFFIX}."
        )
    inside = path.glob(f"*{RUN_SUFFIX}") if path.is_dir() else _expand(path)
    runs = sorted(run for run in inside if run.name.endswith(RUN_SUFFIX))
    if not runs:
        raise RunError(f"{path} holds no run: no folder NAME{RUN_SUFFIX}.")
    return runs


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
