"""The project that is open, or where a new one goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.output import project_path
from napari_skoots.layers.source import path_of
from skoots.errors import StorageError, TrainingError
from skoots.volume.naming import PROJECT_RECORD, PROJECT_SUFFIX

if TYPE_CHECKING:
    from pathlib import Path

    from napari_skoots.controllers.images import Images
    from skoots.teach.project import TeachProject


class ProjectPlace:
    """Finds, makes and opens projects.

    Parameters
    ----------
    images : Images
        Beside whose chosen one a new project goes.
    folder : Path or None
        Where new ones go instead.
    """

    def __init__(self, images: Images, folder: Path | None) -> None:
        self._images = images
        self._folder = folder
        self._chosen: Path | None = None
        self.project: TeachProject | None = None

    @property
    def path(self) -> Path | None:
        """The folder of the project, or of a new one; None without an image."""
        if self.project is not None:
            return self.project.path
        if self._chosen is not None:
            return self._chosen
        layer = self._images.layer
        if layer is None:
            return None
        return project_path(path_of(layer), self._images.name, self._folder)

    @property
    def lies_there(self) -> bool:
        """Whether a project that is not open lies where a new one would go."""
        path = None if self.project is not None else self.path
        return path is not None and (path / PROJECT_RECORD).is_file()

    def choose(self, path: Path) -> None:
        """Say where a new project goes; none is open then.

        Raises
        ------
        TrainingError
            If the name is none for a project.
        """
        if not path.name.endswith(PROJECT_SUFFIX):
            raise TrainingError(
                f"{path.name} is no name for a project. Let it end in "
                f"{PROJECT_SUFFIX}, such as {path.stem}{PROJECT_SUFFIX}."
            )
        self._chosen, self.project = path, None

    def open(self, path: Path) -> TeachProject:
        """Open a project.

        Raises
        ------
        TrainingError
            If it is none.
        """
        from skoots.teach.project import TeachProject  # noqa: PLC0415 - imports zarr

        self.project = TeachProject(path)
        return self.project

    def need(self) -> TeachProject:
        """Give the project: open, opened where one lies already, or made.

        Raises
        ------
        SkootsError
            If there is no image, or nothing can be written.
        """
        from skoots.teach.project import TeachProject  # noqa: PLC0415 - imports zarr

        if self.project is not None:
            return self.project
        path = self.path
        if path is None:
            raise TrainingError("No image is chosen. Drop one here, or open one.")
        if (path / PROJECT_RECORD).exists():
            return self.open(path)
        try:
            self.project = TeachProject.create(path)
        except StorageError:
            usual = project_path(None, self._images.name)
            if self._chosen is not None or path == usual:
                raise
            if (usual / PROJECT_RECORD).exists():
                return self.open(usual)
            self.project = TeachProject.create(usual)
        return self.project
