"""What the widgets show: frozen values that the controllers make and widgets paint.

Nothing here knows napari, Qt or the engine. Lengths are along Z, Y, X unless a name
says otherwise; sizes are micrometres, bytes and seconds, and widgets put them into
words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Choice: TypeAlias = tuple[str, str]
"""A key that never changes, such as a layer's unique id, and the name that is shown."""


class Where(StrEnum):
    """Which part of the image is segmented."""

    VIEW = "view"
    BOX = "box"
    WHOLE = "whole"


class JobState(StrEnum):
    """What a job is doing, as far as a user can tell."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DONE = "done"

    @property
    def active(self) -> bool:
        """Whether it can still be paused or cancelled, or is about to stop."""
        return self in (JobState.RUNNING, JobState.PAUSED, JobState.CANCELLING)


class Level(StrEnum):
    """How serious a message is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class MessageView:
    """Something to tell, and what to do about it."""

    text: str
    """One or two plain sentences."""

    remedy: str = ""
    """What the user can do; empty where nothing need be done."""

    level: Level = Level.INFO
    details: str = ""
    """For a report of a fault, such as a traceback; copied, never shown."""


@dataclass(frozen=True, slots=True)
class ImageView:
    """The image that is chosen, and how its axes are read."""

    axes: str
    """One letter for each axis, such as ``ZYX`` or ``TZCYX``."""

    lengths: tuple[int, ...]
    """Extent along each of `axes`."""

    dtype: str
    """Such as ``uint16``."""

    channels: int = 1
    """How many there are to choose from; the spin box shows above 1."""

    channel: int = 0
    """Which one is segmented, from 0."""

    times: int = 1
    time: int = 0
    path: str = ""
    """The file, for the tooltip; empty where there is none."""

    problem: str = ""
    """Why it cannot be segmented as it is, and what to do; empty where it can."""


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model that can be chosen."""

    key: str
    """Its name or the path of its file."""

    name: str
    path: str = ""
    """The file, for the tooltip."""

    removable: bool = False
    """Whether it is the user's own; models that come with SKOOTS stay."""

    has_card: bool = True
    """Whether there is a page that describes it."""


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A processor that can run the network."""

    key: str
    """Such as ``auto``, ``cuda:0`` or ``cpu``."""

    title: str
    """Such as ``NVIDIA RTX 4090``."""

    free_bytes: int | None = None
    total_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class EstimateView:
    """What a run will cost."""

    tiles: int
    seconds: float | None
    """None where the pace is not known yet."""

    bytes_on_disk: int
    detail: str = ""
    """More for the tooltip: size of a tile, number format."""


@dataclass(frozen=True, slots=True)
class JobView:
    """One job, as the footer shows it."""

    key: str
    """Which job this is."""

    title: str
    """What it does to what, such as ``Segment cochlea``."""

    state: JobState
    stage: str = ""
    """What it does at present, such as ``Predicting``."""

    done: int = 0
    total: int = 0
    """Steps of the stage; 0 while nobody knows, then the bar only moves."""

    unit: str = "tiles"
    """What is counted, for the tooltip."""

    seconds_left: float | None = None
    device: str = ""
    memory_used: int | None = None
    """Bytes on that device, by everybody."""

    memory_total: int | None = None
    objects: int | None = None
    """Found so far."""

    pausable: bool = True
    can_stop: bool = True
    """False where there is nothing to cancel, such as while the engine is imported."""

    message: MessageView | None = None
    """The last notice of a job that runs, or how it ended."""

    step: str = "step"
    """What it finishes before it waits or stops."""

    kept: str = "What is done is kept."
    """What stays if it is cancelled, in words."""


@dataclass(frozen=True, slots=True)
class ResultView:
    """A result that is open in the viewer."""

    title: str
    """Name of the labels layer."""

    objects: int | None
    """None where nobody counted, such as in a run that was cancelled."""

    final: bool = True
    """False while it is partial: a cancelled run."""

    has_skeletons: bool = True
    has_probability: bool = True
    skeletons_shown: bool = False
    probability_shown: bool = False
    path: str = ""
    """The run folder, for the tooltip."""


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A preview that waits for an answer."""

    objects: int
    seconds: float
    """How long it took."""


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """How a result was made."""

    rows: tuple[tuple[str, str], ...]
    """Label and value, in the order to be read."""

    text: str
    """The same as text, for a lab book."""

    command_line: str
    python: str


@dataclass(frozen=True, slots=True)
class CardView:
    """The page of a model."""

    title: str
    markdown: str
    picture: str = ""
    """Path of a picture; empty where there is none."""
