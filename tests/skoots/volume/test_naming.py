"""One name and one place for an image, however it is opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from skoots.cli.images import plan_runs
from skoots.volume.naming import RUN_SUFFIX, image_name, place_beside
from skoots.volume.source import open_source


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("cells.tif", "cells"),
        ("cells.2.ome.tif", "cells.2"),
        ("cells.OME.TIFF", "cells"),
        ("cells.ome.zarr", "cells"),
        ("cells.btf", "cells"),
        ("s.zarr/em/raw", "s_em_raw"),
        ("S.ZARR/0", "S_0"),
        ("s.zarr/t.zarr/0", "s_t.zarr_0"),
        (".tif", ".tif"),
        ("cells", "cells"),
    ],
)
def test_a_name_leaves_the_format_out(image: str, name: str) -> None:
    assert image_name(Path("data") / image) == name


def test_a_link_keeps_its_own_name_and_place(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    tifffile.imwrite(tmp_path / "store/x1.tif", np.zeros((5, 7, 9), np.uint8))
    link = tmp_path / "cells.tif"
    link.symlink_to(tmp_path / "store/x1.tif")
    assert open_source(link).name == image_name(link) == "cells"
    assert plan_runs([link], None) == [tmp_path / "cells.skoots.zarr"]


def test_results_of_an_array_lie_beside_its_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = tmp_path / "cells.zarr/em/0"
    zarr.save_array(array, np.zeros((5, 7, 9), np.uint8))
    expected = tmp_path / "cells_em_0.skoots.zarr"
    assert open_source(array).name == "cells_em_0"
    assert place_beside(array, RUN_SUFFIX) == expected
    monkeypatch.chdir(array.parent)
    assert open_source("0").name == "cells_em_0"
    assert place_beside(Path("0"), RUN_SUFFIX) == expected
