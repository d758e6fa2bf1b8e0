"""The jobs that find, make and fill examples."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.board import done
from napari_skoots.controllers.teaching.label_layers import words_of
from napari_skoots.controllers.teaching.opening import add_example, copy_into
from napari_skoots.jobs import Job
from napari_skoots.layers.source import level0
from napari_skoots.source_array import SourceArray
from napari_skoots.source_stack import SourceStack
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.teaching.open_example import OpenExample
    from napari_skoots.controllers.teaching.open_examples import Chosen, OpenExamples
    from napari_skoots.controllers.teaching.opening import Opened
    from napari_skoots.controllers.teaching.place import ProjectPlace
    from napari_skoots.jobs import Start
    from skoots.teach.adding import Added
    from skoots.teach.project import TeachProject
    from skoots.volume.array_source import Array
    from skoots.volume.source import Source

_COPIED_SOON = 1 << 25
"""Bytes of an image that are copied into a project without a word."""

_OPENED_HERE = (SourceArray, SourceStack)
"""Images that stay where they are. What another reader opened may have to be copied."""


class OpeningJobs:
    """One job that opens and one that searches; what is begun anew replaces it.

    Parameters
    ----------
    board : Board
        Runs and shows what takes long.
    images : Images
        The image that is chosen.
    place : ProjectPlace
        The project that is open when a job ends.
    examples : OpenExamples
        Get what a job read.
    """

    ready = Signal(object)
    """An example that the user asked for is open, and not shown yet."""

    failed = Signal(object)
    """The exception that ended a job which the board does not show."""

    noted = Signal(str)
    """What should be known of an example that has joined the project."""

    def __init__(
        self, board: Board, images: Images, place: ProjectPlace, examples: OpenExamples
    ) -> None:
        self._board = board
        self._images = images
        self._place = place
        self._open = examples
        self._opening: Job | None = None
        self._search: Job | None = None

    def search(self, project: TeachProject) -> None:
        """Look if the chosen image has an example."""
        start, found = self._open.search(project), self._open.found
        self._search = self._replace(self._search, "Find the example", start, found)

    def add(self, project: TeachProject, image: Source) -> None:
        """Open the example of the chosen image, made if it is new.

        Raises
        ------
        RunError
            If it takes long, and another job runs.
        """
        chosen, title = self._open.chosen, f"Teach {self._images.name}"
        start = partial(add_example, project, image)

        def finish(opened: Opened) -> None:
            self._take(opened, chosen)

        layer, size = self._images.layer, math.prod(image.shape)
        stays = layer is not None and isinstance(level0(layer), _OPENED_HERE)
        if stays or size * image.dtype.itemsize < _COPIED_SOON:
            self._opening = self._replace(self._opening, title, start, finish)
        else:
            self._show(title, start, finish)

    def copy(
        self,
        project: TeachProject,
        image: Source,
        labels: Array,
        name: str,
        *,
        everything: bool,
    ) -> None:
        """Copy the objects of other labels into the example of the chosen image.

        Parameters
        ----------
        project : TeachProject
            Has the example, or gets it.
        image : Source
            The chosen one.
        labels : Array, (Z, Y, X)
            What is copied.
        name : str
            Of their layer.
        everything : bool
            Whether every object of the image is in it.

        Raises
        ------
        RunError
            If another job runs.
        """
        chosen = self._open.chosen

        def finish(opened: Opened) -> None:
            made = self._take(opened, chosen)
            if made is not None:
                self._finish_copy(made, everything=everything)
            if opened.added is not None:
                self._tell(opened.added, name)

        start = partial(copy_into, project, image, labels)
        self._show(f"Copy {name}", start, finish)

    def drop(self) -> None:
        """Hear of no job any more."""
        for job in (self._opening, self._search):
            if job is not None:
                job.leave()
        self._opening = self._search = None

    # ---- running them

    def _show(self, title: str, start: Start, finish: Callable[[Any], object]) -> None:
        job = Job(start, title)
        job.returned.connect(finish)
        self._board.run(job, pausable=False, kept="What was copied stays.")

    def _replace(
        self,
        before: Job | None,
        title: str,
        start: Start,
        finish: Callable[[Any], object],
    ) -> Job:
        if before is not None:
            before.leave()
        job = Job(start, title)
        job.returned.connect(finish)
        job.failed.connect(self.failed.emit)
        job.start()
        return job

    # ---- what comes of them

    def _take(self, opened: Opened, chosen: Chosen) -> OpenExample | None:
        """Open an example that a job read, unless another project is open by now."""
        project = self._place.project
        if project is None or opened.example.path.parent.parent != project.path:
            return None
        made = self._open.take(opened, chosen)
        if made is not None:
            self.ready.emit(made)
            if opened.note:
                self.noted.emit(opened.note)
        return made

    def _finish_copy(self, made: OpenExample, *, everything: bool) -> None:
        """Show what was copied; a slot, so what fails is told."""
        made.painted.layer.refresh()
        try:
            if everything:
                made.boxes.set_everything(True)
        except SkootsError as error:
            self.failed.emit(error)

    def _tell(self, added: Added, name: str) -> None:
        view = self._board.view
        before = None if view is None else view.message
        self._board.tell(done(words_of(added, name), before))
