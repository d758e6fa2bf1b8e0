"""What is painted survives: examples, boxes and images of a project."""

from __future__ import annotations

import errno
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from skoots.errors import (
    RunExistsError,
    SkootsError,
    SourceNotFoundError,
    StorageError,
    TrainingError,
)
from skoots.teach import Example, TeachProject
from skoots.teach.flat import flat_words
from skoots.teach.new_place import new_place
from skoots.train.data.taught_boxes import TaughtBox
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.volume.source import Source

SHAPE = (40, 60, 70)


def grey(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 255, shape, np.uint8)


@pytest.fixture
def project(tmp_path: Path) -> TeachProject:
    return TeachProject.create(tmp_path / "cells.skoots-project")


@pytest.fixture
def image(tmp_path: Path) -> Source:
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, grey(shape=(3, *SHAPE)), metadata={"axes": "CZYX"})
    return open_source(path, axes="CZYX", channel=1, voxel_size=(0.1, 0.05, 0.05))


def test_tomorrow_everything_is_there(project: TeachProject, image: Source) -> None:
    example = project.add(image)
    example.labels[3:9, 10:20, 5:15] = 7
    boxes = (TaughtBox((0, 0, 0), (20, 30, 30)), TaughtBox((1, 2, 3), (4, 5, 6), True))
    example.set_boxes(boxes)
    (again,) = TeachProject(project.path).examples
    assert (project.name, again.name) == ("cells", "image")
    assert again.boxes == boxes
    painted = np.asarray(again.labels[:])
    assert painted.dtype == np.uint32
    assert (painted == 7).sum() == 600
    assert painted.sum() == 600 * 7
    there = again.image()
    assert there.voxel_size == (0.1, 0.05, 0.05)
    np.testing.assert_array_equal(there.read(whole(SHAPE)), image.read(whole(SHAPE)))


def test_python_says_what_a_box_and_labels_are(project: TeachProject) -> None:
    example = project.add(open_source(grey()))
    with pytest.raises(TypeError, match=r"TaughtBox\(start, stop\)"):
        example.set_boxes([((0, 0, 0), (3, 3, 3))])  # type: ignore[list-item]
    with pytest.raises(AttributeError):  # it would store nothing
        example.labels = np.ones(SHAPE, np.uint32)  # type: ignore[misc,assignment]


def test_an_image_is_added_by_its_path(project: TeachProject, tmp_path: Path) -> None:
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, grey(), metadata={"axes": "ZYX"})
    assert project.add(path).path == project.add(open_source(path)).path


def test_an_image_that_is_added_twice_at_once_is_one_example(
    project: TeachProject, image: Source
) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: project.add(image), range(4)))
    assert len({one.path for one in made}) == 1
    assert len(project.examples) == 1


def test_a_voxel_size_that_is_known_later_is_that_of_the_example(
    project: TeachProject,
) -> None:
    assert project.add(open_source(grey())).voxel_size is None
    size = (0.1, 0.05, 0.05)
    assert project.add(open_source(grey(), voxel_size=size)).voxel_size == size
    assert project.add(open_source(grey())).voxel_size == size
    (example,) = project.examples
    assert example.image().voxel_size == size


def test_a_voxel_size_leaves_what_others_drew_to_be_seen(
    project: TeachProject,
) -> None:
    mine = project.add(open_source(grey()))
    (theirs,) = project.examples
    boxes = [TaughtBox((n, 0, 0), (n + 5, 9, 9)) for n in (0, 10)]
    theirs.set_boxes(boxes[:1])
    mine.set_voxel_size((0.1, 0.05, 0.05))
    assert mine.look_again()
    mine.set_boxes([*mine.boxes, boxes[1]])
    assert project.examples[0].boxes == tuple(boxes)
    theirs.set_boxes([])
    mine.set_voxel_size((0.2, 0.05, 0.05))
    mine.set_boxes([boxes[1]])
    assert project.examples[0].boxes == (boxes[1],)


def test_what_another_reader_shows_of_a_file_is_copied(
    project: TeachProject, tmp_path: Path
) -> None:
    """A channel as an image of its own; a format that is none of ours."""
    path = tmp_path / "both.tif"
    tifffile.imwrite(path, grey(shape=(2, *SHAPE)), metadata={"axes": "CZYX"})
    other = tmp_path / "cells.czi"
    other.write_bytes(b"ZISRAWFILE")
    for number, place in enumerate((path, other)):
        seen = replace(open_source(grey(number)), path=place, name=place.stem)
        example = project.add(seen)
        read = Example(example.path).image().read(whole(SHAPE))
        np.testing.assert_array_equal(read, grey(number))


def test_half_of_an_example_is_not_left(
    project: TeachProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("skoots.teach.example.create_labels", full)
    for _ in range(2):
        with pytest.raises(StorageError, match="free some space"):
            project.add(open_source(grey()))
    monkeypatch.undo()
    assert project.add(open_source(grey())).path.name == "array"
    assert [p.name for p in (project.path / "examples").glob("[!.]*")] == ["array"]


def test_an_image_is_one_example_wherever_it_lies(
    project: TeachProject, image: Source, tmp_path: Path
) -> None:
    first = project.add(image)
    first.labels[0, 0, 0] = 1
    assert project.add(image).labels[0, 0, 0] == 1
    copied = tmp_path / "elsewhere.tif"
    tifffile.imwrite(copied, image.read(whole(SHAPE)), metadata={"axes": "ZYX"})
    assert project.add(open_source(copied)).path == first.path
    other = project.add(open_source(grey(1)))
    same_name = project.add(open_source(grey(2)))
    assert len({first.path, other.path, same_name.path}) == 3
    assert project.find(open_source(grey(3))) is None


def test_an_image_in_memory_is_kept_with_what_is_painted(project: TeachProject) -> None:
    values = grey(5).astype(np.uint16) * 200
    example = project.add(open_source(values, voxel_size=(1.0, 2.0, 3.0)))
    (again,) = TeachProject(project.path).examples
    source = again.image()
    assert source.voxel_size == (1.0, 2.0, 3.0)
    np.testing.assert_array_equal(source.read(whole(SHAPE)), values)
    assert example.signature == source.signature()


@pytest.mark.parametrize("kind", ["numpy", "signed", "zarr", "dask", "bool"])
def test_labels_of_another_layer_are_copied_and_stay_as_they_are(
    project: TeachProject, image: Source, tmp_path: Path, kind: str
) -> None:
    painted = (grey(9) // 64).astype(np.uint16)
    expected = painted.astype(np.uint32)
    there: Any = painted
    if kind == "signed":
        there = painted.astype(np.int64)
        there[0] = -3
        expected[0] = 0
    elif kind == "bool":
        there, expected = painted > 0, (painted > 0).astype(np.uint32)
    elif kind == "zarr":
        there = zarr.create_array(tmp_path / "l.zarr", data=painted, chunks=(8, 8, 8))
    elif kind == "dask":
        there = pytest.importorskip("dask.array").from_array(painted, chunks=16)
    before = np.array(there)
    example = project.add(image)
    example.copy_labels(there)
    np.testing.assert_array_equal(example.labels[:], expected)
    example.labels[:] = 5
    np.testing.assert_array_equal(np.array(there), before)


def test_everything_painted_is_one_box(project: TeachProject, image: Source) -> None:
    example = project.add(image)
    example.teach_everything()
    (box,) = example.boxes
    assert (box.start_zyx, box.stop_zyx) == ((0, 0, 0), SHAPE)


def test_a_box_ends_with_the_image(project: TeachProject, image: Source) -> None:
    example = project.add(image)
    example.set_boxes([TaughtBox((-4, 2, 3), (400, 9, 9))])
    (box,) = example.boxes
    assert (box.start_zyx, box.stop_zyx) == ((0, 2, 3), (40, 9, 9))
    with pytest.raises(TrainingError, match="holds nothing of the image"):
        example.set_boxes([TaughtBox((50, 0, 0), (60, 9, 9))])
    assert example.boxes == (box,), "what was there before stays"


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros((4, 4), np.uint8), r"\(4, 4\) voxels and the image \(40, 60, 70\)"),
        (np.zeros(SHAPE, np.float32), "float32, which holds no ids"),
        (np.full(SHAPE, 1 << 40, np.int64), "4294967295 is the largest"),
    ],
    ids=["2D", "floats", "large ids"],
)
def test_labels_that_do_not_fit_are_refused(
    project: TeachProject, image: Source, labels: Any, words: str
) -> None:
    with pytest.raises(TrainingError, match=words):
        project.add(image).copy_labels(labels)


def test_an_image_that_is_gone_or_another_is_named(
    project: TeachProject, image: Source
) -> None:
    example = project.add(image)
    assert image.path is not None
    shutil.copyfile(image.path, image.path.with_suffix(".old"))
    tifffile.imwrite(image.path, grey(8, (3, *SHAPE)), metadata={"axes": "CZYX"})
    with pytest.raises(TrainingError, match="its voxels are others now"):
        example.image()
    image.path.unlink()
    with pytest.raises(SourceNotFoundError, match="no longer at"):
        example.image()


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="Let it end in"):
        TeachProject.create(tmp_path / "cells")
    with pytest.raises(TrainingError, match="is no project"):
        TeachProject(tmp_path)
    busy = tmp_path / "busy.skoots-project"
    busy.mkdir()
    (busy / "mine.txt").write_text("mine")
    with pytest.raises(RunExistsError, match="not empty"):
        TeachProject.create(busy)
    assert (busy / "mine.txt").read_text() == "mine"
    later = TeachProject.create(tmp_path / "later.skoots-project")
    (later.path / "project.json").write_text(json.dumps({"format": 2}))
    with pytest.raises(SkootsError, match="later version"):
        TeachProject(later.path)


def test_a_damaged_example_is_named_and_others_stay(
    project: TeachProject, image: Source
) -> None:
    example, other = project.add(image), project.add(open_source(grey(7)))
    (example.path / "example.json").write_text("{")
    assert [one.path for one in project.examples] == [other.path]
    assert project.damaged == (example.path,)
    with pytest.raises(TrainingError, match="no example"):
        Example(example.path)


def trained(project: TeachProject, number: int, **comparison: Any) -> Path:
    """Make the folder of a training as it is left behind."""
    place = project.trainings / f"{number:03d}"
    place.mkdir(parents=True)
    (place / "best.skoots").touch()
    if comparison:
        (place / "comparison.json").write_text(json.dumps(comparison))
    return place


def test_the_last_training_waits_until_somebody_decides(project: TeachProject) -> None:
    assert project.pending is None
    first = trained(project, 1)
    assert (project.unfinished, project.pending) == ((first,), first)
    second = trained(project, 2, model="best.skoots", improved=True)
    third = trained(project, 3)
    assert (project.undecided, project.unfinished) == ((second,), (third, first))
    assert project.pending == third
    shutil.rmtree(third)  # as discarding does
    assert project.pending == second
    trained(project, 4, model="../../models/cells.skoots", improved=True)
    assert project.pending is None, "the model of a later one was kept"
    fifth = trained(project, 5, model="best.skoots", improved=True)
    assert (project.pending, project.undecided) == (fifth, (fifth, second))
    (fifth / "best.skoots").unlink()
    assert project.undecided == (second,)
    trained(project, 10, model="/elsewhere/base.skoots", improved=False)
    assert project.pending is None, "there is nothing to keep"


def test_a_folder_of_a_training_is_given_once(tmp_path: Path) -> None:
    def make(number: int) -> Path:
        with new_place(tmp_path / "trainings") as place:
            (place / "settings.yaml").write_text(str(number))
        return place

    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(make, range(40)))
    assert sorted(p.name for p in places) == [f"{n:03d}" for n in range(1, 41)]
    said = [(place / "settings.yaml").read_text() for place in places]
    assert said == [str(number) for number in range(40)]


def test_two_who_change_the_boxes_erase_nothing_of_each_other(
    project: TeachProject, image: Source
) -> None:
    one = project.add(image)
    other = Example(one.path)
    first, second, third = (TaughtBox((0, 0, n), (4, 4, n + 2)) for n in (0, 2, 4))
    one.set_boxes([first, second])
    other.set_boxes([third])
    assert set(other.boxes) == {first, second, third}
    one.set_boxes([first])
    assert set(one.boxes) == {first, third}
    one.teach_everything()
    assert set(one.drawn_boxes) == {first, third}
    other.set_boxes([third])
    assert other.everything
    other.teach_drawn()
    assert set(Example(one.path).boxes) == {third}
    assert one.look_again()
    assert set(one.boxes) == {third}


def test_what_a_flat_image_is_to_a_project_is_said(project: TeachProject) -> None:
    volume = project.add(open_source(grey()))
    assert flat_words(volume, project.examples) == ""
    flat = project.add(open_source(grey(shape=(60, 70))))
    assert flat.shape == (1, 60, 70)
    words = flat_words(flat, [flat])
    assert "a volume of one plane" in words
    assert "too" not in words
    assert "This project has volumes too (array)" in flat_words(flat, project.examples)
    words = flat_words(volume, project.examples)
    assert "This project has flat images too (array-2)" in words
    assert "is a flat image" not in words
