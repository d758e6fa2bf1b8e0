"""Making skeletons of files: when, of what, and what is said of it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from volume_cases import set_age, two_bars, write_pair

from skoots.errors import TrainingError
from skoots.events import Notice, ObjectsDone, StageStarted, result_of
from skoots.train import dataloader
from skoots.train.data import skeletonize
from skoots.train.data.astray import find_astray
from skoots.train.data.label_volume import open_labels
from skoots.train.data.skeleton_files import (
    read_skeletons,
    save_skeletons,
    skeletons_path,
)
from skoots.train.data.skeletonize import (
    ensure_skeletons,
    prepare_skeletons,
    skeletonize_file,
)
from skoots.train.generate_skeletons import skeletonize_labels
from skoots.volume.axes import zyx_to_xyz

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from typing import Any

    from skoots.events import Event

INSIDE = np.array([[1, 2, 1]], np.float32)
"""A skeleton of the first of `two_bars`, along X, Y, Z."""


def listen(job: Generator[Event, None, Any]) -> tuple[list[Event], Any]:
    events = []
    while True:
        try:
            events.append(next(job))
        except StopIteration as end:
            return events, end.value


def messages(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Notice)]


def scattered(seed: int) -> np.ndarray:
    """Many small objects, in no order of their ids."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 60, (5, 8, 9))
    return np.kron(coarse, np.ones((3, 4, 3), int)).astype(np.uint32)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("store", ["tif", "zarr"])
def test_a_file_gets_what_the_labels_get_in_memory(
    tmp_path: Path, store: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    volume = scattered(0)
    labels = write_pair(tmp_path, labels=volume, store=store)
    events, path = listen(skeletonize_file(labels, voxel_size=(3.0, 1.0, 1.0)))
    made = read_skeletons(path, volume.shape)
    expected = skeletonize_labels(
        np.ascontiguousarray(zyx_to_xyz(volume)), spacing=(1.0, 1.0, 3.0)
    )
    assert list(made) == list(expected)
    for key, points in expected.items():
        np.testing.assert_array_equal(made[key], points)
    done = [event.done for event in events if isinstance(event, ObjectsDone)]
    assert events[0] == StageStarted("skeletonize", 0, len(expected))
    assert done == sorted(done)
    assert done[-1] == len(expected)


def test_an_object_that_crosses_blocks_is_one_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skoots.train.data.label_volume._BLOCK", (2, 5, 4))
    volume = open_labels(write_pair(tmp_path, labels=two_bars()))
    boxes = {k: [(s.start, s.stop) for s in b] for k, b in volume.objects.items()}
    assert boxes == {3: [(1, 6), (1, 4), (2, 13)], 7: [(1, 6), (7, 10), (2, 13)]}


def test_objects_in_several_pieces_are_counted(tmp_path: Path) -> None:
    volume = two_bars()
    volume[:, :, 6:9] = 0
    volume[1, 5, 7] = 9
    labels = write_pair(tmp_path, labels=volume)
    events, _ = listen(skeletonize_file(labels))
    (message,) = messages(events)
    assert message.startswith(
        "2 of 3 objects in cells.labels.tif are in several pieces"
    )


def specks_and_bars(step: int) -> np.ndarray:
    """Give an object in (8 / step)³ pieces, and three in one piece."""
    labels = np.zeros((8, 8, 16), np.uint16)
    labels[::step, ::step, :8:step] = 1
    for key in (2, 3, 4):
        labels[:, :, 4 + 3 * key - 1] = key
    return labels


@pytest.mark.parametrize("saved", [False, True], ids=["made", "read"])
@pytest.mark.parametrize(
    ("labels", "is_mask"),
    [
        ((two_bars() > 0).astype(np.uint8), True),
        (np.where(np.arange(15) == 7, 0, two_bars()), True),
        (specks_and_bars(2), True),
        (specks_and_bars(4), False),
    ],
    ids=["one id", "all in pieces", "one in many pieces", "one in some pieces"],
)
def test_a_mask_in_place_of_objects_is_said(
    tmp_path: Path, labels: np.ndarray, *, is_mask: bool, saved: bool
) -> None:
    path = write_pair(tmp_path / "d", image=np.zeros(labels.shape, "u1"), labels=labels)
    if saved:
        result_of(skeletonize_file(path))
    (volume,) = dataloader.dataset(tmp_path / "d").volumes
    assert ("this looks like a mask" in volume.notices[0]) == is_mask


def test_skeletons_are_made_once_and_again_when_the_labels_are_newer(
    tmp_path: Path,
) -> None:
    labels = write_pair(tmp_path)
    path = skeletons_path(labels)
    assert list(result_of(ensure_skeletons(open_labels(labels)))) == [3, 7]
    save_skeletons(path, {3: INSIDE, 7: INSIDE + np.float32([6, 0, 0])})
    kept = result_of(ensure_skeletons(open_labels(labels)))
    assert kept[3].tolist() == INSIDE.tolist()
    set_age(path, 60)
    events, made = listen(ensure_skeletons(open_labels(labels)))
    assert made[3].tolist() != INSIDE.tolist()
    assert messages(events) == [
        f"{path} is older than the labels: skeletons are made anew"
    ]
    np.testing.assert_array_equal(read_skeletons(path, (6, 12, 15))[3], made[3])


def test_a_file_that_leaves_out_objects_is_completed_in_memory(tmp_path: Path) -> None:
    labels = write_pair(tmp_path)
    path = skeletons_path(labels)
    save_skeletons(path, {3: INSIDE, 99: np.ones((1, 3), "f4")})
    before = path.read_bytes()
    events, points = listen(ensure_skeletons(open_labels(labels)))
    assert list(points) == [3, 7]
    assert points[3].tolist() == INSIDE.tolist()
    assert "no skeleton for 1 of 2 objects" in messages(events)[0]
    assert path.read_bytes() == before


def test_pieces_are_said_once_where_skeletons_are_missing(tmp_path: Path) -> None:
    cut = np.where(np.arange(15) == 7, 0, two_bars())
    path = skeletons_path(write_pair(tmp_path / "d", labels=cut))
    save_skeletons(path, {3: INSIDE})
    (volume,) = dataloader.dataset(tmp_path / "d").volumes
    assert sum("several pieces" in text for text in volume.notices) == 1
    assert "2 of 2 objects" in volume.notices[0]


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("store", ["tif", "zarr"])
def test_a_file_of_other_labels_is_mended_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str, *, in_memory: bool
) -> None:
    monkeypatch.setattr("skoots.train.data.astray._BLOCK", (2, 5, 4))
    labels = write_pair(tmp_path, store=store)
    path = skeletons_path(labels)
    swapped = INSIDE + np.float32([6, 0, 0])  # in the other bar
    save_skeletons(path, {3: swapped, 7: swapped})
    before = path.read_bytes()
    events, points = listen(ensure_skeletons(open_labels(labels, in_memory=in_memory)))
    (message,) = messages(events)
    assert "beside their objects for 1 of 2" in message
    assert "the file stays as it is" in message
    assert path.read_bytes() == before
    assert points[7].tolist() == swapped.tolist()
    ids = zyx_to_xyz(two_bars())
    assert (ids[tuple(np.rint(points[3]).astype(int).T)] == 3).all()


@pytest.mark.parametrize(
    ("beside", "objects"),
    [
        ([], []),
        ([[0, 0, 0]], []),  # one of ten: published skeletons are off by a little
        ([[0, 0, 0], [1, 2, 90]], [3]),
        ([[-1, 2, 2], [1, 15.4, 2]], [3]),  # beyond the volume
        ([[0.5, 7, 3], [0.5, 8, 3]], [3]),  # half to even: row 0
        ([[3.4, 12.4, 5.4], [0.6, 2, 1]], []),
    ],
)
def test_a_tenth_of_the_points_of_a_skeleton_may_lie_beside_the_object(
    tmp_path: Path, beside: list[list[float]], objects: list[int]
) -> None:
    inside = [[2, 3 + k, 3] for k in range(10 - len(beside))]
    points = {3: np.array([*inside, *beside], np.float32)}
    volume = open_labels(write_pair(tmp_path))
    assert find_astray(volume, points) == objects


@pytest.mark.parametrize("store", ["tif", "zarr"])
def test_an_image_beside_its_labels_is_not_skeletonized(
    tmp_path: Path, store: str
) -> None:
    labels = write_pair(tmp_path, store=store)
    path = result_of(skeletonize_file(labels))
    before = path.read_bytes()
    with pytest.raises(TrainingError, match=r"the image of cells\.labels\."):
        result_of(skeletonize_file(tmp_path / f"cells.{store}"))
    assert path.read_bytes() == before


def test_a_folder_that_may_not_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = write_pair(tmp_path)

    def full(path: Path, points: object) -> None:
        raise skeletonize.StorageError("there is no room.")

    monkeypatch.setattr(skeletonize, "save_skeletons", full)
    events, points = listen(ensure_skeletons(open_labels(labels)))
    assert list(points) == [3, 7]
    (message,) = messages(events)
    assert message.startswith("skeletons stay in memory")


def test_the_voxel_size_of_the_image_counts_when_folders_are_prepared(
    tmp_path: Path,
) -> None:
    tifffile = pytest.importorskip("tifffile")
    labels = write_pair(tmp_path / "a")
    options = {"imagej": True, "resolution": (100, 100)}
    tifffile.imwrite(
        tmp_path / "a" / "cells.tif",
        np.zeros((6, 12, 15), np.uint8),
        metadata={"axes": "ZYX", "spacing": 0.05, "unit": "um"},
        **options,
    )
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert result_of(prepare_skeletons([tmp_path / "a"])) is None
    made = read_skeletons(skeletons_path(labels), (6, 12, 15))
    other = tmp_path / "b" / labels.name
    path = result_of(skeletonize_file(other, voxel_size=(0.05, 0.01, 0.01)))
    for key, points in read_skeletons(path, (6, 12, 15)).items():
        np.testing.assert_array_equal(points, made[key])
    assert list(prepare_skeletons([tmp_path / "a"])) == []


@pytest.mark.parametrize(
    ("budget", "saved", "known"),
    [(1 << 30, True, 1), (0, True, 2), (1 << 30, False, 0)],
    ids=["held", "on disk", "in memory alone"],
)
def test_what_loading_says_again_is_not_said_when_folders_are_prepared(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    budget: int,
    saved: bool,
    known: int,
) -> None:
    broken = two_bars()
    broken[:, :, 7] = 0
    labels = write_pair(tmp_path / "a", labels=broken)
    save_skeletons(skeletons_path(labels), {})
    set_age(skeletons_path(labels), 100)

    def full(path: Path, points: object) -> None:
        raise skeletonize.StorageError("there is no room.")

    if not saved:
        monkeypatch.setattr(skeletonize, "save_skeletons", full)
    monkeypatch.setattr(skeletonize, "memory_budget", lambda: budget)
    monkeypatch.setattr(dataloader, "memory_budget", lambda: budget)
    first = messages(list(prepare_skeletons(tmp_path / "a")))
    assert len(first) == known
    (volume,) = dataloader.load_pairs(tmp_path / "a")
    everything = [*first, *volume.notices]
    assert len(set(everything)) == len(everything) == (2 if saved else 3)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros((3, 4, 5), np.uint8), "has no objects: all its voxels are 0"),
        (np.ones((3, 4, 5), np.float32), "holds float32 and no ids. Save"),
        (np.full((3, 4, 5), -1, np.int16), "has ids from -1 to -1. Use 0"),
        (np.full((3, 4, 5), 2**63, np.uint64), f"has ids from {2**63} to"),
    ],
    ids=["no objects", "float", "negative", "too large"],
)
def test_labels_that_are_none_are_refused(
    tmp_path: Path, labels: np.ndarray, words: str
) -> None:
    path = write_pair(tmp_path, labels=labels, store="zarr")
    with pytest.raises(TrainingError, match=words):
        open_labels(path)


def test_large_ids_keep_every_digit(tmp_path: Path) -> None:
    labels = np.zeros((3, 4, 5), np.uint64)
    labels[0, 0, 0] = 2**62 + 3
    labels[2, 2, 2] = 2**24 + 1
    path = write_pair(tmp_path, labels=labels, store="zarr")
    made = read_skeletons(result_of(skeletonize_file(path)), (3, 4, 5))
    assert {k: v.tolist() for k, v in made.items()} == {
        2**24 + 1: [[2, 2, 2]],
        2**62 + 3: [[0, 0, 0]],
    }
