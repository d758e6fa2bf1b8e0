"""The first pass: what is predicted again, out of memory, asked to go elsewhere."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from inference_cases import (
    CodeNetwork,
    assert_same_arrays,
    code_model,
    drain,
    draw_boxes,
    noise,
    unet_model,
)

import skoots
from skoots.errors import DeviceError
from skoots.events import BlockDone, Notice
from skoots.inference.predict import _is_out_of_memory
from skoots.run.folder import RunFolder
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from skoots.events import Event, RunFinished


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "cells.skoots.zarr"


def small_job(out: Path) -> Generator[Event, Any, RunFinished]:
    """Eight blocks of noise; every step of the labels depends on the neighbours."""
    inference = {
        "PROBABILITY_THRESHOLD": 0.4,
        "SKELETON_THRESHOLD": 0.45,
        "SKELETON_DILATIONS_2D": 1,
        "GROW": 1,
        "MIN_OBJECT_VOXELS": 20,
    }
    model = unet_model(inference=inference)
    image = noise((20, 24, 24))
    return skoots.segment(image, model, out, tile_zyx=(32, 32, 32), resume=True)


@pytest.mark.parametrize("index", ["0.0.0", "1.1.1"])
def test_a_block_that_lost_its_marker_gets_its_final_labels_again(
    out: Path, index: str, tmp_path: Path
) -> None:
    drain(small_job(out))
    shutil.copytree(out, tmp_path / "before")
    (out / "state" / "predict" / f"{index}.npz").write_bytes(b"damaged")
    _, result = drain(small_job(out))
    assert result.blocks_done_before == result.blocks_total - 1
    assert_same_arrays(out, tmp_path / "before")


def test_a_job_closed_while_it_predicts_again_loses_nothing(
    out: Path, tmp_path: Path
) -> None:
    drain(small_job(out))
    shutil.copytree(out, tmp_path / "before")
    (out / "state" / "predict" / "0.0.0.npz").unlink()
    job = small_job(out)
    while not isinstance(next(job), BlockDone):
        pass
    job.close()
    drain(small_job(out))
    assert_same_arrays(out, tmp_path / "before")


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("CUDA out of memory. Tried to allocate", True),
        ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", True),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`", True),
        ("GET was unable to find an engine to execute this computation", True),
        ("DefaultCPUAllocator: can't allocate memory: you tried", True),
        ("expected scalar type Half but found Float", False),
    ],
)
def test_libraries_say_in_their_own_words_that_memory_is_short(
    words: str,
    short: bool,
) -> None:
    assert _is_out_of_memory(RuntimeError(words)) is short


def test_a_point_sent_when_memory_is_short_is_obeyed(out: Path) -> None:
    image, _ = draw_boxes((8, 8, 128), (8, 8, 8))
    network = CodeNetwork()
    network.largest_call = 8 * 8 * 8
    job = skoots.segment(image, code_model(network=network), out, tile_zyx=(8, 8, 16))
    event = next(job)
    while not (isinstance(event, Notice) and "out of memory" in event.message):
        event = next(job)
    order = [job.send((4.0, 4.0, 100.0)), *(next(job) for _ in range(3))]
    starts = [e.box_zyx[2][0] for e in order if isinstance(e, BlockDone)]
    job.close()
    # two blocks were under way; the one after obeys
    assert starts[:3] == [0, 16, 96]


def test_a_resampled_run_computes_no_labels_that_nobody_sees(out: Path) -> None:
    image = np.repeat(draw_boxes((8, 8, 16), (8, 8, 8))[0], 2, axis=2)
    model = code_model(object_diameter=8.0)
    job = skoots.segment(image, model, out, diameter=16.0, tile_zyx=(8, 8, 8))
    while not isinstance(next(job), BlockDone):
        pass
    job.close()
    run = RunFolder.open(out)
    assert run.plan.resampled
    assert not run.read(run.instances, whole(run.plan.shape_zyx)).any()


@pytest.mark.parametrize(
    ("dtype", "remedy"),
    [(torch.float16, "float16.*--device cpu"), (torch.float32, "float32.*weights")],
    ids=str,
)
def test_an_answer_that_is_no_number_is_an_error(
    out: Path, dtype: torch.dtype, remedy: str
) -> None:
    class Overflowing(CodeNetwork):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            answer = super().forward(x).to(dtype)
            answer[0, 3, 0, 0, 0] = float("nan")
            return answer

    image, _ = draw_boxes((8, 8, 8), (4, 4, 4))
    with pytest.raises(DeviceError, match=remedy):
        drain(skoots.segment(image, code_model(network=Overflowing()), out))
    run = RunFolder.open(out)
    assert not run.done_blocks("predict", "1")
