"""What the Teach tab shows: frozen values that the controllers make.

As in `state.views`: nothing here knows napari, Qt or the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skoots.events import Points

SCRATCH = ""
"""The key of the model that is none: training begins with chance."""


@dataclass(frozen=True, slots=True)
class BoxView:
    """The box that is selected, or was drawn last."""

    number: int
    """Counted from 1."""

    first: int
    last: int
    """Its planes, both inside."""

    planes: int
    """Of the image."""

    held_out: bool = False
    """Whether the user keeps it from training."""


@dataclass(frozen=True, slots=True)
class ExampleView:
    """What is painted in the image that is chosen."""

    project: str = ""
    """Name of the project; empty while there is none."""

    project_path: str = ""
    """Its folder, or where a new one would go."""

    examples: int = 0
    """Images of the project in which something was painted or a box drawn."""

    image: str = ""
    """Name of the image; empty where none is chosen."""

    layer: str = ""
    """Name of the teaching layer; empty while the image has none."""

    everything: bool = False
    """Whether the whole image is one box."""

    counting: bool = False
    """Whether what follows is being counted anew."""

    objects: int | None = None
    boxes: int = 0
    taught_voxels: int = 0
    """Of all examples of the project."""

    problem: str = ""
    """Why nothing can be learned yet, and what to do; empty where something can."""

    advice: tuple[str, ...] = ()
    """What should be looked at; nothing of it forbids to train."""

    held_out: str = ""
    """What is kept from training, in words; empty where nothing is yet."""

    box: BoxView | None = None
    accepting: bool = False
    """Whether a click on an object of another layer copies it."""

    skeletons: bool = False
    """Whether skeletons are shown and follow what is painted."""

    lies_there: bool = False
    """Whether a project that is not open lies where a new one would go: what was
    painted is shown on request."""

    joined: bool = False
    """Whether the image is an example of the project."""


@dataclass(frozen=True, slots=True)
class WishView:
    """How it shall be taught."""

    base: str
    """Key of the model to begin with; `SCRATCH` for none."""

    seconds: float
    """How long; 0 for until it is stopped."""

    measured: float | None = None
    """Diameter of a typical painted object, in voxels of the image."""

    diameter: float | None = None
    """What the user typed instead; None: as measured."""

    model_diameter: float | None = None
    """Of the objects that the model was trained on, in its voxels."""

    zoom: str = ""
    """What follows from both, in words; empty where nobody can know."""

    sample: str = ""
    """The sample that can be learned along, so that the model does not forget; empty
    where it has none."""

    rehearse: bool = True
    """Whether it is."""

    blocked: str = ""
    """Why no training can begin now, and what to do; empty where one can."""


@dataclass(frozen=True, slots=True)
class LessonView:
    """A training that runs, or the last one."""

    running: bool
    preparing: str = ""
    """What is done before the first step, in words."""

    seconds: float = 0.0
    """Trained so far."""

    seconds_total: float = 0.0
    """0 for until it is stopped."""

    step: int = 0
    loss: Points = ()
    """Of the steps, averaged."""

    score: Points = ()
    """F1 of what is held out."""

    best_at: float | None = None
    """Seconds at which the best model was seen; 0 is the one it began with."""

    unassigned: float | None = None
    """Share of the foreground that no object has, from 0 to 1."""

    alarm: str = ""
    """What the user should know of it, in words; empty where all is well."""

    finishing: bool = False
    """Whether it was asked to stop and keep the best."""


@dataclass(frozen=True, slots=True)
class ScoreView:
    """What a model finds in the part that was held out."""

    f1: float
    found: int
    """True objects that were found."""

    true: int
    predicted: int


class Side(StrEnum):
    """Which of two labellings is shown."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """Before and after, side by side, until it is kept or discarded."""

    before: ScoreView | None
    """None where training began with chance."""

    after: ScoreView
    improved: bool
    """False where no model was better than the one it began with."""

    side: Side
    """Which one is shown."""

    name: str
    """A name for the model that is free."""

    kept: str = ""
    """The name under which it was kept; empty until then."""

    chosen: bool = True
    """Whether what was kept is chosen in Segment; False where it could not be."""

    base: str = ""
    """Name of the model that it began with; empty for none."""

    held_out: bool = True
    """False where nothing was, and there is nothing to compare."""

    there: tuple[Side, ...] = (Side.BEFORE, Side.AFTER)
    """The sides whose labels are in the viewer: the user may remove them."""

    elsewhere: str = ""
    """Name of the image in which they lie, where its teaching layer is not shown."""

    over: bool = False
    """Whether it was segmented again: then nobody looks at the labels any more."""
