"""``skoots train NAME.skoots-project``, and what it says on the way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

import skoots
from skoots.cli.app import app
from skoots.cli.teaching import _grid_options
from skoots.cli.train_progress import drain_training
from skoots.events import EpochDone, Predicted, TrainStarted, TrainStep
from skoots.run.scale import grid_shape
from skoots.run.wishes import Wishes
from skoots.teach import comparison
from skoots.teach.record import read_record, write_record
from skoots.train.curves import read_curves

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from skoots.events import Event
    from skoots.teach import TeachProject

runner = CliRunner()


def test_a_project_is_taught_and_compared(project: TeachProject, base: Path) -> None:
    words = ["train", str(project.path), "--threads", "1", "--device", "cpu"]
    words += ["--seconds", "0.001"]
    done = runner.invoke(app, [*words, "--base", str(base)])
    assert done.exit_code == 0, done.output
    model = Path(done.stdout.strip())
    assert model.is_file()
    assert f"--model {model}" in "".join(done.stderr.split("\n"))
    _assert_grid_is_said(project, model)
    assert "before: F1 " in done.stderr
    assert "after:  F1 " in done.stderr
    assert "of 2 objects found" in done.stderr
    project.models.mkdir()
    shutil.copy(base, project.models / "rods.skoots")
    again = runner.invoke(app, [*words, "--base", str(base), "--keep", "rods"])
    assert again.exit_code == 1
    assert "a model called 'rods' already" in again.stderr
    assert not (project.trainings / "002").exists(), "better now than in a minute"
    # what was kept can be taught on, by its name
    done = runner.invoke(app, [*words, "--base", "rods"])
    assert done.exit_code == 0, done.output
    record = read_record(project.trainings / "002")
    assert record.base is not None
    assert record.base.path == (project.models / "rods.skoots").resolve()


def _assert_grid_is_said(project: TeachProject, model: Path) -> None:
    """Where `segment` would not choose the grid that was taught, the words do."""
    training, (example,) = project.trainings / "001", project.examples
    record = read_record(training)
    for zoom, said in ((1.0, False), (3.1, True)):
        z, y, x = (round(zoom * n) for n in example.shape)
        grids = {example.name: (z, y, x)}
        write_record(training, record.model_copy(update={"grids": grids}))
        options = _grid_options(project, training, model)
        assert bool(options) is said
        diameter = float(options[1]) if options else None
        wishes, size = Wishes(diameter=diameter), example.voxel_size
        found = grid_shape(example.shape, size, skoots.load_model(model), wishes)
        np.testing.assert_allclose(found, (z, y, x), atol=1)
    write_record(training, record)


def test_what_is_no_better_is_not_kept(
    project: TeachProject, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = comparison.sum_up

    def worse(*values: Any, taught: bool) -> Any:
        return plain(*values, taught=False)

    monkeypatch.setattr(comparison, "sum_up", worse)
    words = ["train", str(project.path), "--base", str(base), "--threads", "1"]
    words += ["--seconds", "0.001", "--device", "cpu", "--keep", "rods"]
    done = runner.invoke(app, words)
    assert done.exit_code == 1
    assert "after:  F1 " in done.stderr
    assert "no better model" in done.stderr
    assert "none to keep" in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert not project.models.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "No model is given to begin with"),
        (["--base", "mito-em", "--config-file", "a.yaml"], "--config-file is not for"),
        (["--base", "mito-em", "--overwrite"], "--overwrite is not for a project"),
        (["--resume"], "was interrupted"),
        (["--resume", "--base", "mito-em"], "Leave --resume out, and begin one with"),
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


@contextmanager
def started(project: TeachProject, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Train in a process until it is stopped."""
    all_words = [sys.executable, "-m", "skoots", "train", str(project.path), *words]
    home = str(Path(skoots.__file__).parents[1])
    with subprocess.Popen(  # noqa: S603 - our own words
        [*all_words, "--seconds", "0", "--threads", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": home},
        text=True,
    ) as training:
        yield training


def said_until(training: subprocess.Popen[str], words: str) -> str:
    """Listen until it has said something; give all that it said by then."""
    assert training.stderr is not None
    heard = ""
    while words not in heard:
        line = training.stderr.readline()
        assert line, heard
        heard += line
    return heard


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_first_ctrl_c_ends_with_the_best_model(project: TeachProject) -> None:
    with started(project, "--base", "scratch", "--keep", "mine") as training:
        heard = said_until(training, "until it is stopped")
        os.kill(training.pid, signal.SIGINT)
        out, said = training.communicate()
    said = heard + said
    assert training.returncode == 0, said
    assert "finishing: what was learned so far is judged" in said
    assert "after:  F1" in said
    assert Path(out.strip()) == project.models / "mine.skoots"
    assert "until it is stopped, on cpu" in said
    assert "1000000" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM])
def test_the_second_one_stops_and_resume_goes_on(
    project: TeachProject, base: Path, ended_by: signal.Signals
) -> None:
    with started(project, "--base", str(base), "--keep", "mine") as training:
        while not read_curves(project.trainings / "001" / "curves.csv"):
            assert training.poll() is None
            time.sleep(0.05)  # until it has learned for an epoch
        if ended_by == signal.SIGINT:
            os.kill(training.pid, signal.SIGINT)
            said_until(training, "finishing")
        os.kill(training.pid, ended_by)
        _, said = training.communicate()
    assert training.returncode == 130
    words = f"skoots train {project.path} --resume --keep mine --threads 1"
    assert f"go on with: {words}" in said
    go_on = ["train", str(project.path), "--resume", "--seconds", "0.001"]
    refused = runner.invoke(app, [*go_on, "--base", str(base)])
    assert "--base is that of the training" in refused.stderr
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
