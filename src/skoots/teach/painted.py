"""What is painted in an example, and what is missing before a model can learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.teach.box_sets import cut_objects, disjoint_parts, voxels_in
from skoots.teach.pieces import Scattered, find_scattered
from skoots.teach.stored_parts import Counted, stored_parts
from skoots.validate.measure import measure_objects

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.events import Event
    from skoots.teach.example import Example
    from skoots.train.data.taught_boxes import TaughtBox
    from skoots.validate.measure import ObjectTable

LEAST_VOXELS = 20
"""A smaller object is a slip of the brush, as a rule."""

_NAMED = 3
"""Objects in far places that are named, each with its distance."""


@dataclass(frozen=True, slots=True)
class Painted:
    """What is painted in one example."""

    shape: Shape3
    """Extent of the image along Z, Y, X, in voxels."""

    objects: ObjectTable
    boxes: tuple[TaughtBox, ...]
    taught_voxels: int
    """In boxes, and painted outside of them."""

    background: tuple[int, ...]
    """Of each box: voxels that are not painted, and lie in no held-out box and none
    before it."""

    cut: tuple[int, ...]
    """Objects that end at a face of a box inside the image: perhaps not finished."""

    broken: tuple[int, ...]
    """Objects in several pieces."""

    tiny: tuple[int, ...]
    """Objects of less than `LEAST_VOXELS` voxels."""

    far: tuple[Scattered, ...] = ()
    """Those of `broken` whose pieces lie so far apart that they are no one object."""

    @property
    def background_voxels(self) -> int:
        """Voxels that say what background is: of boxes that are not held out."""
        pairs = zip(self.background, self.boxes, strict=True)
        return sum(voxels for voxels, box in pairs if not box.held_out)


def look(
    example: Example, before: Painted | None = None
) -> Generator[Event, None, Painted]:
    """Measure what is painted in an example; only chunks that hold anything are read.

    Parameters
    ----------
    example : Example
        It may be painted in meanwhile; what is seen then is of no one moment.
    before : Painted, optional
        What was found the last time: objects that are as they were are not looked at
        for pieces again.

    Yields
    ------
    StageStarted, BlockDone, ObjectsDone

    Returns
    -------
    Painted
    """
    labels: Any = example.labels
    boxes = example.boxes
    # training knows nothing of what is held out, also where another box holds it
    order = sorted(range(len(boxes)), key=lambda place: not boxes[place].held_out)
    parts = disjoint_parts(boxes[place] for place in order)
    counted = Counted(labels, [part for _, part in parts])
    table = yield from measure_objects(counted, within=stored_parts(labels))
    background = [0] * len(boxes)
    for (place, part), inside in zip(parts, counted.painted, strict=True):
        background[order[place]] += voxels_in(part) - inside
    scattered = yield from find_scattered(labels, table, *_known(before))
    return Painted(
        shape=example.shape,
        objects=table,
        boxes=boxes,
        taught_voxels=sum(background) + int(table.voxels.sum()),
        background=tuple(background),
        cut=cut_objects(labels, boxes, example.shape),
        broken=tuple(one.id for one in scattered),
        tiny=tuple(int(i) for i in table.ids[table.voxels < LEAST_VOXELS]),
        far=tuple(one for one in scattered if one.far),
    )


def _known(before: Painted | None) -> tuple[ObjectTable | None, tuple[Scattered, ...]]:
    if before is None:
        return None, ()
    far = {one.id for one in before.far}
    near = tuple(Scattered(i) for i in before.broken if i not in far)
    return before.objects, (*before.far, *near)


def problem(painted: Sequence[Painted]) -> str:
    """Say why nothing can be learned from examples yet; empty where something can.

    Parameters
    ----------
    painted : sequence of Painted
        Of every example of a project.
    """
    if not any(len(one.objects) for one in painted):
        return "Nothing is painted. Paint three to ten objects, each with its own id."
    if not any(one.boxes for one in painted):
        return (
            "There is no box, so nothing says what background is. Draw one, and paint "
            "every object in it."
        )
    if not any(sum(one.background) for one in painted):
        return (
            "All that lies in boxes is painted, so nothing says what background is. "
            "Make a box larger."
        )
    return _held_out_badly(painted)


def _held_out_badly(painted: Sequence[Painted]) -> str:
    """Say what is missing in what the user holds out, or in the rest."""
    held = [(one, box) for one in painted for box in one.boxes if box.held_out]
    if not held:
        return ""
    if not any(len(objects_inside(one, [box])) for one, box in held):
        return (
            "No object lies in what is held out, so nobody could say how good a model "
            "is. Paint one there, or hold out another box."
        )
    total = sum(len(one.objects) for one in painted)
    kept = sum(
        len(objects_inside(one, [box for box in one.boxes if box.held_out]))
        for one in painted
    )
    if kept == total:
        return (
            "All objects lie in what is held out, and there is none to learn from. "
            "Paint some elsewhere, or hold out less."
        )
    if not any(one.background_voxels for one in painted):
        return (
            "Nothing but what is held out says what background is. Draw another box, "
            "with room around its objects, or hold out less."
        )
    return ""


def scarce(painted: Sequence[Painted]) -> list[str]:
    """Say what all examples together lack; nothing of it forbids to train."""
    total = sum(len(one.objects) for one in painted)
    boxes = [box for one in painted for box in one.boxes]
    inside = sum(len(objects_inside(one, one.boxes)) for one in painted)
    if not total or not boxes or inside > 1:
        return []
    if any(box.held_out for box in boxes):  # somebody has chosen; see `problem`
        return []
    count = "Only one object lies" if inside else "No object lies"
    said = (
        f"{count} in boxes, so none can be held out and nobody can say how good a "
        "model is: paint another one there."
    )
    return [said]


def objects_inside(
    painted: Painted, boxes: Iterable[TaughtBox]
) -> NDArray[np.integer[Any]]:
    """Give the ids of the objects whose middle lies in any of some boxes."""
    table = painted.objects
    within = np.zeros(len(table), bool)
    for box in boxes:
        middles = table.centroid_zyx
        inside = (middles >= box.start_zyx) & (middles < box.stop_zyx)
        within |= inside.all(axis=1)
    return table.ids[within]


def advice(painted: Painted) -> list[str]:
    """Say what should be looked at in an example; nothing of it forbids to train."""
    said = []
    if painted.cut:
        said.append(
            f"{_objects(painted.cut)} at the border of a box: paint what lies beyond, "
            "or make the box larger."
        )
    said += [
        f"One id in far places: object {one.id} lies in {one.pieces} places that are "
        f"{one.distance:,} voxels apart. Give each its own id."
        for one in painted.far[:_NAMED]
    ]
    far = {one.id for one in painted.far}
    near = [i for i in painted.broken if i not in far]
    if near:
        said.append(
            f"{_objects(near, 'is', 'are')} in several pieces: give each "
            "piece its own id if they are different objects."
        )
    if painted.tiny:
        said.append(
            f"{_objects(painted.tiny, 'has', 'have')} less than {LEAST_VOXELS} voxels: "
            "finish or erase."
        )
    return said


def _objects(ids: Sequence[int], one: str = "ends", several: str = "end") -> str:
    listed = ", ".join(map(str, ids[:5])) + ("…" if len(ids) > 5 else "")
    if len(ids) == 1:
        return f"Object {listed} {one}"
    return f"{len(ids)} objects ({listed}) {several}"
