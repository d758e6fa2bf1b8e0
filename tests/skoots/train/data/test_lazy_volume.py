"""Volumes on disk that are indexed like tensors."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from volume_cases import SHAPE, grey

from skoots.errors import ShapeError
from skoots.train.data.channels import open_channels
from skoots.train.data.lazy_volume import LazyVolume
from skoots.train.data.readers import ImageReader

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = grey((2, *SHAPE), "uint16")
TENSOR = torch.from_numpy(np.moveaxis(IMAGE, 1, -1).astype(np.int32))


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> LazyVolume:
    """Two channels in small chunks, as a volume (2, 12, 15, 6)."""
    path = tmp_path_factory.mktemp("lazy") / "cells.zarr"
    zarr.create_array(
        path, data=IMAGE, chunks=(1, 2, 5, 4), dimension_names=("c", "z", "y", "x")
    )
    return open_lazily(path)


def open_lazily(path: Path) -> LazyVolume:
    channels = open_channels(path)
    shape = (len(channels.sources), *channels.shape_zyx[1:], channels.shape_zyx[0])
    return LazyVolume(ImageReader(channels), shape, torch.int32)


def test_the_whole_volume_is_the_files(volume: LazyVolume) -> None:
    assert volume.shape == tuple(TENSOR.shape)
    assert volume.ndim == 4
    assert volume.numel() == TENSOR.numel()
    assert torch.equal(volume.load(), TENSOR)
    assert volume.load().dtype == volume.dtype
    assert volume.load().is_contiguous()


ends = st.one_of(st.none(), st.integers(-20, 20))


@given(index=st.lists(st.builds(slice, ends, ends), min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_any_part_is_that_of_the_tensor(volume: LazyVolume, index: list[slice]) -> None:
    assert torch.equal(volume[tuple(index)], TENSOR[tuple(index)])


def test_threads_may_read_at_once(volume: LazyVolume) -> None:
    boxes = [(slice(None), slice(k, k + 4)) for k in range(8)] * 4
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda box: volume[box], boxes))
    assert all(torch.equal(p, TENSOR[box]) for p, box in zip(parts, boxes, strict=True))


def test_another_process_may_be_handed_a_volume(volume: LazyVolume) -> None:
    twin = pickle.loads(pickle.dumps(volume))  # noqa: S301 - our own bytes
    assert torch.equal(twin[:, 3:5], TENSOR[:, 3:5])


@pytest.mark.parametrize(
    ("index", "words"),
    [((slice(None, None, 2),), "in steps of 2"), ((0,), "Give a slice for each")],
    ids=["steps", "number"],
)
def test_other_indices_are_refused(
    volume: LazyVolume, index: tuple[slice], words: str
) -> None:
    with pytest.raises(ShapeError, match=words):
        volume[index]
