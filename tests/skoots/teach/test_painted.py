"""What is painted is counted, and what is missing is said."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import cc3d
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import ZstdCodec

from skoots.events import ObjectsDone, result_of
from skoots.teach import TeachProject, pieces
from skoots.teach.box_sets import disjoint_parts, voxels_in
from skoots.teach.example_arrays import CHUNK
from skoots.teach.held_words import describe_held_out
from skoots.teach.hold_out import hold_out
from skoots.teach.painted import (
    Painted,
    advice,
    look,
    objects_inside,
    problem,
    scarce,
)
from skoots.teach.stored_parts import stored_parts
from skoots.train.data.taught_boxes import TaughtBox
from skoots.validate.measure import measure_objects
from skoots.volume.source import open_source
from skoots.volume.tiling import box_slices

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.teach import Example

SHAPE = (20, 60, 60)


@pytest.fixture
def example(tmp_path: Path) -> Example:
    project = TeachProject.create(tmp_path / "cells.skoots-project")
    return project.add(open_source(np.zeros(SHAPE, np.uint8)))


def paint(example: Example, number: int, *spans: tuple[int, int]) -> None:
    z, y, x = (slice(*span) for span in spans)
    example.labels[z, y, x] = number


def cubes(example: Example, count: int) -> None:
    """Paint cubes of 6 voxels in a row along X, 9 apart."""
    for number in range(count):
        paint(example, number + 1, (6, 12), (6, 12), (4 + 9 * number, 10 + 9 * number))


def seen(example: Example) -> Painted:
    return result_of(look(example))


def test_objects_boxes_and_voxels_are_counted(example: Example) -> None:
    cubes(example, 2)
    paint(example, 3, (0, 2), (50, 54), (50, 55))  # outside of the box
    example.set_boxes([TaughtBox((0, 0, 0), (20, 20, 30))])
    found = seen(example)
    assert len(found.objects) == 3
    assert found.taught_voxels == 20 * 20 * 30 + 40
    assert found.background_voxels == 20 * 20 * 30 - 2 * 216
    assert (found.cut, found.broken, found.tiny) == ((), (), ())
    assert problem([found]) == ""
    assert advice(found) == []


def test_what_is_missing_is_said(example: Example) -> None:
    assert "Nothing is painted" in problem([seen(example)])
    cubes(example, 1)
    assert "There is no box" in problem([seen(example)])
    example.set_boxes([TaughtBox((6, 6, 4), (12, 12, 10))])
    assert "All that lies in boxes is painted" in problem([seen(example)])
    example.teach_everything()
    assert problem([seen(example)]) == ""


def test_another_example_may_say_what_background_is(
    example: Example, tmp_path: Path
) -> None:
    cubes(example, 1)
    project = TeachProject(example.path.parents[1])
    other = project.add(open_source(np.ones(SHAPE, np.uint8)))
    other.set_boxes([TaughtBox((0, 0, 0), (9, 9, 9))])
    assert problem([seen(one) for one in project.examples]) == ""


@pytest.mark.parametrize(
    ("last", "cut"),
    [(30, (1,)), (29, ()), (31, ())],
    ids=["ends there", "ends before", "goes on"],
)
def test_an_object_that_ends_with_the_box_is_perhaps_not_finished(
    example: Example, last: int, cut: tuple[int, ...]
) -> None:
    paint(example, 1, (5, 9), (5, 9), (20, last))
    example.set_boxes([TaughtBox((0, 0, 0), (20, 30, 30))])
    found = seen(example)
    assert found.cut == cut
    assert bool(advice(found)) == bool(cut)


def test_at_a_face_of_the_image_an_object_ends_as_it_must(example: Example) -> None:
    paint(example, 1, (0, 9), (0, 9), (0, 9))
    paint(example, 2, (15, 20), (50, 60), (50, 60))
    example.teach_everything()
    assert seen(example).cut == ()


def test_pieces_and_slips_of_the_brush_are_named(example: Example) -> None:
    cubes(example, 2)
    paint(example, 1, (15, 18), (40, 44), (40, 44))
    paint(example, 9, (0, 1), (0, 2), (0, 2))
    example.teach_everything()
    found = seen(example)
    assert (found.broken, found.tiny) == ((1,), (9,))
    pieces, slips = advice(found)
    assert "Object 1 is in several pieces" in pieces
    assert "Object 9 has less than 20 voxels" in slips


def boxes_within(shape: tuple[int, int, int]) -> Any:
    def of_corners(corners: Any) -> TaughtBox:
        low, high = np.sort(np.array(corners), axis=0)
        start, stop = low.tolist(), (high + 1).tolist()
        return TaughtBox(tuple(start), tuple(stop))

    corner = st.tuples(*(st.integers(0, n - 1) for n in shape))
    return st.tuples(corner, corner).map(of_corners)


@given(st.lists(boxes_within((6, 7, 8)), max_size=6))
@settings(deadline=None)
def test_voxels_of_several_boxes_count_once(boxes: list[TaughtBox]) -> None:
    first = np.full((6, 7, 8), -1)
    for number in reversed(range(len(boxes))):
        first[box_slices(boxes[number].box)] = number
    counts = [0] * len(boxes)
    for number, part in disjoint_parts(boxes):
        assert (first[box_slices(part.box)] == number).all(), "of the former box"
        counts[number] += voxels_in(part)
    assert counts == [(first == number).sum() for number in range(len(boxes))]


def held(boxes: tuple[TaughtBox, ...]) -> TaughtBox:
    (found,) = (box for box in boxes if box.held_out)
    return found


@pytest.mark.parametrize("count", [2, 3, 5, 6])
def test_of_one_box_an_end_is_held_out_that_cuts_no_object(
    example: Example, count: int
) -> None:
    cubes(example, count)
    example.set_boxes([TaughtBox((0, 0, 0), SHAPE)])
    painted = seen(example)
    (boxes,) = hold_out([painted])
    part = held(boxes)
    within = np.asarray(example.labels[box_slices(part.box)])
    ids, voxels = np.unique(within[within > 0], return_counts=True)
    assert len(ids) == 1
    assert voxels.tolist() == [216]
    assert boxes[0] == painted.boxes[0], "which still says what background is"


def test_of_several_boxes_one_with_a_fifth_of_the_objects_is_held_out(
    example: Example,
) -> None:
    cubes(example, 4)
    paint(example, 9, (6, 12), (40, 46), (40, 46))
    large = TaughtBox((0, 0, 0), (20, 30, 60))
    small = TaughtBox((0, 35, 30), (20, 55, 60))
    example.set_boxes([large, small])
    (boxes,) = hold_out([seen(example)])
    assert boxes == (large, TaughtBox(small.start_zyx, small.stop_zyx, held_out=True))


def test_what_the_user_holds_out_is_held_out(example: Example) -> None:
    cubes(example, 4)
    chosen = TaughtBox((0, 0, 30), (20, 30, 60), held_out=True)
    example.set_boxes([TaughtBox((0, 0, 0), (20, 30, 30)), chosen])
    (boxes,) = hold_out([seen(example)])
    assert held(boxes) == chosen


def test_what_is_held_out_of_one_plane_is_no_empty_box(example: Example) -> None:
    cubes(example, 5)
    plane = TaughtBox((8, 0, 0), (9, 60, 60))
    example.set_boxes([plane])
    painted = seen(example)
    (boxes,) = hold_out([painted])
    (held,) = (box for box in boxes if box.held_out)
    assert (held.start_zyx[0], held.stop_zyx[0]) == (8, 9)
    assert len(objects_inside(painted, [held])) == 1
    assert [span.size for span in held.box] != [span.size for span in plane.box]


def test_of_a_large_end_only_a_part_is_held_out(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    cubes(example, 5)
    example.teach_everything()
    painted = seen(example)
    assert "(the end of it)" in describe_held_out([painted], ["cells"])
    monkeypatch.setattr("skoots.teach.hold_out.LARGEST", 4000)
    assert "(a part of it)" in describe_held_out([painted], ["cells"])


def test_of_one_object_nothing_can_be_held_out(example: Example) -> None:
    cubes(example, 1)
    example.teach_everything()
    (boxes,) = hold_out([seen(example)])
    assert not any(box.held_out for box in boxes)


def test_one_id_in_far_places_is_no_object_in_pieces(tmp_path: Path) -> None:
    project = TeachProject.create(tmp_path / "far.skoots-project")
    wide = project.add(open_source(np.zeros((40, 300, 2000), np.uint8)))
    paint(wide, 3, (2, 12), (10, 22), (10, 22))
    paint(wide, 3, (2, 12), (10, 22), (222, 234))
    paint(wide, 4, (2, 12), (50, 62), (10, 22))
    paint(wide, 4, (2, 12), (50, 62), (25, 37))
    paint(wide, 5, (2, 12), (5, 15), (5, 15))  # its box is read in coarser steps
    paint(wide, 5, (25, 39), (280, 299), (1900, 1950))
    far, further, near = advice(seen(wide))
    assert far == (
        "One id in far places: object 3 lies in 2 places that are 200 voxels apart. "
        "Give each its own id."
    )
    assert "object 5 lies in 2 places" in further
    assert "Object 4 is in several pieces" in near


def test_the_next_look_says_the_same_and_knows_what_changed(example: Example) -> None:
    cubes(example, 3)
    paint(example, 1, (15, 18), (40, 44), (40, 44))
    paint(example, 2, (15, 18), (30, 34), (20, 24))
    first = seen(example)
    assert first.broken == (1, 2)
    paint(example, 2, (15, 18), (30, 34), (20, 24))
    example.labels[15:18, 30:34, 20:24] = 0
    paint(example, 3, (15, 18), (30, 34), (20, 24))
    again = result_of(look(example, first))
    assert again.broken == (1, 3) == seen(example).broken


def test_only_chunks_that_hold_anything_are_read(tmp_path: Path) -> None:
    labels = zarr.create_array(
        tmp_path / "large.zarr",
        shape=(100, 3000, 4000),
        chunks=CHUNK,
        dtype=np.uint32,
        compressors=ZstdCodec(level=1),
    )
    labels[30:40, 120:140, 250:262] = 8
    boxes = stored_parts(labels)
    read = [tuple((s.start, s.stop) for s in box) for box in boxes]
    assert read == [
        ((0, 32), (0, 128), (128, 384)),
        ((0, 32), (128, 256), (128, 384)),
        ((32, 64), (0, 128), (128, 384)),
        ((32, 64), (128, 256), (128, 384)),
    ]


def test_a_held_out_box_without_objects_is_a_problem(example: Example) -> None:
    cubes(example, 3)
    rest = TaughtBox((0, 0, 0), (20, 30, 60))
    empty = TaughtBox((0, 40, 0), (20, 60, 60), held_out=True)
    example.set_boxes([rest, empty])
    assert "No object lies in what is held out" in problem([seen(example)])
    example.set_boxes([TaughtBox((0, 0, 0), (20, 30, 60), held_out=True), empty])
    assert "All objects lie in what is held out" in problem([seen(example)])


def test_what_is_held_out_says_no_background(example: Example) -> None:
    cubes(example, 3)  # the last one from 22 to 28 along X
    only = TaughtBox((0, 0, 0), (20, 20, 20), held_out=True)
    example.set_boxes([only])
    found = seen(example)
    assert (found.background, found.background_voxels) == ((8000 - 432,), 0)
    assert "Nothing but what is held out says" in problem([found])
    assert describe_held_out([found], ["cells"]) == "Held out: box 1 (2 objects)"
    within = TaughtBox((5, 5, 5), (15, 15, 15))
    full = TaughtBox((6, 6, 22), (12, 12, 28))
    example.set_boxes([within, full, only])
    assert "Nothing but what is held out says" in problem([seen(example)])
    example.set_boxes([within, full, only, TaughtBox((6, 6, 22), (12, 12, 29))])
    found = seen(example)
    assert found.background == (0, 0, 8000 - 432, 36)
    assert problem([found]) == ""


def test_who_holds_out_the_one_object_is_not_told_that_none_can_be(
    example: Example,
) -> None:
    cubes(example, 1)
    paint(example, 2, (6, 12), (40, 46), (40, 46))  # outside of the boxes
    chosen = TaughtBox((0, 0, 0), (20, 20, 20), held_out=True)
    example.set_boxes([chosen, TaughtBox((0, 20, 20), (20, 30, 30))])
    once = [seen(example)]
    assert describe_held_out(once, ["cells"]) == "Held out: box 1 (1 object)"
    assert (scarce(once), problem(once)) == ([], "")


def test_the_one_box_with_background_is_not_held_out(example: Example) -> None:
    paint(example, 1, (0, 10), (0, 10), (0, 10))
    for number in range(4):
        paint(example, 2 + number, (0, 10), (30, 40), (10 * number, 10 * number + 10))
    few = TaughtBox((0, 0, 0), (12, 12, 12))
    full = TaughtBox((0, 30, 0), (10, 40, 40))
    example.set_boxes([few, full])
    (boxes,) = hold_out([seen(example)])
    assert boxes[:2] == (few, full)
    assert held(boxes) == TaughtBox((0, 30, 0), (10, 40, 10), held_out=True)


def test_of_too_few_objects_it_is_said_that_none_can_be_held_out(
    example: Example,
) -> None:
    cubes(example, 1)
    assert scarce([seen(example)]) == []  # nobody drew a box yet
    example.set_boxes([TaughtBox((0, 0, 0), (20, 20, 30))])
    assert "Only one object lies in boxes" in scarce([seen(example)])[0]
    example.set_boxes([TaughtBox((0, 30, 0), (20, 50, 30))])
    assert "No object lies in boxes" in scarce([seen(example)])[0]
    cubes(example, 2)
    example.teach_everything()
    assert scarce([seen(example)]) == []


def test_what_is_held_out_is_said_in_words(example: Example) -> None:
    assert describe_held_out([seen(example)], ["cells"]) == ""
    cubes(example, 5)
    example.teach_everything()
    once = [seen(example)]
    assert describe_held_out(once, ["cells"]) == (
        "Held out: 1 of the 5 objects in the image (the end of it)"
    )
    assert "objects in the image of cells (the end of it)" in describe_held_out(
        once * 2, ["cells", "more"]
    )
    example.set_boxes([TaughtBox((0, 0, 0), (20, 20, 59))])
    assert describe_held_out([seen(example)], ["cells"]) == (
        "Held out: 1 of the 5 objects in box 1 (the end of it)"
    )
    example.set_boxes(
        [
            TaughtBox((0, 0, 0), (20, 20, 20)),
            TaughtBox((0, 0, 20), (20, 20, 60), held_out=True),
        ]
    )
    assert describe_held_out([seen(example)], ["cells"]) == (
        "Held out: box 2 (3 objects)"
    )


def test_the_boxes_that_were_drawn_come_back(example: Example) -> None:
    drawn = (TaughtBox((0, 0, 0), (20, 20, 20)),)
    example.set_boxes(drawn)
    example.teach_everything()
    example.teach_everything()
    assert example.everything
    assert example.boxes == (TaughtBox((0, 0, 0), SHAPE),)
    again = TeachProject(example.path.parents[1]).examples[0]
    again.teach_drawn()
    assert not again.everything
    assert again.boxes == drawn


def test_many_objects_are_looked_at_soon_and_can_be_left(tmp_path: Path) -> None:
    project = TeachProject.create(tmp_path / "many.skoots-project")
    shape, side = (64, 400, 400), 8
    many = project.add(open_source(np.zeros(shape, np.uint8)))
    places = np.indices([n // side for n in shape]).reshape(3, -1).T * side
    labels = np.zeros(shape, np.uint32)
    for number, (z, y, x) in enumerate(places[:2048], 1):
        labels[z : z + 6, y : y + 6, x : x + 6] = number
    for number in (7, 1500):  # cut in two
        z, y, x = places[number - 1]
        labels[z + 3, y : y + 6, x : x + 6] = 0
    many.labels[:] = labels
    events, waited, last = [], 0.0, time.monotonic()
    looking = look(many)
    try:
        while True:
            events.append(next(looking))
            now = time.monotonic()
            waited, last = max(waited, now - last), now
    except StopIteration as ended:
        found = ended.value
    assert found.broken == (7, 1500)
    assert sum(isinstance(event, ObjectsDone) for event in events) == 2048 // 64
    assert waited < 1


@given(st.lists(st.tuples(*[st.integers(0, 56)] * 3), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_pieces_are_those_of_the_whole_volume(
    corners: list[tuple[int, int, int]],
) -> None:
    labels = np.zeros((60, 60, 60), np.uint32)
    for number, (z, y, x) in enumerate(corners):
        labels[z : z + 4, y : y + 4, x : x + 4] = number // 2 + 1
    stored = zarr.create_array({}, shape=labels.shape, chunks=(8, 8, 8), dtype="u4")
    stored[:] = labels
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_WINDOW", (16, 16, 16))
        patch.setattr(pieces, "_BEYOND", (4, 4, 4))
        found = result_of(
            pieces.find_scattered(stored, result_of(measure_objects(labels)))
        )
    expected = [
        number
        for number in np.unique(labels[labels > 0]).tolist()
        if cc3d.connected_components(labels == number, return_N=True)[1] > 1
    ]
    assert [one.id for one in found] == expected
