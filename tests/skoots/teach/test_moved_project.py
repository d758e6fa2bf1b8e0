"""A project may be moved or copied, with its images or without them."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from training_cases import tiny_settings

from skoots.errors import SourceNotFoundError, TrainingError
from skoots.model.safe_file import file_digest
from skoots.teach import TeachProject
from skoots.teach.moved_training import model_here, settings_here
from skoots.teach.record import BaseRecord, TeachRecord, write_record
from skoots.train.project import Project
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE = (20, 30, 30)


def grey(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 255, SHAPE, np.uint8)


def write(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, grey(seed), metadata={"axes": "ZYX"})
    return path


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder with an image, and a project of it.

    ::

        study/raw/cells.tif
        study/cells.skoots-project
    """
    folder = tmp_path / "study"
    image = write(folder / "raw" / "cells.tif")
    TeachProject.create(folder / "cells.skoots-project").add(open_source(image))
    return folder


def image_of(folder: Path) -> Path | None:
    """Give the file that the project in a folder finds its image in."""
    (example,) = TeachProject(folder / "cells.skoots-project").examples
    return example.image().path


def said_of(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Give the record of the only example, and what it says."""
    (record,) = folder.glob("*.skoots-project/examples/*/example.json")
    return record, json.loads(record.read_text())


def test_the_path_from_the_project_is_kept_for_every_system(study: Path) -> None:
    assert said_of(study)[1]["image_from_project"] == "../raw/cells.tif"


def test_an_image_that_moves_with_its_project_is_found(
    study: Path, tmp_path: Path
) -> None:
    place = study.rename(tmp_path / "elsewhere")
    assert image_of(place) == (place / "raw" / "cells.tif").resolve()


def test_a_copy_has_the_image_of_the_copy(study: Path, tmp_path: Path) -> None:
    copy = tmp_path / "deeper" / "copy"
    shutil.copytree(study, copy)
    assert image_of(copy) == (copy / "raw" / "cells.tif").resolve()
    assert image_of(study) == (study / "raw" / "cells.tif").resolve()


def test_a_project_that_moves_alone_finds_the_image_where_it_was(
    study: Path, tmp_path: Path
) -> None:
    place = tmp_path / "a" / "b"
    place.mkdir(parents=True)
    (study / "cells.skoots-project").rename(place / "cells.skoots-project")
    assert image_of(place) == (study / "raw" / "cells.tif").resolve()


@pytest.mark.parametrize("there", ["another image", "no image"])
def test_what_else_lies_at_the_new_place_is_not_taken(
    study: Path, tmp_path: Path, there: str
) -> None:
    place = tmp_path / "full"
    other = write(place / "raw" / "cells.tif", seed=5)
    if there == "no image":
        other.write_text("notes")
    (study / "cells.skoots-project").rename(place / "cells.skoots-project")
    assert image_of(place) == (study / "raw" / "cells.tif").resolve()
    (study / "raw" / "cells.tif").unlink()
    if there == "another image":
        with pytest.raises(TrainingError, match="its voxels are others now"):
            image_of(place)


def test_who_finds_no_image_says_where_and_what_to_do(
    study: Path, tmp_path: Path
) -> None:
    place = study.rename(tmp_path / "elsewhere")
    image = (place / "raw" / "cells.tif").rename(tmp_path / "lost.tif")
    with pytest.raises(SourceNotFoundError) as raised:
        image_of(place)
    said = str(raised.value)
    beside = place.resolve() / "cells.tif"
    assert str(place.resolve() / "raw" / "cells.tif") in said
    assert str(study.resolve() / "raw" / "cells.tif") in said
    assert f"Put it beside the project, as {beside}" in said
    image.rename(beside)
    assert image_of(place) == beside, "what it said helps"


def test_a_project_without_relative_paths_opens(study: Path, tmp_path: Path) -> None:
    record, said = said_of(study)
    del said["image_from_project"]
    record.write_text(json.dumps(said))
    assert image_of(study) == (study / "raw" / "cells.tif").resolve()
    place = study.rename(tmp_path / "elsewhere")
    with pytest.raises(SourceNotFoundError, match="beside the project"):
        image_of(place)
    beside = (place / "raw" / "cells.tif").rename(place / "cells.tif")
    assert image_of(place) == beside.resolve()


def test_an_image_beside_is_found_by_a_path_of_windows(study: Path) -> None:
    record, said = said_of(study)
    said["image"]["path"], said["image_from_project"] = "D:\\data\\cells.tif", None
    record.write_text(json.dumps(said))
    with pytest.raises(SourceNotFoundError, match=r"as .*cells\.tif, or"):
        image_of(study)
    beside = (study / "raw" / "cells.tif").rename(study / "cells.tif")
    assert image_of(study) == beside.resolve()


def test_on_another_drive_there_is_no_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_drive(*_: Any) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    image = write(tmp_path / "study" / "cells.tif")
    project = TeachProject.create(tmp_path / "study" / "cells.skoots-project")
    project.add(open_source(image))
    monkeypatch.undo()
    assert said_of(tmp_path / "study")[1]["image_from_project"] is None
    assert image_of(tmp_path / "study") == image.resolve()


def test_an_image_in_memory_moves_with_the_project(tmp_path: Path) -> None:
    project = TeachProject.create(tmp_path / "cells.skoots-project")
    project.add(open_source(grey()))
    place = tmp_path / "elsewhere"
    place.mkdir()
    project.path.rename(place / "cells.skoots-project")
    (example,) = TeachProject(place / "cells.skoots-project").examples
    assert image_of(place) == example.path / "image.zarr"


def test_a_training_that_was_moved_learns_from_what_moved_with_it(
    study: Path, tmp_path: Path
) -> None:
    project = TeachProject(study / "cells.skoots-project")
    mine, others = project.models / "mine.skoots", tmp_path / "others.skoots"
    mine.parent.mkdir()
    for model in (mine, others):
        model.write_text(model.name)
    training = project.trainings / "001"
    (training / "data").mkdir(parents=True)
    base = BaseRecord(path=mine, name="mine", digest=file_digest(mine))
    write_record(
        training,
        TeachRecord(
            base=base, seconds=1, diameter=None, grids={}, objects=2, boxes=1,
            held_out=(),
        ),
    )  # fmt: skip
    settings = tiny_settings(training / "data", PRETRAINED_MODEL_PATH=[str(mine)])
    assert settings_here(Project.create(training, settings), project).TRAIN == (
        Project(training).settings.TRAIN
    ), "nothing was moved"
    place = tmp_path / "elsewhere"
    shutil.move(study, place)
    project = TeachProject(place / "cells.skoots-project")
    training = project.trainings / "001"
    found = settings_here(Project(training), project).TRAIN
    (data,), (model,) = found.TRAIN_DATA_DIR, found.PRETRAINED_MODEL_PATH
    assert data == str((training / "data").resolve())
    assert model == str(project.models / "mine.skoots")
    assert model_here(others, base.digest, project) == others
    (project.models / "mine.skoots").write_text("another one of this name")
    (model,) = settings_here(Project(training), project).TRAIN.PRETRAINED_MODEL_PATH
    assert model == str(mine), "another one is not what it began with"
