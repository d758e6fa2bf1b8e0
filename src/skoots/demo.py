"""The main job on the sample that comes with the package: ``python -m skoots.demo``."""

# typer reads the annotations when the program runs: no `from __future__` here.

import colorsys
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import fastremap
import numpy as np
import tifffile
import typer
from numpy.typing import NDArray
from rich.table import Table
from skimage.io import imsave

from skoots.cli.console import OUT, guard, say
from skoots.cli.progress import drain
from skoots.events import RunFinished
from skoots.inference.convert import export_tiff
from skoots.lib.eval import segment_anew
from skoots.samples import sample_path
from skoots.volume.naming import RUN_SUFFIX
from skoots.volume.source import open_source

_SAMPLE = "medulla"
_MODEL = "mito-em"

_OTHER_TISSUE = (
    "The model was trained on other tissue: some mitochondria are missed, see "
    f"src/skoots/models/{_MODEL}.md."
)

_ENLARGE = 2
"""Pixels of the picture for each voxel: the sample is small."""

_GOLDEN_RATIO = 0.6180339887498949
"""Steps of this size round the colour wheel keep neighbouring ids apart."""


def demo(
    *,
    out: Annotated[
        Path, typer.Option("--out", help="The folder that everything is written to.")
    ] = Path("demo"),
    viewer: Annotated[
        bool, typer.Option(help="Open napari at the end, where there is a screen.")
    ] = True,
) -> None:
    """Segment the mitochondria of a small piece of the fly's brain.

    Writes the run folder, the labels as a TIFF and a picture. A second call uses the
    finished run.
    """
    with guard(debug=False):
        image = sample_path(_SAMPLE)
        run = out / f"{_SAMPLE}{RUN_SUFFIX}"
        result = drain(segment_anew(image, _MODEL, run), _SAMPLE)
        labels = drain(export_tiff(result.run, out, overwrite=True), _SAMPLE)
        picture = out / f"{_SAMPLE}_overlay.png"
        write_overlay(picture, tifffile.imread(image), tifffile.imread(labels))
    _print_summary(image, result, labels, picture)
    if viewer:
        _open_viewer(image, labels)


def write_overlay(
    path: Path, image: NDArray[np.uint8], labels: NDArray[np.integer]
) -> None:
    """Write three planes side by side, each object in a colour of its own.

    Parameters
    ----------
    path : Path
        The PNG.
    image : ndarray, (Z, Y, X), uint8
        Grey values.
    labels : ndarray, (Z, Y, X), integer
        Ids, 0 is background.
    """
    planes = _pick_planes(image.shape[0])
    low, high = np.percentile(image[planes], (0.5, 99.5))
    grey = np.clip((image[planes] - low) / max(high - low, 1.0), 0.0, 1.0)
    tinted = [
        _tint(plane, ids) for plane, ids in zip(grey, labels[planes], strict=True)
    ]
    row = np.hstack(tinted).repeat(_ENLARGE, axis=0).repeat(_ENLARGE, axis=1)
    imsave(path, np.round(row * 255).astype(np.uint8), check_contrast=False)


def _pick_planes(depth: int) -> list[int]:
    return [depth // 4, depth // 2, 3 * depth // 4]


def _tint(grey: NDArray[np.float64], ids: NDArray[np.integer]) -> NDArray[np.float64]:
    """Lay colours over one plane, (Y, X) to (Y, X, 3), strongest along the rims."""
    kinds, inverse = np.unique(ids, return_inverse=True)
    hues = [colorsys.hsv_to_rgb(i * _GOLDEN_RATIO % 1, 0.9, 1.0) for i in kinds]
    colours = np.array(hues)[inverse.reshape(ids.shape)]  # (Y, X, 3)
    opacity: NDArray[np.float64] = np.where(_rims(ids), 0.9, 0.35) * (ids > 0)
    tint: NDArray[np.float64] = colours * opacity[..., None]
    return tint + (grey * (1 - opacity))[..., None]


def _rims(ids: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Mark the pixels with a neighbour of another id above, below or beside them."""
    rims = np.zeros(ids.shape, bool)
    down, right = ids[1:] != ids[:-1], ids[:, 1:] != ids[:, :-1]
    rims[1:] |= down
    rims[:-1] |= down
    rims[:, 1:] |= right
    rims[:, :-1] |= right
    return rims


def _print_summary(
    image: Path, result: RunFinished, labels: Path, picture: Path
) -> None:
    source = open_source(image)
    ids, voxels = fastremap.unique(tifffile.imread(labels), return_counts=True)
    volumes = np.sort(voxels[ids > 0]) * np.prod(source.voxel_size or (1, 1, 1))
    unit = "um3" if source.voxel_size else "voxels"
    table = Table(show_header=False, box=None)
    table.add_row("sample", f"{_SAMPLE}, {' x '.join(map(str, source.shape))} voxels")
    table.add_row("model", _MODEL)
    table.add_row("objects", str(result.objects))
    if len(volumes):
        middle = float(np.median(volumes))
        spread = f"{volumes[0]:.3g} to {volumes[-1]:.3g}, median {middle:.3g} {unit}"
        table.add_row("volumes", spread)
        share = voxels[ids > 0].sum() / voxels.sum()
        table.add_row("labelled", f"{share:.1%} of the voxels")
    table.add_row("seconds", f"{result.seconds:.1f}")
    OUT.print(table)
    for what, path in (("run", result.run), ("labels", labels), ("picture", picture)):
        OUT.print(f" {what:<8} {path}", markup=False, soft_wrap=True)
    planes = ", ".join(map(str, _pick_planes(source.shape[0])))
    OUT.print(f" {'':<8} of the slices {planes} along Z, from 0")
    OUT.print(_OTHER_TISSUE, soft_wrap=True)
    OUT.print(
        f"Next: {_program()} segment YOUR.tif --model {_MODEL}",
        markup=False,
        soft_wrap=True,
    )


def _program() -> Path:
    """Give the command beside this interpreter as one would type it from here."""
    program = Path(sys.executable).with_name("skoots")
    here = Path.cwd()
    return program.relative_to(here) if program.is_relative_to(here) else program


def _open_viewer(image: Path, labels: Path) -> None:
    """Show the result in a program of its own: the engine itself knows no screen."""
    if sys.platform == "linux" and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return
    command = [sys.executable, "-m", "napari_skoots", str(image), str(labels)]
    if find_spec("napari") is None:
        say("napari is not installed; pip install '.[gui]' in the checkout brings it.")
        return
    subprocess.run(command, check=False)  # noqa: S603 - this interpreter, two own files


if __name__ == "__main__":
    typer.run(demo)
