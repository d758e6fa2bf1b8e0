"""``python -m skoots.train`` writes a model with the halo that it needs."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - fixtures say it
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
import typer
from typer.testing import CliRunner

from skoots.model.checkpoint import load_checkpoint
from skoots.model.native import HALO_ZYX
from skoots.train.__main__ import main

if TYPE_CHECKING:
    from click.testing import Result

MODEL = "MODEL: {ARCHITECTURE: unet, DIMS: [2, 4], DEPTHS: [1]}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bright rod in a thin stack, of which small crops are drawn."""
    monkeypatch.setattr("skoots.train.sample.CROPS", (((16, 16, 8), 1.0),))
    labels = np.zeros((3, 64, 64), np.uint8)
    labels[:, 8:56, 8:56] = 1
    tifffile.imwrite(tmp_path / "rod.labels.tif", labels, photometric="minisblack")
    tifffile.imwrite(tmp_path / "rod.tif", 200 * labels + 20, photometric="minisblack")
    return tmp_path


def invoke(folder: Path, inference: str) -> Result:
    """Train one step."""
    app = typer.Typer()
    app.command()(main)
    (folder / "recipe.yaml").write_text(f"{MODEL}\nINFERENCE: {{{inference}}}\n")
    out = folder / "rod.skoots"
    words = [folder, "--out", out, "--config", folder / "recipe.yaml", "--steps", 1]
    return CliRunner().invoke(app, [str(word) for word in words])


def train(folder: Path, inference: str) -> tuple[tuple[int, int, int], str]:
    """Train one step; give the halo in the model and what was said."""
    result = invoke(folder, inference)
    assert result.exit_code == 0, result.output
    return load_checkpoint(folder / "rod.skoots").halo_zyx, result.stderr


def test_the_halo_is_measured_where_the_settings_have_none(folder: Path) -> None:
    halo, said = train(folder, "PROBABILITY_THRESHOLD: 0.1")
    z, y, x = halo
    assert f"halo along Z: {z} voxels (the volumes show too little" in said
    assert f"halo along Y: {y} voxels (measured)" in said
    assert f"halo along X: {x} voxels (measured)" in said
    assert z == HALO_ZYX[0]
    assert max(y, x) < HALO_ZYX[1], "a network of one halving looks less far"


def test_a_halo_in_the_settings_is_taken_as_it_is(folder: Path) -> None:
    halo, said = train(folder, "HALO: [4, 6, 8]")
    assert halo == (4, 6, 8)
    assert "halo along" not in said


def test_an_error_in_measuring_the_halo_loses_no_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise MemoryError("no room to measure")

    monkeypatch.setattr("skoots.train.__main__.measure_rims", refuse)
    result = invoke(folder, "PROBABILITY_THRESHOLD: 0.1")
    assert isinstance(result.exception, MemoryError)
    model = load_checkpoint(folder / "rod.skoots")
    assert model.halo_zyx == HALO_ZYX
    assert model.provenance["steps"] == 1
    assert model.config.INFERENCE.PROBABILITY_THRESHOLD == 0.1
    assert "rod.skoots" in "".join(result.stderr.split())
