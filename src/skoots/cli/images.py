"""Which volumes a command works on, and where their runs go."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from skoots.errors import RunError, SourceNotFoundError
from skoots.volume.naming import RUN_SUFFIX, place_beside

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_IMAGE_SUFFIXES = (".tif", ".tiff", ".zarr")

_NO_IMAGES = (
    ".labels.tif",
    ".skeletons.tif",
    ".skeleton_mask.tif",
    ".background.tif",
    "_instances.tif",
    "_instance_mask.tif",
    "_skoots_skeleton.zarr",
    "_skoots_vectors.zarr",
    RUN_SUFFIX,
)
"""Labels, and what an earlier run wrote beside its image."""

_ZARR_FILES = ("zarr.json", ".zarray", ".zgroup", ".zattrs")


def list_images(paths: Sequence[Path]) -> list[Path]:
    """List the images that were asked for; a folder stands for those in it.

    A folder gives its ``*.tif`` and ``*.zarr``, sorted, without labels, without the
    results of earlier runs and without hidden files. What is named one by one is taken
    as it is.

    Raises
    ------
    SourceNotFoundError
        If a folder holds no image.
    """
    images: list[Path] = []
    for path in paths:
        if path.is_dir() and not _is_zarr(path):
            images += _list_folder(path)
        else:
            images.append(path)
    return images


def plan_runs(images: Sequence[Path], out: Path | None) -> list[Path]:
    """Name the run folder of each image.

    Parameters
    ----------
    images : sequence of path
        The images.
    out : path or None
        The folder for the runs; None puts each one beside its image.

    Raises
    ------
    RunError
        If two images would share a run.
    """
    beside = [place_beside(image, RUN_SUFFIX) for image in images]
    runs = [path if out is None else out / path.name for path in beside]
    run, count = Counter(runs).most_common(1)[0]
    if count > 1:
        names = " and ".join(
            str(i) for i, r in zip(images, runs, strict=True) if r == run
        )
        raise RunError(
            f"{names} would share the run folder {run}. Rename one of them or segment "
            "them with different --out."
        )
    return runs


def _list_folder(folder: Path) -> list[Path]:
    images = sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and path.name.lower().endswith(_IMAGE_SUFFIXES)
        and not path.name.lower().replace(".tiff", ".tif").endswith(_NO_IMAGES)
    )
    if not images:
        raise SourceNotFoundError(
            f"The folder {folder} holds no image: no *.tif and no *.zarr that is "
            "neither labels nor a result. Name a file or another folder."
        )
    return images


def _is_zarr(path: Path) -> bool:
    return path.suffix.lower() == ".zarr" or any(
        (path / name).is_file() for name in _ZARR_FILES
    )
