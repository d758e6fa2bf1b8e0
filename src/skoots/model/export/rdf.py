"""The description of a package, as plain data that becomes its YAML.

*Source:* BioImage.IO model description, format 0.5,
https://bioimage-io.github.io/spec-bioimage-io.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from skoots._version import __version__
from skoots.model.export.credits import SKOOTS_PAPER, read_author, read_citation
from skoots.model.export.example import least_shape
from skoots.model.export.zyx_network import CHANNELS
from skoots.volume.axes import triple_to_zyx

if TYPE_CHECKING:
    from skoots._types import VoxelSize
    from skoots.model.checkpoint import Checkpoint
    from skoots.model.export.credits import Credits

INPUT, OUTPUT = "image", "prediction"

_NETWORKS = {"unet": "3D U-Net", "bism_unext": "3D UNeXt"}


@dataclass(frozen=True, slots=True)
class Parts:
    """Names of the files of a package."""

    weights: str
    attachment: str
    """The model as SKOOTS reads it."""

    notice: str
    """Origin and licence of the test image."""

    readme: str
    cover: str
    test_input: str
    test_output: str


def describe(
    checkpoint: Checkpoint, made_by: Credits, parts: Parts, format_version: str
) -> dict[str, Any]:
    """Give the description of a package.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model.
    made_by : Credits
        What its author says of it.
    parts : Parts
        The files of the package.
    format_version : str
        The version that the installed ``bioimageio.spec`` writes, ``0.5.x``.

    Returns
    -------
    dict from str to object
        Plain data.
    """
    return {
        "format_version": format_version,
        "type": "model",
        "name": _name(checkpoint.name),
        "description": made_by.description or describe_shortly(checkpoint),
        "authors": [read_author(text) for text in made_by.authors],
        "cite": [SKOOTS_PAPER, *(read_citation(text) for text in made_by.cite)],
        "license": made_by.licence,
        "documentation": {"source": parts.readme},
        "covers": [{"source": parts.cover}],
        "attachments": [{"source": parts.attachment}, {"source": parts.notice}],
        "tags": ["skoots", "instance-segmentation", "3d", "pytorch"],
        "inputs": [_input(checkpoint, parts)],
        "outputs": [_output(checkpoint, parts)],
        "weights": {
            "torchscript": {
                "source": parts.weights,
                # without what says how this torch was built
                "pytorch_version": torch.__version__.partition("+")[0],
            }
        },
        "config": _config(checkpoint, parts),
    }


def describe_shortly(checkpoint: Checkpoint) -> str:
    """Say in a sentence what a model is, for one whose author says nothing."""
    network = _NETWORKS.get(checkpoint.config.MODEL.ARCHITECTURE, "3D network")
    return (
        f"SKOOTS model {checkpoint.name}: a {network} that gives vectors to skeletons, "
        "skeletons and foreground, of which SKOOTS makes instances."
    )


def _name(name: str) -> str:
    return "SKOOTS " + re.sub(r"[^A-Za-z0-9_+\- ()]", "-", name)[:100]


def _input(checkpoint: Checkpoint, parts: Parts) -> dict[str, Any]:
    factor, least = checkpoint.network.factor, least_shape(checkpoint)
    divided = checkpoint.normalization.kind == "divide"
    spaces = [
        # blocks may be joined: what is far away is beyond the halo
        axis | {"size": {"min": n, "step": factor}, "concatenable": True}
        for axis, n in zip(_spaces(checkpoint), least, strict=True)
    ]
    return {
        "id": INPUT,
        "description": "Grey values.",
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": ["intensity"]},
            *spaces,
        ],
        "data": {"type": "uint8" if divided else "float32"},
        # what comes last is said, or uint8 would be made of it again
        "preprocessing": [
            *_normalisation(checkpoint),
            {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}},
        ],
        "test_tensor": {"source": parts.test_input},
    }


def _output(checkpoint: Checkpoint, parts: Parts) -> dict[str, Any]:
    axes = []
    for axis, halo in zip(_spaces(checkpoint), checkpoint.halo_zyx, strict=True):
        like = {"tensor_id": INPUT, "axis_id": axis["id"]}
        axes.append(axis | {"size": like} | ({"halo": halo} if halo else {}))
    vector = {"type": "float32", "range": [-1.0, 1.0]}
    chance = {"type": "float32", "range": [0.0, 1.0]}
    return {
        "id": OUTPUT,
        "description": "Vectors to skeletons, skeletons, foreground. No labels.",
        "axes": [
            {"type": "batch"},
            {"type": "channel", "channel_names": list(CHANNELS)},
            *axes,
        ],
        "data": [vector] * 3 + [chance] * 2,
        "test_tensor": {"source": parts.test_output},
    }


def _spaces(checkpoint: Checkpoint) -> list[dict[str, Any]]:
    axes: list[dict[str, Any]] = [{"type": "space", "id": name} for name in "zyx"]
    if checkpoint.voxel_size is None:
        return axes
    unit, edges = _whole(checkpoint.voxel_size)
    return [
        axis | {"unit": unit, "scale": float(edge)}
        for axis, edge in zip(axes, edges, strict=True)
    ]


def _whole(size_um: VoxelSize) -> tuple[str, list[int]]:
    """Give the edges of a voxel as whole numbers of a unit, to the picometre.

    BioImage.IO multiplies extents by them and divides again, and asks whether they are
    what they were: 12 * 0.05 / 0.05 is not 12.
    """
    picometres = [max(1, round(edge * 1e6)) for edge in size_um]
    if all(edge % 1000 == 0 for edge in picometres):
        return "nanometer", [edge // 1000 for edge in picometres]
    return "picometer", picometres


def _normalisation(checkpoint: Checkpoint) -> list[dict[str, Any]]:
    how, invert = checkpoint.normalization, checkpoint.config.INFERENCE.INVERT
    if how.kind == "divide":
        return [_linear(-1 / 256, 255 / 256) if invert else _linear(1 / 256, 0.0)]
    if how.kind == "fixed":
        kwargs: dict[str, Any] = {"mean": how.mean, "std": how.std}
        found = {"id": "fixed_zero_mean_unit_variance", "kwargs": kwargs}
    else:
        # all axes but that of the batch: each volume by itself
        kwargs = {"axes": ["channel", "z", "y", "x"]}
        found = {"id": "zero_mean_unit_variance", "kwargs": kwargs}
    return [found, _linear(-1.0, 0.0)] if invert else [found]


def _linear(gain: float, offset: float) -> dict[str, Any]:
    return {"id": "scale_linear", "kwargs": {"gain": gain, "offset": offset}}


def _config(checkpoint: Checkpoint, parts: Parts) -> dict[str, Any]:
    how, settings = checkpoint.normalization, checkpoint.config.to_dict()
    weights = sum(p.numel() for p in checkpoint.network.parameters())
    return {
        "bioimageio": {
            "architecture_type": _NETWORKS.get(settings["MODEL"]["ARCHITECTURE"]),
            "task": "instance segmentation",
            "model_parameter_count": weights,
        },
        "skoots": {
            "written_by": f"napari-skoots {__version__}",
            "model": parts.attachment,
            "sha256": checkpoint.digest,
            "normalization": {"kind": how.kind, "mean": how.mean, "std": how.std},
            "object_diameter_voxels": checkpoint.object_diameter,
            "halo_zyx": list(checkpoint.halo_zyx),
            "vector_scaling_zyx": list(
                triple_to_zyx(checkpoint.config.SKOOTS.VECTOR_SCALING)
            ),
            "scores": {name: float(x) for name, x in checkpoint.scores.items()},
            "inference": settings["INFERENCE"],
        },
    }
