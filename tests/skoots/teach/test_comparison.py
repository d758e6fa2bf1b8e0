"""Before and after, on what was held out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from skoots.errors import TrainingError
from skoots.events import Notice, TeachFinished, TrainStep, result_of
from skoots.model.checkpoint import load_checkpoint
from skoots.teach import TeachProject, go_on, teach
from skoots.teach.comparison import compare
from skoots.teach.comparison_record import read_comparison
from skoots.teach.comparison_scores import Marked, sum_up
from skoots.validate.scores import score
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.events import Event

SHORT = 1e-6


def test_scores_are_those_of_what_is_stored(ended: list[Event]) -> None:
    finished = ended[-1]
    assert isinstance(finished, TeachFinished)
    (part,) = finished.parts
    arrays = np.load(part.path)
    assert part.box_zyx == ((0, 24), (42, 64), (0, 64))
    assert arrays["start_zyx"].tolist() == [0, 42, 0]
    assert str(arrays["example"]) == part.example == "rods"
    for side, said in (("before", finished.before), ("after", finished.after)):
        assert said is not None
        labels = arrays[side]
        assert labels.shape == (24, 22, 64)
        found = score(labels, arrays["truth"])
        assert said["f1_50"] == found.f1_50
        assert said["panoptic_quality"] == found.panoptic_quality
        assert said["objects_truth"] == found.objects_truth == 2
        assert said["objects_predicted"] == found.objects_predicted
        assert said["found"] == round(found.recall_50 * 2)
    assert read_comparison(finished.training) == finished


def test_the_truth_is_what_was_painted_when_it_began(
    project: TeachProject, base: Path
) -> None:
    (example,) = project.examples
    before = np.asarray(example.labels[0:24, 42:64, 0:64])
    job = teach(project, str(base), seconds=SHORT, device="cpu", threads=1)
    events: list[Event] = []
    for event in job:
        events.append(event)
        if isinstance(event, TrainStep):
            example.labels[:] = 0
    finished = events[-1]
    assert isinstance(finished, TeachFinished)
    np.testing.assert_array_equal(np.load(finished.parts[0].path)["truth"], before)


def test_where_nothing_is_held_out_that_is_said(tmp_path: Path, base: Path) -> None:
    alone = TeachProject.create(tmp_path / "one.skoots-project")
    grey = np.random.default_rng(0).integers(0, 99, (16, 40, 40), np.uint8)
    example = alone.add(open_source(grey))
    labels = np.zeros(grey.shape, np.uint8)
    labels[4:12, 8:16, 8:24] = 1
    example.copy_labels(labels)
    example.teach_everything()
    job = teach(alone, str(base), seconds=SHORT, device="cpu", threads=1)
    (*events, finished) = job
    assert isinstance(finished, TeachFinished)
    assert (finished.before, finished.after, finished.parts) == (None, {}, ())
    assert finished.model.name == "last.skoots"
    said = [e.message for e in events if isinstance(e, Notice)]
    assert any("nobody can say how good" in message for message in said)


def test_a_base_that_is_gone_leaves_no_before(
    project: TeachProject, base: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.skoots"
    mine.write_bytes(base.read_bytes())
    job = teach(project, str(mine), seconds=SHORT, device="cpu", threads=1)
    finished = result_of(job)
    assert isinstance(finished, TeachFinished)
    assert finished.before is not None
    mine.unlink()
    (*events, again) = _all(project, finished.training)
    assert again.before is None
    assert again.after["objects_truth"] == 2
    assert any("There is no before" in str(e) for e in events)


def test_an_example_that_was_deleted_by_hand_is_named(
    project: TeachProject, taught: TeachFinished
) -> None:
    other = project.add(open_source(np.zeros((8, 8, 8), np.uint8)))
    (rods,) = (one for one in project.examples if one.name != other.name)
    shutil.rmtree(rods.path)
    project = TeachProject(project.path)
    assert [one.name for one in project.examples] == [other.name]
    assert project.damaged == ()
    assert list(go_on(project, taught.training))[-1] == taught, "it was compared"
    (taught.training / "comparison.json").unlink()
    assert project.pending == taught.training
    with pytest.raises(TrainingError, match="example rods is no longer in the project"):
        list(go_on(project, taught.training, device="cpu", threads=1))
    shutil.rmtree(other.path)
    with pytest.raises(TrainingError, match="examples of this training are no longer"):
        list(go_on(project, taught.training, device="cpu", threads=1))


def _all(project: TeachProject, training: Path) -> list[Event | TeachFinished]:
    job = compare(project, training, 1.0, "cpu")
    found: list[Event | TeachFinished] = []
    while True:
        try:
            found.append(next(job))
        except StopIteration as end:
            return [*found, end.value]


@pytest.mark.parametrize(
    ("f1", "some", "best"),
    [
        ((0.5, 0.25), True, "before"),
        ((0.5, 0.5), True, "after"),
        ((0.5, 0.75), True, "after"),
        ((0.5, 0.5), False, "before"),
        ((None, 0.1), True, "after"),
    ],
    ids=["worse", "as good", "better", "none taught", "from scratch"],
)
def test_what_finds_less_is_not_the_best(
    taught: TeachFinished,
    base: Path,
    f1: tuple[float | None, float],
    some: bool,
    best: str,
) -> None:
    models = {
        "before": load_checkpoint(base),
        "after": load_checkpoint(_last(taught)),
    }
    empty = np.zeros((4, 4, 4), np.uint32)
    plain = score(empty, empty)
    found = {
        side: [] if f is None else [Marked(empty, replace(plain, f1_50=f), None)]
        for side, f in zip(models, f1, strict=True)
    }
    before = None if f1[0] is None else models["before"]
    said = sum_up(before, models["after"], found, 1.0, taught=some)
    assert said.improved == (best == "after")
    path = (taught.training / said.model).resolve()
    assert path == (base.resolve() if best == "before" else _last(taught))


def _last(finished: TeachFinished) -> Path:
    return (finished.training / "last.skoots").resolve()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("comparison.json", b"{}"),
        ("comparison.json", None),
        ("teaching.json", b"not json"),
    ],
    ids=["comparison of another form", "no comparison", "damaged record"],
)
def test_what_is_damaged_is_named(
    taught: TeachFinished, name: str, content: bytes | None
) -> None:
    place = taught.training / name
    place.unlink()
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(TrainingError, match="missing or damaged") as caught:
        read_comparison(taught.training)
    assert name in str(caught.value)
