"""The documented `eval` can be called again, whatever has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
import torch
import zarr

from skoots.config import Settings
from skoots.errors import RunBusyError, RunError
from skoots.events import Notice
from skoots.lib.eval import eval as evaluate
from skoots.lib.eval import segment_anew
from skoots.model.build import build_network
from skoots.model.checkpoint import Normalization, save_checkpoint
from skoots.run.location import locked

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (9, 17, 20)


def make_image(path: Path, seed: int) -> Path:
    values = np.random.default_rng(seed).integers(0, 255, SHAPE, dtype=np.uint8)
    tifffile.imwrite(path, values)
    return path


def make_model(path: Path, seed: int) -> Path:
    torch.manual_seed(seed)
    model = {"ARCHITECTURE": "unet", "DIMS": [4, 4], "DEPTHS": [1]}
    config = Settings.from_dict({"MODEL": model})
    save_checkpoint(
        path,
        build_network(config),
        config,
        normalization=Normalization("volume"),
        voxel_size=(0.01, 0.01, 0.01),
        object_diameter=None,
        provenance={},
        scores={},
    )
    return path


def test_a_second_call_with_another_model_or_image_starts_again(tmp_path: Path) -> None:
    image = make_image(tmp_path / "cells.tif", 0)
    first, second = (make_model(tmp_path / f"{i}.skoots", i) for i in range(2))
    plan = tmp_path / "cells.skoots.zarr/state/plan.json"
    plans = []
    for model, seed in ((first, 0), (first, 0), (second, 0), (second, 1)):
        make_image(image, seed)
        evaluate(str(image), str(model))
        plans.append(plan.read_text(encoding="utf-8"))
        mask = tifffile.imread(tmp_path / "cells_instance_mask.tif")
        assert (mask.shape, mask.dtype) == (SHAPE, np.uint32)
    assert plans[0] == plans[1]
    assert len(set(plans)) == 3


def test_starting_again_is_said(tmp_path: Path) -> None:
    image = make_image(tmp_path / "cells.tif", 0)
    run = tmp_path / "cells.skoots.zarr"
    for seed in range(2):
        model = make_model(tmp_path / f"{seed}.skoots", seed)
        events = list(segment_anew(image, str(model), run))
    said = [event.message for event in events if isinstance(event, Notice)]
    assert any(text.startswith("starting again: ") for text in said)


def test_what_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    image = make_image(tmp_path / "cells.tif", 0)
    model = make_model(tmp_path / "m.skoots", 0)
    evaluate(str(image), str(model))
    with locked(tmp_path / "cells.skoots.zarr"), pytest.raises(RunBusyError):
        evaluate(str(image), str(make_model(tmp_path / "n.skoots", 1)))


def test_what_is_no_run_is_never_deleted(tmp_path: Path) -> None:
    image = make_image(tmp_path / "cells.tif", 0)
    mine = tmp_path / "cells.skoots.zarr/notes.txt"
    mine.parent.mkdir()
    mine.touch()
    with pytest.raises(RunError, match="is not a run"):
        evaluate(str(image), str(make_model(tmp_path / "m.skoots", 0)))
    assert mine.exists()


def test_results_of_an_array_lie_beside_its_store(tmp_path: Path) -> None:
    zarr.save_array(tmp_path / "cells.zarr/0", np.zeros(SHAPE, np.uint8))
    evaluate(str(tmp_path / "cells.zarr/0"), str(make_model(tmp_path / "m.skoots", 0)))
    assert (tmp_path / "cells_0_instance_mask.tif").is_file()
    assert (tmp_path / "cells_0.skoots.zarr").is_dir()
