"""The page that describes a model that was taught."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from skoots._version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots.events import TeachFinished
    from skoots.model.checkpoint import Checkpoint
    from skoots.teach.record import TeachRecord

_FEW = 10
"""Objects on which a score says something."""


def write_card(
    name: str, model: Checkpoint, record: TeachRecord, finished: TeachFinished
) -> str:
    """Write the card of a model that was taught, as Markdown.

    Parameters
    ----------
    name : str
        What it is called.
    model : Checkpoint
        The model.
    record : TeachRecord
        What it was taught with.
    finished : TeachFinished
        How it compares.
    """
    facts = {
        "began with": _parent(record),
        "taught on": _data(record),
        "time": f"{finished.seconds:.0f} s, {model.provenance.get('steps', 0)} steps",
        "sizes": _size(model),
        "network": f"`{model.config.MODEL.ARCHITECTURE}`",
        "made": f"{datetime.now(UTC):%Y-%m-%d}, by SKOOTS {__version__}",
    }
    rows = [f"| {fact} | {value} |" for fact, value in facts.items()]
    lines = [
        f"# {name}",
        "",
        "Taught with painted objects.",
        "",
        "| fact | value |",
        "| --- | --- |",
        *rows,
        "",
        *_scores(record, finished),
    ]
    return "\n".join(lines) + "\n"


def _parent(record: TeachRecord) -> str:
    if record.base is None:
        return "chance, from scratch"
    return f"`{record.base.name}` (SHA-256 {record.base.digest[:16]}...)"


def _data(record: TeachRecord) -> str:
    objects = "1 object" if record.objects == 1 else f"{record.objects} objects"
    boxes = "1 box" if record.boxes == 1 else f"{record.boxes} boxes"
    held = len(record.held_out)
    images = ", ".join(f"`{example}`" for example in record.taught_on)
    parts = "1 part" if held == 1 else f"{held} parts"
    along = f"; along with the sample `{record.rehearsed}`" if record.rehearsed else ""
    return f"{objects} in {boxes} of {images}; {parts} held out{along}"


def _size(model: Checkpoint) -> str:
    if model.object_diameter is None:
        return "not known"
    return f"{model.object_diameter:.1f} voxels across a typical object"


def _scores(record: TeachRecord, finished: TeachFinished) -> list[str]:
    if not finished.after:
        return [
            "**Scores.** None: nothing was held out, so nobody knows how good it is."
        ]
    sides = [("before", finished.before), ("after", finished.after)]
    true = finished.after["objects_truth"]
    objects = "1 object" if true == 1 else f"{true:.0f} objects"
    warning = (
        f"**Limits.** It was scored on {objects}, where one more or less "
        "changes a lot. Look at what it finds in images that were not taught."
    )
    return [
        f"**Scores** on what was held out ({len(record.held_out)} of its boxes):",
        "",
        "| model | F1 at 0.5 | panoptic quality | found | objects it makes |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(_row(side, scores) for side, scores in sides if scores is not None),
        *(["", warning] if true < _FEW else []),
    ]


def _row(side: str, scores: Mapping[str, float]) -> str:
    found, true = scores["found"], scores["objects_truth"]
    return (
        f"| {side} | {scores['f1_50']:.2f} | {scores['panoptic_quality']:.2f} | "
        f"{found:.0f} of {true:.0f} | {scores['objects_predicted']:.0f} |"
    )
