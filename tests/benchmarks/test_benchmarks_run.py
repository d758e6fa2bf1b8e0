"""Every benchmark runs, at a tiny size and without a peer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks"

SCRIPTS = {
    "bake": ["--case", "bake-128-50"],
    "skeletonize": [],
    "label": ["--case", "label-512"],
    "assign": ["--case", "assign-first-hit"],
    "dilation": ["--case", "dilation-mask"],
    "end_to_end": ["--case", "end-to-end"],  # the large one is as tiny
    "number_format": [],
    "readings": [],
    "memory": [],
    "halo": [],
    "scores": [],
    "models": [],
    "teach": [],
    "transforms": [],
    "train_step": [],
    "plugin": ["--case", "whole"],
}
ONCE = {"memory", "halo", "readings", "scores", "teach", "train_step"}
NO_SCRIPTS = {
    "alternate",
    "crowded",
    "crowded_part",
    "phantom",
    "plugin_viewer",
    "pulse",
    "readings_picture",
    "rivals",
    "shifted",
    "touching",
    "tune",
}
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


class Forks:
    """A process of `script_forks`."""

    def __init__(self) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        env.pop("SKOOTS_PEER_PYTHON", None)
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(Path(__file__).with_name("script_forks.py"))],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, script: Path, words: list[str], said: Path) -> int:
        """Run a script to its end; give its exit status."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(script), words, str(said)]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


def run_tiny(forks: Forks, script: str, folder: Path) -> list[dict[str, Any]]:
    report, said = folder / "report.json", folder / "said.txt"
    repeats = [] if script in ONCE else ["--repeats", "1"]
    words = ["--tiny", *repeats, *SCRIPTS[script], "--threads", "1"]
    status = forks.run(FOLDER / f"{script}.py", [*words, "--json", str(report)], said)
    assert status == 0, said.read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_runs_at_a_tiny_size(
    forks: Forks, script: str, tmp_path: Path
) -> None:
    if script == "plugin":
        pytest.importorskip("napari")
        if not any(os.environ.get(name) for name in SCREENS):
            pytest.skip("needs a screen, or xvfb-run")
    reports = run_tiny(forks, script, tmp_path)
    assert reports
    assert not any("disagreement" in report for report in reports)
    if script == "label":  # the pass runs where only storage and a processor are
        assert reports[0]["ours"]["torch"] == [0.0]
    if script == "plugin":
        assert reports[0]["gaps"]  # of every stage, however short it was


def test_every_script_is_run_by_a_test() -> None:
    there = {path.stem for path in FOLDER.glob("*.py")}
    assert there == SCRIPTS.keys() | NO_SCRIPTS
