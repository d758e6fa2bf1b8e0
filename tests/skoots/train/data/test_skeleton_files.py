"""Skeletons beside labels: which file counts, what it may hold."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch
from volume_cases import SHAPE, set_age, two_bars, write_pair

from skoots.errors import SkeletonError, StorageError, UnsafeCheckpointError
from skoots.train.data.skeleton_files import (
    find_skeletons,
    read_skeletons,
    save_skeletons,
    skeletons_path,
)

if TYPE_CHECKING:
    from pathlib import Path

POINTS = {3: np.array([[1.5, 2.0, 3.0]], np.float32), 7: np.ones((2, 3), np.float32)}


def test_saved_skeletons_are_read_back(tmp_path: Path) -> None:
    path = skeletons_path(tmp_path / "cells.labels.tif")
    assert path.name == "cells.skeletons.trch"
    save_skeletons(path, POINTS)
    read = read_skeletons(path, SHAPE)
    assert list(read) == [3, 7]
    for key, points in POINTS.items():
        np.testing.assert_array_equal(read[key], points)
    published = torch.load(path, weights_only=True)
    assert published[3].dtype == torch.float32
    assert published[7].shape == (2, 3)


@pytest.mark.parametrize(
    "name",
    ["cells.skeletons.trch", "cells.labels.tif.skeletons.trch", "cells.skeletons.tif"],
)
def test_each_published_name_is_found_unless_it_is_older_than_the_labels(
    tmp_path: Path, name: str
) -> None:
    labels = write_pair(tmp_path)
    path = tmp_path / name
    path.touch()
    assert find_skeletons(labels) == (path, [])
    set_age(path, 60)
    assert find_skeletons(labels) == (None, [path])


def test_a_zarr_is_as_new_as_its_newest_chunk(tmp_path: Path) -> None:
    labels = write_pair(tmp_path, store="zarr")
    path = tmp_path / "cells.skeletons.trch"
    path.touch()
    assert find_skeletons(labels) == (path, [])
    set_age(path, 60)
    assert find_skeletons(labels) == (None, [path])


def test_a_volume_of_ids_is_read_as_points(tmp_path: Path) -> None:
    volume = np.zeros(SHAPE, np.uint16)
    volume[2, 3, 4] = 7
    volume[5, 1, 0] = 3
    volume[5, 2, 0] = 3
    path = tmp_path / "cells.skeletons.tif"
    tifffile.imwrite(path, volume, photometric="minisblack")
    read = read_skeletons(path, SHAPE)
    assert {k: v.tolist() for k, v in read.items()} == {
        3: [[1, 0, 5], [2, 0, 5]],  # rows, columns, planes: X, Y, Z
        7: [[3, 4, 2]],
    }
    with pytest.raises(SkeletonError, match="has the shape"):
        read_skeletons(path, (1, 2, 3))
    tifffile.imwrite(path, two_bars().astype(np.float32), photometric="minisblack")
    with pytest.raises(SkeletonError, match="float32 and no ids"):
        read_skeletons(path, SHAPE)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({-1: torch.tensor([])}, {}),
        ({4: torch.tensor([])}, {}),
        ({4: torch.tensor([[1, 2, 3]])}, {4: [[1, 2, 3]]}),
        ({4: torch.arange(6).view(3, 2)}, {4: [[0, 2, 4], [1, 3, 5]]}),
        ({4: torch.ones(1, 3, dtype=torch.float16)}, {4: [[1, 1, 1]]}),
    ],
    ids=["sentinel", "empty", "whole numbers", "(3, N)", "float16"],
)
def test_what_the_published_program_saved_is_read(
    tmp_path: Path, content: Any, expected: Any
) -> None:
    path = tmp_path / "cells.skeletons.trch"
    torch.save(content, path)
    read = read_skeletons(path, SHAPE)
    assert {k: v.tolist() for k, v in read.items()} == expected
    assert all(v.dtype == np.float32 for v in read.values())


class Code:
    """What somebody could hide in a file of skeletons."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (print, ("this code ran",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([1, 2], "holds no skeletons. Save a dictionary"),
        ({"a": torch.zeros(1, 3)}, "Save a dictionary of ids"),
        ({4: [1, 2, 3]}, "to tensors of points"),
        ({4: torch.zeros(2, 5)}, "The skeleton of object 4 has the shape"),
        ({4: torch.full((1, 3), torch.nan)}, "object 4 that are no numbers"),
    ],
    ids=["list", "named", "lists", "shape", "nan"],
)
def test_what_is_no_skeleton_is_refused(
    tmp_path: Path, content: Any, words: str
) -> None:
    path = tmp_path / "cells.skeletons.trch"
    torch.save(content, path)
    with pytest.raises(SkeletonError, match=words):
        read_skeletons(path, SHAPE)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cells.skeletons.trch"
    path.write_bytes(b"\x89PNG" * 50)
    with pytest.raises(SkeletonError, match=r"or it is damaged\. Delete it"):
        read_skeletons(path, SHAPE)


def test_no_code_in_a_file_of_skeletons_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cells.skeletons.trch"
    path.write_bytes(pickle.dumps({4: Code()}, protocol=2))
    with pytest.raises(UnsafeCheckpointError, match="more than data"):
        read_skeletons(path, SHAPE)
    assert "this code ran" not in capsys.readouterr().out


def test_a_place_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "cells.skeletons.trch"
    with pytest.raises(
        StorageError, match=r"The skeletons cannot be written to .*file"
    ):
        save_skeletons(path, POINTS)
