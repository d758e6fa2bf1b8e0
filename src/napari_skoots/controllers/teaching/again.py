"""Segment again with a model that was taught: a look first, then what was segmented.

What the user painted or accepted stays as it is: it is written into the new labels
before the network is asked, as strokes that no pass overwrites.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from napari_skoots.controllers.output import free_path
from skoots.errors import RunError, SkootsError

if TYPE_CHECKING:
    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.previewing import Previewing
    from napari_skoots.controllers.segmenting import Segmenting
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.controllers.wishes import Wishes


class Again:
    """Waits for the model, then for the preview, then segments.

    Parameters
    ----------
    board : Board
        Runs the jobs.
    images : Images
        The image that was chosen.
    models : Models
        Loads the model.
    wishes : Wishes
        What is segmented where nothing was before.
    previewing : Previewing
        The look first.
    segmenting : Segmenting
        What was segmented before.
    exercise : Exercise
        What was painted.
    """

    def __init__(
        self,
        board: Board,
        images: Images,
        models: Models,
        wishes: Wishes,
        previewing: Previewing,
        segmenting: Segmenting,
        exercise: Exercise,
    ) -> None:
        self._board = board
        self._images = images
        self._models = models
        self._wishes = wishes
        self._previewing = previewing
        self._segmenting = segmenting
        self._exercise = exercise
        self._model: str | None = None
        self._looked = False
        models.changed.connect(self._on_other)
        board.freed.connect(self._on_other)

    def begin(self, model: str, diameter: float | None = None) -> None:
        """Segment with a model as soon as it is loaded.

        Parameters
        ----------
        model : str
            Its name.
        diameter : float, optional
            Of a typical object, in voxels of the image: where the image has no voxel
            size, nothing else says how it was resampled for the training.

        Raises
        ------
        SkootsError
            If a job runs, or the model or the image is no longer there.
        """
        if self._board.busy:
            raise RunError("A job is running. Wait for it, or cancel it.")
        if model not in [view.key for view in self._models.views]:
            raise RunError(
                f"{model} is no longer among your models. Import it from the folder "
                "models of the project."
            )
        if self._images.voxel_size is None:
            self._wishes.set(diameter=diameter)
        self._model, self._looked = model, False
        self._models.choose(model)
        self._go_on()

    def _on_other(self) -> None:
        try:
            self._go_on()
        except SkootsError as error:
            self._exercise.told.emit(error)

    def _go_on(self) -> None:
        """Do the next thing that can be done, or nothing any more."""
        try:
            self._take_step()
        except SkootsError:
            self._model = None
            raise

    def _take_step(self) -> None:
        if self._model is None or self._board.busy:
            return
        if self._models.current != self._model or self._models.problem:
            self._model = None  # the user chose another, or it cannot be loaded
            return
        if self._models.checkpoint is None or self._models.pace is None:
            return
        if not self._looked:
            self._looked = True
            self._previewing.begin(at_cursor=False)
            return
        self._model = None
        if self._previewing.view is not None:  # else it was cancelled
            self._segment()

    def _segment(self) -> None:
        from napari_skoots.controllers.teaching.stamping import (  # noqa: PLC0415 - zarr
            keep_painted,
        )

        last = self._segmenting.last_of(self._images.current)
        request = self._wishes.request(whole=last is not None)
        if last is not None:
            request = replace(request, region=last.region)
        request = replace(request, out=free_path(request.out))
        example = self._exercise.example
        if example is not None:
            request = replace(request, stamp=partial(keep_painted, example=example))
        self._segmenting.start(request)
