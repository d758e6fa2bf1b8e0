"""How a model shall be taught: which one, how long, with objects of which size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal

from napari_skoots.state.teaching import SCRATCH, WishView

if TYPE_CHECKING:
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.state.views import Choice
    from skoots.model.checkpoint import Checkpoint

SECONDS = 60.0
"""What a training takes where nobody says."""

_FROM_SCRATCH = "From scratch"
_ALIKE = 0.02


class TeachWish:
    """Everything that was chosen for the next training.

    Parameters
    ----------
    models : Models
        To begin with.
    exercise : Exercise
        What is painted, and how large it is.
    """

    changed = Signal()

    def __init__(self, models: Models, exercise: Exercise) -> None:
        self._models = models
        self._exercise = exercise
        self._base: str | None = None
        self._diameter: float | None = None
        self.seconds = SECONDS
        self.rehearse = True

    @property
    def bases(self) -> list[Choice]:
        """Models that a training can begin with, and none of them."""
        models = [(view.key, view.name) for view in self._models.views]
        return [*models, (SCRATCH, _FROM_SCRATCH)]

    @property
    def base(self) -> str:
        """The key of the model to begin with: the one of the panel by itself."""
        known = [key for key, _ in self.bases]
        if self._base in known:
            return self._base
        return self._models.current or SCRATCH

    @property
    def checkpoint(self) -> Checkpoint | None:
        """That model, once it is loaded."""
        return self._models.find(self.base) if self.base else None

    @property
    def trouble(self) -> str:
        """Why that model cannot be used yet; empty where it can."""
        if not self.base or self.checkpoint is not None:
            return ""
        return self._models.trouble(self.base) or "Loading the model…"

    @property
    def typed(self) -> float | None:
        """Diameter of objects that the user typed, in voxels of the image."""
        return self._diameter

    @property
    def diameter(self) -> float | None:
        """Diameter of objects, typed or measured."""
        return self._diameter or self._exercise.diameter(self.checkpoint)

    def view(self, blocked: str) -> WishView:
        """Give what the panel shows.

        Parameters
        ----------
        blocked : str
            Why no training can begin; empty where one can.
        """
        model = self.checkpoint
        measured = self._exercise.diameter(model)
        return WishView(
            base=self.base,
            seconds=self.seconds,
            measured=measured,
            diameter=self._diameter,
            model_diameter=None if model is None else model.object_diameter,
            zoom=_zoom(model, self._diameter or measured),
            sample=_sample_of(model),
            rehearse=self.rehearse,
            blocked=blocked,
        )

    def choose_base(self, key: str) -> None:
        """Begin with another model, or (`SCRATCH`) with none."""
        self._base = key
        self.changed.emit()

    def set_seconds(self, seconds: float) -> None:
        """Train so long; 0 for until it is stopped."""
        self.seconds = seconds
        self.changed.emit()

    def set_rehearse(self, rehearse: bool) -> None:  # noqa: FBT001 - a signal's
        """Learn the sample of the model along, or not."""
        self.rehearse = rehearse
        self.changed.emit()

    def set_diameter(self, diameter: float | None) -> None:
        """Say how large objects are, in voxels of the image; None for as measured."""
        self._diameter = diameter
        self.changed.emit()


def _sample_of(model: Checkpoint | None) -> str:
    from skoots.teach.rehearsal import (  # noqa: PLC0415 - imports torch
        rehearsed_sample,
    )

    sample = None if model is None else rehearsed_sample(model)
    return "" if sample is None else sample.name


def _zoom(model: Checkpoint | None, diameter: float | None) -> str:
    """Say how the image is resampled for a model."""
    from skoots.teach.size import learned_diameter  # noqa: PLC0415 - cc3d

    learned = None if model is None else learned_diameter(model)
    if model is None or not learned or not diameter:
        return ""
    factor = learned / diameter
    there = f"{learned:.0f} voxels, as {model.name} knows them"
    if abs(factor - 1) < _ALIKE:
        return f"About as large as {model.name} knows them."
    return f"Resampled ×{factor:.2f}, so that they measure {there}."
