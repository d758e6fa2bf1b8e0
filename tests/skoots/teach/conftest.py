"""A model that has begun to know rods, and rods that somebody painted."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from training_cases import tiny_settings, write_rods

from skoots.events import TeachFinished, TrainFinished
from skoots.teach import TeachProject, teach
from skoots.teach.comparison_record import read_comparison
from skoots.train.data.taught_boxes import TaughtBox
from skoots.train.engine import train
from skoots.train.project import Project
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.events import Event


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has begun to know rods."""
    folder = tmp_path_factory.mktemp("base")
    settings = tiny_settings(write_rods(folder / "known"), NUM_EPOCHS=4)
    place = Project.create(folder / "base", settings).path
    (*_, finished) = train(place, device="cpu")
    assert isinstance(finished, TrainFinished)
    return finished.model


@pytest.fixture
def project(tmp_path: Path) -> TeachProject:
    """Rods that somebody painted, all of them, in two boxes."""
    return _painted(tmp_path)


def _painted(place: Path) -> TeachProject:
    folder = write_rods(place / "new", seed=5)
    found = TeachProject.create(place / "rods.skoots-project")
    example = found.add(open_source(folder / "rods.tif"))
    example.copy_labels(tifffile.imread(folder / "rods.labels.tif"))
    left, right = (
        TaughtBox((0, 0, 0), (24, 42, 64)),
        TaughtBox((0, 42, 0), (24, 64, 64)),
    )
    example.set_boxes([left, right])
    return found


@pytest.fixture(scope="session")
def ended(tmp_path_factory: pytest.TempPathFactory, base: Path) -> list[Event]:
    """What a training of one epoch has said; to be read, or copied by `taught`."""
    project = _painted(tmp_path_factory.mktemp("ended"))
    # nothing is painted there
    project.add(open_source(np.zeros((8, 16, 16), np.uint8)))
    return list(teach(project, str(base), seconds=1e-6, device="cpu", threads=1))


@pytest.fixture
def taught(project: TeachProject, ended: list[Event]) -> TeachFinished:
    """A training of the project that has ended, which may be changed."""
    finished = ended[-1]
    assert isinstance(finished, TeachFinished)
    shutil.copytree(finished.training.parent, project.trainings)
    return read_comparison(project.trainings / finished.training.name)
