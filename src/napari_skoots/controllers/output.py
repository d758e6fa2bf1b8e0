"""Where runs and projects go: beside the image, or where the user's data are kept."""

from __future__ import annotations

import os
from pathlib import Path

from skoots.model.zoo import data_folder
from skoots.volume.naming import PROJECT_SUFFIX, RUN_SUFFIX, place_beside


def run_path(image: Path | None, name: str, folder: Path | None = None) -> Path:
    """Give the folder of a run.

    Parameters
    ----------
    image : Path or None
        The file of the image, if it has one.
    name : str
        Of the image, and of the channel and the time that are segmented.
    folder : Path, optional
        Where all runs shall go.

    Returns
    -------
    Path
        ``NAME.skoots.zarr`` in `folder`; else beside the image; where nothing can be
        written there, or what is there belongs to a package, in `runs_folder`.
    """
    return _path(name, folder or _beside(image) or runs_folder(), RUN_SUFFIX)


def project_path(image: Path | None, name: str, folder: Path | None = None) -> Path:
    """Give the folder of a project in which a model is taught, as `run_path` does.

    Returns
    -------
    Path
        ``NAME.skoots-project``.
    """
    usual = data_folder() / "skoots" / "projects"
    return _path(name, folder or _beside(image) or usual, PROJECT_SUFFIX)


def free_path(path: Path) -> Path:
    """Give a path like this one at which nothing lies, by counting up.

    Examples
    --------
    >>> free_path(Path("/nowhere/cells.skoots.zarr")).name
    'cells.skoots.zarr'
    """
    stem, number, found = path.name.removesuffix(RUN_SUFFIX), 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{stem}-{number}{RUN_SUFFIX}")
    return found


def runs_folder() -> Path:
    """Give the folder for runs of images that lie where nothing can be written."""
    return data_folder() / "skoots" / "runs"


def _beside(image: Path | None) -> Path | None:
    """Give the folder in which an image lies, if its user can write there."""
    if image is None or not _is_users(image.parent):
        return None
    return place_beside(image, RUN_SUFFIX).parent


def _path(name: str, folder: Path, suffix: str) -> Path:
    return folder / f"{_as_file_name(name)}{suffix}"


def _is_users(folder: Path) -> bool:
    """Whether a folder can be written and belongs to no installed package."""
    package = Path(__file__).resolve().parents[2]
    inside = package in folder.resolve().parents
    return os.access(folder, os.W_OK) and not inside


def _as_file_name(name: str) -> str:
    """Give a name that every file system takes.

    Examples
    --------
    >>> _as_file_name("a/b: c")
    'a_b_ c'
    """
    kept = "".join("_" if c in '<>:"/\\|?*' or ord(c) < 32 else c for c in name)
    return kept.strip(" .") or "image"
