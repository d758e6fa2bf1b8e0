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

    from napari_skoots.controllers.session import Session


class Teaching:
    """The controllers of the Teach tab, tied together.

    Parameters
    ----------
    session : Session
        Whose viewer, images, models and jobs they use.
    folder : Path, optional
        Where projects go; beside the image else.
    """

    def __init__(self, session: Session, folder: Path | None = None) -> None:
        s = session
        self.exercise = Exercise(s.viewer, s.board, s.images, folder)
        self.lesson = Lesson(s.viewer, s.board, s.engine, s.models, self.exercise)
        again = Again(
            s.board,
            s.images,
            s.models,
            s.wishes,
            s.previewing,
            s.segmenting,
            self.exercise,
        )
        self.comparing = Comparing(
            s.viewer, s.models, self.exercise, self.lesson, again
        )

    def close(self) -> None:
        """End the process of the training and stop counting; the viewer is closed."""
        self.lesson.close()
        self.exercise.close()
