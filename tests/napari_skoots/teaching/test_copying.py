"""Any Labels layer can be copied; it is never changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import dask.array
import numpy as np
import pytest
import zarr
from exercise_cases import SHAPE, TIMEOUT

from napari_skoots.controllers.teaching.opening import copy_into
from napari_skoots.labels_array import ZarrLabels
from skoots.errors import SkootsError, TrainingError
from skoots.events import BlockDone
from skoots.teach import TeachProject
from skoots.train.data.taught_boxes import TaughtBox

if TYPE_CHECKING:
    from exercise_cases import Taught


def labels() -> Any:
    found = np.zeros(SHAPE, np.int32)
    found[2:9, 10:20, 3:30] = 5
    found[10:15, 40:50, 40:60] = 90
    return found


def copied(taught: Taught, layer: Any, *, everything: bool = False) -> str:
    """Copy a layer; give what the footer says."""
    taught.exercise.copy_layer(str(layer.unique_id), everything)
    taught.qtbot.waitUntil(lambda: not taught.board.busy, timeout=TIMEOUT)
    taught.counted()
    message = taught.board.view.message
    return "" if message is None else message.text


def as_zarr(array: Any) -> Any:
    made = zarr.create_array(
        {}, shape=array.shape, dtype=array.dtype, chunks=(8, 32, 32)
    )
    made[...] = array
    return made


@pytest.mark.parametrize(
    "kind",
    [np.array, as_zarr, lambda a: dask.array.from_array(a, chunks=20)],
    ids=["numpy", "zarr", "dask"],
)
def test_a_layer_is_copied_and_stays_as_it_is(taught: Taught, kind: Any) -> None:
    taught.open_image()
    layer = taught.viewer.add_labels(kind(labels()), name="found")
    assert taught.exercise.label_layers == [(str(layer.unique_id), "found")]
    assert copied(taught, layer) == "2 objects of 'found' were copied."
    np.testing.assert_array_equal(np.asarray(taught.exercise.layer.data), labels())
    np.testing.assert_array_equal(np.asarray(layer.data), labels())
    assert taught.exercise.view.objects == 2
    assert taught.exercise.label_layers == [(str(layer.unique_id), "found")]


def test_everything_is_one_box(taught: Taught) -> None:
    taught.open_image()
    copied(taught, taught.viewer.add_labels(labels()), everything=True)
    assert taught.exercise.example.boxes == (TaughtBox((0, 0, 0), SHAPE),)
    assert taught.exercise.view.everything
    assert taught.exercise.view.problem == ""


def test_what_is_painted_is_not_overwritten(taught: Taught) -> None:
    taught.open_image()
    layer = taught.new_layer()
    layer.data[2:9, 10:20, 3:32] = 1
    said = copied(taught, taught.viewer.add_labels(labels(), name="found"))
    assert said == (
        "1 objects of 'found' were copied. They have new ids, as something was painted "
        "already. 1 were left out, at least half of each is painted already."
    )
    assert set(np.unique(np.asarray(layer.data))) == {0, 1, 2}
    assert layer.data[12, 45, 50] == 2
    assert layer.data[5, 15, 31] == 1
    layer.keymap[next(k for k in layer.keymap if str(k).lower() == "m")](layer)
    assert layer.selected_label > 2


def test_labels_of_one_time_are_copied_for_it(taught: Taught) -> None:
    taught.viewer.add_image(np.zeros((6, *SHAPE), np.uint8), name="movie")
    taught.images.set_time(3)
    movie = np.zeros((6, *SHAPE), np.uint16)
    movie[3] = labels()
    copied(taught, taught.viewer.add_labels(movie))
    np.testing.assert_array_equal(np.asarray(taught.exercise.layer.data), labels())


def test_labels_without_names_of_axes_are_of_the_time_that_is_chosen(
    taught: Taught,
) -> None:
    """Four times are so few that they would be taken for channels."""
    names = {"axis_labels": ("t", "z", "y", "x")}
    taught.viewer.add_image(np.zeros((4, *SHAPE), np.uint8), name="movie", **names)
    taught.images.set_time(2)
    movie = np.zeros((4, *SHAPE), np.uint16)
    movie[0, :3], movie[2] = 7, labels()
    copied(taught, taught.viewer.add_labels(movie))
    np.testing.assert_array_equal(np.asarray(taught.exercise.layer.data), labels())


VOXELS = (0.04, 0.02, 0.02)
MICRONS = {"units": ("um",) * 3}
TURNED = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]

ELSEWHERE = {
    "planes beside": ({"translate": (4, 0, 0), "scale": VOXELS} | MICRONS, "(100, 0,"),
    "a part of a voxel": (
        {"translate": (0, 0.01, 0), "scale": VOXELS} | MICRONS,
        "are not those",
    ),
    "voxels twice as large": ({"scale": (0.08, 0.04, 0.04)} | MICRONS, "are not those"),
    "moved, in pixels": ({"translate": (100, 0, 0)}, "are not those"),
    "turned": ({"rotate": TURNED, "scale": VOXELS} | MICRONS, "are not those"),
}


@pytest.mark.parametrize(("place", "words"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_labels_of_another_place_are_refused(
    taught: Taught, place: dict[str, Any], words: str
) -> None:
    taught.open_image()
    layer = taught.viewer.add_labels(labels(), name="found", **place)
    with pytest.raises(TrainingError, match=re.escape(words)) as said:
        taught.exercise.copy_layer(str(layer.unique_id), False)
    assert "'found'" in str(said.value)
    assert taught.exercise.project is None, "nothing was made"


FITTING = {
    "the same": {"scale": VOXELS} | MICRONS,
    "in nanometres": {"scale": (40, 20, 20), "units": ("nm",) * 3},
    "numbers without a unit": {"scale": VOXELS},
    "only a ratio": {"scale": (2, 1, 1)},
}


@pytest.mark.parametrize("place", FITTING.values(), ids=FITTING)
def test_labels_that_lie_on_the_image_or_nowhere_are_copied(
    taught: Taught, place: dict[str, Any]
) -> None:
    taught.open_image()
    layer = taught.viewer.add_labels(labels(), name="found", **place)
    assert copied(taught, layer) == "2 objects of 'found' were copied."


def test_on_an_image_without_a_voxel_size_only_a_shift_counts(taught: Taught) -> None:
    taught.viewer.add_image(np.zeros(SHAPE, np.uint8), name="plain")
    layer = taught.viewer.add_labels(labels(), name="found", translate=(100, 0, 0))
    with pytest.raises(TrainingError, match=re.escape("by (100, 0, 0) voxels")):
        taught.exercise.copy_layer(str(layer.unique_id), False)
    layer.translate = (0, 0, 0)
    layer.scale, layer.units = VOXELS, ("um",) * 3
    assert copied(taught, layer) == "2 objects of 'found' were copied."


def test_flat_labels_of_a_flat_image_are_copied(taught: Taught) -> None:
    flat = {"scale": (0.02, 0.02), "units": ("um",) * 2}
    taught.viewer.add_image(np.zeros(SHAPE[1:], np.uint8), name="flat", **flat)
    layer = taught.viewer.add_labels(labels()[5], name="found", **flat)
    assert copied(taught, layer) == "1 objects of 'found' were copied."


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (SHAPE[1:], "is one plane, and the image has 24"),
        ((24, 60, 71), "has .24, 60, 71. voxels and the image .24, 60, 70."),
    ],
    ids=["flat", "other"],
)
def test_labels_that_do_not_fit_are_refused(
    taught: Taught, shape: Any, words: str
) -> None:
    taught.open_image()
    layer = taught.viewer.add_labels(np.zeros(shape, np.uint8))
    with pytest.raises(SkootsError, match=words):
        taught.exercise.copy_layer(str(layer.unique_id), False)
    assert taught.exercise.project is None, "nothing was made"
    taught.viewer.layers.remove(layer)
    with pytest.raises(SkootsError, match="is gone"):
        taught.exercise.copy_layer(str(layer.unique_id), False)


def test_what_is_painted_meanwhile_keeps_an_id_of_its_own(taught: Taught) -> None:
    taught.open_image()
    project = TeachProject.create(taught.folder / "cells.skoots-project")
    source, found = taught.images.source(), labels()
    found[found == 90] = 1
    painted = ZarrLabels(project.add(source).labels)
    copying, numbers = copy_into(project, source, found), []
    for event in copying:
        if isinstance(event, BlockDone):
            numbers.append(painted.next_label())
            painted[20, 5, numbers[-1]] = numbers[-1]
    stored = np.asarray(painted)
    assert len(set(numbers)) == len(numbers) == 2
    for number in numbers:
        assert (stored == number).sum() == 1
    assert len(np.unique(stored)) == 5
