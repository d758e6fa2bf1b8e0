"""From what is counted to what the tab shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.state.teaching import ExampleView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_skoots.controllers.teaching.open_example import OpenExample
    from napari_skoots.controllers.teaching.place import ProjectPlace
    from skoots.teach.painted import Painted

_NO_LAYER = (
    "Nothing is painted. Make a teaching layer, or choose a Labels layer to copy."
)

_NOT_OPEN = "There is a project already. Open its teaching layer to go on with it."


def view_of_example(
    place: ProjectPlace,
    image: str,
    opened: OpenExample | None,
    painted: Mapping[Path, Painted],
    *,
    counting: bool,
    accepting: bool,
) -> ExampleView:
    """Say in one value what is painted.

    Parameters
    ----------
    place : ProjectPlace
        The project, or where a new one goes.
    image : str
        Its name.
    opened : OpenExample or None
        The example of the image.
    painted : mapping of Path to Painted
        By example, as last counted.
    counting, accepting : bool
        As in `ExampleView`.
    """
    from skoots.teach.held_words import (  # noqa: PLC0415 - imports zarr
        describe_held_out,
    )
    from skoots.teach.painted import problem, scarce  # noqa: PLC0415 - likewise

    found = list(painted.values())
    known = bool(found)
    shown = opened is not None and opened.painted.shown
    held_out = ""
    if known:
        held_out = describe_held_out(found, [path.name for path in painted])
    return ExampleView(
        project="" if place.project is None else place.project.name,
        project_path=str(place.path or ""),
        lies_there=place.lies_there,
        examples=sum(bool(len(one.objects) or one.boxes) for one in found),
        image=image,
        layer=opened.painted.layer.name if opened is not None and shown else "",
        everything=opened is not None and opened.example.everything,
        counting=counting,
        objects=sum(len(one.objects) for one in found) if known else None,
        boxes=sum(len(one.boxes) for one in found),
        taught_voxels=sum(one.taught_voxels for one in found),
        problem=problem(found) if known else "" if counting else _unknown(place),
        advice=tuple(_advice(opened, painted) + scarce(found)),
        held_out=held_out,
        box=None if opened is None else opened.boxes.view,
        accepting=accepting,
        skeletons=opened is not None and opened.skeletons.shown,
        joined=opened is not None,
    )


def _unknown(place: ProjectPlace) -> str:
    return _NOT_OPEN if place.lies_there else _NO_LAYER


def _advice(opened: OpenExample | None, painted: Mapping[Path, Painted]) -> list[str]:
    from skoots.teach.painted import advice  # noqa: PLC0415 - imports zarr

    here = None if opened is None else painted.get(opened.path)
    return [] if here is None else advice(here)
