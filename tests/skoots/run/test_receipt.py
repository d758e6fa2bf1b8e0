"""What a run says was done in it, and whether that can be done again."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from inference_cases import drain, make_run, noise, random_unet, settings_with
from typer.testing import CliRunner

import skoots
from skoots.cli import app
from skoots.errors import RunError
from skoots.events import BlockDone
from skoots.inference.relabel import relabel
from skoots.model.checkpoint import Normalization, save_checkpoint
from skoots.run.folder import RunFolder
from skoots.run.receipt import Receipt, receipt_of
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (24, 40, 40)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file of a small network, trained at 0.02 micrometres."""
    path = tmp_path / "my model.skoots"
    save_checkpoint(
        path,
        random_unet(),
        settings_with(),
        normalization=Normalization("volume"),
        voxel_size=(0.02, 0.02, 0.02),
        object_diameter=10.0,
        halo_zyx=(8, 8, 8),
        provenance={"made by": "a test"},
    )
    return path


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Two channels and two time points."""
    path = tmp_path / "my cells.tif"
    stack = np.stack([noise(SHAPE, seed) for seed in range(4)])
    stack = np.moveaxis(stack.reshape(2, 2, *SHAPE), 2, 1)  # T, Z, C, Y, X
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "TZCYX"})
    return path


def value(receipt: Receipt, label: str) -> str:
    return dict(receipt.rows)[label]


def run_with(path: Path, image: Path, model: Path, **asked: Any) -> None:
    source = open_source(image, channel=1, time=0, voxel_size=(0.04, 0.02, 0.02))
    drain(skoots.segment(source, str(model), path, device="cpu", **asked))


def again(receipt: Receipt, tmp_path: Path) -> Path:
    """Follow the command line as it is: what is there stays."""
    words = shlex.split(receipt.command_line)
    assert words[0] == "skoots"
    result = CliRunner().invoke(app, words[1:])
    assert result.exit_code == 0, result.output
    return next((tmp_path / "again").iterdir())


ASKED: dict[str, dict[str, Any]] = {
    "plain": {},
    "tile and settings": {
        "tile_zyx": (32, 32, 32),
        "halo_zyx": (8, 8, 0),
        "config": {"INFERENCE": {"HOPS": 3, "FIRST_HIT": True, "CORE": None}},
    },
    "resampled": {"resample": True},
    "diameter": {"diameter": 12.5, "tile_zyx": (32, 32, 32)},
    "part": {"tile_zyx": (32, 32, 32), "region": ((0, 3), (0, 5), (20, 21))},
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_the_command_line_gives_the_same_labels(
    tmp_path: Path, image: Path, model: Path, asked: dict[str, Any]
) -> None:
    path = tmp_path / "my cells.skoots.zarr"
    run_with(path, image, model, **asked)
    other = again(receipt_of(path), tmp_path)
    mine, theirs = RunFolder.open(path), RunFolder.open(other)
    np.testing.assert_array_equal(mine.labels[...], theirs.labels[...])
    assert mine.plan.shape_zyx == theirs.plan.shape_zyx
    assert mine.plan.tile_zyx == theirs.plan.tile_zyx
    assert mine.voxel_size == theirs.voxel_size


def test_the_python_gives_the_same_labels(
    tmp_path: Path,
    image: Path,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.skoots.zarr"
    run_with(path, image, model, config={"INFERENCE": {"HOPS": 3}}, diameter=12.5)
    drain(relabel(path, {"INFERENCE": {"GROW": 1}}, device="cpu"))
    before = RunFolder.open(path).labels[...]
    code = receipt_of(path).python
    exec(compile(code, "receipt", "exec"), {"print": lambda _: None})  # noqa: S102 - what a user does with it
    other = RunFolder.open(tmp_path / "again" / path.name)
    np.testing.assert_array_equal(other.labels[...], before)
    assert f"{tmp_path / 'again-2'}" in receipt_of(path).python


def test_it_says_what_was_done(tmp_path: Path, image: Path, model: Path) -> None:
    path = tmp_path / "my cells.skoots.zarr"
    run_with(path, image, model, config={"INFERENCE": {"HOPS": 3}})
    receipt = receipt_of(path)
    summary = RunFolder.open(path).summary
    assert summary is not None
    assert value(receipt, "Image") == str(image.resolve())
    assert value(receipt, "Volume") == (
        "24 x 40 x 40 (Z, Y, X), uint8, voxel 0.04 x 0.02 x 0.02 um"
    )
    assert value(receipt, "Channel").startswith("1")
    assert value(receipt, "Model") == "my model"
    assert skoots.load_model(model).digest in value(receipt, "Model file")
    assert "3 (the model's: 1)" in receipt.text
    assert value(receipt, "Objects") == str(summary["objects"])
    assert value(receipt, "Versions").startswith("skoots ")
    assert value(receipt, "Time").endswith(" s")
    assert str(model.resolve()) in shlex.split(receipt.command_line)
    assert str(tmp_path / "again") in shlex.split(receipt.command_line)
    assert "--resume" not in receipt.command_line


def test_a_run_that_was_cancelled_says_how_to_go_on(
    tmp_path: Path, image: Path, model: Path
) -> None:
    path = tmp_path / "my cells.skoots.zarr"
    source = open_source(image, channel=1, time=0)
    region = ((0, 24), (0, 40), (0, 20))
    job = skoots.segment(
        source, str(model), path, tile_zyx=(32, 32, 32), region=region, device="cpu"
    )
    for event in job:
        if isinstance(event, BlockDone):
            break
    job.close()
    receipt = receipt_of(path)
    assert "not finished" in value(receipt, "State")
    assert " of 18 predicted" in value(receipt, "Blocks")
    words = shlex.split(receipt.command_line)
    result = CliRunner().invoke(app, words[1:])
    assert result.exit_code == 0, result.output
    assert RunFolder.open(path).finished
    assert value(receipt_of(path), "Blocks") == "12 of 18 predicted"


def test_a_run_of_before_the_request_was_kept_gives_all_its_settings(
    tmp_path: Path, image: Path, model: Path
) -> None:
    path = tmp_path / "my cells.skoots.zarr"
    run_with(path, image, model)
    plan = path / "state" / "plan.json"
    record = json.loads(plan.read_text())
    del record["request"]
    plan.write_text(json.dumps(record))
    receipt = receipt_of(path)
    assert "--model 'my model'" in receipt.command_line
    assert "--set HOPS=1" in receipt.command_line


def test_an_image_without_a_file_is_left_open(tmp_path: Path) -> None:
    path = tmp_path / "a.skoots.zarr"
    make_run(path, (16, 16, 16), (16, 16, 16))
    receipt = receipt_of(path)
    assert value(receipt, "Image") == "cells"
    assert "skoots segment IMAGE.tif" in receipt.command_line
    assert f"--out {tmp_path}" in receipt.command_line


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run"):
        receipt_of(tmp_path)
