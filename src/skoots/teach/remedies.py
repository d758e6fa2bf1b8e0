"""What to do where a project, or what belongs to it, cannot be written."""

from __future__ import annotations

from skoots.run.storage import Remedy

_ELSEWHERE = "Let it be written, or copy the project to another place"

PAINTING = Remedy(
    safe="What was painted and stored before is safe",
    again="try again",
    elsewhere=_ELSEWHERE,
)
"""Examples: images, what is painted, boxes and skeletons; and the project itself."""

TEACHING = Remedy(
    safe="What is painted and what was learned up to the last checkpoint are safe",
    again="train again, or go on with the training (--resume)",
    elsewhere=_ELSEWHERE,
)
"""The folder of a training in a project."""

KEEPING = Remedy(
    safe="The model is safe in its training",
    again="keep it again",
    elsewhere=_ELSEWHERE,
)
"""The models of a project."""

DISCARDING = Remedy(
    safe="What is painted is safe",
    again="discard it again",
    elsewhere="Let it be written, or delete the folder by hand",
)
"""A training that goes."""
