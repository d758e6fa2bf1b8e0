"""``skoots train`` from annotated volumes to a model, and what it says on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from training_cases import tiny_values, write_rods
from typer.testing import CliRunner

from skoots.cli.app import app
from skoots.cli.train import main_as_published
from skoots.model.zoo import load_model

runner = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A settings file that trains for 12 steps, and saves in `models`."""
    values = tiny_values(write_rods(tmp_path / "data"), SAVE_PATH=str(tmp_path / "out"))
    path = tmp_path / "rods.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_settings_are_measured_written_and_trained_with(tmp_path: Path) -> None:
    for name, seed in (("train", 0), ("val", 1)):
        write_rods(tmp_path / "cells" / name, seed=seed)
    done = runner.invoke(app, ["train", "--init", str(tmp_path / "cells")])
    assert done.exit_code == 0, done.output
    path = Path(done.stdout.strip())
    assert path == tmp_path / "cells" / "cells.yaml"
    assert "3 objects of 1024 to 1920 voxels" in done.stderr
    text = path.read_text()
    assert "# no vector is longer, however a crop is enlarged" in text
    again = runner.invoke(app, ["train", "--init", str(tmp_path / "cells")])
    assert again.exit_code == 1
    assert "is there already. Give --overwrite" in again.stderr

    values = yaml.safe_load(text)
    assert values["TRAIN"]["VALIDATION_DATA_DIR"] == [str(tmp_path / "cells" / "val")]
    values["MODEL"] |= {"DIMS": [8, 16], "DEPTHS": [1]}
    assert values["TRAIN"]["TRAIN_BATCH_SIZE"] == 3
    values["TRAIN"] |= {"NUM_EPOCHS": 1, "TRAIN_SAMPLE_PER_IMAGE": [6]}
    values["INFERENCE"]["HALO"] = [8, 8, 8]
    path.write_text(yaml.safe_dump(values))
    done = runner.invoke(app, ["train", "--config-file", str(path)])
    assert done.exit_code == 0, done.output
    model = Path(done.stdout.strip())
    assert model == tmp_path / "cells" / "models" / "cells" / "best.skoots"
    assert load_model(model).provenance["steps"] == 2
    assert "1 volume with 3 objects, 2 steps in 1 epochs" in done.stderr
    assert f"skoots segment IMAGE --model {model}" in done.stderr


def test_ctrl_c_stops_after_a_step_and_says_how_to_go_on(
    tmp_path: Path, config: Path
) -> None:
    values = yaml.safe_load(config.read_text())
    values["TRAIN"] |= {"NUM_EPOCHS": 100_000, "SAVE_INTERVAL": 1}
    config.write_text(yaml.safe_dump(values))
    place = tmp_path / "out" / "rods"
    words = [sys.executable, "-m", "skoots", "train", "--config-file", str(config)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as training:  # noqa: S603 - our own words
        assert training.stderr is not None
        while not (place / "state.pt").exists():
            time.sleep(0.05)
        os.kill(training.pid, signal.SIGINT)
        lines = training.stderr.read().splitlines()
    assert any("400000 steps in 100000 epochs" in line for line in lines)
    assert training.returncode == 130
    assert any(line.startswith("stopping after this step") for line in lines)
    assert lines[-1] == f"stopped; go on with: skoots train --resume --out {place}"
    assert load_model(place / "last.skoots").provenance["steps"] >= 4


def test_a_stopped_training_goes_on_by_its_folder_alone(
    tmp_path: Path, config: Path
) -> None:
    first = runner.invoke(app, ["train", "--config-file", str(config)])
    assert first.exit_code == 0, first.output
    twice = runner.invoke(app, ["train", "--config-file", str(config)])
    assert twice.exit_code == 1
    assert "holds a training" in twice.stderr
    assert "--resume" in twice.stderr
    place = tmp_path / "out" / "rods"
    again = runner.invoke(app, ["train", "--resume", "--out", str(place)])
    assert again.exit_code == 0, again.output
    assert "12 steps (12 done before)" in again.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param([], "no settings to train with. Give --config-file", id="nothing"),
        pytest.param(["--config-file", "no.yaml"], "no such file", id="no file"),
        pytest.param(
            ["--resume", "--overwrite"], "exclude each other", id="contradiction"
        ),
        pytest.param(["--resume", "--out", "gone"], "gone is no training", id="gone"),
        pytest.param(["--init", "gone"], "gone", id="no data"),
    ],
)
def test_what_cannot_be_done_is_one_line(words: list[str], says: str) -> None:
    done = runner.invoke(app, ["train", *words])
    assert done.exit_code == 1
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_the_published_command_trains_a_folder_of_settings(
    tmp_path: Path,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "many").mkdir()
    values = yaml.safe_load(config.read_text())
    values["TRAIN"]["NUM_EPOCHS"] = 1
    for name in ("a", "b"):
        (tmp_path / "many" / f"{name}.yaml").write_text(yaml.safe_dump(values))
    words = ["skoots-train", "--config-file", str(tmp_path / "many"), "-b"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as left:
        main_as_published()
    assert left.value.code == 0
    written = capsys.readouterr().out.splitlines()
    folders = [str(tmp_path / "out" / name) for name in ("a", "b")]
    assert written == [
        line for folder in folders for line in (folder, f"{folder}/last.skoots")
    ]


def test_torchrun_trains_in_several_processes_and_one_of_them_speaks(
    tmp_path: Path, config: Path
) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    words = [*launch, "-m", "skoots", "train", "--config-file", str(config)]
    done = subprocess.run(  # noqa: S603 - our own words
        [*words, "--device", "cpu"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    model = tmp_path / "out" / "rods" / "last.skoots"
    assert done.stdout.split() == [str(model)]
    assert load_model(model).provenance["steps"] == 6  # 4 crops, two at a time
    assert done.stderr.count("6 steps in 3 epochs") == 1
