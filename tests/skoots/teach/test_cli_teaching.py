"""``skoots train NAME.skoots-project``, and what it says on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from typer.testing import CliRunner

import skoots
from skoots.cli.app import app
from skoots.cli.train_progress import drain_training
from skoots.events import EpochDone, Predicted, TrainStarted, TrainStep
from skoots.model.checkpoint import load_checkpoint

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event
    from skoots.teach import TeachProject

runner = CliRunner()


def test_a_project_is_taught_compared_and_kept(
    project: TeachProject, base: Path
) -> None:
    words = ["train", str(project.path), "--base", str(base), "--threads", "1"]
    words += ["--seconds", "0.001", "--keep", "rods", "--device", "cpu"]
    done = runner.invoke(app, words)
    assert done.exit_code == 0, done.output
    model = Path(done.stdout.strip())
    assert model == project.models / "rods.skoots"
    assert load_checkpoint(model).provenance["steps"] in (0, 10)
    assert "before: F1 " in done.stderr
    assert "after:  F1 " in done.stderr
    assert "of 2 objects found" in done.stderr
    again = runner.invoke(app, words)
    assert again.exit_code == 1
    assert "a model called 'rods' already" in again.stderr
    assert not (project.trainings / "002").exists(), "better now than in a minute"
    # what was kept can be taught on, by its name
    words = ["train", str(project.path), "--base", "rods", "--threads", "1"]
    done = runner.invoke(app, [*words, "--seconds", "0.001", "--device", "cpu"])
    assert done.exit_code == 0, done.output
    assert Path(done.stdout.strip()).parent == project.trainings / "002"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "No model is given to begin with"),
        (["--base", "mito-em", "--config-file", "a.yaml"], "--config-file is not for"),
        (["--base", "mito-em", "--overwrite"], "--overwrite is not for a project"),
        (["--resume"], "was interrupted"),
        (["--resume", "--base", "mito-em"], "--base is that of the training"),
    ],
    ids=["no base", "settings", "overwrite", "nothing to resume", "another base"],
)
def test_words_that_do_not_belong_together(
    project: TeachProject, words: list[str], said: str
) -> None:
    done = runner.invoke(app, ["train", str(project.path), *words])
    assert done.exit_code == 1
    assert said in done.stderr


def test_words_of_a_project_need_one() -> None:
    done = runner.invoke(app, ["train", "--seconds", "5"])
    assert done.exit_code == 1
    assert "--seconds is for a project: name one" in done.stderr


def test_what_is_no_project_is_named(tmp_path: Path) -> None:
    done = runner.invoke(app, ["train", str(tmp_path), "--base", "mito-em"])
    assert done.exit_code == 1
    assert f"{tmp_path} is no project" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_stops_and_resume_goes_on(project: TeachProject, base: Path) -> None:
    words = [sys.executable, "-m", "skoots", "train", str(project.path)]
    begin = [*words, "--base", str(base), "--seconds", "0", "--threads", "1"]
    home = str(Path(skoots.__file__).parents[1])
    with subprocess.Popen(  # noqa: S603 - our own words
        begin,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": home},
        text=True,
    ) as training:
        assert training.stderr is not None
        while not (project.trainings / "001" / "state.pt").exists():
            assert training.poll() is None
            time.sleep(0.05)
        os.kill(training.pid, signal.SIGINT)
        said = training.stderr.read()
    assert training.returncode == 130
    assert f"go on with: skoots train {project.path} --resume" in said
    assert "until it is stopped, on cpu" in said
    assert "1000000" not in said
    go_on = ["train", str(project.path), "--resume", "--seconds", "0.001"]
    done = runner.invoke(app, [*go_on, "--threads", "1"])
    assert done.exit_code == 0, done.output
    assert "after:  F1" in done.stderr


@pytest.mark.parametrize("terminal", [False, True], ids=["log", "bar"])
def test_an_endless_training_has_no_total(
    terminal: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = TrainStarted(
        project=tmp_path,
        network="unet",
        device="cpu",
        number_format="float32",
        volumes=1,
        objects=5,
        steps_done=0,
        steps=10_000_000,
        epochs=1_000_000,
        seconds=0,
    )
    step = TrainStep(1, 10_000_000, 0, 0.5, 0.1, 0.2, 0.2, 1e-3, 0, 0.4)
    seen = Predicted(9, tmp_path, "a", ((0, 1), (0, 1), (0, 1)), 4, 0.25, 0.5)
    losses = {"loss": 1.5}
    epoch = EpochDone(
        0, 1_000_000, 10, losses, {"f1_50": 0.5}, True, 1e-3, (1, 1, 1), 4
    )

    def job() -> Generator[Event, None, str]:
        yield started
        yield step
        yield seen
        yield epoch
        return "done"

    console = Console(stderr=True, highlight=False, force_terminal=terminal, width=200)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skoots.cli.train_progress.ERR", console)
        assert drain_training(job()) == "done"
    said = capsys.readouterr().err
    assert "until it is stopped, on cpu" in said
    assert "000000" not in said
    assert "step 9: 4 objects in a look, 25% of the foreground in none" in said
    assert "step 10, loss 1.500, F1 at .5 0.500, best so far" in said
