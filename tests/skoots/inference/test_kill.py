"""A process that is killed at any moment resumes to the same arrays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from inference_cases import (
    assert_same_arrays,
    noise,
    random_unet,
    run_python,
    settings_with,
)

from skoots.model.checkpoint import Normalization, save_checkpoint
from skoots.run.layout import PASSES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BLOCKS = 18
WHOLE, EARLY = "whole", "early"


@dataclass(frozen=True)
class Killed:
    """A run after its death and after its resumption."""

    path: Path
    predicted: dict[str, int]
    """Blocks that were predicted when it died, and when they were marked."""

    marked: int
    """Blocks that the pass in work had done."""

    finished: bool
    row: dict[str, Any]
    """What the second process reported."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Killed]:
    """One image, killed in each pass and while its run is laid out, then resumed.

    One process resumes them all and makes one run that nobody killed.
    """
    folder = tmp_path_factory.mktemp("kill")
    config = settings_with(
        PROBABILITY_THRESHOLD=0.4,
        SKELETON_THRESHOLD=0.45,
        SKELETON_DILATIONS_2D=1,
        HOPS=2,
        GROW=1,
        MIN_OBJECT_VOXELS=20,
        HALO=[8, 8, 8],
    )
    volume = Normalization("volume")
    save_checkpoint(folder / "m.skoots", random_unet(), config, normalization=volume)
    names = [*PASSES, EARLY, WHOLE]
    for name in names:
        image = noise((20, 40, 40))
        tifffile.imwrite(folder / f"{name}.tif", image, photometric="minisblack")
    counts = np.random.default_rng(0).integers(1, BLOCKS - 1, len(PASSES))
    for stage, count in zip(PASSES, counts, strict=True):
        kill(folder, stage, lambda run, s=stage, n=count: len(marks(run, s)) >= n)
    kill(folder, EARLY, lambda run: (run / "zarr.json").exists())
    dead = [look(folder, name) for name in names]
    resumed = run_python(*words(folder, *names))
    assert resumed.returncode == 0, resumed.stderr
    rows = json.loads(resumed.stdout)
    return {
        name: Killed(*seen, row)
        for name, seen, row in zip(names, dead, rows, strict=True)
    }


def words(folder: Path, *names: str) -> list[str]:
    images = [str(folder / f"{name}.tif") for name in names]
    options = ["--model", str(folder / "m.skoots"), "--tile", "32,32,32"]
    options += ["--device", "cpu", "--resume", "--json"]
    return ["-m", "skoots", "segment", *images, *options]


def marks(run: Path, stage: str) -> dict[str, int]:
    """When each block of a pass was marked."""
    files = (run / "state" / stage).glob("*.npz")
    return {file.name: file.stat().st_mtime_ns for file in files}


def look(folder: Path, name: str) -> tuple[Path, dict[str, int], int, bool]:
    run = folder / f"{name}.skoots.zarr"
    marked = len(marks(run, name)) if name in PASSES else 0
    finished = (run / "state" / "finished.json").exists()
    return run, marks(run, "predict"), marked, finished


def kill(folder: Path, name: str, reached: Callable[[Path], bool]) -> None:
    """Start a process and kill it when its run has come so far."""
    run = folder / f"{name}.skoots.zarr"
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, *words(folder, name)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not reached(run) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("name", [*PASSES, EARLY])
def test_a_killed_run_resumes_to_the_same_arrays(
    runs: dict[str, Killed], name: str
) -> None:
    killed = runs[name]
    assert not killed.finished
    assert_same_arrays(killed.path, runs[WHOLE].path)
    assert killed.row["objects"] == runs[WHOLE].row["objects"] > 3


@pytest.mark.parametrize("name", PASSES)
def test_finished_blocks_are_not_predicted_again(
    runs: dict[str, Killed], name: str
) -> None:
    killed = runs[name]
    assert killed.marked > 0
    assert killed.row["blocks_done_before"] == len(killed.predicted) > 0
    assert killed.row["blocks_total"] == BLOCKS
    after = marks(killed.path, "predict")
    assert killed.predicted.items() <= after.items()
    assert len(after) == BLOCKS
