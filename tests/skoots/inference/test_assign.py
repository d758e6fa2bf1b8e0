"""Ids of blocks are those of the whole volume, however far a walk goes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from inference_cases import drain, make_run, record_reads, settings_with

from skoots.events import Notice
from skoots.inference import assign as assign_pass
from skoots.inference import far_walks, reach
from skoots.inference.assign import STAGE, UNKNOWN, assign, follow
from skoots.inference.far_walks import FarWalks
from skoots.inference.grow import grow_labels
from skoots.inference.label import label
from skoots.inference.labelled import open_labelled
from skoots.kernels.follow_vectors import follow_vectors
from skoots.run.markers import Markers
from skoots.run.plan import ModelRecord
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.run.folder import RunFolder

CPU = torch.device("cpu")
SCALE = (7.0, 9.3, 11.1)
"""Of vectors, in voxels: further than a block."""


def fill(run: RunFolder, seed: int) -> NDArray[np.int8]:
    """Store random skeletons, foreground and vectors; give the vectors."""
    rng, shape = np.random.default_rng(seed), run.plan.shape_zyx
    vectors = rng.integers(-127, 128, (3, *shape)).astype(np.int8)
    vectors[:, rng.random(shape) < 0.2] = 0
    skeleton = (rng.random(shape) < 0.15) * np.uint8(255)
    probability = np.where(skeleton > 0, 255, rng.integers(0, 256, shape))
    run.write("vectors", whole(shape), vectors)
    run.write("skeleton", whole(shape), skeleton)
    run.write("probability", whole(shape), probability.astype(np.uint8))
    return vectors


def run_of(folder: Path, shape: Shape3, block: Shape3, halo: Shape3) -> RunFolder:
    model = ModelRecord(name="m", digest="", vector_scaling_zyx=SCALE, factor=1)
    path = folder / f"{block[0]}.skoots.zarr"
    return make_run(path, shape, block, halo_zyx=halo, model=model)


def derive(run: RunFolder, config: InferenceConfig) -> NDArray[np.uint32]:
    _, merged = drain(label(run, run.blocks, config))
    drain(assign(run, merged, run.blocks, config, CPU))
    return run.read(run.instances, whole(run.plan.shape_zyx))


@settings(max_examples=15, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 12)] * 3),
    block=st.tuples(*[st.integers(4, 12)] * 3),
    halo=st.tuples(*[st.integers(0, 4)] * 3),
    hops=st.integers(1, 3),
    first_hit=st.booleans(),
    grow=st.integers(0, 3),
    seed=st.integers(0, 1000),
)
def test_blocks_give_the_ids_of_the_whole_volume(
    shape: Shape3,
    block: Shape3,
    halo: Shape3,
    hops: int,
    first_hit: bool,
    grow: int,
    seed: int,
) -> None:
    config = settings_with(HOPS=hops, FIRST_HIT=first_hit, GROW=grow).INFERENCE
    with (
        TemporaryDirectory() as folder,
        patch.object(reach, "SMALL_REGION", (0, 300, 1 << 21)[seed % 3]),
        patch.object(far_walks, "WALKS_AT_ONCE", 7),
    ):
        parts = run_of(Path(folder) / "parts", shape, block, halo)
        one = run_of(Path(folder) / "one", shape, shape, (0, 0, 0))
        vectors = fill(parts, seed)
        fill(one, seed)
        ids = derive(parts, config)
        np.testing.assert_array_equal(ids, derive(one, config))
        skeletons = one.read("components", whole(shape))  # one block: final but order
        foreground = one.read("probability", whole(shape)) > 127
    expected = follow(vectors, skeletons, foreground, config, SCALE, CPU)
    grow_labels(expected, foreground, grow)
    if not grow:  # which id wins depends on its number
        assert same_partition(ids, expected)
    np.testing.assert_array_equal(ids > 0, expected > 0)


def same_partition(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> bool:
    pairs = np.unique(np.stack([a.ravel(), b.ravel()]), axis=1)
    return len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = run_of(tmp_path, (6, 8, 8), (4, 4, 4), (1, 1, 1))
    fill(run, seed=3)
    return run


def test_the_tables_count_every_voxel_of_an_id(run: RunFolder) -> None:
    config = settings_with(HOPS=2).INFERENCE
    _, merged = drain(label(run, run.blocks, config))
    _, key = drain(assign(run, merged, run.blocks, config, CPU))
    counts: dict[int, int] = {}
    for block in run.blocks:
        table = run.markers.tables(STAGE, block, only=("ids", "counts"))
        for found, count in zip(table["ids"], table["counts"], strict=True):
            counts[int(found)] = counts.get(int(found), 0) + int(count)
    ids = run.read(run.instances, whole(run.plan.shape_zyx))
    found, times = np.unique(ids[ids > 0], return_counts=True)
    assert counts == dict(zip(found.tolist(), times.tolist(), strict=True))
    assert run.done_blocks(STAGE, key) == run.blocks


@pytest.mark.parametrize(
    "change",
    [
        {"HOPS": 3},
        {"FIRST_HIT": True},
        {"GROW": 1},
        {"SKELETON_THRESHOLD": 0.9},
        {"PROBABILITY_THRESHOLD": 0.7},
        {"CONNECTIVITY": 26},
        {"MIN_SKELETON_VOXELS": 2},
        {"MIN_OBJECT_VOXELS": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_ids_follow_the_settings_whatever_was_there_before(
    run: RunFolder, tmp_path: Path, change: dict[str, Any]
) -> None:
    derive(run, settings_with().INFERENCE)
    again = derive(run, settings_with(**change).INFERENCE)
    fresh = run_of(tmp_path / "fresh", (6, 8, 8), (4, 4, 4), (1, 1, 1))
    fill(fresh, seed=3)
    expected = derive(fresh, settings_with(**change).INFERENCE)
    np.testing.assert_array_equal(again, expected)


def test_a_process_that_dies_before_its_marker_leaves_no_old_marker(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = settings_with().INFERENCE, settings_with(HOPS=3).INFERENCE
    expected = derive(run, here)
    keep = Markers.mark

    def die(self: Markers, stage: str, *rest: Any) -> None:
        if stage == STAGE:
            raise RuntimeError("killed")
        keep(self, stage, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Markers, "mark", die)
        with pytest.raises(RuntimeError, match="killed"):
            derive(run, there)
    np.testing.assert_array_equal(derive(run, here), expected)


def test_components_of_a_block_that_is_predicted_no_more_are_no_skeletons(
    run: RunFolder,
) -> None:
    config = settings_with().INFERENCE
    drain(label(run, run.blocks, config))
    some = run.blocks[:4]
    _, merged = drain(label(run, some, config))
    drain(assign(run, merged, some, config, CPU))
    for block in run.blocks[4:]:
        assert not merged.ids_at(block.index, run.read("components", block.core)).any()


def test_what_lies_in_blocks_that_are_not_predicted_counts_for_nothing(
    run: RunFolder, tmp_path: Path
) -> None:
    config = settings_with(HOPS=3, GROW=1).INFERENCE
    some, others = run.blocks[:4], run.blocks[4:]
    empty = run_of(tmp_path / "empty", (6, 8, 8), (4, 4, 4), (1, 1, 1))
    fill(empty, seed=3)
    for block in others:
        for name in ("vectors", "probability", "skeleton"):
            nothing = np.zeros_like(empty.read(name, block.core))
            empty.write(name, block.core, nothing)
    for each in (run, empty):
        _, merged = drain(label(each, some, config))
        drain(assign(each, merged, some, config, CPU))
    ids, expected = (
        each.read(each.instances, whole(run.plan.shape_zyx))[:4]
        for each in (run, empty)
    )
    assert ids.any()
    np.testing.assert_array_equal(ids, expected)


def test_walks_in_many_pieces_end_where_they_do_in_one(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings_with(HOPS=2).INFERENCE
    expected = derive(run, config)
    for block in run.blocks:
        run.markers.unmark(STAGE, block)
    monkeypatch.setattr(reach, "SMALL_REGION", 0)
    monkeypatch.setattr(far_walks, "WALKS_AT_ONCE", 5)
    np.testing.assert_array_equal(derive(run, config), expected)


def test_a_hop_of_far_walks_reads_a_chunk_once(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings_with(HOPS=1).INFERENCE
    _, merged = drain(label(run, run.blocks, config))
    read = record_reads(monkeypatch)
    box = whole(run.plan.shape_zyx)
    ids = np.full(run.plan.shape_zyx, UNKNOWN, np.uint32)
    labelled = open_labelled(run, merged, 127)
    FarWalks(labelled, run.plan, config).finish(ids, box, UNKNOWN)
    assert len(read) == 2 * len(run.blocks)  # each one chunk: vectors, then components
    assert not (ids == UNKNOWN).any()


# ---- a device that is short of memory

DEVICE = torch.device("meta")
"""Takes tensors, as a GPU would, on any machine."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """On which devices vectors were followed; all but the processor are full."""
    devices: list[str] = []

    def follow_or_refuse(vectors: torch.Tensor, *args: Any, **options: Any) -> Any:
        devices.append(vectors.device.type)
        if vectors.device == DEVICE:
            raise torch.OutOfMemoryError("no room for these vectors")
        return follow_vectors(vectors, *args, **options)

    monkeypatch.setattr(assign_pass, "follow_vectors", follow_or_refuse)
    return devices


@pytest.mark.parametrize("workers", [1, 3])
def test_a_device_that_is_short_of_memory_is_left_for_the_processor(
    run: RunFolder,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
) -> None:
    monkeypatch.setattr(assign_pass, "count_workers", lambda block: workers)
    config = settings_with(HOPS=2, GROW=1).INFERENCE
    expected = derive(run, config)
    assert set(asked) == {"cpu"}
    run.markers.clear(STAGE)
    asked.clear()
    _, merged = drain(label(run, run.blocks, config))
    events, _ = drain(assign(run, merged, run.blocks, config, DEVICE))
    said = [event.message for event in events if isinstance(event, Notice)]
    assert len(said) == 1
    assert "out of memory" in said[0]
    assert "processor" in said[0]
    # each of several workers may be there before it is known
    assert 1 <= asked.count(DEVICE.type) <= workers
    assert asked.count("cpu") == len(run.blocks)
    ids = run.read(run.instances, whole(run.plan.shape_zyx))
    np.testing.assert_array_equal(ids, expected)


def test_a_device_that_fails_otherwise_is_not_left(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(vectors: torch.Tensor, *args: Any, **options: Any) -> Any:
        if vectors.device == DEVICE:
            raise RuntimeError("an illegal memory access was encountered")
        return follow_vectors(vectors, *args, **options)

    config = settings_with().INFERENCE
    _, merged = drain(label(run, run.blocks, config))
    monkeypatch.setattr(assign_pass, "follow_vectors", refuse)
    with pytest.raises(RuntimeError, match="illegal memory access"):
        drain(assign(run, merged, run.blocks, config, DEVICE))
