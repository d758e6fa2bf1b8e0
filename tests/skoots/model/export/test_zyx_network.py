"""One door for other programs: Z, Y, X in and out, of any size."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
import torch

from skoots.config import Settings
from skoots.model.build import build_network
from skoots.model.export.zyx_network import CHANNELS, ZyxNetwork, write_torchscript
from skoots.volume.axes import vectors_to_zyx, xyz_to_zyx, zyx_to_xyz

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT

UNET = {"ARCHITECTURE": "unet", "DIMS": [4, 6, 8], "DEPTHS": [1, 1, 1]}
UNEXT = {"DIMS": [4, 6, 4], "DEPTHS": [1, 1, 1], "OUT_CHANNELS": 4, "KERNEL_SIZE": 3}

BOTH = pytest.mark.parametrize("model", [UNET, UNEXT], ids=["unet", "unext"])


def network(model: dict[str, object]) -> UNet | UNeXT:
    torch.manual_seed(0)
    built = build_network(Settings.from_dict({"MODEL": model}))
    built.train()(torch.rand(2, 1, 8, 8, 8))  # moves running statistics
    return built.eval()


@BOTH
def test_axes_and_vectors_are_turned_as_the_engine_turns_them(
    model: dict[str, object],
) -> None:
    built = network(model)
    image = torch.randn(2, 1, 8, 12, 16)
    with torch.no_grad():
        said = ZyxNetwork(built)(image)
        known = built(zyx_to_xyz(image))
    for found, engine in zip(said, known, strict=True):
        torch.testing.assert_close(found[:3], vectors_to_zyx(engine[:3]))
        torch.testing.assert_close(found[3:], xyz_to_zyx(engine[3:]))
    assert said.shape == (2, len(CHANNELS), 8, 12, 16)


@BOTH
@pytest.mark.filterwarnings("ignore:`torch.jit.load`")
def test_torchscript_takes_sizes_that_it_was_not_traced_with(
    model: dict[str, object], tmp_path: Path
) -> None:
    built = network(model)
    write_torchscript(built, tmp_path / "net.pt")
    loaded = torch.jit.load(tmp_path / "net.pt")
    sizes = [(1, 8, 8, 8), (2, 4, 12, 20), (1, 24, 8, 4)]
    for batch, *extents in sizes:
        image = torch.randn(batch, 1, *extents)
        with torch.no_grad():
            torch.testing.assert_close(loaded(image), ZyxNetwork(built)(image))


def test_nothing_says_where_it_was_made(tmp_path: Path) -> None:
    write_torchscript(network(UNET), tmp_path / "net.pt")
    with zipfile.ZipFile(tmp_path / "net.pt") as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    assert b"zyx_network.py" not in held
    assert b"ZyxNetwork" in held
