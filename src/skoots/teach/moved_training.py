"""Settings of a training name folders, and its project may have been moved since."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from skoots.teach.record import DATA, REHEARSED

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
    if settings.TRAIN.PRETRAINED_MODEL_PATH:
        models = [Path(one) for one in settings.TRAIN.PRETRAINED_MODEL_PATH]
        train["PRETRAINED_MODEL_PATH"] = [str(model_here(m, project)) for m in models]
    return settings.merge({"TRAIN": train})


def model_here(model: Path, project: TeachProject) -> Path:
    """Give the file of a model, which may have been kept in the project.

    Parameters
    ----------
    model : Path
        Where it was.
    project : TeachProject
        Wherever it is by now.
    """
    kept = project.models / PureWindowsPath(model).name
    return kept if not model.exists() and kept.is_file() else model
