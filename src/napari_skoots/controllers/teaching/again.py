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
    from pathlib import Path

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.previewing import Previewing
    from napari_skoots.controllers.segmenting import Segmenting
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.controllers.wishes import Wishes
    from skoots.model.checkpoint import Checkpoint

_RESIZED = (
    "The voxel size was changed since the training, which knew another depth. Train "
    "again, so that the model knows it too."
)


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
        self._training: Path | None = None
        self._looked = False
        models.changed.connect(self._on_other)
        board.freed.connect(self._on_other)

    def begin(self, model: str, training: Path) -> None:
        """Segment with a model as soon as it is loaded.

        Parameters
        ----------
        model : str
            Its name.
        training : Path
            The folder of the training that made it.

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
        self._model, self._training, self._looked = model, training, False
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
        model = self._models.checkpoint
        if model is None or self._models.pace is None:
            return
        if not self._looked:
            self._looked = True
            self._choose_grid(model)
            self._previewing.begin(at_cursor=False)
            return
        self._model = None
        if self._previewing.view is not None:  # else it was cancelled
            self._segment()

    def _choose_grid(self, model: Checkpoint) -> None:
        """Work on the grid on which the model was taught and compared.

        Images that it was not taught on are resampled as for any model.
        """
        from skoots.teach.found import needed_wish  # noqa: PLC0415 - imports torch
        from skoots.teach.record import read_record  # noqa: PLC0415 - on use

        training, example = self._training, self._exercise.example
        if training is None or example is None:
            return
        if training.parent.parent != example.path.parent.parent:
            return  # of another project
        record, here = read_record(training), self._images.voxel_size
        grid = record.grids.get(example.name)
        if grid is None:
            return
        if record.voxel_sizes.get(example.name, here) != here:
            self._exercise.noted.emit(_RESIZED)
            return
        wish = needed_wish(model, example.shape, here, grid)
        # a size alone is followed only where that is no multiple of the work
        resample = True if "diameter" in wish else wish.get("resample")
        self._wishes.set_for_model(wish.get("diameter"), resample)

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
