"""bioimageio.core runs what SKOOTS shares, also where there is no SKOOTS."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from skoots.config import Settings
from skoots.errors import ExportError
from skoots.model.build import build_network
from skoots.model.checkpoint import Normalization, save_checkpoint
from skoots.model.export import can_check, check_bioimageio, export_bioimageio

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("bioimageio.core", reason="needs the extra share-check")

UNET = {"ARCHITECTURE": "unet", "DIMS": [4, 6, 8], "DEPTHS": [1, 1, 1]}
UNEXT = {"DIMS": [4, 6, 4], "DEPTHS": [1, 1, 1], "OUT_CHANNELS": 4, "KERNEL_SIZE": 3}

VOLUME = Normalization("volume")

ELSEWHERE = """
import sys, warnings
sys.modules["skoots"] = None
warnings.simplefilter("ignore")
from bioimageio.core import test_model
assert test_model(sys.argv[1], devices=["cpu"]).status == "passed"
"""


@pytest.fixture
def package(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A package that was not tried when it was written."""
    model, how, *inverted = getattr(request, "param", (UNET, VOLUME))
    torch.manual_seed(0)
    inference = {"INVERT": bool(inverted)}
    settings = Settings.from_dict({"MODEL": model, "INFERENCE": inference})
    source, halo = tmp_path / "cells.skoots", (4, 8, 8)
    network = build_network(settings).eval()
    save_checkpoint(source, network, settings, normalization=how, halo_zyx=halo)
    return export_bioimageio(
        source, tmp_path / "cells.zip", authors=["Ann"], license="MIT", check=False
    )


@pytest.mark.parametrize(
    "package",
    [
        (UNET, VOLUME),
        (UNEXT, VOLUME),
        (UNET, Normalization("fixed", 3000.0, 250.0)),
        (UNET, Normalization("divide")),
        (UNET, VOLUME, "inverted"),
        (UNET, Normalization("divide"), "inverted"),
    ],
    indirect=True,
    ids=["unet", "unext", "fixed", "divide", "inverted", "inverted divide"],
)
def test_core_gets_the_answer_of_the_engine(package: Path) -> None:
    assert can_check()
    check_bioimageio(package)


def test_another_answer_is_told(package: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "test_output.npy":
                changed = io.BytesIO()
                np.save(changed, np.load(io.BytesIO(data))[..., ::-1].copy())
                data = changed.getvalue()
            if name.endswith(".yaml"):  # or the sum of the file would not be right
                text = data.decode()
                lines = [line for line in text.splitlines() if "sha256" not in line]
                data = "\n".join(lines).encode()
            new.writestr(name, data)
    with pytest.raises(ExportError, match=r"does not pass bioimageio\.core"):
        check_bioimageio(other)


def test_no_skoots_is_needed(package: Path) -> None:
    command = [sys.executable, "-c", ELSEWHERE, str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stderr
