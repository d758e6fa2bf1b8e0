"""Segmented again with the model that was taught, around what the user painted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from session_cases import free, idle, labels_of, put_before

from napari_skoots.controllers.previewing import NAME as PREVIEW
from napari_skoots.controllers.teaching.stamping import stamp
from napari_skoots.jobs import Job
from napari_skoots.state.views import Where
from skoots.errors import RunError
from skoots.events import Notice
from skoots.run.folder import RunFolder
from skoots.teach.record import read_record, write_record

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from lesson_cases import School
    from numpy.typing import NDArray
    from session_cases import Gate

    from skoots.run.region import Region


@pytest.fixture
def titles(compared: School) -> list[str]:
    """The jobs of the board, as they begin."""
    heard: list[str] = []
    compared.session.board.began.connect(heard.append)
    return heard


@pytest.fixture
def kept(compared: School, titles: list[str]) -> School:
    """The training was kept as ``mine``, which is loaded."""
    compared.comparing.keep("mine")
    compared.until_over()
    titles.clear()
    models = compared.session.models
    compared.until(lambda: models.current == "mine" and models.pace is not None)
    idle(compared.qtbot)
    return compared


def again(school: School) -> Path:
    """Segment again, and give the run."""
    school.comparing.segment_again()
    school.until_over()
    current = school.session.segmenting.current
    assert current is not None, (school.message, school.told)
    return current.path


def box(school: School) -> Region:
    """Choose a part of the image; give it."""
    wishes = school.session.wishes
    wishes.choose_where(Where.BOX)
    shapes = school.viewer.layers["Box"]
    plane = shapes.world_to_data(school.viewer.dims.point)[0]
    corners = [(plane, y, x) for y, x in ((4, 4), (4, 40), (36, 40), (36, 4))]
    shapes.add(np.array(corners), shape_type="rectangle")
    wishes.set(where=Where.BOX, box=str(shapes.unique_id))
    region = wishes.region
    assert region is not None
    return region


def assert_painted_stays(found: NDArray[Any], painted: NDArray[Any]) -> None:
    """Each painted object is one object of the labels, voxel by voxel."""
    for number in np.unique(painted[painted > 0]):
        mine = painted == number
        (label,) = np.unique(found[mine])
        assert label > 0
        np.testing.assert_array_equal(found == label, mine, f"object {number}")


# ---- before


def test_it_has_to_be_kept_first(compared: School, titles: list[str]) -> None:
    with pytest.raises(RunError, match="Keep the model first"):
        compared.comparing.segment_again()
    compared.comparing.dismiss()
    with pytest.raises(RunError, match="Keep the model first"):
        compared.comparing.segment_again()
    assert titles == []


def test_another_job_comes_first(kept: School) -> None:
    def start() -> Generator[Any, Any, None]:
        while True:
            yield Notice("still")

    kept.session.board.run(Job(start, "Segment rods"))
    with pytest.raises(RunError, match="A job is running"):
        kept.comparing.segment_again()


def test_asked_for_at_once_it_waits_for_the_model(
    compared: School, titles: list[str]
) -> None:
    compared.comparing.keep("mine")
    compared.until(lambda: compared.session.models.current == "mine")
    compared.until(lambda: not compared.session.board.busy)
    compared.session.attempt(compared.comparing.segment_again)
    compared.until(lambda: compared.session.segmenting.current is not None)
    compared.until_over()
    assert titles == ["Keep mine", "Preview of rods", "Segment rods"], compared.told
    assert compared.session.models.current == "mine"


# ---- doing it


@pytest.mark.parametrize("zoom", [0.3, 1.0, 2.5])
def test_it_works_on_the_grid_that_was_taught(kept: School, zoom: float) -> None:
    """Also on one that no run would choose, for it has 15 times the voxels."""
    training = kept.exercise.project.trainings / "001"
    record = read_record(training)
    z, y, x = (round(zoom * n) for n in kept.example.shape)
    grids = {kept.example.name: (z, y, x)}
    write_record(training, record.model_copy(update={"grids": grids}))
    kept.session.wishes.choose_where(Where.VIEW)
    kept.comparing.segment_again()
    kept.until(lambda: kept.session.segmenting.current is not None)
    run = RunFolder.open(kept.session.segmenting.current.path)
    assert run.plan.shape_zyx == (z, y, x)
    kept.until_over()


def test_a_voxel_size_of_afterwards_is_said(kept: School) -> None:
    training = kept.exercise.project.trainings / "001"
    record = read_record(training)
    other = {kept.example.name: (0.04, 0.01, 0.01)}
    write_record(training, record.model_copy(update={"voxel_sizes": other}))
    noted: list[str] = []
    kept.exercise.noted.connect(noted.append)
    again(kept)
    assert [text for text in noted if "voxel size was changed" in text]
    assert kept.session.wishes.diameter is None


def test_the_size_of_objects_is_that_of_the_kept_model_alone(kept: School) -> None:
    wishes, models = kept.session.wishes, kept.session.models
    wishes.set(diameter=9.0)
    wishes.set_for_model(13.0, True)
    assert (wishes.diameter, wishes.resample) == (13.0, True)
    models.choose("tiny")
    assert (wishes.diameter, wishes.resample) == (9.0, None)
    wishes.set_for_model(13.0, True)
    wishes.set(diameter=11.0)  # the user knows better
    models.choose("mine")
    assert wishes.diameter == 11.0


def test_a_look_first_then_what_was_segmented_before(
    kept: School, titles: list[str]
) -> None:
    school, painted = kept, np.asarray(kept.example.labels[:]).copy()
    models = school.session.models
    models.choose("tiny")
    school.until(lambda: models.checkpoint is not None and models.pace is not None)
    idle(school.qtbot)
    region = box(school)
    school.session.segment()
    free(school.qtbot, school.session)
    before = school.session.segmenting.current
    assert before is not None
    school.session.wishes.set(where=Where.WHOLE)
    titles.clear()

    previews: list[bool] = []
    school.session.previewing.changed.connect(
        lambda: previews.append(PREVIEW in school.viewer.layers)
    )
    run = again(school)
    assert titles == ["Preview of rods", "Segment rods"]
    assert any(previews), "it was seen"
    assert PREVIEW not in school.viewer.layers, "labels have taken its place"
    assert "after teaching" not in school.viewer.layers
    view = school.comparing.view
    assert view is not None
    assert view.there == (), "the panel offers to look at neither"
    assert run != before.path, "both can be looked at"
    assert before.path.is_dir()
    assert RunFolder.open(run).plan.model.name == "mine"
    request = school.session.segmenting.last_of(school.session.images.current)
    assert request is not None
    assert request.region == region
    assert_painted_stays(labels_of(run), painted)


def test_where_nothing_was_segmented_the_part_that_is_chosen_is(
    kept: School, titles: list[str]
) -> None:
    kept.session.wishes.set(where=Where.WHOLE)
    painted = np.asarray(kept.example.labels[:]).copy()
    run = again(kept)
    assert titles == ["Preview of rods", "Segment rods"]
    found = labels_of(run)
    assert_painted_stays(found, painted)
    assert kept.told == []


def test_resumed_it_does_not_stamp_twice(kept: School, gate: Gate) -> None:
    kept.session.wishes.set(where=Where.WHOLE)
    painted = np.asarray(kept.example.labels[:]).copy()
    board, session = kept.session.board, kept.session
    began: list[str] = []

    def hold(title: str) -> None:
        began.append(title)
        if title.startswith("Segment"):
            gate.close()

    board.began.connect(hold)
    put_before(session, gate)
    kept.comparing.segment_again()
    kept.until(gate.waiting.is_set)
    assert began[-1] == "Segment rods"
    board.cancel()
    gate.open()
    free(kept.qtbot, session)
    run = session.segmenting.current
    assert run is not None
    question = session.segmenting.question
    assert question is not None
    names = [name for name, _ in question.answers]
    assert names[0] == "Resume"
    kept.example.labels[2:5, 2:6, 50:60] = 77  # painted since: not of this run
    session.answer("Resume")
    free(kept.qtbot, session)
    found = labels_of(run.path)
    assert_painted_stays(found, painted)


# ---- what gets in the way


def test_a_look_that_is_cancelled_is_the_end(kept: School, titles: list[str]) -> None:
    board = kept.session.board
    board.began.connect(lambda _title: board.cancel())
    kept.comparing.segment_again()
    kept.until_over()
    kept.qtbot.wait(50)
    assert titles == ["Preview of rods"]
    assert kept.session.segmenting.current is None


def test_another_model_that_is_chosen_meanwhile_is_the_end(
    kept: School, titles: list[str]
) -> None:
    models = kept.session.models
    kept.session.board.began.connect(lambda _title: models.choose("tiny"))
    kept.comparing.segment_again()
    kept.until_over()
    kept.qtbot.wait(50)
    assert titles == ["Preview of rods"]
    assert kept.session.segmenting.current is None


@pytest.mark.parametrize("when", ["before", "during the look"])
def test_without_the_image_that_is_said(
    kept: School, titles: list[str], when: str
) -> None:
    image = kept.session.images.layer
    remove = partial(kept.viewer.layers.remove, image)
    if when == "before":
        remove()
    else:
        kept.session.board.began.connect(lambda _title: remove())
    kept.session.attempt(kept.comparing.segment_again)
    kept.until_over()
    kept.qtbot.wait(50)
    assert [title for title in titles if title.startswith("Segment")] == []
    assert any("image" in text for text in kept.told), kept.told
    kept.qtbot.wait(50)
    assert len(kept.told) == 1, "and not again and again"


def test_a_model_that_was_removed_since_is_said(
    kept: School, titles: list[str]
) -> None:
    kept.session.models.remove()
    assert kept.session.models.current == "tiny"
    idle(kept.qtbot)
    kept.session.attempt(kept.comparing.segment_again)
    kept.until_over()
    assert titles == []
    assert any("mine" in text for text in kept.told), kept.told


def test_each_painted_object_gets_an_id_of_its_own(kept: School) -> None:
    """Also on labels that have objects already, and where ids are large."""
    kept.session.wishes.set(where=Where.WHOLE)
    kept.session.segment()
    free(kept.qtbot, kept.session)
    current = kept.session.segmenting.current
    assert current is not None
    before = labels_of(current.path).copy()
    painted = np.asarray(kept.example.labels[:])
    assert len(stamp(current.path, kept.example)) == 3
    found = labels_of(current.path)
    assert_painted_stays(found, painted)
    outside = painted == 0
    np.testing.assert_array_equal(found[outside], before[outside])
    assert len(set(np.unique(found[~outside])) & set(np.unique(before))) == 0
