"""From painted objects to a model that is no worse than the one it began with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from training_cases import tiny_settings, write_rods

from skoots.errors import TrainingError
from skoots.events import TrainFinished, TrainStarted, TrainStep, Validated
from skoots.model.checkpoint import load_checkpoint
from skoots.teach import TeachProject, teach
from skoots.train.data.taught_boxes import TaughtBox
from skoots.train.engine import train
from skoots.train.project import Project
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.events import Event

SHORT = 1e-6


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A model that has begun to know rods."""
    settings = tiny_settings(write_rods(tmp_path / "known"), NUM_EPOCHS=4)
    place = Project.create(tmp_path / "base", settings).path
    (*_, finished) = train(place, device="cpu")
    assert isinstance(finished, TrainFinished)
    return finished.model


@pytest.fixture
def project(tmp_path: Path) -> TeachProject:
    """Rods that somebody painted, all of them, in two boxes."""
    folder = write_rods(tmp_path / "new", seed=5)
    found = TeachProject.create(tmp_path / "rods.skoots-project")
    example = found.add(open_source(folder / "rods.tif"))
    example.copy_labels(tifffile.imread(folder / "rods.labels.tif"))
    left, right = (
        TaughtBox((0, 0, 0), (24, 42, 64)),
        TaughtBox((0, 42, 0), (24, 64, 64)),
    )
    example.set_boxes([left, right])
    return found


def _doubled(values: NDArray[Any]) -> NDArray[Any]:
    return values.repeat(2, 0).repeat(2, 1).repeat(2, 2)


def test_a_model_is_taught_and_not_made_worse(
    project: TeachProject, base: Path
) -> None:
    job = teach(project, str(base), seconds=SHORT, device="cpu", threads=1)
    events: list[Event] = list(job)
    (started,) = (e for e in events if isinstance(e, TrainStarted))
    assert started.objects == 2, "one of three is held out"
    first, last = (e for e in events if isinstance(e, Validated))
    assert first.step == 0
    assert "panoptic_quality" in first.validation
    assert last.step == len([e for e in events if isinstance(e, TrainStep)]) == 10
    finished = events[-1]
    assert isinstance(finished, TrainFinished)
    best = max((first, last), key=lambda e: (e.validation["panoptic_quality"], e.best))
    assert dict(finished.scores) == dict(best.validation)
    model, before = load_checkpoint(finished.model), load_checkpoint(base)
    assert model.halo_zyx == before.halo_zyx
    assert model.config.SKOOTS == before.config.SKOOTS
    assert finished.project == project.trainings / "001"


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
    assert isinstance(finished, TrainFinished)
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


def test_each_teaching_is_a_training_of_its_own(
    project: TeachProject, base: Path
) -> None:
    for number in ("001", "002"):
        (*_, finished) = teach(project, str(base), seconds=SHORT, device="cpu")
        assert isinstance(finished, TrainFinished)
        assert finished.project.name == number
    assert (project.trainings / "001" / "best.skoots").is_file()
