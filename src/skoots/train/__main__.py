"""Train a model from a folder of annotated volumes: ``python -m skoots.train``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path  # noqa: TC003 - typer reads it from the annotations
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import Progress

from skoots._version import __version__
from skoots.config import get_cfg_defaults
from skoots.errors import SkootsError, TrainingError
from skoots.events import TrainStep
from skoots.model.build import build_network
from skoots.model.checkpoint import Normalization, save_checkpoint
from skoots.model.halo import choose_halo, measure_rims
from skoots.model.native import HALO_ZYX
from skoots.model.unet import UNet
from skoots.train.loop import Recipe, train
from skoots.train.sample import Augmentation, Sampler
from skoots.train.volumes import TrainingVolume, load_volumes
from skoots.volume.axes import xyz_to_zyx

if TYPE_CHECKING:
    from skoots._types import Shape3
    from skoots.config import Settings

console = Console(stderr=True)


def main(
    folder: Annotated[Path, typer.Argument(help="Holds NAME.tif and NAME.labels.tif.")],
    out: Annotated[Path, typer.Option(help="The model to write, NAME.skoots.")],
    config: Annotated[
        Path, typer.Option(help="Settings: MODEL, SKOOTS and INFERENCE.")
    ],
    steps: Annotated[int, typer.Option(min=1, help="One crop a step.")] = 4000,
    seed: Annotated[int, typer.Option(help="Of weights, crops and noise.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Of the processor.")] = 1,
    skeleton_radius: Annotated[
        float, typer.Option(help="Of the skeleton mask, in voxels.")
    ] = 5.0,
) -> None:
    """Train a model and write it with its settings and where it comes from."""
    try:
        recipe = Recipe(steps=steps, seed=seed, skeleton_radius=skeleton_radius)
        _run(folder, out, config, recipe, threads)
    except SkootsError as error:
        console.print(f"error: {error}", style="red", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _run(folder: Path, out: Path, config: Path, recipe: Recipe, threads: int) -> None:
    settings = get_cfg_defaults().merge_from_file(config)
    recipe = replace(recipe, vector_scaling=settings.SKOOTS.VECTOR_SCALING)
    torch.set_num_threads(threads)
    volumes = load_volumes(folder)
    sampler = Sampler(
        volumes,
        skeleton_radius=recipe.skeleton_radius,
        seed=recipe.seed,
        augmentation=Augmentation(),
    )
    torch.manual_seed(recipe.seed)
    network = build_network(settings)
    if not isinstance(network, UNet):
        raise TrainingError(
            f"The architecture {settings.MODEL.ARCHITECTURE} cannot be trained yet. "
            "Use MODEL.ARCHITECTURE: unet."
        )
    job = train(network, sampler, recipe)
    with Progress(console=console) as progress:
        task = progress.add_task("train", total=recipe.steps)
        while True:
            try:
                event = next(job)
            except StopIteration as end:
                averaged = end.value
                break
            if isinstance(event, TrainStep):
                progress.update(
                    task,
                    completed=event.step,
                    description=f"train, loss {event.loss:.3f}",
                )
    provenance = _provenance(volumes, recipe, threads)
    _write(out, averaged, settings, volumes, provenance)


def _write(
    out: Path,
    network: UNet,
    settings: Settings,
    volumes: list[TrainingVolume],
    provenance: dict[str, object],
) -> None:
    """Write the model, then measure its halo: what fails there costs no training."""
    save = partial(
        save_checkpoint,
        out,
        network,
        settings,
        normalization=Normalization("volume"),
        voxel_size=volumes[0].voxel_size,
        object_diameter=float(np.mean([v.diameter for v in volumes])),
        provenance=provenance,
        scores={},
    )
    save()
    console.print(f"wrote {out}")
    if settings.INFERENCE.HALO is None:
        save(halo_zyx=_measure_halo(network, volumes, settings))
        console.print(f"wrote {out} with this halo")


def _measure_halo(
    network: UNet, volumes: list[TrainingVolume], settings: Settings
) -> Shape3:
    """Measure the halo on the training volumes and say what was found."""
    images = (xyz_to_zyx(volume.image) for volume in volumes)
    effects = measure_rims(network, images, settings)
    halo = choose_halo(effects, network.factor, HALO_ZYX)
    for axis, voxels, effect in zip("ZYX", halo, effects, strict=True):
        settled = effect.settled(network.factor)
        how = "measured" if settled else "the volumes show too little to measure it"
        console.print(f"halo along {axis}: {voxels} voxels ({how})", highlight=False)
    return halo


def _provenance(
    volumes: list[TrainingVolume], recipe: Recipe, threads: int
) -> dict[str, object]:
    return {
        "data": [v.name for v in volumes],
        "steps": recipe.steps,
        "seed": recipe.seed,
        "threads": threads,
        "skeleton_radius": recipe.skeleton_radius,
        "versions": {"skoots": __version__, "torch": str(torch.__version__)},
    }


if __name__ == "__main__":
    typer.run(main)
