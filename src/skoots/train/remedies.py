"""What to do where a training, or what belongs to it, cannot be written."""

from __future__ import annotations

from skoots.run.storage import Remedy

LEARNING = Remedy(
    safe="What was learned up to the last checkpoint is safe",
    again="go on with the training (--resume)",
    elsewhere="Let it be written, or train in another folder",
)
"""The folder of a training; a project's trainings lie in the project."""

FILES = Remedy(
    safe="Nothing else is lost",
    again="try again",
    elsewhere="Name another place",
)
"""Settings and pictures that are made before one begins."""
