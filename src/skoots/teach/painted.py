"""What is painted in an example, and what is missing before a model can learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.train.data.pieces import count_pieces_of_all
from skoots.validate.measure import measure_objects
from skoots.volume.tiling import box_slices

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.events import Event
    from skoots.teach.example import Example
    from skoots.train.data.taught_boxes import TaughtBox
    from skoots.validate.measure import ObjectTable
    from skoots.volume.array_source import Array

LEAST_VOXELS = 20
"""A smaller object is a slip of the brush, as a rule."""


@dataclass(frozen=True, slots=True)
class Painted:
    """What is painted in one example."""

    shape: Shape3
    """Extent of the image along Z, Y, X, in voxels."""

    objects: ObjectTable
    boxes: tuple[TaughtBox, ...]
    taught_voxels: int
    """In boxes, and painted outside of them."""

    background_voxels: int
    """In boxes, and not painted."""

    cut: tuple[int, ...]
    """Objects that end at a face of a box inside the image: perhaps not finished."""

    broken: tuple[int, ...]
    """Objects in several pieces."""

    tiny: tuple[int, ...]
    """Objects of less than `LEAST_VOXELS` voxels."""


def look(example: Example) -> Generator[Event, None, Painted]:
    """Measure what is painted in an example.

    Parameters
    ----------
    example : Example
        It may be painted in meanwhile; what is seen then is of no one moment.

    Yields
    ------
    StageStarted, BlockDone

    Returns
    -------
    Painted
    """
    labels: Any = example.labels
    table = yield from measure_objects(labels)
    boxes = example.boxes
    inside = union_voxels(boxes)
    painted = sum(_painted_in(labels, box) for box in _disjoint(boxes))
    return Painted(
        shape=example.shape,
        objects=table,
        boxes=boxes,
        taught_voxels=inside + int(table.voxels.sum()) - painted,
        background_voxels=inside - painted,
        cut=_cut(labels, boxes, example.shape),
        broken=_broken(labels, table),
        tiny=tuple(int(i) for i in table.ids[table.voxels < LEAST_VOXELS]),
    )


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
    if not any(one.background_voxels for one in painted):
        return (
            "All that lies in boxes is painted, so nothing says what background is. "
            "Make a box larger."
        )
    return ""


def advice(painted: Painted) -> list[str]:
    """Say what should be looked at in an example; nothing of it forbids to train."""
    said = []
    if painted.cut:
        said.append(
            f"{_objects(painted.cut)} at the border of a box: paint what lies beyond, "
            "or make the box larger."
        )
    if painted.broken:
        said.append(
            f"{_objects(painted.broken, 'is', 'are')} in several pieces: give each "
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


def union_voxels(boxes: Iterable[TaughtBox]) -> int:
    """Count the voxels that lie in any of some boxes."""
    sizes = (np.subtract(b.stop_zyx, b.start_zyx) for b in _disjoint(boxes))
    return sum(int(np.prod(size)) for size in sizes)


def _disjoint(boxes: Iterable[TaughtBox]) -> list[TaughtBox]:
    """Cut boxes up into such that share no voxel."""
    found: list[TaughtBox] = []
    for box in boxes:
        parts = [box]
        for other in found[:]:
            parts = [rest for part in parts for rest in _without(part, other)]
        found += parts
    return found


def _without(box: TaughtBox, other: TaughtBox) -> list[TaughtBox]:
    """Give what is left of a box where another one is taken away, as boxes."""
    low = np.maximum(box.start_zyx, other.start_zyx)
    high = np.minimum(box.stop_zyx, other.stop_zyx)
    if (low >= high).any():
        return [box]
    parts = []
    start, stop = np.array(box.start_zyx), np.array(box.stop_zyx)
    for axis in range(3):
        for a, b in ((start[axis], low[axis]), (high[axis], stop[axis])):
            if a < b:
                first, last = start.copy(), stop.copy()
                first[axis], last[axis] = a, b
                parts.append(type(box)(_triple(first), _triple(last)))
        start[axis], stop[axis] = low[axis], high[axis]
    return parts


def _triple(values: NDArray[np.int64]) -> Shape3:
    z, y, x = (int(n) for n in values)
    return z, y, x


def _painted_in(labels: Array, box: TaughtBox) -> int:
    return int(np.count_nonzero(np.asarray(labels[box_slices(box.box)])))


def _cut(labels: Array, boxes: Iterable[TaughtBox], shape: Shape3) -> tuple[int, ...]:
    """List objects that reach a face of a box and do not go on behind it."""
    found: set[int] = set()
    for box in boxes:
        for axis in range(3):
            low, high = box.start_zyx[axis], box.stop_zyx[axis]
            faces = [(low, low - 1)] if low > 0 else []
            faces += [(high - 1, high)] if high < shape[axis] else []
            for inner, outer in faces:
                here, behind = (_ids(labels, box, axis, n) for n in (inner, outer))
                found |= here - behind
    return tuple(sorted(found))


def _ids(labels: Array, box: TaughtBox, axis: int, position: int) -> set[int]:
    """List the ids of a plane of a box, or of one beside it."""
    index = list(box_slices(box.box))
    index[axis] = slice(position, position + 1)
    plane = np.asarray(labels[index[0], index[1], index[2]])
    return {int(i) for i in np.unique(plane) if i > 0}


def _broken(labels: Array, table: ObjectTable) -> tuple[int, ...]:
    found = []
    for number, ((z0, z1), (y0, y1), (x0, x1)) in zip(
        table.ids.tolist(), table.box_zyx.tolist(), strict=True
    ):
        part = np.asarray(labels[z0:z1, y0:y1, x0:x1]) == number
        if count_pieces_of_all(part.astype(np.uint8))[0] > 1:
            found.append(int(number))
    return tuple(found)
