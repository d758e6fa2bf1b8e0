"""What is undone was never painted; what is painted with a passing label is its object.

In a real layer, before and after the job that writes the labels ends.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from inference_cases import code_model, drain, draw_boxes, run_python
from napari.layers import Labels

import skoots
from napari_skoots.labels_array import ZarrLabels
from napari_skoots.layers.undo import undo_through
from skoots.events import BlockDone, StageStarted
from skoots.run.edits import edits_of
from skoots.run.shared_chunks import FIRST_PROVISIONAL

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE, BLOCK, EDGE = (12, 20, 22), (8, 16, 16), (5, 6, 7)
BLOCKS = 8


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "cells.skoots.zarr"


@pytest.fixture
def drawn() -> tuple[NDArray[Any], NDArray[Any]]:
    """An image, and the labels that its objects have in the end."""
    return draw_boxes(SHAPE, EDGE)


def job_of(out: Path, image: NDArray[Any], **inference: Any) -> Generator[Any, Any]:
    options: dict[str, Any] = {"tile_zyx": BLOCK, "resume": True, "preview": True}
    config = {"INFERENCE": inference}
    return skoots.segment(image, code_model(), out, config, **options)


def to_the_end_of(job: Generator[Any, Any], stage: str) -> None:
    for event in job:
        if isinstance(event, BlockDone) and event.stage == stage:
            if event.done == event.total:
                return
        elif isinstance(event, StageStarted) and event.stage == "finish":
            return


def layer_of(labels: ZarrLabels) -> Labels:
    layer = Labels(labels)
    undo_through(layer, labels)
    layer.brush_size = 3
    return layer


def is_marked(out: Path) -> NDArray[np.bool_]:
    """Whether voxels count as painted."""
    edits = edits_of(out)
    marked = np.zeros(SHAPE, bool)
    for z, y, x in np.ndindex(2, 2, 2):
        mask = edits.mask((z, y, x))
        if mask is not None:
            a, b, c = z * 8, y * 16, x * 16
            marked[a : a + 8, b : b + 16, c : c + 16] = mask
    return marked


def test_a_stroke_that_is_undone_was_never_made(
    out: Path, drawn: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    image, expected = drawn
    drain(job_of(out, image))
    with closing(ZarrLabels.of_run(out)) as labels:
        layer = layer_of(labels)
        layer.paint((2, 6, 6), 900)
        layer.fill((2, 1, 1), 901)
        layer.data_setitem((np.array([7]), np.array([16]), np.array([16])), 902)
        assert is_marked(out).any()
        for _ in range(3):
            layer.undo()
        np.testing.assert_array_equal(labels[...], expected)
        assert not is_marked(out).any()
        drain(job_of(out, image, MIN_OBJECT_VOXELS=10**6))
        assert not labels[...].any()


def test_undo_after_the_job_ended_brings_what_the_job_found(
    out: Path, drawn: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    image, expected = drawn
    job = job_of(out, image)
    to_the_end_of(job, "predict")
    with closing(ZarrLabels.of_run(out)) as labels:
        layer = layer_of(labels)
        passing = labels[...]
        assert (passing >= FIRST_PROVISIONAL).any()
        place = tuple(np.argwhere(passing >= FIRST_PROVISIONAL)[40])
        layer.paint(place, 900)
        layer.paint((7, 14, 14), 0)
        drain(job)
        assert labels[place] == 900
        layer.undo()
        layer.undo()
        np.testing.assert_array_equal(labels[...], expected)
        for _ in range(2):
            layer.redo()
            assert labels[place] == 900
            layer.undo()
            np.testing.assert_array_equal(labels[...], expected)
            assert not is_marked(out).any()
        drain(job_of(out, image, MIN_OBJECT_VOXELS=10**6))
        assert not labels[...].any()


def test_undo_of_a_later_stroke_leaves_an_earlier_one(
    out: Path, drawn: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    image, expected = drawn
    drain(job_of(out, image))
    with closing(ZarrLabels.of_run(out)) as labels:
        layer = layer_of(labels)
        layer.paint((2, 6, 6), 900)
        first = labels[...]
        layer.paint((2, 6, 7), 901)
        layer.undo()
        np.testing.assert_array_equal(labels[...], first)
        np.testing.assert_array_equal(is_marked(out), first == 900)
        drain(job_of(out, image, MIN_OBJECT_VOXELS=10**6))
        np.testing.assert_array_equal(labels[...], np.where(first == 900, 900, 0))
        layer.undo()
        assert not labels[...].any()
        drain(job_of(out, image))
        np.testing.assert_array_equal(labels[...], expected)


def test_undo_without_the_knowledge_of_what_was_below_paints_what_was_seen(
    out: Path, drawn: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    image, expected = drawn
    drain(job_of(out, image))
    with closing(ZarrLabels.of_run(out)) as labels:
        layer = layer_of(labels)
        layer.paint((2, 6, 6), 900)
        edits_of(out).below.forget()
        layer.undo()
        np.testing.assert_array_equal(labels[...], expected)
        assert is_marked(out).any()


# ---- labels that pass


def test_who_paints_with_a_passing_label_paints_the_object_that_it_becomes(
    out: Path, drawn: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    image, expected = drawn
    job = job_of(out, image)
    to_the_end_of(job, "predict")
    with closing(ZarrLabels.of_run(out)) as labels:
        layer = layer_of(labels)
        passing = labels[...]
        ids = np.unique(passing[passing >= FIRST_PROVISIONAL])[::3]
        memory = expected.copy()
        rng, strokes = np.random.default_rng(0), []
        for label in map(int, ids):
            within = tuple(np.argwhere(passing == label)[0])
            z, y, x = rng.integers((0, 0, 0), np.subtract(SHAPE, 3))
            strokes.append((np.s_[z : z + 1, y : y + 3, x : x + 3], label, within))
        half = len(strokes) // 2
        assert half > 2
        for box, label, within in strokes[:half]:
            labels[box] = label
            memory[box] = expected[within]
        drain(job)
        for box, label, within in strokes[half:]:  # it is still chosen
            labels[box] = label
            memory[box] = expected[within]
        np.testing.assert_array_equal(labels[...], memory)
        assert labels.take_dirty(own=False)
        mended = memory[is_marked(out)]
        drain(job_of(out, image, MIN_OBJECT_VOXELS=2))
        np.testing.assert_array_equal(labels[...], memory)
        drain(job_of(out, image, MIN_OBJECT_VOXELS=10**6))
        np.testing.assert_array_equal(labels[...][is_marked(out)], mended)
        assert len(layer.data) == SHAPE[0]


def test_a_passing_label_whose_object_goes_becomes_a_label_of_its_own(
    out: Path, drawn: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    image, _ = drawn
    job = job_of(out, image, MIN_SKELETON_VOXELS=10**6)
    to_the_end_of(job, "predict")
    with closing(ZarrLabels.of_run(out)) as labels:
        passing = labels[...]
        one, other = np.unique(passing[passing >= FIRST_PROVISIONAL])[:2]
        labels[11, 19, 18:] = int(one)  # nowhere near
        labels[11, 18, 18:] = int(other)
        labels[5, 19, 18:] = int(one)
        drain(job)
        found = labels[...]
        mine, another = found[11, 19, 18], found[11, 18, 18]
        assert 0 < min(mine, another) < max(mine, another) < FIRST_PROVISIONAL
        assert (found[5, 19, 18:] == mine).all()
        assert (found[11, 18:, 18:] == [[another] * 4, [mine] * 4]).all()
        assert np.count_nonzero(found) == 12
        assert labels.next_label() > found.max()


def test_passing_labels_are_settled_by_the_process_that_ends_the_run(
    out: Path, drawn: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    image, expected = drawn
    job = job_of(out, image)
    to_the_end_of(job, "predict")
    with closing(ZarrLabels.of_run(out)) as labels:
        passing = labels[...]
        within = tuple(np.argwhere(passing >= FIRST_PROVISIONAL)[-1])
        labels[0, 0, :4] = int(passing[within])
        job.close()
    code = (
        "import sys, skoots.inference.relabel as r\n"
        "for _ in r.relabel(sys.argv[1], device='cpu'): pass\n"
    )
    assert run_python("-c", code, str(out)).returncode == 0
    expected[0, 0, :4] = expected[within]
    with closing(ZarrLabels.of_run(out)) as labels:
        np.testing.assert_array_equal(labels[...], expected)
