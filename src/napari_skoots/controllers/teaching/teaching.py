"""Everything of the Teach tab that one viewer knows.

::

    Exercise (what is painted) --> Lesson (a training) --> Comparing (before, after)
                                                               '--> Again (segment)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.teaching.again import Again
from napari_skoots.controllers.teaching.comparing import Comparing
from napari_skoots.controllers.teaching.exercise import Exercise
from napari_skoots.controllers.teaching.lesson import Lesson

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.engine import Engine
    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.previewing import Previewing
    from napari_skoots.controllers.segmenting import Segmenting
    from napari_skoots.controllers.wishes import Wishes


class Teaching:
    """The controllers of the Teach tab, tied together.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers they are.
    board, engine, images, models, wishes, previewing, segmenting
        Of its session.
    folder : Path, optional
        Where projects go; beside the image else.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that it ties together
        self,
        viewer: ViewerModel,
        board: Board,
        engine: Engine,
        images: Images,
        models: Models,
        wishes: Wishes,
        previewing: Previewing,
        segmenting: Segmenting,
        folder: Path | None = None,
    ) -> None:
        self.exercise = Exercise(viewer, board, images, folder)
        self.lesson = Lesson(viewer, board, engine, models, self.exercise)
        again = Again(
            board, images, models, wishes, previewing, segmenting, self.exercise
        )
        self.comparing = Comparing(
            viewer, board, models, self.exercise, self.lesson, again
        )

    def close(self) -> None:
        """End the process of the training and stop counting; the viewer is closed."""
        self.comparing.close()
        try:
            self.exercise.close()  # before the lesson, for it stores what was drawn
        finally:
            self.lesson.close()
