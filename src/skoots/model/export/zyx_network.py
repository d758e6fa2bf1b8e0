"""The network as other programs see it: Z, Y, X at its door, in one TorchScript file.

Inside, the network speaks X, Y, Z, where X is the row axis of a file
(`skoots.volume.axes`). Nobody outside needs to know: what comes in and what goes out,
components of vectors included, is along Z, Y, X.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from typing import TYPE_CHECKING

import torch
from torch import nn

from skoots.volume.axes import xyz_to_zyx, zyx_to_xyz

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT

CHANNELS = ("vector_z", "vector_y", "vector_x", "skeleton", "probability")
"""What `ZyxNetwork` gives, in this order."""


class ZyxNetwork(nn.Module):
    """A network of SKOOTS behind a door that speaks Z, Y, X.

    Parameters
    ----------
    network : UNet or UNeXT
        Is not copied.
    """

    def __init__(self, network: UNet | UNeXT) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Predict.

        Parameters
        ----------
        image : Tensor, (B, C, Z, Y, X), float
            Normalised image; each extent a multiple of the network's factor.

        Returns
        -------
        Tensor, (B, 5, Z, Y, X), float
            `CHANNELS`: vectors along Z, Y, X (-1 to 1), skeleton and probability
            (0 to 1).
        """
        # not the network's own forward: its checks of the shape would be traced away
        y = xyz_to_zyx(self.network.raw(zyx_to_xyz(image)))
        vectors = y[:, :3].tanh()
        parts = (vectors[:, 2:3], vectors[:, :2], y[:, 3:].sigmoid())
        return torch.cat(parts, dim=1)


def write_torchscript(network: UNet | UNeXT, file: Path) -> None:
    """Write a network as TorchScript, float32, for images of any extents that it takes.

    Parameters
    ----------
    network : UNet or UNeXT
        In evaluation mode, on the CPU.
    file : Path
        Where to.

    Notes
    -----
    Traced, not scripted. Sizes stay free, for the networks ask each tensor for its
    shape when they enlarge another to it. Nothing is fused: float16 weights that became
    float32 compress to half their size, products of them do not.
    """
    edge = 2 * network.factor
    example = torch.zeros(1, network.in_channels, edge, edge, edge)
    door = ZyxNetwork(network).eval()
    with warnings.catch_warnings(), torch.no_grad():
        # torch calls TorchScript old; the format has nothing newer for PyTorch
        for kind in (DeprecationWarning, FutureWarning):  # torch 2.13, 2.15
            warnings.filterwarnings("ignore", r"`torch\.jit\.", kind)
        traced = torch.jit.trace(door, example, check_trace=False)  # type: ignore[no-untyped-call]  # torch's types lack it
        buffer = io.BytesIO()
        torch.jit.save(traced, buffer)
    _write_without_paths(buffer, file)


def _write_without_paths(buffer: io.BytesIO, file: Path) -> None:
    """Leave out where the code lay on this machine, which TorchScript writes down."""
    with zipfile.ZipFile(buffer) as whole, zipfile.ZipFile(file, "w") as kept:
        for entry in whole.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                kept.writestr(entry, whole.read(entry))
