"""Settings of a training name folders, and its project may have been moved since."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from skoots.model.safe_file import file_digest
from skoots.teach.record import DATA, REHEARSED, read_record

if TYPE_CHECKING:
    from skoots.config import Settings
    from skoots.teach.project import TeachProject
    from skoots.train.project import Project


def settings_here(place: Project, project: TeachProject) -> Settings:
    """Give the settings of a training with the paths that its project has now.

    Parameters
    ----------
    place : Project
        The training.
    project : TeachProject
        In which it lies.
    """
    settings = place.settings
    data = (place.path / DATA).resolve()
    train: dict[str, list[str]] = {}
    if data.is_dir():
        folders = [data, data / REHEARSED][: len(settings.TRAIN.TRAIN_DATA_DIR)]
        train["TRAIN_DATA_DIR"] = [str(folder) for folder in folders]
    base = read_record(place.path).base
    if settings.TRAIN.PRETRAINED_MODEL_PATH and base is not None:
        models = [Path(one) for one in settings.TRAIN.PRETRAINED_MODEL_PATH]
        here = [str(model_here(one, base.digest, project)) for one in models]
        train["PRETRAINED_MODEL_PATH"] = here
    return settings.merge({"TRAIN": train})


def model_here(model: Path, digest: str, project: TeachProject) -> Path:
    """Give the file of a model, which may have been kept in the project.

    Parameters
    ----------
    model : Path
        Where it was.
    digest : str
        Of its file: another one may have its name here.
    project : TeachProject
        Wherever it is by now.
    """
    kept = project.models / PureWindowsPath(model).name
    if model.exists() or not kept.is_file():
        return model
    with suppress(OSError):  # who cannot read it learns where it was
        if file_digest(kept) == digest:
            return kept
    return model
