"""Segment one image after the other and say how it went."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

import skoots
from skoots.cli.console import INTERRUPTED, OUT, report, say
from skoots.cli.options import close_region
from skoots.cli.progress import drain
from skoots.errors import SkootsError
from skoots.volume.naming import image_name
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from skoots._types import Shape3, VoxelSize
    from skoots.cli.options import OpenRegion
    from skoots.config import Settings
    from skoots.events import Event, RunFinished
    from skoots.model.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Recipe:
    """What holds for every image of one call."""

    axes: str | None
    channel: int | None
    time: int | None
    voxel_size: VoxelSize | None
    region: OpenRegion | None
    resume: bool
    overwrite: bool
    device: str
    tile_zyx: Shape3 | None
    halo_zyx: Shape3 | None
    resample: bool | None
    diameter: float | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    image: Path
    run: Path
    result: RunFinished | SkootsError


def segment_images(
    jobs: Sequence[tuple[Path, Path]],
    model: str,
    values: Mapping[str, Any],
    recipe: Recipe,
    *,
    as_json: bool,
) -> None:
    """Segment images into their runs; one that fails does not stop the others.

    Parameters
    ----------
    jobs : sequence of (path, path)
        Each image and its run folder.
    model : str
        Name or path of the model.
    values : mapping
        What to change in the section ``INFERENCE`` of the model's settings.
    recipe : Recipe
        Everything else.
    as_json : bool
        Print JSON instead of a summary.

    Raises
    ------
    SkootsError
        What stopped a single image.
    typer.Exit
        With 1 if one of several images failed, with 130 if the user stopped the work.
    """
    checkpoint = skoots.load_model(model)
    config = checkpoint.config.merge({"INFERENCE": values}) if values else None
    outcomes = []
    for image, run in jobs:
        try:
            events = _open_and_segment(image, run, checkpoint, config, recipe)
            result: RunFinished | SkootsError = drain(events, image_name(image))
        except SkootsError as error:
            if len(jobs) == 1:
                raise
            report(error, image.name)
            result = error
        except KeyboardInterrupt as stop:
            _say_how_to_go_on()
            raise typer.Exit(INTERRUPTED) from stop
        outcomes.append(_Outcome(image, run, result))
    _print_json(outcomes) if as_json else _print_summary(outcomes)
    if any(isinstance(outcome.result, SkootsError) for outcome in outcomes):
        raise typer.Exit(1)


def _open_and_segment(
    image: Path,
    run: Path,
    checkpoint: Checkpoint,
    config: Settings | None,
    recipe: Recipe,
) -> Generator[Event, None, RunFinished]:
    source = open_source(
        image,
        axes=recipe.axes,
        channel=recipe.channel,
        time=recipe.time,
        voxel_size=recipe.voxel_size,
    )
    box = recipe.region
    region = None if box is None else close_region(box, source.shape)
    return skoots.segment(
        source,
        checkpoint,
        run,
        config,
        region=region,
        resume=recipe.resume,
        overwrite=recipe.overwrite,
        device=recipe.device,
        tile_zyx=recipe.tile_zyx,
        halo_zyx=recipe.halo_zyx,
        resample=recipe.resample,
        diameter=recipe.diameter,
    )


def _say_how_to_go_on() -> None:
    again = [word for word in sys.argv[1:] if word not in {"--overwrite", "--resume"}]
    say("stopped; what is done is kept. To go on:", style="yellow")
    say(f"  skoots {shlex.join([*again, '--resume'])}")


def _print_json(outcomes: Sequence[_Outcome]) -> None:
    rows = [_row(outcome) for outcome in outcomes]
    typer.echo(json.dumps(rows[0] if len(rows) == 1 else rows))


def _row(outcome: _Outcome) -> dict[str, object]:
    result = outcome.result
    if isinstance(result, SkootsError):
        return {
            "image": str(outcome.image),
            "run": str(outcome.run),
            "error": str(result),
        }
    return {
        "image": str(outcome.image),
        "run": str(result.run),
        "tile": list(result.tile_zyx),
        "blocks_total": result.blocks_total,
        "blocks_done_before": result.blocks_done_before,
        "seconds": result.seconds,
        "objects": result.objects,
    }


def _print_summary(outcomes: Sequence[_Outcome]) -> None:
    if len(outcomes) == 1 and not isinstance(outcomes[0].result, SkootsError):
        only = outcomes[0].result
        OUT.print(
            f"{only.objects} objects in {only.seconds:.1f} s: {only.run}",
            markup=False,
            soft_wrap=True,
        )
        return
    table = Table("image", "objects", "seconds", "run")
    for outcome in outcomes:
        result = outcome.result
        if isinstance(result, SkootsError):
            table.add_row(outcome.image.name, "failed", "", "")
        else:
            table.add_row(
                outcome.image.name,
                str(result.objects),
                f"{result.seconds:.1f}",
                str(result.run),
            )
    OUT.print(table)
    failed = sum(isinstance(outcome.result, SkootsError) for outcome in outcomes)
    if failed:
        say(f"{failed} of {len(outcomes)} images failed", style="red")
