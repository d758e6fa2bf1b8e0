"""The command line, and the Python, that ask for a run again."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from subprocess import list2cmdline
from typing import TYPE_CHECKING, Any

from skoots.run.plan import RequestRecord
from skoots.volume.naming import RUN_SUFFIX, place_beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from skoots.run.plan import RunPlan
    from skoots.run.region import Region

_IMAGE = "IMAGE.tif"
"""What stands for an image that had no file."""


@dataclass(frozen=True, slots=True)
class Again:
    """What is to be asked."""

    run: Path
    """The run folder, absolute."""

    plan: RunPlan
    settings: Mapping[str, Any]
    """Those that are not the model's, as plain data."""

    region: Region | None
    finished: bool

    @property
    def request(self) -> RequestRecord:
        """What was asked before; of an old run no more than its model is known."""
        plan = self.plan
        return plan.request or RequestRecord(
            model=plan.model.name, model_inference=plan.inference
        )


def command_line(again: Again) -> str:
    """Give what to type in a shell.

    Parameters
    ----------
    again : Again
        What is to be asked.
    """
    words = ["skoots", "segment", again.plan.image.path or _IMAGE, *_options(again)]
    return shlex.join(words) if os.name == "posix" else list2cmdline(words)


def _options(again: Again) -> Iterator[str]:
    asked = again.request
    valued: dict[str, Any] = {
        "--model": asked.model,
        "--axes": asked.axes,
        "--channel": asked.channel,
        "--time": asked.time,
        "--voxel-size": asked.voxel_size,
        "--tile": asked.tile_zyx,
        "--halo": asked.halo_zyx,
        "--diameter": asked.diameter,
        "--region": again.region and [f"{a}:{b}" for a, b in again.region],
        "--device": None if asked.device == "auto" else asked.device,
        "--out": _place(again),
    }
    for option, value in valued.items():
        if value is not None:
            triple = isinstance(value, (tuple, list))
            yield from (option, ",".join(map(str, value)) if triple else str(value))
    for name, value in again.settings.items():
        yield from ("--set", f"{name}={json.dumps(value)}")
    if asked.resample is not None:
        yield "--resample" if asked.resample else "--no-resample"
    if not again.finished:
        yield "--resume"


def _folder(again: Again) -> Path:
    """Give where the run goes: its own place to go on, else a free one."""
    place, number = again.run, 1
    while again.finished and place.exists():
        name = "again" if number == 1 else f"again-{number}"
        place, number = again.run.parent / name / again.run.name, number + 1
    return place


def _place(again: Again) -> Path | None:
    """Give the folder to name; None where it is found by itself."""
    place = _folder(again)
    return None if place == again.run and _is_beside(again) else place.parent


def _is_beside(again: Again) -> bool:
    """Whether the run lies where it does when no place is named."""
    path = again.plan.image.path
    if path is None:
        return False
    return place_beside(type(again.run)(path), RUN_SUFFIX).parent == again.run.parent


def python_code(again: Again) -> str:
    """Give a script that asks the same.

    Parameters
    ----------
    again : Again
        What is to be asked.
    """
    asked = again.request
    opened = {
        name: getattr(asked, name)
        for name in ("axes", "channel", "time", "voxel_size")
        if getattr(asked, name) is not None
    }
    words = [repr(again.plan.image.path or _IMAGE), *_keywords(opened)]
    lines = ["image", repr(asked.model), repr(str(_folder(again)))]
    if again.settings:
        lines.append(repr({"INFERENCE": dict(again.settings)}))
    lines += _keywords(_arguments(again))
    return "\n".join(
        [
            "import skoots",
            "from skoots.volume.source import open_source",
            "",
            f"image = open_source({', '.join(words)})",
            "job = skoots.segment(",
            *(f"    {line}," for line in lines),
            ")",
            "for event in job:",
            "    print(event)",
            "",
        ]
    )


def _arguments(again: Again) -> dict[str, Any]:
    asked = again.request
    names = ("tile_zyx", "halo_zyx", "diameter")
    given = {name: getattr(asked, name) for name in names}
    given |= {"region": again.region, "resample": asked.resample}
    given |= {"device": None if asked.device == "auto" else asked.device}
    given |= {"resume": None if again.finished else True}
    return {name: value for name, value in given.items() if value is not None}


def _keywords(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in values.items()]
