"""Models on disk: load any form, save ours.

A checkpoint is data, never code (`skoots.model.safe_file`). Whatever form it has, what
comes back is one value: a network in evaluation mode, float32, on the CPU, and all that
must be known to apply it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import torch

from skoots.errors import CheckpointError, SettingsError, UnsafeCheckpointError
from skoots.model import native, published
from skoots.model.build import build_network
from skoots.model.contents import Contents, Normalization
from skoots.model.eight_bits import pack
from skoots.model.safe_file import file_digest, read_safely, write_safely
from skoots.model.state import clean_state, fit, half_state

if TYPE_CHECKING:
    from skoots._types import Shape3, VoxelSize
    from skoots.config import Settings
    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT

__all__ = [
    "Checkpoint",
    "Normalization",
    "load_checkpoint",
    "save_checkpoint",
    "write_checkpoint",
]

PathLike: TypeAlias = str | os.PathLike[str]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A model that is ready to be applied."""

    network: UNet | UNeXT
    """In evaluation mode, float32, CPU; (B, C, X, Y, Z) in, (B, 5, X, Y, Z) out."""

    config: Settings
    """The settings it was trained with and is to be applied with."""

    normalization: Normalization
    """How intensities become the numbers it was trained on."""

    voxel_size: VoxelSize | None
    """Z, Y, X in micrometres of its training data, if known."""

    object_diameter: float | None
    """Voxels across a typical object of its training data, if known."""

    halo_zyx: Shape3
    """Voxels around a tile that it needs, multiples of the network's factor."""

    name: str
    """The file's name without its ending."""

    digest: str
    """SHA-256 of the file, hexadecimal."""

    published: bool
    """Whether the file was written by published SKOOTS."""

    provenance: Mapping[str, object]
    """Where it comes from."""

    scores: Mapping[str, float]
    """What it scored."""

    path: Path | None = None
    """The file it was loaded from."""


def load_checkpoint(path: PathLike) -> Checkpoint:
    """Load a model file of this or of published SKOOTS.

    Parameters
    ----------
    path : str or PathLike
        A ``.skoots`` file, or a ``.trch`` file in any of the published forms.

    Returns
    -------
    Checkpoint
        The model, ready to be applied.

    Raises
    ------
    ModelNotFoundError
        If there is no such file.
    UnsafeCheckpointError
        If it holds more than data; nothing of it was run.
    CheckpointError
        If it is no model file, or its parts do not belong together.
    """
    file = Path(path)
    payload = read_safely(file)
    try:
        contents = _contents(payload)
        network = fit(_empty_network(contents.config), contents.state)
    except UnsafeCheckpointError:
        raise
    except (CheckpointError, SettingsError) as error:
        raise CheckpointError(f"The model {file} cannot be used. {error}") from error
    return Checkpoint(
        network=network,
        config=contents.config,
        normalization=contents.normalization,
        voxel_size=contents.voxel_size,
        object_diameter=contents.object_diameter,
        halo_zyx=_halo(contents, network.factor),
        name=file.stem,
        digest=file_digest(file),
        published=contents.published,
        provenance=contents.provenance,
        scores=contents.scores,
        path=file,
    )


def save_checkpoint(  # noqa: PLR0913 (all but three are named facts of the model)
    path: PathLike,
    network: UNet | UNeXT,
    config: Settings,
    *,
    normalization: Normalization,
    voxel_size: VoxelSize | None = None,
    object_diameter: float | None = None,
    halo_zyx: Shape3 | None = None,
    provenance: Mapping[str, object] | None = None,
    scores: Mapping[str, float] | None = None,
    eight_bits: bool = False,
) -> None:
    """Write a model file that `load_checkpoint` reads, or nothing.

    Parameters
    ----------
    path : str or PathLike
        Where to, best with the ending ``.skoots``; an old file is replaced.
    network : UNet or UNeXT
        The network that `config` describes; its weights are stored in float16.
    config : Settings
        Settings to apply the network with.
    normalization : Normalization
        How intensities become the numbers it was trained on.
    voxel_size : tuple of float, optional
        Z, Y, X in micrometres of the training data.
    object_diameter : float, optional
        Voxels across a typical object of the training data.
    halo_zyx : tuple of int, optional
        Voxels along Z, Y, X around a tile that the network needs, as
        `skoots.model.halo` measures them; the INFERENCE.HALO of `config`, if it is
        set, stands above it.
    provenance, scores : Mapping, optional
        Where the model comes from and what it scored, as plain data.
    eight_bits : bool
        Whether weights of convolutions are stored in eight bits: half the size, for
        models that travel. See `skoots.model.eight_bits` for what it costs.

    Raises
    ------
    CheckpointError
        If the network is not the one that `config` describes, or something to be
        stored is no plain data.
    SettingsError
        If `config` describes no network.
    StorageError
        If the disk is full or nothing may be written there.
    """
    half = half_state(network)
    fitted = fit(_empty_network(config), clean_state(half))
    stored = pack(half) if eight_bits else half
    contents = Contents(
        config=config,
        state=stored,
        normalization=normalization,
        published=False,
        voxel_size=voxel_size,
        object_diameter=object_diameter,
        halo_zyx=halo_zyx,
        provenance=provenance or {},
        scores=scores or {},
    )
    contents = replace(contents, halo_zyx=_halo(contents, fitted.factor))
    write_safely(Path(path), native.to_native(contents, stored))


def write_checkpoint(
    path: PathLike, checkpoint: Checkpoint, *, eight_bits: bool = False
) -> None:
    """Write a loaded model, changed or not, as `save_checkpoint` does.

    Parameters
    ----------
    path : str or PathLike
        Where to; an old file is replaced.
    checkpoint : Checkpoint
        The model; its name, digest and path are those of the file it came from.
    eight_bits : bool
        As of `save_checkpoint`, whose errors are raised, too.
    """
    save_checkpoint(
        path,
        checkpoint.network,
        checkpoint.config,
        normalization=checkpoint.normalization,
        voxel_size=checkpoint.voxel_size,
        object_diameter=checkpoint.object_diameter,
        halo_zyx=checkpoint.halo_zyx,
        provenance=checkpoint.provenance,
        scores=checkpoint.scores,
        eight_bits=eight_bits,
    )


def _contents(payload: object) -> Contents:
    if not isinstance(payload, Mapping):
        raise CheckpointError(
            f"It holds no model but {type(payload).__name__}. Give a model of SKOOTS."
        )
    if native.is_native(payload):
        return native.read_native(payload)
    return published.read_published(payload)


def _empty_network(config: Settings) -> UNet | UNeXT:
    # Without memory: weights come from the file, and shapes are compared before.
    with torch.device("meta"):
        return build_network(config)


def _halo(contents: Contents, factor: int) -> Shape3:
    default = published.HALO_ZYX if contents.published else native.HALO_ZYX
    z, y, x = contents.config.INFERENCE.HALO or contents.halo_zyx or default
    return (_rounded_up(z, factor), _rounded_up(y, factor), _rounded_up(x, factor))


def _rounded_up(voxels: int, factor: int) -> int:
    return -(-voxels // factor) * factor
