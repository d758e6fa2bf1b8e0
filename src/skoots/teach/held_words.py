"""What is held out, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skoots.teach.hold_out import hold_out
from skoots.teach.painted import objects_inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from skoots.teach.painted import Painted
    from skoots.train.data.taught_boxes import TaughtBox


def describe_held_out(painted: Sequence[Painted], names: Sequence[str]) -> str:
    """Say which objects training will not see; empty where that is none.

    Parameters
    ----------
    painted : sequence of Painted
        Of every example of a project.
    names : sequence of str
        Of the examples.
    """
    several = len(painted) > 1
    said: list[str] = []
    for one, boxes, name in zip(painted, hold_out(painted), names, strict=True):
        said += _words(one, boxes, f" of {name}" if several else "")
    return f"Held out: {', '.join(said)}" if said else ""


def _words(painted: Painted, boxes: Sequence[TaughtBox], of: str) -> Iterator[str]:
    drawn = len(painted.boxes)
    for place, box in enumerate(boxes):
        if not box.held_out:
            continue
        count = len(objects_inside(painted, [box]))
        if place < drawn:
            noun = "object" if count == 1 else "objects"
            yield f"box {place + 1}{of} ({count} {noun})"
            continue
        whole = next(k for k in range(drawn) if _holds(boxes[k], box))
        total = len(objects_inside(painted, [boxes[whole]]))
        all_of_it = boxes[whole].stop_zyx == painted.shape and not any(
            boxes[whole].start_zyx
        )
        what = "the image" if all_of_it else f"box {whole + 1}"
        part = "the end" if _is_end(boxes[whole], box) else "a part"
        yield f"{count} of the {total} objects in {what}{of} ({part} of it)"


def _holds(box: TaughtBox, part: TaughtBox) -> bool:
    pairs = zip(box.box, part.box, strict=True)
    return all(a.start <= b.start and b.stop <= a.stop for a, b in pairs)


def _is_end(box: TaughtBox, part: TaughtBox) -> bool:
    """Whether one cut makes the part, rather than several."""
    pairs = zip(box.box, part.box, strict=True)
    cuts = [(a.start != b.start) + (a.stop != b.stop) for a, b in pairs]
    return sum(cuts) == 1
