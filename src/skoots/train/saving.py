"""Save a training now and then, so that a kill loses a few minutes at most."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from skoots.events import CheckpointSaved
from skoots.train.state import save_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skoots.train.deliver import Delivery
    from skoots.train.learner import Learner
    from skoots.train.project import Project
    from skoots.train.state import Progress, Setting


class Saver:
    """Writes the state of a training and its last model.

    Parameters
    ----------
    project : Project
        Where they go, and how often.
    learner : Learner
        What is saved.
    delivery : Delivery
        Writes the model.
    setting : Setting
        What the state says of processes and data.
    """

    def __init__(
        self, project: Project, learner: Learner, delivery: Delivery, setting: Setting
    ) -> None:
        self._project = project
        self._learner = learner
        self._delivery = delivery
        self._setting = setting
        self._at = (0, 0)
        self._when = time.monotonic()

    def began_at(self, progress: Progress) -> None:
        """Know that this is on the disk already, or needs not be."""
        self._at = _place(progress)
        self._when = time.monotonic()

    def is_due(self) -> bool:
        """Tell whether the last time is so long ago that a kill would lose too much."""
        minutes = (time.monotonic() - self._when) / 60
        return minutes >= self._project.settings.TRAINER.CHECKPOINT_MINUTES

    def save(self, progress: Progress) -> Iterator[CheckpointSaved]:
        """Save, unless that is on the disk already; yield what was written."""
        if self._at == _place(progress):
            return
        path = self._project.state_file
        save_state(path, progress, self._learner, self._setting)
        self._delivery.write(self._project.last, progress.step, {})
        self.began_at(progress)
        yield CheckpointSaved(path, progress.step)


def _place(progress: Progress) -> tuple[int, int]:
    return progress.step, progress.epochs
