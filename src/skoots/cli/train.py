"""``skoots train`` and ``skoots-train``: from annotated volumes to a model."""

# typer reads the annotations when the program runs: no `from __future__` here.

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from skoots.cli.console import INTERRUPTED, OUT, guard
from skoots.cli.options import Debug
from skoots.errors import SettingsError

_DATA = "Instead of training"
_TEACHING = "Of a project of painted objects"


def train(  # noqa: PLR0913 - each parameter is an option
    *,
    project: Annotated[
        Path | None,
        typer.Argument(
            metavar="[NAME.skoots-project]",
            help="Teach a model with the painted objects of this project.",
            show_default=False,
        ),
    ] = None,
    config_file: Annotated[
        Path | None,
        typer.Option(
            "--config-file",
            "-c",
            metavar="FILE",
            help="Settings, as YAML; those of the published SKOOTS work as they are.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder of the training. By default TRAIN.SAVE_PATH/NAME, where NAME "
            "is that of the settings file.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with a training that was stopped."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Throw a training away and begin again.")
    ] = False,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")
    ] = "auto",
    threads: Annotated[
        int,
        typer.Option(min=0, help="Processor threads; 0: what the settings say."),
    ] = 0,
    init: Annotated[
        Path | None,
        typer.Option(
            "--init",
            metavar="FOLDER",
            help="Write settings for the annotated volumes of this folder, with values "
            "measured on them.",
            rich_help_panel=_DATA,
            show_default=False,
        ),
    ] = None,
    preview: Annotated[
        int | None,
        typer.Option(
            "--preview",
            metavar="N",
            min=1,
            help="Draw N crops as the network would see them, with their targets.",
            rich_help_panel=_DATA,
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            metavar="MODEL",
            help="Needed: the model to begin with, a name or a file; or 'scratch'.",
            rich_help_panel=_TEACHING,
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            min=0,
            help="How long; 0: until Ctrl-C. By default 60. The first Ctrl-C ends it "
            "with the best model, the second stops it.",
            rich_help_panel=_TEACHING,
            show_default=False,
        ),
    ] = None,
    diameter: Annotated[
        float | None,
        typer.Option(
            "--diameter",
            help="Of a typical object, in voxels. By default that of the painted ones.",
            rich_help_panel=_TEACHING,
            show_default=False,
        ),
    ] = None,
    rehearse: Annotated[
        bool | None,
        typer.Option(
            "--rehearse/--no-rehearse",
            help="Learn the sample of a shipped model along, so that it does not "
            "forget what it knows. By default where there is one.",
            rich_help_panel=_TEACHING,
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep",
            metavar="NAME",
            help="Keep the model in the project under this name, if it is no worse "
            "than the one before.",
            rich_help_panel=_TEACHING,
            show_default=False,
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Train a model on annotated volumes.

    A folder of NAME.tif and NAME.labels.tif is all that is needed:

      skoots train --init cells               # writes settings: look at them

      skoots train --config-file FILE         # trains, and says where the model is

      skoots train --config-file FILE --resume

    'cells' holds the volumes, or two folders of them, 'train' and 'val'.

    Or with a few objects that were painted in the viewer, for a minute:

      skoots train cells.skoots-project --base mito-em --keep cells
    """
    with guard(debug=debug):
        elsewhere = {
            "--config-file": config_file,
            "--out": out,
            "--overwrite": overwrite or None,
            "--init": init,
            "--preview": preview,
        }
        teaching = {
            "--base": base,
            "--seconds": seconds,
            "--diameter": diameter,
            "--rehearse": rehearse,
            "--keep": keep,
        }
        if project is not None:
            _refuse(elsewhere, "is not for a project. Leave it out.")
            from skoots.cli.teaching import Wish, run  # noqa: PLC0415 - as below

            wish = Wish(base, seconds, diameter, rehearse, keep, device, threads)
            if not run(project, wish, resume=resume):
                raise typer.Exit(INTERRUPTED)
            return
        _refuse(teaching, "is for a project: name one, NAME.skoots-project.")
        from skoots.cli import training  # noqa: PLC0415 - keeps `skoots --help` fast

        if init is not None:
            training.write_settings(init, out, overwrite=overwrite)
            return
        if preview is not None:
            training.draw_preview(config_file, out, preview)
            return
        place = training.open_project(
            config_file, out, resume=resume, overwrite=overwrite
        )
        if not training.run(place, device, threads):
            raise typer.Exit(INTERRUPTED)


def _refuse(options: Mapping[str, object], why: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise SettingsError(f"{name} {why}")


def train_as_published(
    *,
    config_file: Annotated[
        Path, typer.Option("--config-file", help="YAML config file for training.")
    ],
    batch: Annotated[
        bool,
        typer.Option("--batch", "-b", help="FILE is a folder of *.yaml."),
    ] = False,
    log: Annotated[int, typer.Option(min=0, max=4, help="Published, not used.")] = 3,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what was stopped.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Train with a settings file, as the published ``skoots-train`` does."""
    del log  # progress goes to stderr, results to stdout
    with guard(debug=debug):
        from skoots.cli import training  # noqa: PLC0415 - keeps `--help` fast

        for file in training.list_settings(config_file) if batch else [config_file]:
            place = training.open_project(file, None, resume=resume, overwrite=False)
            OUT.print(str(place), markup=False, soft_wrap=True)
            if not training.run(place, "auto", 0):
                raise typer.Exit(INTERRUPTED)


def main_as_published() -> None:
    """Run ``skoots-train``."""
    typer.run(train_as_published)
