"""A lack of memory is known by its words, and costs no block that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from inference_cases import assert_same_arrays, drain, noise, unet_model

import skoots
from skoots.errors import DeviceError, RunError
from skoots.inference import assign, finish, label
from skoots.inference.out_of_memory import is_out_of_memory

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from types import ModuleType

    from skoots.events import Event, RunFinished


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
    assert is_out_of_memory(RuntimeError(words)) is short


def test_our_own_errors_are_never_taken_for_it() -> None:
    assert not is_out_of_memory(RunError("/data/out of memory/cells.skoots.zarr"))


# ---- labels that do not fit


def small_job(out: Path) -> Generator[Event, Any, RunFinished]:
    low = {"PROBABILITY_THRESHOLD": 0.4, "SKELETON_THRESHOLD": 0.45}
    model = unet_model(inference={**low, "GROW": 1, "MIN_OBJECT_VOXELS": 20})
    options: dict[str, Any] = {"tile_zyx": (32, 32, 32), "resume": True}
    return skoots.segment(noise((20, 40, 20)), model, out, device="cpu", **options)


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("roomy") / "cells.skoots.zarr"
    assert drain(small_job(out))[1].objects > 3
    return out


ALLOCATOR = "DefaultCPUAllocator: can't allocate memory: you tried"


@pytest.mark.parametrize(
    ("module", "name", "error"),
    [
        (label, "label_components", MemoryError()),
        (assign, "follow_vectors", MemoryError()),
        (assign, "follow_vectors", torch.OutOfMemoryError("no room")),
        (assign, "follow_vectors", RuntimeError(ALLOCATOR)),
        (assign, "grow_labels", MemoryError()),
        (finish, "_count_objects", MemoryError()),
    ],
    ids=["label", "assign", "torch", "allocator", "grow", "finish"],
)
def test_too_little_memory_for_labels_is_said_and_loses_nothing(
    tmp_path: Path,
    roomy: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    name: str,
    error: Exception,
) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise error

    out = tmp_path / "cells.skoots.zarr"
    with monkeypatch.context() as short:
        short.setattr(module, name, refuse)
        with pytest.raises(
            DeviceError, match=r"blocks of \(16, 16, 16\) .*--resume.*--tile"
        ) as caught:
            drain(small_job(out))
    assert caught.value.__cause__ is error
    _, result = drain(small_job(out))
    assert result.blocks_done_before == result.blocks_total
    assert_same_arrays(out, roomy)


def test_other_errors_stay_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise RuntimeError("expected scalar type Half but found Float")

    monkeypatch.setattr(assign, "follow_vectors", refuse)
    with pytest.raises(RuntimeError, match="expected scalar") as caught:
        drain(small_job(tmp_path / "cells.skoots.zarr"))
    assert type(caught.value) is RuntimeError
