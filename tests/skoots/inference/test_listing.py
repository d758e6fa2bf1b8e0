"""A run is a zarr hierarchy that other programs list without complaint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import zarr

import skoots

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_is_listed_without_a_warning(tmp_path: Path) -> None:
    run = tmp_path / "noise.skoots.zarr"
    noise = np.random.default_rng(0).integers(0, 255, (8, 32, 32), np.uint8)
    list(skoots.segment(noise, "mito-em", run))
    group = zarr.open_group(run, mode="r")  # a warning is an error here
    names = {name for name, _ in group.members()}
    assert {"labels", "probability", "skeleton", "vectors"} <= names
    ome = group["labels/instances"].attrs["ome"]
    assert ome["multiscales"][0]["datasets"][0]["path"] == "0"
    assert ome["image-label"]["source"] == {"image": "../../"}
