"""A process that is killed at any moment resumes to the same arrays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

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
STAGES = (*PASSES, "finish/small")
"""All passes of these runs, in their order."""


def draw(stages: tuple[str, ...], seed: int) -> dict[str, tuple[str, int]]:
    """Draw after how many blocks of a pass a run dies; give each a name."""
    counts = np.random.default_rng(seed).integers(1, BLOCKS - 1, len(stages))
    drawn = enumerate(zip(stages, counts.tolist(), strict=True))
    return {f"{s.replace('/', '-')}-{seed}{i}": (s, n) for i, (s, n) in drawn}


FROM_OUTSIDE = draw(PASSES, seed=0)
"""Killed by this process, wherever they are by then."""

FROM_INSIDE = draw((*STAGES[1:], "finish/small"), seed=1)
"""Killed by themselves, with chunks on the disk and no marker of them; `finish` is too
fast to be met from outside."""

KILLED = FROM_OUTSIDE | FROM_INSIDE


@dataclass(frozen=True)
class Killed:
    """A run after its death and after its resumption."""

    path: Path
    marked: dict[str, int]
    """Blocks of all passes that were done when it died, and when they were marked."""

    finished: bool
    row: dict[str, Any]
    """What the second process reported."""


class Forks:
    """A process of `die_at_markers`."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "die_at_markers"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def begin(
        self, folder: Path, name: str, stage: str | None = None, count: int = 0
    ) -> None:
        """Begin a run; with a pass, it dies before it marks one more block of that."""
        self._pid = self._ask(json.dumps([stage, count, words(folder, name)]))

    def wait(self) -> int:
        """Wait until it has ended; give its exit status."""
        return self._ask("")

    def kill(self, run: Path, reached: Callable[[Path], bool]) -> None:
        """Kill it when its run has come so far."""
        finished = run / "state" / "finished.json"
        deadline = time.monotonic() + 60
        while not reached(run) and not finished.exists():
            assert time.monotonic() < deadline
            time.sleep(0.0005)
        os.kill(self._pid, signal.SIGKILL)
        self.wait()

    def _ask(self, line: str) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


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
    names = [*KILLED, EARLY, WHOLE]
    for name in names:
        image = noise((20, 40, 40))
        tifffile.imwrite(folder / f"{name}.tif", image, photometric="minisblack")
    with Forks() as forks:
        for name, (stage, count) in FROM_OUTSIDE.items():
            forks.begin(folder, name)
            run = folder / f"{name}.skoots.zarr"
            forks.kill(run, lambda run, s=stage, n=count: len(marks(run, s)) >= n)
        forks.begin(folder, EARLY)
        early = folder / f"{EARLY}.skoots.zarr"
        forks.kill(early, lambda run: (run / "zarr.json").exists())
        for name, (stage, count) in FROM_INSIDE.items():
            forks.begin(folder, name, stage, count)
            assert forks.wait() == -signal.SIGKILL, name
    dead = [look(folder, name) for name in names]
    resumed = run_python("-m", "skoots", *words(folder, *names))
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
    return ["segment", *images, *options]


def marks(run: Path, *stages: str) -> dict[str, int]:
    """When each block of some passes was marked."""
    state = run / "state"
    files = [file for stage in stages for file in (state / stage).glob("*.npz")]
    return {str(file.relative_to(state)): file.stat().st_mtime_ns for file in files}


def look(folder: Path, name: str) -> tuple[Path, dict[str, int], bool]:
    run = folder / f"{name}.skoots.zarr"
    finished = (run / "state" / "finished.json").exists()
    return run, marks(run, *STAGES), finished


@pytest.mark.parametrize("name", [*KILLED, EARLY])
def test_a_killed_run_resumes_to_the_same_arrays(
    runs: dict[str, Killed], name: str
) -> None:
    killed = runs[name]
    assert not killed.finished
    assert_same_arrays(killed.path, runs[WHOLE].path)
    assert killed.row["objects"] == runs[WHOLE].row["objects"] > 3


@pytest.mark.parametrize("name", KILLED)
def test_no_pass_works_on_its_finished_blocks_again(
    runs: dict[str, Killed], name: str
) -> None:
    killed, (stage, least) = runs[name], KILLED[name]
    predicted, here = (
        [file for file in killed.marked if file.startswith(f"{s}/")]
        for s in ("predict", stage)
    )
    assert len(here) >= least
    assert killed.row["blocks_done_before"] == len(predicted)
    assert killed.row["blocks_total"] == BLOCKS
    after = marks(killed.path, *STAGES)
    assert killed.marked.items() <= after.items()
    assert len(after) == BLOCKS * len(STAGES)
