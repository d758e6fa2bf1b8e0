"""Components of blocks join to those of the whole volume, whatever the blocks."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import cc3d
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inference_cases import drain, make_run, run_python, settings_with

from skoots.inference.label import STAGE, label
from skoots.inference.skeleton_mask import dilate_box
from skoots.run.markers import Markers
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.inference.merge_table import Merged
    from skoots.run.folder import RunFolder


def fill(run: RunFolder, skeleton: NDArray[np.bool_]) -> None:
    """Store what the network would say of a skeleton."""
    box = whole(skeleton.shape)
    run.write("skeleton", box, skeleton * np.uint8(255))
    run.write("probability", box, np.full(skeleton.shape, 255, np.uint8))


def final_labels(run: RunFolder, merged: Merged) -> NDArray[np.uint32]:
    """Apply the table to the components of every block."""
    labels = np.zeros(run.plan.shape_zyx, np.uint32)
    for block in run.blocks:
        z, y, x = (span.slice for span in block.core)
        components = run.read("components", block.core)
        labels[z, y, x] = merged.ids_at(block.index, components)
    return labels


def expected_labels(
    skeleton: NDArray[np.bool_], config: InferenceConfig
) -> NDArray[np.uint32]:
    """The definition: dilate, label the whole volume, number by the first voxel."""
    deep, wide = config.SKELETON_DILATIONS_3D, config.SKELETON_DILATIONS_2D
    padded = dilate_box(skeleton, (deep, deep + wide, deep + wide))
    components = cc3d.connected_components(padded, connectivity=config.CONNECTIVITY)
    ids, first, counts = np.unique(components, return_index=True, return_counts=True)
    kept = (ids > 0) & (counts >= config.MIN_SKELETON_VOXELS)
    table = np.zeros(ids.max() + 1, np.uint32)
    table[ids[kept][np.argsort(first[kept])]] = np.arange(1, kept.sum() + 1)
    return table[components]


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 11)] * 3),
    block=st.tuples(*[st.integers(4, 12)] * 3),
    connectivity=st.sampled_from([6, 18, 26]),
    dilations=st.tuples(st.integers(0, 1), st.integers(0, 2)),
    least=st.sampled_from([1, 1, 3]),
    density=st.sampled_from([0.02, 0.15, 0.3, 0.6]),
    seed=st.integers(0, 1000),
)
def test_blocks_give_the_components_of_the_whole_volume(
    shape: Shape3,
    block: Shape3,
    connectivity: int,
    dilations: tuple[int, int],
    least: int,
    density: float,
    seed: int,
) -> None:
    skeleton = np.random.default_rng(seed).random(shape) < density
    config = settings_with(
        CONNECTIVITY=connectivity,
        SKELETON_DILATIONS_3D=dilations[0],
        SKELETON_DILATIONS_2D=dilations[1],
        MIN_SKELETON_VOXELS=least,
    ).INFERENCE
    with TemporaryDirectory() as folder:
        run = make_run(Path(folder) / "a.skoots.zarr", shape, block)
        fill(run, skeleton)
        _, merged = drain(label(run, run.blocks, config))
        labels = final_labels(run, merged)
    expected = expected_labels(skeleton, config)
    np.testing.assert_array_equal(labels, expected)
    assert merged.skeletons == expected.max()


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 90)),
    block=st.tuples(st.integers(1, 6), st.integers(2, 6), st.integers(4, 40)),
    hops=st.integers(1, 3),
    dilation=st.integers(0, 1),
    long=st.sampled_from([2, 20]),
    seed=st.integers(0, 1000),
)
def test_blocks_contract_as_the_whole_volume(
    shape: Shape3, block: Shape3, hops: int, dilation: int, long: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    skeleton = rng.random(shape) < 0.3
    config = settings_with(CONTRACT=hops, SKELETON_DILATIONS_3D=dilation).INFERENCE
    with TemporaryDirectory() as folder:
        run = make_run(Path(folder) / "a.skoots.zarr", shape, block)
        fill(run, skeleton)
        unit = np.array(run.plan.model.vector_scaling_zyx).reshape(3, 1, 1, 1) / 127
        voxels = rng.uniform(-1, 1, (3, *shape)) * np.minimum(
            np.array([2, 2, long]).reshape(3, 1, 1, 1), 127 * unit
        )
        vectors = np.rint(voxels / unit).astype(np.int8)
        run.write("vectors", whole(shape), vectors)
        _, merged = drain(label(run, run.blocks, config))
        labels = final_labels(run, merged)
    landed = _walked(skeleton, vectors * unit, hops)
    np.testing.assert_array_equal(labels, expected_labels(landed, config))


def test_vectors_of_blocks_that_are_not_predicted_are_not_followed(
    tmp_path: Path,
) -> None:
    """One hop leads into the second block, which was cancelled half-way."""
    skeleton = np.zeros((1, 1, 40), bool)
    skeleton[0, 0, 8:19] = True
    config = settings_with(CONTRACT=2).INFERENCE
    found = []
    for left_over in (0, -7):
        run = make_run(tmp_path / f"{left_over}.skoots.zarr", (1, 1, 40), (1, 1, 20))
        fill(run, skeleton)
        vectors = np.zeros((3, 1, 1, 40), np.int8)
        vectors[2, ..., 8:19] = 4  # voxels
        vectors[2, ..., 20:] = left_over
        run.write("vectors", whole((1, 1, 40)), vectors)
        drain(label(run, run.blocks[:1], config))
        found.append(run.read("components", run.blocks[0].core))
    np.testing.assert_array_equal(*found)


def _walked(
    skeleton: NDArray[np.bool_], vectors: NDArray[np.float64], hops: int
) -> NDArray[np.bool_]:
    """Where skeleton voxels land, one by one; who goes farther than 16 is lost."""
    landed = np.zeros_like(skeleton)
    last = np.array(skeleton.shape) - 1
    for start in np.argwhere(skeleton):
        moved, at, near = np.zeros(3, np.float32), start, True
        for _ in range(hops):
            moved = moved + vectors[:, *at].astype(np.float32)
            near = near and bool((np.abs(moved) <= 16).all())
            at = np.clip(start + np.rint(moved).astype(int), 0, last)
        landed[tuple(at)] |= near
    return landed


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A bar along X through two blocks, thinner in the middle::

    skeleton 255   - # # # | # # # -
    skeleton 160   # # # # | # # # #
    """
    run = make_run(tmp_path / "a.skoots.zarr", (1, 3, 8), (1, 4, 4))
    skeleton = np.zeros((1, 3, 8), np.uint8)
    skeleton[0, 1] = 160
    skeleton[0, 1, 1:7] = 255
    run.write("skeleton", whole((1, 3, 8)), skeleton)
    run.write("probability", whole((1, 3, 8)), np.full((1, 3, 8), 255, np.uint8))
    return run


def test_a_second_run_over_labelled_blocks_does_nothing(run: RunFolder) -> None:
    config = settings_with().INFERENCE
    first, merged = drain(label(run, run.blocks, config))
    again, same = drain(label(run, run.blocks, config))
    assert len(first) == 3
    assert [(event.done, event.total) for event in again] == [(2, 2)]
    assert same.digest == merged.digest


def test_other_voxels_in_equal_tables_are_told_apart(run: RunFolder) -> None:
    _, high = drain(label(run, run.blocks, settings_with().INFERENCE))
    low_config = settings_with(SKELETON_THRESHOLD=0.9).INFERENCE
    _, low = drain(label(run, run.blocks, low_config))
    np.testing.assert_array_equal(high.table, low.table)
    assert high.digest != low.digest


def test_a_process_that_dies_between_chunk_and_marker_leaves_no_old_marker(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    thick, thin = settings_with(), settings_with(SKELETON_THRESHOLD=0.9)
    _, merged = drain(label(run, run.blocks, thick.INFERENCE))
    expected = final_labels(run, merged)

    def die(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(Markers, "mark", die)
        with pytest.raises(RuntimeError, match="killed"):
            drain(label(run, run.blocks, thin.INFERENCE))
    _, merged = drain(label(run, run.blocks, thick.INFERENCE))
    np.testing.assert_array_equal(final_labels(run, merged), expected)


def test_what_lies_in_blocks_that_are_not_predicted_counts_for_nothing(
    run: RunFolder,
) -> None:
    config = settings_with(SKELETON_DILATIONS_2D=1).INFERENCE
    _, merged = drain(label(run, run.blocks[:1], config))
    labels = final_labels(run, merged)
    assert labels[0, 1].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    _, merged = drain(label(run, run.blocks, config))
    assert final_labels(run, merged)[0, 1].tolist() == [1] * 8


def test_closing_stops_after_the_blocks_in_work(run: RunFolder) -> None:
    job = label(run, run.blocks, settings_with().INFERENCE)
    next(job)
    job.close()
    _, merged = drain(label(run, run.blocks, settings_with().INFERENCE))
    assert merged.skeletons == 1
    assert len(run.done_blocks(STAGE, "another key")) == 0


def test_the_pass_imports_no_torch() -> None:
    code = (
        "import sys, skoots.inference, skoots.inference.label, "
        "skoots.run.folder\n"
        "assert 'torch' not in sys.modules"
    )
    assert run_python("-c", code).stderr == ""
