"""The place that a user looks at while a model is taught, and what it finds there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import SkootsError, TrainingError
from skoots.events import Notice, Predicted, result_of
from skoots.inference.out_of_memory import is_out_of_memory
from skoots.model.checkpoint import load_checkpoint
from skoots.teach.found import image_as_taught, look_around, unassigned
from skoots.teach.record import write_arrays
from skoots.train.training import FINISH

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TypeAlias

    from skoots.events import Event
    from skoots.teach.example import Example
    from skoots.teach.project import TeachProject
    from skoots.teach.record import TeachRecord
    from skoots.volume.source import Source

    Point: TypeAlias = tuple[float, float, float]
    Place: TypeAlias = tuple[str, Point]

SECONDS = 1.0
"""That a look shall take."""

REST = 5.0
"""Between a look and one at a new point: a training that somebody scrolls beside has
most of the time to itself."""

_PACED = 2
"""Looks by which the pace is measured; from then on, boxes are of one size."""

USUAL_PACE = 1.5e-6
"""Seconds for each voxel, until it is known: two cores in bfloat16, and some spare."""


@dataclass(slots=True)
class Ear:
    """What was sent to a job that teaches: where to look, and whether to finish."""

    point: Point | None = None
    moved: bool = False
    finish: bool = False

    def hear(self, sent: Any) -> None:
        """Take what was sent.

        Parameters
        ----------
        sent : tuple of float, str or None
            A point along Z, Y, X, the word ``finish``, or None.

        Raises
        ------
        TrainingError
            If it is something else.
        """
        match sent:
            case None:
                pass
            case str(word) if word == FINISH:
                self.finish = True
            case (z, y, x):
                point = float(z), float(y), float(x)
                self.moved |= point != self.point  # a viewer sends it again and again
                self.point = point
            case _:
                raise TrainingError(
                    f"A training hears a point (z, y, x) or {FINISH!r}, not {sent!r}."
                )


class Looking:
    """Shows what the network of a training finds around one place.

    Parameters
    ----------
    project : TeachProject
        Holds the examples.
    training : Path
        The folder of the training.
    record : TeachRecord
        What it was begun with.
    place : tuple or None
        Name of an example and a point in it; None: the middle of what is held out.
    device : str
        Where the network runs.
    """

    def __init__(
        self,
        project: TeachProject,
        training: Path,
        record: TeachRecord,
        place: Place | None,
        device: str,
    ) -> None:
        self._training = training
        self._record = record
        self._device = device
        self._example, self._point = _place(project, record, place)
        self._grid = record.grids.get(self._example.name, self._example.shape)
        self._image: Source | None = None
        self._pace = USUAL_PACE
        self._count = 0
        self._looked = -math.inf

    @property
    def rested(self) -> bool:
        """Whether it may look at a new point: the last look is a while ago."""
        return monotonic() - self._looked >= REST

    def look(self, point: Point | None) -> Event:
        """Segment what is looked at with the model that was saved last.

        Parameters
        ----------
        point : tuple of float or None
            Where to, if not to where it looked before.

        Returns
        -------
        Predicted
            Or a `Notice`, where it cannot be segmented: that ends no training.
        """
        self._point = point or self._point
        try:
            return self._predict()
        except (SkootsError, MemoryError, RuntimeError) as error:
            if not isinstance(error, SkootsError) and not is_out_of_memory(error):
                raise
            return Notice(f"The prediction cannot be shown. {error}")
        finally:
            self._looked = monotonic()

    def _predict(self) -> Predicted:
        began = monotonic()
        model = load_checkpoint(self._training / "last.skoots")
        self._image = self._image or image_as_taught(self._example, self._record)
        job = look_around(
            self._image,
            model,
            self._point,
            self._grid,
            self._device,
            pace=self._pace,
            seconds=SECONDS,
        )
        seen = result_of(job)
        if self._count < _PACED:
            self._pace = seen.pace or self._pace
        # not over the last one, which somebody may be reading
        path = self._training / f"prediction-{self._count % 2 + 1}.npz"
        self._count += 1
        start = np.array([low for low, _ in seen.box_zyx])
        write_arrays(path, {"labels": seen.labels, "start_zyx": start})
        return Predicted(
            step=int(str(model.provenance["steps"])),
            path=path,
            example=self._example.name,
            box_zyx=seen.box_zyx,
            objects=seen.objects,
            unassigned=unassigned(seen.labels, seen.probability, model),
            seconds=monotonic() - began,
        )


def check_place(project: TeachProject, place: Place | None) -> None:
    """Refuse to look at an example that is not there.

    Raises
    ------
    TrainingError
        If a project has no example of that name.
    """
    there = [one.name for one in project.examples]
    if place is not None and place[0] not in there:
        raise TrainingError(
            f"There is no example {place[0]!r} to look at. There are: "
            f"{', '.join(there) or 'none'}."
        )


def _place(
    project: TeachProject, record: TeachRecord, place: Place | None
) -> tuple[Example, Point]:
    examples = {one.name: one for one in project.examples if one.name in record.grids}
    if place is not None and place[0] in examples:
        return examples[place[0]], place[1]
    for part in record.held_out:
        if part.example in examples:
            z, y, x = ((start + stop) / 2 for start, stop in part.box_zyx)
            return examples[part.example], (z, y, x)
    if not examples:
        raise TrainingError(
            "The examples of this training are no longer in the project. Bring them "
            "back, or teach anew."
        )
    first = next(iter(examples.values()))
    z, y, x = (n / 2 for n in first.shape)
    return first, (z, y, x)
