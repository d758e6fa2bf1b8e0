"""A training learns, stops, goes on as if it had not stopped, and survives a kill."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path  # noqa: TC003 - fixtures say it
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch
from training_cases import tiny_settings, tiny_values, write_rods

from skoots.config import Settings, get_cfg_defaults
from skoots.errors import RunBusyError, RunExistsError, SettingsError, TrainingError
from skoots.events import (
    EpochDone,
    Notice,
    TrainFinished,
    TrainStarted,
    TrainStep,
    Validating,
)
from skoots.model.checkpoint import load_checkpoint
from skoots.model.safe_file import read_safely
from skoots.train.engine import train
from skoots.train.epochs import Stream, random_numbers
from skoots.train.project import Project
from skoots.train.sources import load_sources
from skoots.train.validation import LossMeans

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots.events import Event


def _project(folder: Path, settings: Settings, name: str = "run") -> Path:
    return Project.create(folder / name, settings).path


def _finish(project: Path, *, resume: bool = False) -> list[Event]:
    return list(train(project, resume=resume, device="cpu"))


def _state(project: Path) -> Any:
    state: Any = read_safely(project / "state.pt")
    return state


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _rows(project: Path) -> list[dict[str, str]]:
    with (project / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


def test_a_training_learns_and_leaves_a_model_and_its_curves(tmp_path: Path) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"), NUM_EPOCHS=10)
    project = _project(tmp_path, settings)
    events = _finish(project)
    assert isinstance(events[-1], TrainFinished)
    (started,) = (e for e in events if isinstance(e, TrainStarted))
    assert (started.volumes, started.objects, started.steps) == (1, 3, 40)
    losses = [e.loss for e in events if isinstance(e, TrainStep)]
    assert len(losses) == 40
    assert np.mean(losses[-8:]) < 0.8 * np.mean(losses[:4])
    model = load_checkpoint(events[-1].model)
    assert model.voxel_size == pytest.approx((0.01, 0.01, 0.01))
    # rods of 1024, 1536 and 1920 voxels: a ball of the middle one
    assert model.object_diameter == pytest.approx((6 * 1536 / np.pi) ** (1 / 3))
    assert model.provenance["steps"] == 40
    assert [row["epoch"] for row in _rows(project)] == [str(n) for n in range(1, 11)]
    assert (project / "curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training with validations that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    data = write_rods(folder / "data")
    held_out = write_rods(folder / "held_out", seed=1)
    project = _project(folder, tiny_settings(data, **_validated(held_out)))
    _finish(project)
    return project


@pytest.mark.parametrize("stop_after", [1, 5, 8])
def test_a_training_that_was_stopped_ends_bit_for_bit_as_one_that_was_not(
    tmp_path: Path, whole: Path, stop_after: int
) -> None:
    parts = _project(tmp_path, Project(whole).settings)
    job = train(parts, device="cpu")
    for event in job:
        if isinstance(event, TrainStep) and event.step == stop_after:
            break
    job.close()
    assert _state(parts)["progress"]["step"] == stop_after
    _finish(parts, resume=True)
    one, other = _state(whole), _state(parts)
    assert _same(one["learner"], other["learner"])
    assert one["progress"].pop("seconds") != other["progress"].pop("seconds")
    assert one["progress"].pop("validated_at") != other["progress"].pop("validated_at")
    assert one["progress"] == other["progress"]
    assert _rows(whole) == _rows(parts)
    best, same = (load_checkpoint(p / "best.skoots") for p in (whole, parts))
    assert _same(best.network.state_dict(), same.network.state_dict())


def test_late_in_a_training_the_normalisation_is_fixed_as_it_will_be_applied(
    tmp_path: Path,
) -> None:
    values = tiny_values(write_rods(tmp_path / "train"), NUM_EPOCHS=4)

    def statistics(epochs: int, fixed_from: int | None) -> dict[str, torch.Tensor]:
        values["TRAINER"]["FREEZE_NORM_EPOCH"] = fixed_from
        values["TRAIN"]["NUM_EPOCHS"] = epochs
        values["TRAIN"]["SCHEDULER"] = "constant"
        project = _project(tmp_path, Settings().merge(values), f"{epochs}{fixed_from}")
        _finish(project)
        return {
            name: value
            for name, value in _state(project)["learner"]["average"]["weights"].items()
            if "running" in name or "weight" in name
        }

    before, fixed, free = statistics(2, 2), statistics(4, 2), statistics(4, None)
    assert any("running" in name for name in before)
    for name, value in before.items():
        if "running" in name:
            assert torch.equal(fixed[name], value)
            assert not torch.equal(free[name], value)
        else:
            assert not torch.equal(fixed[name], value)  # weights go on learning


def test_threads_that_prepare_crops_change_nothing(tmp_path: Path) -> None:
    data = write_rods(tmp_path / "data")
    alone, helped = (
        _project(
            tmp_path,
            tiny_settings(data, DATALOADER_NUM_WORKERS=n, NUM_EPOCHS=2),
            f"{n}",
        )
        for n in (0, 2)
    )
    for project in (alone, helped):
        _finish(project)
    assert _same(_state(alone)["learner"], _state(helped)["learner"])


def test_crops_of_a_batch_are_equally_large_whatever_is_drawn(tmp_path: Path) -> None:
    values = tiny_values(
        write_rods(tmp_path / "data"),
        TRAIN_BATCH_SIZE=3,
        TRAIN_SAMPLE_PER_IMAGE=[18],
        NUM_EPOCHS=1,
    )
    crops = [[16, 16, 16, 0.4], [32, 16, 1, 0.3]]
    values["AUGMENTATION_EXTRA"] = {"CROPS": crops}
    project = _project(tmp_path, Settings().merge(values))
    sources = load_sources(Settings().merge(values), torch.device("cpu"))
    drawn = set()
    for step in range(12):
        shapes = {
            tuple(
                sources.training.sample(
                    0,
                    random_numbers(0, Stream.SAMPLE, 0, place),
                    random_numbers(0, Stream.SHAPE, step),
                )["image"].shape
            )
            for place in range(3)
        }
        assert len(shapes) == 1
        drawn |= shapes
    assert len(drawn) == 3
    assert isinstance(_finish(project)[-1], TrainFinished)


def _validated(folder: Path) -> dict[str, Any]:
    return {
        "VALIDATION_DATA_DIR": [str(folder)],
        "VALIDATION_SAMPLE_PER_IMAGE": [2],
        "VALIDATION_STORE_DATA_ON_GPU": [False],
        "VALIDATE_EPOCH_SKIP": 1,
    }


_KILLED = """
import os, signal, sys
from skoots.events import TrainStep
from skoots.train import engine, saving
save = saving.save_state
def save_and_say(*args):
    save(*args)
    print("saved", args[1].step, flush=True)
saving.save_state = save_and_say
for event in engine.train(sys.argv[1], device="cpu", resume=True):
    if isinstance(event, TrainStep) and event.step == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_training_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"))
    often = settings.merge({"TRAINER": {"CHECKPOINT_MINUTES": 1e-6}})
    whole, killed = _project(tmp_path, settings, "a"), _project(tmp_path, often, "b")
    _finish(whole)
    for step in (3, 8):
        words = [sys.executable, "-c", _KILLED, str(killed), str(step)]
        done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
        assert done.returncode == -signal.SIGKILL, done.stderr
        # every step is saved, all but the one in which it died
        assert done.stdout.split()[-1] == str(step - 1)
    events = _finish(killed, resume=True)
    assert sum(isinstance(e, TrainStep) for e in events) == 12 - 7
    assert _same(_state(whole)["learner"], _state(killed)["learner"])
    assert _rows(whole) == _rows(killed)


def test_validation_keeps_the_best_model_and_scores_whole_volumes(
    tmp_path: Path,
) -> None:
    held_out = write_rods(tmp_path / "held_out", seed=1)
    settings = tiny_settings(
        write_rods(tmp_path / "data"),
        **_validated(held_out),
        NUM_EPOCHS=40,
        LEARNING_RATE=0.01,
    ).merge({"TRAINER": {"EMA_DECAY": 0.9}, "TRAIN": {"VALIDATE_EPOCH_SKIP": 20}})
    project = _project(tmp_path, settings)
    events = _finish(project)
    epochs = [e for e in events if isinstance(e, EpochDone)]
    assert [bool(e.validation) for e in epochs] == [n in (19, 39) for n in range(40)]
    finished = events[-1]
    assert isinstance(finished, TrainFinished)
    assert finished.model == project / "best.skoots"
    assert finished.scores["f1_50"] == 1.0, "three rods far apart are easy"
    assert load_checkpoint(finished.model).scores == pytest.approx(finished.scores)


@pytest.mark.parametrize("version", ["head", "pypi"])
def test_published_settings_train_the_published_network(
    tmp_path: Path, shared_dir: Path, version: str
) -> None:
    file = shared_dir / "compat" / f"default_cfg_{version}.yaml"
    tiny = tiny_values(write_rods(tmp_path / "data"))
    small = {"DIMS": [4, 8, 4], "DEPTHS": [1, 1, 1], "OUT_CHANNELS": 4}
    settings = get_cfg_defaults().merge_from_file(file)
    settings = settings.merge({**tiny, "MODEL": {**small, "KERNEL_SIZE": 3}})
    assert settings.MODEL.ARCHITECTURE == "bism_unext"
    project = _project(tmp_path, settings)
    job = train(project, device="cpu")
    for event in job:
        if isinstance(event, TrainStep) and event.step == 2:
            break
    job.close()
    events = _finish(project, resume=True)
    steps = [e.step for e in events if isinstance(e, TrainStep)]
    assert steps == list(range(3, 13))
    assert load_checkpoint(project / "last.skoots").network.factor == 4


def test_a_step_whose_loss_is_no_number_changes_nothing_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(tmp_path, tiny_settings(write_rods(tmp_path / "data")))
    spoilt = _spoil(monkeypatch, {3})
    steps = [e for e in train(project, device="cpu") if isinstance(e, TrainStep)]
    assert spoilt == [3]
    assert [e.skipped for e in steps] == [0, 0, 0, *[1] * 9]
    assert np.isnan(steps[3].loss)
    assert np.isfinite([e.loss for e in steps[4:]]).all()
    network = _state(project)["learner"]["network"]
    assert all(torch.isfinite(value).all() for value in network.values())
    assert _rows(project)[0]["loss"] != "nan", "a skipped step is no part of the mean"


def test_nothing_but_steps_without_a_number_ends_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"), NUM_EPOCHS=10)
    project = _project(tmp_path, settings)
    _spoil(monkeypatch, set(range(40)))
    with pytest.raises(TrainingError, match=r"20 steps in a row.*LEARNING_RATE below"):
        _finish(project)


def _spoil(monkeypatch: pytest.MonkeyPatch, steps: set[int]) -> list[int]:
    """Put NaN into the images of some steps; give those that it was done to."""
    from skoots.train import training  # noqa: PLC0415 - only here

    spoilt: list[int] = []
    learn = training.Learner.step

    def step(self: Any, batch: Any, epoch: int, number: int, rate: float) -> Any:
        if number in steps:
            spoilt.append(number)
            batch.image[:] = torch.nan
        return learn(self, batch, epoch, number, rate)

    monkeypatch.setattr(training.Learner, "step", step)
    return spoilt


def test_a_training_is_not_begun_twice_and_not_gone_on_with_otherwise(
    tmp_path: Path,
) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"), NUM_EPOCHS=1)
    project = _project(tmp_path, settings)
    _finish(project)
    with pytest.raises(RunExistsError, match="--resume"):
        _finish(project)
    with pytest.raises(RunExistsError, match="--overwrite"):
        Project.create(project, settings)
    other = settings.merge({"TRAIN": {"LEARNING_RATE": 0.1}})
    with pytest.raises(TrainingError, match=r"LEARNING_RATE was 0\.003 and is 0\.1"):
        Project.create(project, other, resume=True)
    longer = settings.merge({"TRAIN": {"NUM_EPOCHS": 2}})
    Project.create(project, longer, resume=True)
    steps = [e.step for e in _finish(project, resume=True) if isinstance(e, TrainStep)]
    assert steps == [5, 6, 7, 8]
    Project.create(project, settings, overwrite=True)
    assert not (project / "state.pt").exists()


def test_a_finished_training_says_so_and_measures_nothing_anew(tmp_path: Path) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"), NUM_EPOCHS=1)
    settings = settings.merge({"INFERENCE": {"HALO": None}})
    project = _project(tmp_path, settings)
    first, again = _finish(project), _finish(project, resume=True)
    notes = [
        [e.message for e in events if isinstance(e, Notice)]
        for events in (first, again)
    ]
    assert sum("halo along" in note for note in notes[0]) == 3
    assert not any("halo along" in note for note in notes[1])
    assert f"{project} is finished already." in notes[1]


def test_two_trainings_in_one_folder_are_one_too_many(tmp_path: Path) -> None:
    project = _project(tmp_path, tiny_settings(write_rods(tmp_path / "data")))
    first = train(project, device="cpu")
    while not isinstance(next(first), TrainStep):
        pass
    (project / "best.skoots").write_bytes(b"the best so far")
    with pytest.raises(RunBusyError, match="Another process"):
        Project.create(project, tiny_settings(tmp_path / "data"), overwrite=True)
    assert (project / "best.skoots").exists()
    with pytest.raises(RunBusyError, match="Another process is training"):
        next(train(project, device="cpu"))
    first.close()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param({"TRAIN": {"TRAIN_DATA_DIR": [], "TRAIN_SAMPLE_PER_IMAGE": [],
            "TRAIN_STORE_DATA_ON_GPU": []}}, "TRAIN_DATA_DIR is empty", id="no data"),
        pytest.param({"TRAIN": {"TRAIN_DATA_DIR": ["nowhere"]}}, "names .*nowhere",
            id="no folder"),
        pytest.param({"AUGMENTATION": {"CROP_DEPTH": 17}}, "17 voxels along Z.*Use 16",
            id="crop"),
        pytest.param({"AUGMENTATION_EXTRA": {"CROPS": [[32, 31, 16, 0.5]]}},
            "CROPS has 31 voxels along Y", id="other crop"),
        pytest.param({"TRAIN": {"NUM_EPOCHS": 0}}, "NUM_EPOCHS = 0", id="no epoch"),
        pytest.param({"MODEL": {"IN_CHANNELS": 2}}, "rods.tif has 1 channels.*reads 2",
            id="channels"),
        pytest.param({"TRAIN": {"LOSS_SKELETON": "soft_cldice"}}, "LOSS_SKELETON",
            id="loss"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_refused_before_the_first_step(
    tmp_path: Path, values: Mapping[str, Mapping[str, Any]], says: str
) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data")).merge(values)
    with pytest.raises((SettingsError, TrainingError), match=says):
        _finish(_project(tmp_path, settings))


def test_images_without_objects_are_learned_from_too(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    noise = np.random.default_rng(3).normal(60, 8, (24, 40, 40)).astype(np.uint8)
    tifffile.imwrite(empty / "nothing.tif", noise)
    settings = tiny_settings(
        write_rods(tmp_path / "data"),
        BACKGROUND_DATA_DIR=[str(empty)],
        BACKGROUND_SAMPLE_PER_IMAGE=[3],
        BACKGROUND_STORE_DATA_ON_GPU=[False],
        NUM_EPOCHS=1,
    )
    events = _finish(_project(tmp_path, settings))
    assert sum(isinstance(e, TrainStep) for e in events) == 4 + 3
    assert np.isfinite([e.loss for e in events if isinstance(e, TrainStep)]).all()


def test_several_folders_are_sampled_as_often_as_the_settings_say(
    tmp_path: Path,
) -> None:
    folders = [write_rods(tmp_path / name, name) for name in ("one", "two")]
    settings = tiny_settings(
        folders[0],
        TRAIN_DATA_DIR=[str(folder) for folder in folders],
        TRAIN_SAMPLE_PER_IMAGE=[2, 5],
        TRAIN_STORE_DATA_ON_GPU=[False, False],
        TRAIN_BATCH_SIZE=2,
        NUM_EPOCHS=1,
    )
    events = _finish(_project(tmp_path, settings))
    assert sum(isinstance(e, TrainStep) for e in events) == 4  # 7 crops, two a step


def test_a_model_is_the_beginning_of_another(tmp_path: Path) -> None:
    data = write_rods(tmp_path / "data")
    first = _project(tmp_path, tiny_settings(data, NUM_EPOCHS=1), "first")
    _finish(first)
    settings = tiny_settings(
        data, NUM_EPOCHS=1, PRETRAINED_MODEL_PATH=[str(first / "last.skoots")]
    ).merge({"TRAIN": {"LEARNING_RATE": 1e-12}})
    second = _project(tmp_path, settings, "second")
    events = _finish(second)
    assert any(isinstance(e, Notice) and "last.skoots" in e.message for e in events)
    one, other = (
        dict(load_checkpoint(p / "last.skoots").network.named_parameters())
        for p in (first, second)
    )
    assert all(torch.allclose(one[k], other[k], atol=1e-6) for k in one)


def test_a_validation_without_a_number_is_never_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skoots.train import judge  # noqa: PLC0415 - only here

    held_out = write_rods(tmp_path / "held_out", seed=1)
    settings = tiny_settings(write_rods(tmp_path / "data"), **_validated(held_out))
    project = _project(tmp_path, settings.merge({"TRAINER": {"SCORE_VALIDATIONS": 0}}))
    nan = float("nan")
    answers = iter([(1.0, 0.3, 0.4, 0.3), (nan, 0.3, nan, 0.2), (1.0, 0.3, 0.5, 0.3)])
    monkeypatch.setattr(judge, "validate_losses", lambda *_: LossMeans(*next(answers)))
    epochs = [e for e in _finish(project) if isinstance(e, EpochDone)]
    assert [e.best for e in epochs] == [True, False, False]
    assert _state(project)["progress"]["best"] == [0.0, 0.0, -0.7]


def test_a_stop_is_heard_while_volumes_are_validated(tmp_path: Path) -> None:
    held_out = write_rods(tmp_path / "held_out", seed=1)
    settings = tiny_settings(write_rods(tmp_path / "data"), **_validated(held_out))
    whole, parts = _project(tmp_path, settings, "a"), _project(tmp_path, settings, "b")
    _finish(whole)
    job = train(parts, device="cpu")
    for event in job:
        if isinstance(event, Validating):
            assert event == Validating(0, 1)
            break
    job.close()
    assert _state(parts)["progress"]["step"] == 4
    assert _state(parts)["progress"]["epochs"] == 0
    assert not list(parts.glob("*.zarr"))
    _finish(parts, resume=True)
    assert _same(_state(whole)["learner"], _state(parts)["learner"])
    assert _rows(whole) == _rows(parts)


def test_a_training_and_its_data_may_be_moved_but_not_changed(tmp_path: Path) -> None:
    data = write_rods(tmp_path / "data")
    settings = tiny_settings(data, NUM_EPOCHS=1)
    project = _project(tmp_path, settings)
    _finish(project)
    moved = project.rename(tmp_path / "moved")
    elsewhere = data.rename(tmp_path / "elsewhere")
    longer = tiny_settings(elsewhere, NUM_EPOCHS=2)
    Project.create(moved, longer, resume=True)
    steps = [e.step for e in _finish(moved, resume=True) if isinstance(e, TrainStep)]
    assert steps == [5, 6, 7, 8]
    labels = tifffile.imread(elsewhere / "rods.labels.tif")
    labels[labels == 7] = 0
    tifffile.imwrite(elsewhere / "rods.labels.tif", labels)
    with pytest.raises(TrainingError, match=r"other data.*64, 24\], 3\].* are .*, 2\]"):
        _finish(moved, resume=True)


def test_nothing_of_a_training_that_died_young_looks_like_that_of_the_next(
    tmp_path: Path,
) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"))
    project = _project(tmp_path, settings)
    (project / "best.skoots").write_bytes(b"of another")
    mine = project / "notes.txt"
    mine.write_text("mine")
    Project.create(project, settings)
    assert not (project / "best.skoots").exists()
    assert mine.exists()


def test_torch_is_left_as_it_was(tmp_path: Path) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"), NUM_EPOCHS=1)
    before = torch.get_num_threads(), torch.backends.cudnn.benchmark
    for _ in train(_project(tmp_path, settings), device="cpu", threads=before[0] + 1):
        pass
    assert (torch.get_num_threads(), torch.backends.cudnn.benchmark) == before


def test_a_model_that_is_not_there_is_named_before_any_work(tmp_path: Path) -> None:
    data = write_rods(tmp_path / "data")
    settings = tiny_settings(data, PRETRAINED_MODEL_PATH=["gone.trch"])
    with pytest.raises(
        SettingsError, match=r"TRAIN\.PRETRAINED_MODEL_PATH.*gone\.trch"
    ):
        _finish(_project(tmp_path, settings))
    assert not list(data.glob("*.trch")), "skeletons were made before it was seen"


def test_statistics_of_all_data_become_the_normalisation_of_the_model(
    tmp_path: Path,
) -> None:
    data = write_rods(tmp_path / "data")
    settings = tiny_settings(data, NUM_EPOCHS=1).merge(
        {
            "TRAINER": {"NORMALIZATION": "dataset"},
            "AUGMENTATION_EXTRA": {"INVERT_RATE": 0.0},
        }
    )
    project = _project(tmp_path, settings)
    _finish(project)
    image = tifffile.imread(data / "rods.tif").astype(float)
    found = load_checkpoint(project / "last.skoots").normalization
    assert found.kind == "fixed"
    assert (found.mean, found.std) == pytest.approx((image.mean(), image.std()))


def test_the_worker_prints_events_as_json_and_stops_when_asked(tmp_path: Path) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"), NUM_EPOCHS=100_000)
    project = _project(tmp_path, settings)
    words = [sys.executable, "-m", "skoots.train.worker", str(project)]
    seen = []
    with subprocess.Popen(  # noqa: S603 - our own words
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        for line in worker.stdout:
            event = json.loads(line)
            seen.append(event["event"])
            if event["event"] == "TrainStep" and event["step"] == 3:
                worker.stdin.write("stop\n")
                worker.stdin.flush()
    assert worker.returncode == 130
    assert "TrainStarted" in seen
    assert _state(project)["progress"]["step"] == seen.count("TrainStep")


def test_the_worker_says_what_is_wrong_as_json(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "skoots.train.worker", str(tmp_path)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert said["event"] == "Error"
    assert said["kind"] == "TrainingError"
    assert "(--config-file)" in said["message"]


_TOGETHER = """
import os, sys, weakref
from pathlib import Path
from torch import distributed
from skoots.train import training, worker
choose = training.choose_training_format
def choose_on_the_first(*args):
    assert os.environ["RANK"] == "0", "the others take its answer"
    return choose(*args)
training.choose_training_format = choose_on_the_first
groups = []
join = distributed.init_process_group
def join_and_remember(*args, **named):
    join(*args, **named)
    groups.append(weakref.ref(distributed.group.WORLD))
distributed.init_process_group = join_and_remember
worker.main(Path(sys.argv[1]), "cpu", 1)
(group,) = groups
assert group() is None, "its threads would end with the interpreter, and may abort"
"""


def test_two_processes_train_one_network(tmp_path: Path) -> None:
    settings = tiny_settings(write_rods(tmp_path / "data"), TRAIN_BATCH_SIZE=1)
    project = _project(tmp_path, settings)
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    script = tmp_path / "together.py"
    script.write_text(_TOGETHER)
    words = [*launch, str(script), str(project)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stderr
    said = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert said.count("TrainStarted") == said.count("TrainFinished") == 1
    assert said.count("TrainStep") == 6
    state = _state(project)
    assert state["world"] == 2
    assert state["progress"]["step"] == 3 * 2  # 4 crops, two at a time
    assert _rows(project)[-1]["step"] == "6"
    with pytest.raises(TrainingError, match="ran on 2 processes"):
        _finish(project, resume=True)
