"""From painted objects to a model that is no worse than the one it began with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from skoots.errors import DeviceError, TrainingError
from skoots.events import (
    BlockDone,
    EpochDone,
    Notice,
    Predicted,
    Recalled,
    StageStarted,
    TeachFinished,
    TrainFinished,
    TrainStarted,
    TrainStep,
    Validated,
)
from skoots.model.checkpoint import load_checkpoint
from skoots.teach import TeachProject, go_on, looking, teach
from skoots.teach.scratch import from_scratch
from skoots.train.learner import Learner
from skoots.train.project import Project
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.events import Event

SHORT = 1e-6


def _quality(event: Validated) -> tuple[float, float]:
    said = event.validation
    return said["panoptic_quality"], said["average_best_overlap"]


def _doubled(values: NDArray[Any]) -> NDArray[Any]:
    return values.repeat(2, 0).repeat(2, 1).repeat(2, 2)


def test_a_model_is_taught_and_not_made_worse(ended: list[Event], base: Path) -> None:
    events = ended
    (started,) = (e for e in events if isinstance(e, TrainStarted))
    assert started.objects == 2, "one of three is held out"
    first, last = (e for e in events if isinstance(e, Validated))
    assert first.step == 0
    assert "panoptic_quality" in first.validation
    assert last.step == len([e for e in events if isinstance(e, TrainStep)]) == 10
    *_, trained, finished = (
        e for e in events if isinstance(e, TrainFinished | TeachFinished)
    )
    assert isinstance(trained, TrainFinished)
    assert isinstance(finished, TeachFinished)
    better = _quality(last) > _quality(first)
    assert last.best == better
    best = last if better else first
    assert dict(trained.scores) == dict(best.validation)
    assert finished.model == (trained.model if finished.improved else base)
    model, before = load_checkpoint(trained.model), load_checkpoint(base)
    assert model.halo_zyx == before.halo_zyx
    assert model.config.SKOOTS == before.config.SKOOTS
    assert finished.training.parts[-3:] == ("rods.skoots-project", "trainings", "001")


def test_objects_are_learned_as_large_as_the_model_knows_them(
    project: TeachProject, base: Path
) -> None:
    known = load_checkpoint(base).object_diameter
    assert known is not None
    (example,) = project.examples
    half = TeachProject.create(project.path.with_name("half.skoots-project"))
    grey = example.image().read(whole(example.shape))
    source = open_source(_doubled(grey))
    large = half.add(source)
    large.copy_labels(_doubled(np.asarray(example.labels[:])))
    large.teach_everything()
    events = list(teach(half, str(base), seconds=SHORT, device="cpu", threads=1))
    finished = events[-1]
    assert isinstance(finished, TeachFinished)
    found = load_checkpoint(finished.model).object_diameter
    assert found == pytest.approx(known, rel=0.1)


def test_what_is_missing_is_said_before_any_work(
    project: TeachProject, base: Path
) -> None:
    (example,) = project.examples
    example.set_boxes([])
    with pytest.raises(TrainingError, match="There is no box"):
        list(teach(project, str(base)))
    assert not project.trainings.exists()


def test_one_that_is_closed_as_it_is_prepared_leaves_nothing(
    project: TeachProject, base: Path
) -> None:
    job = teach(project, str(base), device="cpu", threads=1)
    begun = next(e for e in job if isinstance(e, StageStarted) and e.stage == "cut")
    assert begun.total == 1
    done = next(job)
    assert isinstance(done, BlockDone)
    assert (done.box_zyx, done.done) == (((0, 24), (0, 64), (0, 64)), 1)
    assert (project.trainings / "001" / "data").is_dir()
    job.close()
    assert not list(project.trainings.iterdir())


def test_an_example_that_cannot_be_read_is_left_out(
    project: TeachProject, base: Path
) -> None:
    other = project.add(open_source(np.zeros((8, 8, 8), np.uint8)))
    (other.path / "example.json").write_text("{")
    job = teach(project, str(base), seconds=0, device="cpu", threads=1)
    events = []
    for event in job:
        events.append(event)
        if isinstance(event, TrainStarted):
            break
    job.close()
    said = [e.message for e in events if isinstance(e, Notice)]
    assert f"The example {other.name} cannot be read" in said[0]


def test_each_teaching_is_a_training_of_its_own(
    project: TeachProject, base: Path, taught: TeachFinished
) -> None:
    assert taught.training.name == "001"
    (*_, finished) = teach(project, str(base), seconds=SHORT, device="cpu")
    assert isinstance(finished, TeachFinished)
    assert finished.training.name == "002"
    assert (project.trainings / "001" / "best.skoots").is_file()


def test_what_it_finds_by_now_lies_on_the_image(ended: list[Event]) -> None:
    (seen,) = (e for e in ended if isinstance(e, Predicted))
    labels = np.load(seen.path)["labels"]
    assert labels.shape == tuple(stop - start for start, stop in seen.box_zyx)
    assert len(np.unique(labels[labels > 0])) == seen.objects
    assert (seen.step, seen.example) == (10, "rods")
    assert seen.unassigned is None or 0 <= seen.unassigned <= 1
    (z0, z1), (y0, y1), (x0, x1) = seen.box_zyx
    assert z0 <= 12 < z1
    assert y0 <= 53 < y1, "the middle of the box that is held out"
    assert x0 <= 32 < x1


def test_who_looks_elsewhere_is_shown_that(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "REST", 0)
    wide = TeachProject.create(tmp_path / "wide.skoots-project")
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 200, (16, 64, 2000), np.uint8)
    example = wide.add(open_source(grey))
    labels = np.zeros(grey.shape, np.uint8)
    labels[4:12, 8:16, 8:24] = 1
    labels[4:12, 8:16, 40:56] = 2
    example.copy_labels(labels)
    example.teach_everything()
    place = (example.name, (8.0, 32.0, 60.0))
    job = teach(
        wide, str(base), seconds=0, device="cpu", threads=1, diameter=14, look_at=place
    )
    seen, sent = [], None
    while len(seen) < 2:
        event = job.send(sent)
        # it looks when it has saved: as it ends its epoch, else after ten seconds
        sent = "finish" if isinstance(event, TrainStep) else None
        if isinstance(event, Predicted):
            seen.append(event.box_zyx[2])
            sent = (8, 32, 1900)
    job.close()
    (first, second) = seen
    assert first[0] <= 60 < first[1] < 1900
    assert second[0] <= 1900 < second[1]


def test_who_scrolls_leaves_a_training_its_time(
    project: TeachProject, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, points, plain = [0.0], [], looking.Looking.look

    def look(self: looking.Looking, point: Any) -> Event:
        points.append(point)
        return plain(self, point)

    monkeypatch.setattr(looking, "monotonic", lambda: clock[0])
    monkeypatch.setattr(looking.Looking, "look", look)
    job = teach(project, str(base), seconds=0, device="cpu", threads=1)
    next(e for e in job if isinstance(e, TrainStep))
    job.close()  # it saves, so that from here on it can look
    job = go_on(project, project.unfinished[0], device="cpu", threads=1)
    next(e for e in job if isinstance(e, TrainStep))
    assert isinstance(job.send((2, 2, 2)), Predicted)
    clock[0] += looking.REST - 0.1
    moves = [(4.0, 4.0, float(x)) for x in range(6)]
    events = [job.send(move) for move in moves]
    assert not any(isinstance(e, Predicted) for e in events)
    clock[0] += 0.1
    events = [job.send((8, 8, 8)), *(job.send(move) for move in moves)]
    job.close()
    assert sum(isinstance(e, Predicted) for e in events) == 1
    assert points == [(2.0, 2.0, 2.0), (8.0, 8.0, 8.0)], "where somebody looks by then"


def test_an_example_that_is_not_there_cannot_be_looked_at(
    project: TeachProject, base: Path
) -> None:
    with pytest.raises(TrainingError, match=r"no example 'cells'.*rods"):
        list(teach(project, str(base), look_at=("cells", (0, 0, 0))))
    assert not project.trainings.exists()


def test_finish_ends_with_the_epoch_and_judges_what_was_learned(
    project: TeachProject, base: Path
) -> None:
    job = teach(project, str(base), seconds=0, device="cpu", threads=1)
    events: list[Event] = [next(job)]
    while not isinstance(events[-1], TrainStep):
        events.append(next(job))
    events.append(job.send("finish"))
    events += job
    steps = [e for e in events if isinstance(e, TrainStep)]
    assert len(steps) == 10, "those of one epoch"
    judged = [e for e in events if isinstance(e, Validated)]
    assert [e.step for e in judged] == [0, 10]
    assert isinstance(events[-1], TeachFinished)
    assert not project.unfinished
    past, again = go_on(project, events[-1].training)
    assert again == events[-1], "it is done already"
    assert isinstance(past, Recalled)
    assert (past.steps, past.scores[-1][1]) == (10, pytest.approx(f1_of(judged[-1])))
    best = [e for e in judged if e.best][-1]
    assert past.best_at == (past.seconds if best.step else 0)
    assert len(past.scores) == (1 if best.step else 2)


def test_a_training_that_is_closed_goes_on_where_it_was_also_when_it_was_moved(
    project: TeachProject, base: Path, tmp_path: Path
) -> None:
    job = teach(project, str(base), seconds=0, device="cpu", threads=1)
    step = 0
    for event in job:
        step = event.step if isinstance(event, TrainStep) else step
        if step == 3:
            break
    job.close()
    moved = tmp_path / "elsewhere" / project.path.name
    moved.parent.mkdir()
    project = TeachProject(project.path.rename(moved))
    (training,) = project.unfinished
    events = list(go_on(project, training, seconds=SHORT, device="cpu", threads=1))
    (started,) = (e for e in events if isinstance(e, TrainStarted))
    assert started.steps_done == 3
    finished = events[-1]
    assert isinstance(finished, TeachFinished)
    assert load_checkpoint(finished.model).object_diameter is not None
    assert not project.unfinished
    assert list(go_on(project, training)) == [finished], "it is done already"


def f1_of(judged: Validated) -> float:
    return judged.validation["f1_50"]


def test_waiting_for_a_listener_is_no_time_of_training(
    project: TeachProject, base: Path
) -> None:
    job = teach(project, str(base), seconds=0, device="cpu", threads=1)
    before = next(e for e in job if isinstance(e, TrainStep))
    began = time.monotonic()
    time.sleep(1.5)
    after = next(e for e in job if isinstance(e, TrainStep))
    worked = time.monotonic() - began - 1.5
    job.close()
    assert after.seconds - before.seconds <= worked + 0.1


def test_where_memory_is_short_a_smaller_crop_is_taken(
    project: TeachProject, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, raised = Learner._losses, []

    def losses(self: Learner, batch: Any, *rest: Any) -> Any:
        if batch.image.shape[-2] > 32:
            raised.append(tuple(batch.image.shape[2:]))
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return plain(self, batch, *rest)

    monkeypatch.setattr(Learner, "_losses", losses)
    events = list(teach(project, str(base), seconds=SHORT, device="cpu", threads=1))
    assert raised
    (said,) = (e for e in events if isinstance(e, Notice) and "Memory" in e.message)
    assert "(24, 32, 32) from now on" in said.message
    finished = events[-1]
    assert isinstance(finished, TeachFinished)
    crop = Project(finished.training).settings.AUGMENTATION
    assert (crop.CROP_WIDTH, crop.CROP_HEIGHT, crop.CROP_DEPTH) == (32, 32, 24)
    assert [e.epoch for e in events if isinstance(e, EpochDone)] == [0]


def test_where_no_crop_is_small_enough_that_is_said(
    project: TeachProject, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def losses(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(Learner, "_losses", losses)
    with pytest.raises(DeviceError, match=r"too little memory.*\(16, 16, 16\)"):
        list(teach(project, str(base), seconds=SHORT, device="cpu", threads=1))


def test_from_scratch_nothing_is_before(project: TeachProject) -> None:
    job = teach(project, None, seconds=SHORT, device="cpu", threads=1)
    events = list(job)
    finished = events[-1]
    assert isinstance(finished, TeachFinished)
    assert finished.before is None
    assert finished.improved
    assert finished.after["objects_truth"] == 2
    (judged,) = (e for e in events if isinstance(e, Validated))
    assert judged.step == 10, "chance is not judged"
    arrays = np.load(finished.parts[0].path)
    assert "before" not in arrays


def test_a_flat_image_is_learned_from(tmp_path: Path) -> None:
    flat = TeachProject.create(tmp_path / "flat.skoots-project")
    labels = np.zeros((1, 96, 96), np.uint8)
    for number in range(4):
        row, column = 8 + 44 * (number // 2), 8 + 44 * (number % 2)
        labels[:, row : row + 30, column : column + 24] = number + 1
    noise = np.random.default_rng(0).normal(0, 8, labels.shape)
    grey = np.clip(80 + 100 * (labels > 0) + noise, 0, 255).astype(np.uint8)
    example = flat.add(open_source(grey))
    example.copy_labels(labels)
    example.teach_everything()
    (*_, finished) = teach(flat, None, seconds=1.0, device="cpu", threads=1)
    assert isinstance(finished, TeachFinished)
    assert finished.after["objects_truth"] in (1, 2)
    (part,) = finished.parts
    assert part.box_zyx[0] == (0, 1)


def test_settings_from_scratch_do_not_depend_on_an_end(
    project: TeachProject, base: Path
) -> None:
    job = teach(project, str(base), seconds=0, device="cpu", threads=1)
    next(e for e in job if isinstance(e, TrainStarted))
    job.close()
    data = project.trainings / "001" / "data"
    settings = from_scratch(data, [(24, 64, 64)], 7.0, "cpu")
    assert settings.TRAIN.SCHEDULER == "constant"
    assert settings.TRAINER.SECONDS == 7
    assert [epoch for _, epoch in settings.TRAIN.SIGMA_DECAY] == [10, 20, 40, 80]
    assert list(settings.TRAIN.TRAIN_DATA_DIR) == [str(data)]
