"""``skoots segment``: from images to instance labels."""

# typer reads the annotations when the program runs: no `from __future__` here.

from pathlib import Path
from typing import Annotated

import typer

from skoots.cli.console import guard
from skoots.cli.images import list_images, plan_runs
from skoots.cli.options import (
    Debug,
    parse_region,
    parse_shape,
    parse_voxel_size,
    read_inference_values,
)

_IMAGE = "The image"
_WORK = "How to work"
_RUN = "The run"


def segment(  # noqa: PLR0913 - each parameter is an option
    *,
    image: Annotated[
        list[Path],
        typer.Argument(
            metavar="IMAGE...",
            help="TIFF or zarr volumes; a folder stands for the images in it.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME_OR_PATH",
            help="Needed: a model's name (see 'skoots models') or its file.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for NAME.skoots.zarr. By default beside the image.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue a run, or start it where there is none.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Throw an existing run away and start again.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the result as JSON, and nothing else, on stdout.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    device: Annotated[
        str,
        typer.Option(help="auto, cpu, cuda:N or mps.", rich_help_panel=_WORK),
    ] = "auto",
    tile: Annotated[
        str | None,
        typer.Option(
            metavar="Z,Y,X",
            help="What the network reads at once. By default as memory allows.",
            rich_help_panel=_WORK,
        ),
    ] = None,
    halo: Annotated[
        str | None,
        typer.Option(
            metavar="Z,Y,X",
            help="Margin of a tile that is not kept. By default the model's.",
            rich_help_panel=_WORK,
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="Z0:Z1,Y0:Y1,X0:X1",
            help="Work on the blocks that this box touches; a side left out is the "
            "volume's.",
            rich_help_panel=_WORK,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.yaml",
            help="Settings of the section INFERENCE, over the model's.",
            rich_help_panel=_WORK,
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="One such setting, over the file's, such as HOPS=4; may be repeated.",
            rich_help_panel=_WORK,
        ),
    ] = None,
    axes: Annotated[
        str | None,
        typer.Option(
            metavar="LETTERS",
            help="What the file's axes are, such as ZYX or TCZYX.",
            rich_help_panel=_IMAGE,
        ),
    ] = None,
    channel: Annotated[
        int | None,
        typer.Option(min=0, help="Which channel, from 0.", rich_help_panel=_IMAGE),
    ] = None,
    time: Annotated[
        int | None,
        typer.Option(min=0, help="Which time point, from 0.", rich_help_panel=_IMAGE),
    ] = None,
    voxel_size: Annotated[
        str | None,
        typer.Option(
            metavar="Z,Y,X",
            help="Edges of a voxel, in micrometres. By default the file's.",
            rich_help_panel=_IMAGE,
        ),
    ] = None,
    resample: Annotated[
        bool | None,
        typer.Option(
            "--resample/--no-resample",
            help="Work at the voxel size that the model was trained at. By default "
            "where it is not made for the image's.",
            rich_help_panel=_IMAGE,
        ),
    ] = None,
    diameter: Annotated[
        float | None,
        typer.Option(
            metavar="VOXELS",
            help="Diameter of a typical object in the image, of a ball of its volume: "
            "work at the scale at which it is as large as in training.",
            rich_help_panel=_IMAGE,
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Give every object of a volume its own label.

    The result is a run folder NAME.skoots.zarr beside the image; its labels
    open in napari, and 'skoots convert' writes them as TIFF. A run that was
    stopped goes on with --resume.

    [bold]Examples[/bold]

      skoots segment cochlea.tif --model mito-em

      skoots segment data/ --model mito-em --out results/ --resume

      skoots segment big.zarr -m mine.skoots --region 0:64,:,: --set HOPS=1

      skoots segment cells.tif -m mito-em --diameter 40 --device cuda:0 --json
    """
    if model is None:
        raise typer.BadParameter(_name_models(), param_hint="--model")
    if resume and overwrite:
        raise typer.BadParameter("Give --resume or --overwrite, not both.")
    if resample is not None and diameter is not None:
        raise typer.BadParameter(
            "Give --resample, --no-resample or --diameter, not two of them: each sets "
            "the scale to work at."
        )
    if diameter is not None and not 0 < diameter < float("inf"):
        raise typer.BadParameter(f"{diameter} is not a size.", param_hint="--diameter")
    region_zyx = parse_region(region, "--region")
    tile_zyx = parse_shape(tile, "--tile")
    halo_zyx = parse_shape(halo, "--halo", least=0)
    voxel_size_um = parse_voxel_size(voxel_size, "--voxel-size")
    with guard(debug=debug):
        images = list_images(image)
        runs = plan_runs(images, out)
        values = read_inference_values(config, set_ or [])

        from skoots.cli.segment_images import (  # noqa: PLC0415 - imports torch
            Recipe,
            segment_images,
        )

        recipe = Recipe(
            axes=axes,
            channel=channel,
            time=time,
            voxel_size=voxel_size_um,
            region=region_zyx,
            resume=resume,
            overwrite=overwrite,
            device=device,
            tile_zyx=tile_zyx,
            halo_zyx=halo_zyx,
            resample=resample,
            diameter=diameter,
        )
        segment_images(
            list(zip(images, runs, strict=True)), model, values, recipe, as_json=json
        )


def _name_models() -> str:
    from skoots.model.zoo import known_models  # noqa: PLC0415 - imports torch

    known = ", ".join(model.name for model in known_models())
    return f"No model is given. Known models: {known or 'none'}; or the path of a file."
