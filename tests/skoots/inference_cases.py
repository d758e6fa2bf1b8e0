"""Volumes whose right answer is known, and a network that can read it from them.

`CodeNetwork` looks at one voxel at a time: the intensity of a voxel is a number that
holds whether it is foreground, whether it is skeleton and where its skeleton lies. So
each result is known exactly, no halo matters, and everything between the image and the
labels runs as it does with a real model.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
import zarr
from torch import Tensor, nn

from skoots.config import Settings, get_cfg_defaults
from skoots.model.checkpoint import Checkpoint, Normalization
from skoots.model.unet import UNet
from skoots.run.folder import RunFolder
from skoots.run.plan import (
    ImageRecord,
    ModelRecord,
    NormalizationRecord,
    RunPlan,
)

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import pytest
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.events import Event
    from skoots.volume.tiling import Box

T = TypeVar("T")

REACH = 40
"""The longest vector component that a code holds, in voxels."""

BASE = 2 * REACH + 1
FULL = 127.0
"""Vector scaling, in voxels: then a stored unit is one voxel."""


class CodeNetwork(nn.Module):
    """Reads the answer of each voxel from its intensity; see `encode`."""

    factor = 8
    in_channels = 1

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(4))
        self.calls = 0
        self.largest_call: int | None = None
        """Voxels; more than this do not fit into memory."""

    def __deepcopy__(self, memo: dict[int, Any]) -> CodeNetwork:
        return self  # so that a test sees the calls

    def forward(self, x: Tensor) -> Tensor:
        if self.largest_call is not None and x.numel() > self.largest_call:
            raise torch.OutOfMemoryError("no room for these voxels")
        self.calls += 1
        code = x.round().long() - 1
        known = code >= 0
        skeleton = known & (code % 2 == 1)
        rest = code // 2
        z, y, x_ = ((rest // BASE**i % BASE - REACH).float() / FULL for i in range(3))
        # the network speaks X, Y, Z, where X is the row axis Y of a file
        return torch.cat((y, x_, z, skeleton.float(), torch.ones_like(z)), 1) * known


def encode(
    vectors: NDArray[np.int64], skeleton: NDArray[np.bool_], known: NDArray[np.bool_]
) -> NDArray[np.uint32]:
    """Give the image from which `CodeNetwork` reads vectors (3, Z, Y, X), in voxels."""
    z, y, x = vectors + REACH
    code = 1 + skeleton + 2 * (z + BASE * (y + BASE * x))
    return np.where(known, code, 0).astype(np.uint32)


def draw_boxes(shape: Shape3, box: Shape3) -> tuple[NDArray[Any], NDArray[Any]]:
    """Fill a volume with touching boxes; give its image and its labels.

    Each letter is an object of one box, cut at the far faces; its skeleton is the
    middle voxel, here upper case, and each of its voxels points there::

        a a a b b b c c
        a A a b B b c C
        a a a b b b c c
        d d d e e e f f
        d D d e E e f F
    """
    places = np.indices(shape)
    size = np.array(box).reshape(3, 1, 1, 1)
    corners = places // size * size
    ends = np.minimum(corners + size, np.array(shape).reshape(3, 1, 1, 1))
    middles = (corners + ends) // 2
    vectors = middles - places
    skeleton = (vectors == 0).all(axis=0)
    counts = tuple(-(-n // b) for n, b in zip(shape, box, strict=True))
    cell = np.ravel_multi_index(tuple(places // size), counts)
    image = encode(vectors, skeleton, np.ones(shape, bool))
    return image, by_first_voxel(cell.astype(np.int64) + 1, skeleton)


def by_first_voxel(
    labels: NDArray[np.int64], skeleton: NDArray[np.bool_]
) -> NDArray[np.uint32]:
    """Number labels by the first voxel of their skeletons in the order Z, Y, X."""
    order = labels[skeleton]
    found, first = np.unique(order, return_index=True)
    numbers = np.zeros(labels.max() + 1, np.uint32)
    numbers[found[np.argsort(first)]] = np.arange(1, len(found) + 1)
    return numbers[labels]


def settings_with(**inference: Any) -> Settings:
    """Settings of a small U-Net, without dilations, with changed inference."""
    plain = {
        "SKELETON_THRESHOLD": 0.5,
        "SKELETON_DILATIONS_3D": 0,
        "SKELETON_DILATIONS_2D": 0,
        "HOPS": 1,
    }
    network = {"ARCHITECTURE": "unet", "DIMS": [4, 8, 8, 8], "DEPTHS": [1, 1, 1, 1, 1]}
    return get_cfg_defaults().merge(
        {
            "MODEL": network,
            "SKOOTS": {"VECTOR_SCALING": [FULL, FULL, FULL]},
            "INFERENCE": {**plain, **inference},
        }
    )


def code_model(**changes: Any) -> Checkpoint:
    """A model whose answer is in the image."""
    inference = changes.pop("inference", {})
    values: dict[str, Any] = {
        "network": CodeNetwork(),
        "config": settings_with(**inference),
        "normalization": Normalization("fixed", 0.0, 1.0),
        "voxel_size": None,
        "object_diameter": None,
        "halo_zyx": (0, 0, 0),
        "name": "code",
        "digest": "code",
        "published": False,
        "provenance": {},
        "scores": {},
    }
    return Checkpoint(**(values | changes))


def random_unet(seed: int = 0) -> UNet:
    """A small U-Net that finds something in noise, and sees beyond one voxel."""
    torch.manual_seed(seed)
    network = UNet(1, (4, 8, 8, 8), (1, 1, 1, 1, 1)).eval()
    with torch.no_grad():
        network.head.weight *= 4
        network.head.bias[3:] = 0.0
    return network


def unet_model(**changes: Any) -> Checkpoint:
    """A model with a real network and random weights."""
    values = {
        "network": random_unet(),
        "halo_zyx": (8, 8, 8),
        "normalization": Normalization("volume"),
        "digest": "unet",
    }
    return code_model(**(values | changes))


def noise(shape: Shape3, seed: int = 0) -> NDArray[np.uint8]:
    """An image of nothing in particular."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def make_run(path: Path, shape: Shape3, block: Shape3, **changes: Any) -> RunFolder:
    """An empty run of a volume, with vectors in voxels."""
    values: dict[str, Any] = {
        "image": ImageRecord(
            name="cells",
            path=None,
            shape_zyx=shape,
            dtype="uint8",
            signature="",
        ),
        "model": ModelRecord(
            name="m", digest="", vector_scaling_zyx=(FULL,) * 3, factor=1
        ),
        "shape_zyx": shape,
        "voxel_size": None,
        "block_zyx": block,
        "tile_core_zyx": block,
        "halo_zyx": (0, 0, 0),
        "normalization": NormalizationRecord(mean=0.0, std=1.0),
        "number_format": "float32",
        "inference": get_cfg_defaults().INFERENCE,
    }
    return RunFolder.create(path, RunPlan(**(values | changes)))


def record_reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Box]]:
    """Give a list that fills with what is read of runs from now on."""
    read: list[tuple[str, Box]] = []
    keep = RunFolder.read

    def record(self: RunFolder, name: str, box: Box) -> NDArray[Any]:
        read.append((name, box))
        return keep(self, name, box)

    monkeypatch.setattr(RunFolder, "read", record)
    return read


def run_python(*words: str) -> subprocess.CompletedProcess[str]:
    """Run this Python with these arguments, where it finds what this process finds."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(  # noqa: S603 - what a test says
        [sys.executable, *words],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def drain(events: Generator[Event, Any, T]) -> tuple[list[Event], T]:
    """Run a job to its end; give what it told and what it returned."""
    seen: list[Event] = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as end:
            return seen, end.value


def read_arrays(run: Path) -> dict[str, NDArray[Any]]:
    """Give every array of a run, by its path in the folder."""
    stores = (file.parent for file in run.rglob("zarr.json"))
    nodes = {str(p.relative_to(run)): zarr.open(p, mode="r") for p in stores}
    return {
        name: np.asarray(node[...])
        for name, node in nodes.items()
        if isinstance(node, zarr.Array)
    }


def assert_same_arrays(run: Path, other: Path) -> None:
    """Fail where two runs differ, and say in which array."""
    mine, theirs = read_arrays(run), read_arrays(other)
    assert sorted(mine) == sorted(theirs)
    for name, array in mine.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)
