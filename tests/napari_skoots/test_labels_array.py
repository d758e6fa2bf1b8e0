"""Labels on disk that are painted: numpy's answers, and what is written is stored."""

from __future__ import annotations

import copy
import sys
from itertools import product
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_skoots.labels_array import ZarrLabels
from skoots.errors import RunError, ShapeError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE = (5, 9, 7)
CHUNKS = (2, 4, 3)
START = np.arange(np.prod(SHAPE), dtype=np.uint32).reshape(SHAPE)

few = settings(max_examples=60, deadline=None)


def stored(voxels: NDArray[Any], where: Any = None, **options: Any) -> zarr.Array[Any]:
    array = zarr.create_array(
        store=where if where is not None else {},
        shape=voxels.shape,
        chunks=CHUNKS,
        dtype=voxels.dtype,
        **options,
    )
    array[...] = voxels
    return array


@st.composite
def mixed_keys(draw: st.DrawFn) -> Any:
    """An index of which some axes are arrays of integers, a list or a mask."""
    picks = []
    for length in SHAPE:
        places = st.lists(st.integers(-length, length - 1), min_size=3, max_size=3)
        masks = st.lists(st.booleans(), min_size=length, max_size=length)
        three = masks.map(np.array).filter(lambda m: m.sum() in (1, 3))
        kinds = (
            st.slices(length),
            st.integers(-length, length - 1),
            places,
            places.map(np.array),
            three,
        )
        picks.append(draw(st.one_of(*kinds)))
    return tuple(picks)


masks = hnp.arrays(bool, SHAPE)
keys = st.one_of(
    hnp.basic_indices(SHAPE, allow_newaxis=True, max_dims=6),
    hnp.integer_array_indices(SHAPE),
    mixed_keys(),
    masks,
    hnp.arrays(bool, SHAPE[:2]),
)


@few
@given(key=keys)
def test_it_is_read_like_an_array_in_memory(key: Any) -> None:
    labels = ZarrLabels(stored(START))
    found = labels[key]
    np.testing.assert_array_equal(found, START[key])
    assert np.shape(found) == np.shape(START[key])
    assert found.dtype == START.dtype


@few
@given(key=keys, data=st.data())
def test_it_is_written_like_an_array_in_memory(key: Any, data: st.DataObject) -> None:
    array, memory = stored(START), START.copy()
    labels = ZarrLabels(array)
    shape = memory[key].shape
    value: Any = data.draw(
        st.one_of(
            st.integers(0, 2**32 - 1),
            hnp.arrays(np.uint32, shape),
            hnp.arrays(np.int64, shape[1:], elements=st.integers(0, 99)),
        )
    )
    memory[key] = value
    labels[key] = value
    np.testing.assert_array_equal(array[...], memory)
    np.testing.assert_array_equal(labels[...], memory)


@settings(max_examples=25, deadline=None)
@given(
    looks=st.lists(
        st.tuples(
            hnp.basic_indices(SHAPE, allow_newaxis=False),
            st.sampled_from([np.s_[0], np.s_[:, 4:7], np.s_[2:4, :, 3], np.s_[...]]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_was_read_is_restored_by_writing_it_back(looks: list[Any]) -> None:
    """The last one first, as somebody does who tries something and takes it back."""
    labels = ZarrLabels(stored(START), cache_bytes=200)
    before = [(place, labels[place]) for place, _ in looks]
    for turn, (_, key) in enumerate(looks):
        labels[key] = 900 + turn
    whole = labels[...]
    memory = whole.copy()
    for place, was in reversed(before):
        labels[place] = memory[place] = was
    np.testing.assert_array_equal(labels[...], memory)
    labels[...] = whole
    assert (labels[...] == whole).all()


@few
@given(
    steps=st.lists(
        st.tuples(
            hnp.basic_indices(SHAPE, allow_newaxis=False),
            hnp.basic_indices(SHAPE, allow_newaxis=False),
            st.integers(0, 3),
        ),
        max_size=12,
    )
)
def test_reading_never_changes_what_a_later_write_does(steps: list[Any]) -> None:
    array, memory = stored(START % 4), START % 4
    labels = ZarrLabels(array, cache_bytes=200)
    for looked, key, value in steps:
        before = labels[looked]
        memory[key] = labels[key] = value
        np.testing.assert_array_equal(labels[looked], memory[looked])
        memory[looked] = before
        labels[looked] = before
        np.testing.assert_array_equal(array[...], memory)


@pytest.mark.parametrize(
    "key",
    [9, -6, (0, 0, 0, 0), (..., ...), ([5], [0], [0]), 1.5, np.ones((2, 2), bool)],
)
def test_what_is_no_place_in_it_is_an_index_error(key: Any) -> None:
    labels = ZarrLabels(stored(START))
    with pytest.raises(IndexError):
        labels[key]
    with pytest.raises(IndexError):
        labels[key] = 1


def test_what_does_not_fit_is_refused_as_numpy_does() -> None:
    labels = ZarrLabels(stored(START))
    with pytest.raises(ValueError, match="broadcast"):
        labels[0] = np.zeros((3, 3))
    with pytest.raises(OverflowError):
        labels[0] = -1
    np.testing.assert_array_equal(labels[...], START)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compressors": None},
        {"compressors": zarr.codecs.GzipCodec()},
        {"shards": (4, 8, 6)},
        {"zarr_format": 2},
        {"fill_value": 3},
        {"serializer": zarr.codecs.BytesCodec(endian="big")},
    ],
    ids=str,
)
def test_any_store_of_zarr_is_written_as_zarr_would(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    array = stored(START, tmp_path / "a.zarr", **options)
    labels, memory = ZarrLabels(array), START.copy()
    for i, z in enumerate((0, 3, 4)):
        labels[z, 2:8, 1:7] = memory[z, 2:8, 1:7] = i
    labels[0] = memory[0] = 0
    again = zarr.open_array(tmp_path / "a.zarr", mode="r")
    np.testing.assert_array_equal(again[...], memory)
    np.testing.assert_array_equal(ZarrLabels(again, read_only=True)[...], memory)


def test_an_erased_chunk_has_no_file(tmp_path: Path) -> None:
    array = stored(START + 1, tmp_path / "a.zarr")
    assert (tmp_path / "a.zarr/c/0/0/0").exists()
    ZarrLabels(array)[:2, :4, :3] = 0
    assert not (tmp_path / "a.zarr/c/0/0/0").exists()
    assert not array[:2, :4, :3].any()


def test_it_says_what_napari_asks_for() -> None:
    labels = ZarrLabels(stored(START))
    assert (labels.shape, labels.chunks, labels.ndim) == (SHAPE, CHUNKS, 3)
    assert (len(labels), labels.size, labels.nbytes) == (5, 315, 1260)
    np.testing.assert_array_equal(np.asarray(labels, np.float32), START)
    with pytest.raises(ValueError, match="copy"):
        np.asarray(labels, copy=False)


def test_only_integers_of_three_axes_are_labels() -> None:
    with pytest.raises(ShapeError, match="float32"):
        ZarrLabels(zarr.zeros((2, 2, 2), dtype="float32"))
    with pytest.raises(ShapeError, match=r"\(2, 2\)"):
        ZarrLabels(zarr.zeros((2, 2), dtype="uint8"))


def test_what_is_read_only_refuses_to_be_written() -> None:
    labels = ZarrLabels(stored(START), read_only=True)
    with pytest.raises(RunError, match="cannot be changed"):
        labels[0] = 1


def test_a_new_label_is_above_all_others() -> None:
    labels = ZarrLabels(stored(START))
    assert labels.next_label() == 315
    labels[0, 0, 0] = 400
    assert labels.next_label() == 401
    small = ZarrLabels(stored(np.full(SHAPE, 255, np.uint8)))
    with pytest.raises(RunError, match="above 255"):
        small.next_label()


def test_the_cache_stays_within_its_budget_and_sees_all_changes() -> None:
    chunk = 4 * int(np.prod(CHUNKS))
    array = stored(START)
    labels = ZarrLabels(array, cache_bytes=3 * chunk)
    for z, y in product(range(5), range(9)):
        np.testing.assert_array_equal(labels[z, y], START[z, y])
        assert 0 < labels.cached_bytes <= 3 * chunk


def test_two_faces_of_one_array_see_what_the_other_writes(tmp_path: Path) -> None:
    array = stored(START, tmp_path / "a.zarr")
    here, there = ZarrLabels(array), ZarrLabels(zarr.open_array(tmp_path / "a.zarr"))
    assert (there[...] == START).all()
    here[1, 5, 4] = 1000
    assert there[1, 5, 4] == 1000
    box = ((0, 2), (4, 8), (3, 6))
    assert there.take_dirty(own=False) == here.take_dirty() == [box]
    here[0, 0, 0] = 1
    assert here.take_dirty(own=False) == []
    assert here.take_dirty() == []
    assert there.next_label() == 1001


def test_what_another_wrote_between_a_read_and_its_write_stays(tmp_path: Path) -> None:
    array = stored(np.zeros(SHAPE, np.uint32), tmp_path / "a.zarr")
    painter, job = ZarrLabels(array), ZarrLabels(array)
    box = (slice(0, 1), slice(0, 6), slice(0, 6))
    part = painter[box]
    job[...] = 7
    part[0, 2, 2] = 5
    painter[box] = part
    expected = np.full(SHAPE, 7)
    expected[0, 2, 2] = 5
    np.testing.assert_array_equal(array[...], expected)


def test_all_of_what_is_assigned_is_stored_however_it_looked_when_it_was_read(
    tmp_path: Path,
) -> None:
    array = stored(np.full(SHAPE, 77, np.uint32), tmp_path / "a.zarr")
    shown, job = ZarrLabels(array), ZarrLabels(array)
    planes = [np.asarray(shown[z, :, :]) for z in range(4)]
    job[...] = 0
    shown[0] = 77
    shown[1] = planes[1].copy()
    shown[2] = planes[3]  # read elsewhere
    shown[3] = planes[3]  # written back as it was: nothing is changed
    np.testing.assert_array_equal(array[:, 0, 0], [77, 77, 77, 0, 0])
    box = shown[0:1, 2:5, 1:4]
    job[...] = 3
    shown[0:1, 2:5, 1:4] = box.transpose(0, 2, 1)
    assert (array[0, 2:5, 1:4] == 77).all()


@pytest.mark.parametrize("budget", [0, 10**6])
def test_an_array_is_written_back_as_often_as_its_reader_likes(
    tmp_path: Path, budget: int
) -> None:
    """Also where its chunks are more than what is held in memory."""
    array = stored(np.zeros(SHAPE, np.uint32), tmp_path / "a.zarr")
    painter, job = ZarrLabels(array, cache_bytes=budget), ZarrLabels(array)
    expected = np.zeros(SHAPE, np.uint32)
    whole, plane = painter[0:4, 0:9, 0:7], np.asarray(painter[4, :, :])
    elsewhere = painter[4, 8, 6]
    for turn in (5, 6):
        job[...] = expected[expected < 90] = turn
        whole[0, 2, turn] = expected[0, 2, turn] = 90 + turn
        plane[turn, 0] = expected[4, turn, 0] = 90 + turn
        part = whole[0:1, 1:4]  # as napari fills: read all, write a part
        painter[0:1, 1:4, 0:7] = part
        painter[4:5] = plane[None]
        job[0:5] = np.where(job[...] > 90, job[...], turn)
        painter[0:4, 0:9, 0:7] = whole
    assert elsewhere == 0
    np.testing.assert_array_equal(array[...], expected)


def test_planes_are_asked_for_while_another_thread_writes() -> None:
    labels, errors = ZarrLabels(stored(START)), []
    enough = Event()

    def look() -> None:
        while not enough.is_set():
            planes = [labels[z % 5] for z in range(50)]
            assert len(planes[0]) == 9

    def write() -> None:
        try:
            for turn in range(150):
                labels[0, 0, 0] = turn
        except RuntimeError as error:
            errors.append(error)
        enough.set()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [Thread(target=work) for work in (look, look, write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(before)
    assert errors == []


def test_a_plane_is_read_when_it_is_looked_at_and_is_what_it_was() -> None:
    array = stored(START)
    labels, memory = ZarrLabels(array), START.copy()
    plane, other, untouched = labels[1], labels[-1], labels[np.int64(0)]
    assert (plane.shape, plane.dtype, len(plane), plane.ndim) == ((9, 7), "u4", 9, 2)
    assert labels.cached_bytes == 0
    before = memory[1].copy()
    labels[...] = memory[...] = 5
    np.testing.assert_array_equal(plane, before)
    np.testing.assert_array_equal(other + other, START[-1] * 2)
    assert untouched.max() == START[0].max()
    assert [row.sum() for row in plane] == before.sum(1).tolist()
    labels[2] += 3
    labels[3][0, 0] = 77
    memory[2] += 3
    np.testing.assert_array_equal(array[...], memory)
    assert repr(labels[2]) == repr(memory[2])
    with pytest.raises(IndexError):
        labels[5]


def test_a_copy_is_in_memory_and_changes_nothing_on_disk() -> None:
    array = zarr.create_array({}, shape=(4, 4, 4), chunks=(2, 2, 2), dtype="uint32")
    labels = ZarrLabels(array)
    labels[1] = 5
    copied = copy.deepcopy(labels)
    copied[1] = 6
    assert (np.asarray(array[1]) == 5).all()
    assert (copied[1] == 6).all()
