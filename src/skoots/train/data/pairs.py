"""Find images and the labels that lie beside them.

A folder of training data holds, for each volume, an image and its labels, as TIFF or as
zarr::

    cells.tif   cells.labels.tif
    brain.zarr  brain.labels.zarr

and may hold skeletons, boxes and background of the same name, and results of earlier
runs; none of these is taken for an image.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from skoots.errors import SourceNotFoundError, TrainingError
from skoots.volume.naming import image_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LABELS = ".labels"
"""How the name of labels ends, before what tells their format."""

SKELETONS_END = ".trch"
"""How the name of skeletons ends."""

_SUFFIXES = (".tif", ".tiff", ".zarr")

_LIKE_LABELS = r"[-_. ]?(labels?|labell?ed|masks?|seg|segmentation|instances?|gt)"
"""How others end the names of labels."""

_NO_IMAGES = (
    LABELS,
    ".skeletons",
    ".skeleton_mask",
    ".background",
    "_instances",
    "_instance_mask",
    "_skoots_skeleton",
    "_skoots_skeleton_unlabeled",
    "_skoots_vectors",
    ".skoots",
)
"""Names that belong to an image, or that an earlier run wrote, end so."""

Folders = str | PathLike[str] | Sequence[str | PathLike[str]]
"""One folder or several."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An image and its labels."""

    name: str
    """What both are called."""

    image: Path
    labels: Path

    def beside(self, end: str) -> Path:
        """Give the path of another file of this volume, such as ``.boxes.json``."""
        return self.labels.with_name(f"{self.name}{end}")


def find_pairs(folders: Folders) -> list[Pair]:
    """List the images with labels of one folder or several.

    Parameters
    ----------
    folders : path, or list of path
        Each holds ``NAME.tif`` with ``NAME.labels.tif``, or the same as zarr.

    Returns
    -------
    list of Pair
        Folder by folder as given, sorted by name within each.

    Raises
    ------
    SourceNotFoundError
        If there is no such folder.
    TrainingError
        If a folder holds no labels, or an image or labels alone.
    """
    return [pair for folder in as_folders(folders) for pair in _pairs_in(folder)]


def find_images(folders: Folders) -> list[Path]:
    """List the images of one folder or several, for which no labels are needed.

    Returns
    -------
    list of Path
        Folder by folder as given, sorted by name within each.

    Raises
    ------
    SourceNotFoundError
        If there is no such folder.
    TrainingError
        If a folder holds no image.
    """
    found: list[Path] = []
    for folder in as_folders(folders):
        images = [p for _, p in sorted(_by_name(folder, labels=False).items())]
        if not images:
            raise TrainingError(
                f"{folder} holds no image. Put NAME.tif or NAME.zarr there."
            )
        found += images
    return found


def skeletons_path(labels: Path) -> Path:
    """Give the path under which the skeletons of labels are saved.

    Examples
    --------
    >>> from pathlib import Path
    >>> skeletons_path(Path("data/cells.labels.tif")).as_posix()
    'data/cells.skeletons.trch'
    """
    name = image_name(labels).removesuffix(LABELS)
    return labels.with_name(f"{name}.skeletons{SKELETONS_END}")


def find_labels(path: Path, mask_filter: str = LABELS) -> list[Path]:
    """List the labels that a path stands for: a file itself, or those of a folder.

    Parameters
    ----------
    path : Path
        A TIFF, a zarr folder, or a folder that holds some.
    mask_filter : str
        How the names of labels in a folder end, before ``.tif`` or ``.zarr``.

    Raises
    ------
    SourceNotFoundError
        If there is nothing at the path.
    TrainingError
        If the folder holds no labels.
    """
    if not path.exists():
        raise SourceNotFoundError(
            f"There are no labels at {path}. Check the path and its spelling."
        )
    if not path.is_dir() or _is_zarr(path):
        return [path]
    found = [p for p in _volumes_in(path) if image_name(p).endswith(mask_filter)]
    if not found:
        raise TrainingError(
            f"{path} holds no labels: no NAME{mask_filter}.tif and no "
            f"NAME{mask_filter}.zarr. Name a file or another folder."
        )
    return found


def refuse_image(path: Path) -> None:
    """Refuse a file that was named for labels, but is the image of some.

    Raises
    ------
    TrainingError
        If ``NAME.labels.tif`` (or ``.zarr``) lies beside ``NAME.tif``: what belongs to
        the labels would be overwritten.
    """
    name = image_name(path)
    if name.endswith(LABELS) or not path.parent.is_dir():
        return
    for other in _volumes_in(path.parent):
        if image_name(other) == f"{name}{LABELS}":
            raise TrainingError(
                f"{path} is the image of {other.name}. Name the labels: {other}."
            )


def as_folders(folders: Folders) -> list[Path]:
    """Give one folder or several as a list; each must be there."""
    one = isinstance(folders, (str, PathLike))
    listed: Iterable[str | PathLike[str]] = [folders] if one else folders  # type: ignore[assignment,list-item]  # narrowed by `one`
    paths = [Path(folder) for folder in listed]
    for path in paths:
        if not path.is_dir():
            raise SourceNotFoundError(
                f"There is no folder {path}. Give the folder that holds the data."
            )
    return paths


def _pairs_in(folder: Path) -> list[Pair]:
    labels = _by_name(folder, labels=True)
    images = _by_name(folder, labels=False)
    if not labels:
        raise TrainingError(
            f"{folder} holds no labelled image. Put NAME.tif and NAME{LABELS}.tif "
            f"there, or both as zarr.{_found_instead(images)}"
        )
    for name, path in sorted((images | labels).items()):
        if name not in labels:
            raise TrainingError(
                f"{path} has no labels. Put {name}{LABELS}{path.suffix} beside it, or "
                f"take the image out of the folder.{_found_instead(images)}"
            )
        if name not in images:
            raise TrainingError(
                f"{path} has no image. Put {name}{path.suffix} beside it, or take the "
                "labels out of the folder."
            )
    return [Pair(name, images[name], labels[name]) for name in sorted(labels)]


def _found_instead(images: Mapping[str, Path]) -> str:
    """Name an image and what is called like its labels, but not as it should be."""
    for name, image in sorted(images.items()):
        for other, path in images.items():
            rest = other.removeprefix(name).lower()
            if other.startswith(name) and re.fullmatch(_LIKE_LABELS, rest):
                return (
                    f" Found {image.name} and {path.name}: rename the "
                    f"labels to {name}{LABELS}{path.suffix}."
                )
    return ""


def _by_name(folder: Path, *, labels: bool) -> dict[str, Path]:
    """Give the labels, or else the images, of a folder by what they are called."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in _volumes_in(folder):
        name = image_name(path)
        if labels and name.endswith(LABELS):
            found[name.removesuffix(LABELS)].append(path)
        elif not labels and not name.endswith(_NO_IMAGES):
            found[name].append(path)
    for name, paths in found.items():
        if len(paths) > 1:
            raise TrainingError(
                f"{' and '.join(map(str, paths))} are both called {name}. Rename one "
                "of them, or take it out of the folder."
            )
    return {name: paths[0] for name, paths in found.items()}


def _volumes_in(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.lower().endswith(_SUFFIXES) and not path.name.startswith(".")
    )


def _is_zarr(path: Path) -> bool:
    inside = ("zarr.json", ".zarray", ".zgroup")
    return path.suffix.lower() == ".zarr" or any((path / n).is_file() for n in inside)
